// Why: how much every word adds to an answer. Exactly, because nothing after the encoder is more than a sum.
//
// A layer's embedding is the sum of its tokens' states, divided by the length of that sum. A logit is a sum
// over the numbers of the embeddings. So a logit is a sum over tokens, and a token's summand is its share.

"use strict";

// What each token adds to the logit of each output of a head: adds[output][token].
function tokenAttributions(head, states, lengths) {
  const first = states.length - head.layers;
  const dim = head.weights.length / head.constants.length;
  const tokens = states[0].length / dim;
  return Array.from(head.bias, (_, output) => {
    const adds = new Float64Array(tokens);
    for (let layer = 0; layer < head.layers; layer++) {
      const row = (output * head.layers + layer) * dim;
      const state = states[first + layer];
      for (let token = 0; token < tokens; token++) {
        let sum = 0;
        for (let i = 0; i < dim; i++) sum += head.weights[row + i] * state[token * dim + i];
        adds[token] += sum / lengths[first + layer];
      }
    }
    return adds;
  });
}

// What each word adds to the logit of one label. With several logits it counts by how much it adds more to
// this one than to the average one: what lifts all of them changes no probability.
function wordAttributions(head, adds, words, label) {
  return words.map(({ first, pieces }) => {
    const sums = adds.map((row) => {
      let sum = 0;
      for (let i = 0; i < pieces.length; i++) sum += row[first + i];
      return sum;
    });
    if (head.binary) return label === 1 ? sums[0] : -sums[0];
    return sums[label] - sums.reduce((a, b) => a + b, 0) / sums.length;
  });
}

// BERT parts "don't", "well-known" and "3.5" at every mark, and "..." into dots; to a reader each is one
// word. "?!" stays two: its marks mean different things.
const ONE_WORD = /[\p{L}\p{N}_]+(?:(?:['’-]|(?<=\p{Nd})[.,:](?=\p{Nd}))[\p{L}\p{N}_]+)+|([^\p{L}\p{N}_\s])\1+/gu;

// The words of a text as a reader sees them: {start, end, first, pieces, unreadable}; `first` is the token
// with which a word begins, where token 0 is [CLS].
function wordsOf(text, pieces) {
  const startOf = new Map();
  for (const found of text.matchAll(ONE_WORD)) {
    for (let i = 0; i < found[0].length; i++) startOf.set(found.index + i, found.index);
  }
  const beginning = new Map(); // of each of the tokenizer's words
  for (const { word, start } of pieces) if (!beginning.has(word)) beginning.set(word, start);
  const words = [];
  let last = null;
  pieces.forEach((piece, place) => {
    const start = beginning.get(piece.word);
    const key = startOf.get(start) ?? start;
    if (key !== last) words.push({ first: place + 1, start: piece.start, pieces: [] });
    last = key;
    words[words.length - 1].pieces.push(piece);
  });
  for (const word of words) {
    word.end = word.pieces[word.pieces.length - 1].end;
    word.unreadable = word.pieces.some((piece) => piece.unknown);
  }
  return words;
}

// Whether there is a word to go by: marks beside unknown characters are none.
function readable(words) {
  const known = words.flatMap(({ pieces }) => pieces).filter((piece) => !piece.unknown);
  if (!words.some((word) => word.unreadable)) return known.length > 0;
  return known.some(({ spelling }) => /[\p{L}\p{N}]/u.test(spelling));
}
