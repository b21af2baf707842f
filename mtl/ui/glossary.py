"""The words that the page uses, each in a plain sentence."""

from typing import Any, Final

import gradio as gr

WORDS: Final[dict[str, str]] = {
    "Encoder": "The network that turns a sentence into numbers. Here all-MiniLM-L6-v2: word embeddings "
    "(layer 0), then six transformer layers. Each layer rewrites the numbers of every word in the "
    "light of the others.",
    "Embedding": "A sentence as 384 numbers: the mean over its tokens after the last layer, scaled to "
    "length 1.",
    "Token": "What the encoder reads: a word, a piece of one (##ly), or a mark.",
    "Cosine similarity": "How much two embeddings point the same way: 1 the same, 0 nothing in common.",
    "Task": "What one head learns: a question about a sentence, and the labels that may answer it.",
    "Head": "A linear map from the encoder's numbers to one number per label. Each task has its own.",
    "Logit": "A head's number for a label, before it becomes a probability. The largest wins.",
    "Frozen": "Not changed by training. A frozen encoder makes training quick and keeps what it knows.",
    "Epoch": "One pass over the training rows.",
    "Learning rate": "How far each step moves the numbers that train.",
    "Loss": "How surprised the model is by the right labels, in nats; lower is better. The combined loss "
    "is the sum over the tasks: cross-entropy for each, binary cross-entropy for a binary one.",
    "Validation rows": "Rows that are put aside. They choose the best epoch and measure the result, but "
    "never train.",
    "Accuracy": "The share of rows with the right label.",
    "Macro-F1": "The mean over labels of F1, which weighs finding a label against naming it wrongly; rare "
    "labels count as much as common ones.",
    "95% interval": "The range of true scores that fit what was measured on these rows. Of 100 such "
    "ranges, each from other rows of this kind, about 95 would hold the true score.",
    "Calibrated": "Of the answers given with 90%, about 90% are right.",
    "Out of distribution": "Unlike the texts that the model was trained on: do not rely on its answer.",
    "PCA, t-SNE": "Two ways to draw 384 dimensions on a plane: PCA keeps as much spread as it can, t-SNE "
    "keeps neighbours.",
}

_LIST: Final = "<dl>{{#each value}}<div><dt>{{this.word}}</dt><dd>{{this.meaning}}</dd></div>{{/each}}</dl>"
_CSS: Final = """
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 300px), 1fr)); gap: 10px 24px;
     margin: 0; }
dt { font-weight: 700; color: var(--body-text-color); }
dd { margin: 0; font-size: .92rem; color: var(--body-text-color-subdued); }
"""


def glossary() -> None:
    """The accordion below the tabs."""
    words: list[dict[str, Any]] = [{"word": word, "meaning": meaning} for word, meaning in WORDS.items()]
    with gr.Accordion("The words used here", open=False, elem_id="glossary"):
        gr.HTML(words, html_template=_LIST, css_template=_CSS)
