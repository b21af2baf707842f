// The worker: the model lives here, so that the page never waits for it.
//
// It is told {weights} once and says {ready}; then it is told {id, text} and says {id, answer}.

"use strict";

class Model {
  constructor(file) {
    const { header, tensor } = file;
    this.tokenizer = new Tokenizer(header.tokenizer);
    this.encoder = encoderOf(file);
    this.heads = header.heads.map((head, i) => ({
      ...head,
      weights: tensor(`head.${i}.weights`),
      constants: tensor(`head.${i}.constants`),
      bias: tensor(`head.${i}.bias`),
    }));
    this.known = header.known && {
      ...header.known,
      language: header.known.language && {
        ...header.known.language,
        weights: tensor("known.language"),
      },
      mean: tensor("known.mean"),
      directions: tensor("known.directions"),
      variances: tensor("known.variances"),
    };
  }

  // {tasks, words, readable, outOfDistribution, truncated, ids, embedding}: everything about one text.
  answer(text) {
    const { ids, pieces, truncated } = this.tokenizer.encode(text);
    const states = this.encoder.states(ids);
    const pooled = states.map((state) => this.encoder.pool(state));
    const embeddings = pooled.map(({ embedding }) => embedding);
    const lengths = pooled.map(({ length }) => length);
    const words = wordsOf(text, pieces);
    const tasks = this.heads.map((head) => {
      const answer = answerOf(head, probabilitiesOf(head, logitsOf(head, embeddings)));
      const adds = tokenAttributions(head, states, lengths);
      return { ...answer, adds: wordAttributions(head, adds, words, answer.best) };
    });
    return {
      tasks,
      words: words.map(({ start, end, unreadable }) => ({ start, end, unreadable })),
      readable: readable(words),
      // Nothing between the special tokens, or nothing that is known, resembles nothing.
      outOfDistribution:
        pieces.every(({ spelling }) => this.tokenizer.special.all.includes(spelling)) ||
        outOfDistribution(this.known, embeddings),
      truncated,
      ids,
      embedding: embeddings[embeddings.length - 1],
    };
  }
}

async function modelOf(base64) {
  return new Model(opened(await unzipped(bytesOf(base64))));
}

let model = null;

self.onmessage = async ({ data }) => {
  try {
    if (data.weights) {
      model = await modelOf(data.weights);
      self.postMessage({ ready: true });
    } else {
      const began = performance.now();
      const answer = model.answer(data.text);
      self.postMessage({ id: data.id, answer, milliseconds: performance.now() - began });
    }
  } catch (error) {
    self.postMessage({ problem: String(error) });
  }
};
