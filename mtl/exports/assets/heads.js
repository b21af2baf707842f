// The heads: from the embeddings of all layers to a probability for every label of every task.

"use strict";

// A head is linear. Its logit for an output is a bias, plus for each layer that it reads a weight times each
// number of that layer's embedding, plus a constant (which standardised the numbers in training).
//
// head: {weights (outputs x layers x D), constants (outputs x layers), bias (outputs), layers, temperature,
// binary, labels}; it reads the last `layers` layers. `embeddings`: one for each layer of the encoder.
function logitsOf(head, embeddings) {
  const read = embeddings.slice(-head.layers);
  const dim = read[0].length;
  return Array.from(head.bias, (bias, output) => {
    let logit = bias;
    read.forEach((embedding, layer) => {
      const row = output * head.layers + layer;
      logit += head.constants[row];
      for (let i = 0; i < dim; i++) logit += head.weights[row * dim + i] * embedding[i];
    });
    return logit;
  });
}

// The logits are divided by the temperature that calibration found: it makes 80% mean right in 8 of 10 cases.
function probabilitiesOf(head, logits) {
  const cooled = logits.map((logit) => logit / head.temperature);
  if (head.binary) {
    const second = 1 / (1 + Math.exp(-cooled[0]));
    return [1 - second, second];
  }
  return Array.from(softmax(cooled));
}

// Whether a text is unlike those that the model was trained on, by the embedding of one layer.
//
// English is told from other languages and from noise by one direction: its score is above a limit. Where the
// training texts were not English, it is the distance to them: along the directions in which they vary, each
// by its own variance, and in all others by one (probabilistic PCA, Tipping and Bishop 1999).
function outOfDistribution(known, embeddings) {
  if (!known) return false;
  const embedding = embeddings[known.layer];
  if (known.language) {
    let score = known.language.offset;
    for (let i = 0; i < embedding.length; i++) score += known.language.weights[i] * embedding[i];
    return score > known.language.limit;
  }
  const offset = embedding.map((value, i) => value - known.mean[i]);
  let rest = offset.reduce((sum, value) => sum + value * value, 0);
  let distance = 0;
  known.variances.forEach((variance, component) => {
    let along = 0;
    for (let i = 0; i < offset.length; i++) along += known.directions[component * offset.length + i] * offset[i];
    distance += (along * along) / variance;
    rest -= along * along;
  });
  return (distance + Math.max(0, rest) / known.noise) / offset.length > known.limit;
}

// Below this probability the most probable label is wrong about as often as a coin.
const NOT_SURE = 0.6;

// One task's answer: {task, label, confidence, scores: [{label, probability}], sure, abstains}. Where the model
// promises an accuracy, it abstains below the threshold of the promise.
function answerOf(head, probabilities) {
  const best = probabilities.indexOf(Math.max(...probabilities));
  return {
    task: head.task,
    label: head.labels[best],
    best,
    confidence: probabilities[best],
    scores: probabilities.map((probability, i) => ({ label: head.labels[i], probability })),
    sure: probabilities[best] >= (head.promised ?? NOT_SURE),
    abstains: head.promised != null && probabilities[best] < head.promised,
  };
}
