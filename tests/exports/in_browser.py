"""What `model.html`, open in a browser, is asked by tests and benchmarks."""

import numpy as np

from mtl.exports.agreement import Answers

# Asks the worker for whole answers, and one made of the same program for tokens only.
ASK = """async texts => {
  const answers = [];
  for (const text of texts) {
    const id = -1 - answers.length;
    const heard = new Promise(resolve => worker.addEventListener("message", function hear({data}) {
      if (data.id === id) { worker.removeEventListener("message", hear); resolve(data.answer); }
    }));
    worker.postMessage({id, text});
    const answer = await heard;
    answers.push({...answer, embedding: [...answer.embedding]});
  }
  return answers;
}"""
TOKENIZE = """async ([facts, texts]) => {
  const program = document.getElementById("program").textContent + `
    self.onmessage = ({data: [facts, texts]}) => {
      const tokenizer = new Tokenizer(facts);
      self.postMessage(texts.map(text => tokenizer.encode(text).ids));
    };`;
  const own = new Worker(URL.createObjectURL(new Blob([program])));
  const heard = new Promise(resolve => { own.onmessage = ({data}) => resolve(data); });
  own.postMessage([facts, texts]);
  return heard;
}"""
_AT_ONCE = 200


def opened(browser, file, patience_s=600):
    """The file, from the disk, in a new profile without a network, once it can answer."""
    page = browser.new_context(offline=True).new_page()
    page.set_default_timeout(1000 * patience_s)
    page.goto(file.as_uri())
    page.wait_for_selector("html[data-ready=yes]")
    return page


def answers_in(page, texts):
    """What the open file makes of some texts."""
    answers = []
    for start in range(0, len(texts), _AT_ONCE):
        answers += page.evaluate(ASK, texts[start : start + _AT_ONCE])
    return Answers(
        probabilities={
            task["task"]: np.array(
                [[s["probability"] for s in answer["tasks"][place]["scores"]] for answer in answers]
            )
            for place, task in enumerate(answers[0]["tasks"])
        },
        embeddings=np.array([answer["embedding"] for answer in answers]),
    )
