// The encoder: BERT's embedding layer, its transformer layers, and the mean over the tokens.
//
// T tokens are a matrix of T rows with D numbers each, kept row after row in one Float32Array. Every layer
// replaces each row by a better informed one. That is all: the rest is how.

"use strict";

// The logistic curve's cousin by which BERT bends its numbers: x times the share of a normal distribution
// below x. The error function is that of Abramowitz and Stegun, 7.1.26, right to 1.5e-7.
function gelu(x) {
  const z = Math.abs(x) * Math.SQRT1_2;
  const t = 1 / (1 + 0.3275911 * z);
  const series =
    t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const erf = 1 - series * Math.exp(-z * z);
  return 0.5 * x * (1 + Math.sign(x) * erf);
}

// Each row to mean 0 and variance 1, then by `weight` and `bias` to where training wants it; in place.
function layerNorm(rows, dim, { weight, bias, epsilon }) {
  for (let start = 0; start < rows.length; start += dim) {
    let mean = 0;
    let variance = 0;
    for (let i = 0; i < dim; i++) mean += rows[start + i];
    mean /= dim;
    for (let i = 0; i < dim; i++) variance += (rows[start + i] - mean) ** 2;
    const scale = 1 / Math.sqrt(variance / dim + epsilon);
    for (let i = 0; i < dim; i++) rows[start + i] = (rows[start + i] - mean) * scale * weight[i] + bias[i];
  }
  return rows;
}

function add(rows, others) {
  for (let i = 0; i < rows.length; i++) rows[i] += others[i];
  return rows;
}

class Encoder {
  // model: {dim, heads, embeddings: {words, positions, type, norm}, layers: [{query, key, value, mixed, norm,
  // wider, narrower, lastNorm}]}. `words` and `positions` are matrices, a row for each token and each place
  // (see weights.js); a linear map is what `kernel.linear` takes (see kernel.js).
  constructor(model, kernel) {
    Object.assign(this, model);
    this.kernel = kernel;
  }

  // Token numbers to the states of all layers: [layer 0, ..., layer L], each T x D.
  states(ids) {
    const states = [this.embed(ids)];
    for (const layer of this.layers) states.push(this.transform(layer, states[states.length - 1]));
    return states;
  }

  // Layer 0: what the token is, plus where it stands.
  embed(ids) {
    const { words, positions, type, norm } = this.embeddings;
    const rows = new Float32Array(ids.length * this.dim);
    const position = new Float32Array(this.dim);
    ids.forEach((id, place) => {
      words.row(id, rows, place * this.dim);
      positions.row(place, position);
      for (let i = 0; i < this.dim; i++) rows[place * this.dim + i] += position[i] + type[i];
    });
    return layerNorm(rows, this.dim, norm);
  }

  // One transformer layer: tokens look at each other, then each thinks for itself. What a part finds is
  // added to what was there, so that nothing is lost on the way up.
  transform(layer, states) {
    const { kernel, dim } = this;
    const seen = kernel.linear(layer.mixed, this.attend(layer, states));
    const rows = layerNorm(add(seen, states), dim, layer.norm);
    const wide = kernel.linear(layer.wider, rows);
    for (let i = 0; i < wide.length; i++) wide[i] = gelu(wide[i]);
    return layerNorm(add(kernel.linear(layer.narrower, wide), rows), dim, layer.lastNorm);
  }

  // Attention: in each head a token asks (query), all tokens answer how well they fit (key), and it takes the
  // mean of what they have to say (value), weighted by how well they fit.
  attend(layer, states) {
    const { kernel, dim, heads } = this;
    const tokens = states.length / dim;
    const size = dim / heads;
    const [query, key, value] = [layer.query, layer.key, layer.value].map((map) =>
      kernel.linear(map, states),
    );
    const context = new Float32Array(states.length);
    const fits = new Float64Array(tokens);
    for (let head = 0; head < heads; head++) {
      for (let token = 0; token < tokens; token++) {
        const asking = token * dim + head * size;
        for (let other = 0; other < tokens; other++) {
          const answering = other * dim + head * size;
          let fit = 0;
          for (let i = 0; i < size; i++) fit += query[asking + i] * key[answering + i];
          fits[other] = fit / Math.sqrt(size);
        }
        softmax(fits);
        for (let other = 0; other < tokens; other++) {
          const answering = other * dim + head * size;
          for (let i = 0; i < size; i++) context[asking + i] += fits[other] * value[answering + i];
        }
      }
    }
    return context;
  }

  // The states of one layer to {sum, length, embedding}: the embedding is the sum over the tokens divided by
  // its own length, which is the mean of the tokens at length 1.
  pool(states) {
    const sum = new Float64Array(this.dim);
    for (let i = 0; i < states.length; i++) sum[i % this.dim] += states[i];
    const length = Math.hypot(...sum);
    return { length, embedding: sum.map((value) => value / length) };
  }
}

// Numbers to shares that are positive and add up to 1, the larger the more; in place.
function softmax(numbers) {
  const most = numbers.reduce((a, b) => Math.max(a, b), -Infinity);
  let sum = 0;
  for (let i = 0; i < numbers.length; i++) {
    numbers[i] = Math.exp(numbers[i] - most);
    sum += numbers[i];
  }
  for (let i = 0; i < numbers.length; i++) numbers[i] /= sum;
  return numbers;
}
