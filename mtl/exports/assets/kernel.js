// Where nearly all the time goes: a matrix times a matrix, y = x W + b, for every token at once.
//
// There are two kernels that compute the same. The fast one is a small WebAssembly program that multiplies
// four pairs of numbers at a time; it is assembled below, instruction by instruction. The plain one is
// JavaScript, for browsers without WebAssembly's SIMD, and for reading.

"use strict";

// The weights of a linear map in fp32, (outputs x inputs), from a Matrix (see weights.js).
function unpacked(matrix, weight) {
  for (let row = 0; row < matrix.rows; row++) matrix.row(row, weight, row * matrix.columns);
  return weight;
}

class PlainKernel {
  map(matrix, bias) {
    const weight = unpacked(matrix, new Float32Array(matrix.rows * matrix.columns));
    return { weight, bias, inputs: matrix.columns, outputs: matrix.rows };
  }

  // x (tokens x inputs) to y (tokens x outputs). Four tokens at a time share each weight that is fetched.
  linear({ weight, bias, inputs, outputs }, x) {
    const tokens = x.length / inputs;
    const y = new Float32Array(tokens * outputs);
    for (let token = 0; token < tokens; token += 4) {
      // Beyond the last token comes the last one again: its result is only written once more.
      const [t0, t1, t2, t3] = [0, 1, 2, 3].map((i) => Math.min(token + i, tokens - 1));
      const [x0, x1, x2, x3] = [t0 * inputs, t1 * inputs, t2 * inputs, t3 * inputs];
      for (let output = 0; output < outputs; output++) {
        const row = output * inputs;
        let s0 = bias[output];
        let s1 = s0;
        let s2 = s0;
        let s3 = s0;
        for (let i = 0; i < inputs; i++) {
          const w = weight[row + i];
          s0 += w * x[x0 + i];
          s1 += w * x[x1 + i];
          s2 += w * x[x2 + i];
          s3 += w * x[x3 + i];
        }
        y[t0 * outputs + output] = s0;
        y[t1 * outputs + output] = s1;
        y[t2 * outputs + output] = s2;
        y[t3 * outputs + output] = s3;
      }
    }
    return y;
  }
}

// The same in WebAssembly. All weights, and room for x and y, lie in its memory.
class FastKernel {
  // `numbers`: how many weights there are in all; `longest`: the largest x or y, in numbers.
  constructor(numbers, longest) {
    const room = numbers + 2 * (longest + 4) + 64;
    const memory = new WebAssembly.Memory({ initial: Math.ceil((4 * room) / 65536) });
    const module = new WebAssembly.Module(dotProducts());
    this.multiply = new WebAssembly.Instance(module, { m: { m: memory } }).exports.f;
    this.memory = new Float32Array(memory.buffer);
    this.free = 0;
    this.x = this.reserve(longest);
    this.y = this.reserve(longest);
  }

  // Where the next `count` numbers may lie; a multiple of four numbers, which is 16 bytes.
  reserve(count) {
    const place = this.free;
    this.free += (count + 3) & ~3;
    return place;
  }

  map(matrix, bias) {
    const size = matrix.rows * matrix.columns;
    const place = this.reserve(size);
    unpacked(matrix, this.memory.subarray(place, place + size));
    return { place, bias, inputs: matrix.columns, outputs: matrix.rows };
  }

  linear({ place, bias, inputs, outputs }, x) {
    const tokens = x.length / inputs;
    const padded = (tokens + 3) & ~3; // the program takes four tokens at a time
    this.memory.set(x, this.x);
    this.multiply(4 * this.x, 4 * place, 4 * this.y, padded, 4 * inputs, outputs);
    const y = this.memory.slice(this.y, this.y + tokens * outputs);
    for (let start = 0; start < y.length; start += outputs) {
      for (let output = 0; output < outputs; output++) y[start + output] += bias[output];
    }
    return y;
  }
}

// The WebAssembly program as bytes. In words, with addresses in bytes:
//
//   f(x, weight, y, tokens, width, outputs):       width: bytes of a row of x, and of a row of weights
//     for each output:
//       for every four tokens:
//         sum0..sum3 = 0                            each holds four part sums
//         for i = 0; i < width; i += 16:
//           w = the four weights at weight + i
//           sum0 += w * the four numbers at x + i;  sum1, sum2, sum3 likewise, one row of x further each
//         y[token][output] = the four part sums of sum0 added up; the others likewise
function dotProducts() {
  // The names of the numbers that the program keeps, in their order: first what it is given.
  const [x, weight, y, tokens, width, outputs] = [0, 1, 2, 3, 4, 5];
  const [output, token, at, end, into, row1, row2, row3] = [6, 7, 8, 9, 10, 11, 12, 13];
  const w = 14;
  const sums = [15, 16, 17, 18];

  const get = (name) => [0x20, name];
  const set = (name) => [0x21, name];
  const constant = (value) => [0x41, ...signed(value)];
  const plus = 0x6a;
  const times = 0x6c;
  const increase = (name, ...by) => [...get(name), ...by, plus, ...set(name)];
  const v128 = (code) => [0xfd, ...unsigned(code)];
  const load = [...v128(0), 4, 0]; // four numbers from an address, which is a multiple of 2 ** 4
  const zero = [...v128(12), ...new Array(16).fill(0)];
  const add4 = v128(0xe4);
  const multiply4 = v128(0xe6);
  const lane = (i) => [...v128(0x1f), i];
  // Repeats `body` while `name` is less than `bound`; it runs at least once.
  const repeat = (name, bound, body) => [0x03, 0x40, ...body, ...get(name), ...get(bound), 0x49, 0x0d, 0, 0x0b];

  const gather = (sum, row) => [
    ...get(sum), ...get(w), ...get(at), ...(row === null ? [] : [...get(row), plus]), ...load,
    ...multiply4, ...add4, ...set(sum),
  ];
  const write = (sum) => [
    ...get(into),
    ...get(sum), ...lane(0), ...get(sum), ...lane(1), 0x92, ...get(sum), ...lane(2), 0x92,
    ...get(sum), ...lane(3), 0x92,
    0x38, 2, 0,
    ...increase(into, ...get(outputs), ...constant(4), times),
  ];
  // `at` runs along the first of the four rows of x; the weights are as far along theirs.
  const body = [
    ...get(width), ...set(row1),
    ...get(width), ...constant(2), times, ...set(row2),
    ...get(width), ...constant(3), times, ...set(row3),
    ...constant(0), ...set(output),
    ...repeat(output, outputs, [
      ...constant(0), ...set(token),
      ...get(x), ...set(at),
      ...get(y), ...get(output), ...constant(4), times, plus, ...set(into),
      ...repeat(token, tokens, [
        ...sums.flatMap((sum) => [...zero, ...set(sum)]),
        ...get(at), ...get(width), plus, ...set(end),
        ...repeat(at, end, [
          ...get(weight), ...load, ...set(w),
          ...gather(sums[0], null), ...gather(sums[1], row1), ...gather(sums[2], row2), ...gather(sums[3], row3),
          ...increase(weight, ...constant(16)),
          ...increase(at, ...constant(16)),
        ]),
        ...sums.flatMap(write),
        ...get(weight), ...get(width), 0x6b, ...set(weight), // the next four tokens meet the same weights
        ...increase(at, ...get(row3)),
        ...increase(token, ...constant(4)),
      ]),
      ...increase(weight, ...get(width)),
      ...increase(output, ...constant(1)),
    ]),
    0x0b,
  ];
  const [i32, vector] = [0x7f, 0x7b];
  const locals = [2, 8, i32, 5, vector]; // after the six that are given: 8 whole numbers, 5 vectors
  const section = (number, bytes) => [number, ...unsigned(bytes.length), ...bytes];
  const code = [...locals, ...body];
  return new Uint8Array([
    0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0, // "\0asm", version 1
    ...section(1, [1, 0x60, 6, i32, i32, i32, i32, i32, i32, 0]), // a function of six whole numbers
    ...section(2, [1, 1, 0x6d, 1, 0x6d, 2, 0, 1]), // takes its memory from "m"."m"
    ...section(3, [1, 0]),
    ...section(7, [1, 1, 0x66, 0, 0]), // is known as "f"
    ...section(10, [1, ...unsigned(code.length), ...code]),
  ]);
}

// Whole numbers as WebAssembly writes them: seven bits to a byte, the lowest first (LEB128).
function unsigned(value) {
  const bytes = [];
  do {
    bytes.push((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
    value >>>= 7;
  } while (value);
  return bytes;
}

function signed(value) {
  return value < 64 ? [value] : [(value & 0x7f) | 0x80, value >> 7]; // up to 8191, not below 0
}

// The fast kernel where the browser can run it.
function chosenKernel(numbers, longest) {
  try {
    return new FastKernel(numbers, longest);
  } catch {
    return new PlainKernel();
  }
}
