// From the text in this page to the model: base64, gzip, and then one run of bytes:
//
//   the length of the header in bytes (4 bytes), the header (JSON), then three kinds of numbers:
//   all of 4 bytes (fp32), all of 1 byte with a sign (int8), all of 1 byte without (uint8).
//
// The header names every tensor and says where its numbers begin. A matrix takes several: whole numbers in 8
// bits; of each row, how much 1 is worth (its scale); and of every few neighbours in a row, a factor to that. A
// weight is number x factor x scale. Where numbers have a ninth bit, the lowest, these bits lie together, eight
// to a byte.

"use strict";

function bytesOf(base64) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
  const bytes = new Uint8Array(Math.floor((base64.length * 3) / 4));
  const chunk = 4 * 65536;
  let length = 0;
  for (let start = 0; start < base64.length; start += chunk) {
    const letters = atob(base64.slice(start, start + chunk));
    for (let i = 0; i < letters.length; i++) bytes[length++] = letters.charCodeAt(i);
  }
  return bytes.subarray(0, length);
}

async function unzipped(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

// {header, tensor(name), matrix(name)}
function opened(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const kinds = { f4: Float32Array, i1: Int8Array, u1: Uint8Array };
  const tensor = (name) => {
    const { kind, start, count } = header.tensors[name];
    return new kinds[kind](buffer, 4 + length + start, count);
  };
  const matrix = (name) => {
    const [numbers, factors, scales] = ["numbers", "factors", "scales"].map((part) => tensor(`${name}.${part}`));
    const lowest = header.tensors[`${name}.lowest`] ? tensor(`${name}.lowest`) : null;
    return new Matrix(numbers, lowest, factors, scales);
  };
  return { header, tensor, matrix };
}

class Matrix {
  constructor(numbers, lowest, factors, scales) {
    Object.assign(this, { numbers, lowest, factors, scales });
    this.rows = scales.length;
    this.columns = numbers.length / this.rows;
    this.group = numbers.length / factors.length;
  }

  // Writes one row, in fp32, to `target` from `start` on.
  row(row, target, start = 0) {
    const { numbers, lowest, factors, scales, columns, group } = this;
    for (let i = 0, place = row * columns; i < columns; i += group) {
      const worth = factors[place / group] * scales[row];
      for (let j = i; j < i + group; j++, place++) {
        const bit = lowest ? (lowest[place >> 3] >> (7 - (place & 7))) & 1 : 0;
        const whole = lowest ? 2 * numbers[place] + bit : numbers[place];
        target[start + j] = whole * worth;
      }
    }
  }
}

// The encoder as encoder.js wants it.
function encoderOf({ header, tensor, matrix }) {
  const { dim, heads, layers, epsilon, maxLength } = header.encoder;
  const widest = header.tensors["layer.0.wider.bias"].count;
  const weights = layers * (4 * dim * dim + 2 * dim * widest);
  const kernel = chosenKernel(weights, maxLength * widest);
  const norm = (name) => ({ weight: tensor(`${name}.weight`), bias: tensor(`${name}.bias`), epsilon });
  const map = (name) => kernel.map(matrix(name), tensor(`${name}.bias`));
  const made = [];
  for (let layer = 0; layer < layers; layer++) {
    const name = (part) => `layer.${layer}.${part}`;
    made.push({
      query: map(name("query")),
      key: map(name("key")),
      value: map(name("value")),
      mixed: map(name("mixed")),
      norm: norm(name("norm")),
      wider: map(name("wider")),
      narrower: map(name("narrower")),
      lastNorm: norm(name("lastNorm")),
    });
  }
  const embeddings = {
    words: matrix("words"),
    positions: matrix("positions"),
    type: tensor("type"),
    norm: norm("norm"),
  };
  return new Encoder({ dim, heads, embeddings, layers: made }, kernel);
}
