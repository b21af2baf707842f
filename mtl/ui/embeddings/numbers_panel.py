"""One sentence: its tokens as the tokenizer sees them, its numbers as a strip and a table."""

from typing import Any

import gradio as gr
import numpy as np
import pandas as pd

from mtl.analysis.word_spans import read
from mtl.model.encoder import Encoder
from mtl.ui.charts.embeddings import embedding_strip
from mtl.ui.embeddings.sources import Sources
from mtl.ui.embeddings.templates import TOKENS, TOKENS_CSS

_NONE: dict[str, Any] = {"facts": "Type a sentence to see its numbers.", "tokens": [], "cut": ""}


class NumbersPanel:
    """`render` fills `outputs`."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self.which = gr.Dropdown([], label="Sentence", elem_id="which")
        self._tokens = gr.HTML(_NONE, html_template=TOKENS, css_template=TOKENS_CSS, elem_id="tokens")
        with gr.Row(elem_classes="beside"):
            with gr.Column(scale=8, min_width=320):
                self._strip = gr.Plot(
                    visible=False, label="Its numbers, blue positive, orange negative", elem_id="strip"
                )
            with gr.Column(scale=4, min_width=280):
                self._numbers = gr.Dataframe(
                    _table(np.zeros(0, dtype=np.float32)),
                    label="The numbers",
                    max_height=260,
                    interactive=False,
                    elem_id="numbers",
                )
        self.outputs: list[Any] = [self.which, self._tokens, self._strip, self._numbers]

    def wire(self, sentences: gr.Textbox) -> None:
        """Lets the choice work."""
        self.which.input(
            self.render,
            [sentences, self.which],
            self.outputs,
            show_progress="hidden",
            concurrency_limit=2,
        )

    def render(self, lines: str, which: int | None) -> dict[Any, Any]:
        """One of the sentences: the chosen one, or the first where there is no such."""
        found = self._sources.lines(lines)
        if not found.texts:
            return self.empty()
        chosen = which if which is not None and 0 <= which < len(found.texts) else 0
        embedding = found.embeddings[chosen]
        norm = f"{len(embedding)} numbers; as an arrow their length is {np.linalg.norm(embedding):.4f}"
        choices = [(f"{number + 1}. {text[:80]}", number) for number, text in enumerate(found.texts)]
        return {
            self.which: gr.update(choices=choices, value=chosen),
            self._tokens: _tokens(self._sources.encoder, found.texts[chosen], norm),
            self._strip: gr.update(value=embedding_strip(embedding), visible=True),
            self._numbers: _table(embedding),
        }

    def empty(self) -> dict[Any, Any]:
        """Nothing to choose, and nothing shown."""
        return {
            self.which: gr.update(choices=[], value=None),
            self._tokens: _NONE,
            self._strip: gr.update(value=None, visible=False),
            self._numbers: _table(np.zeros(0, dtype=np.float32)),
        }


def _table(embedding: Any) -> pd.DataFrame:
    return pd.DataFrame(
        {"dimension": range(len(embedding)), "value": [f"{value:+.6f}" for value in embedding]}
    )


def _tokens(encoder: Encoder, text: str, norm: str) -> dict[str, Any]:
    tokens, (reading,) = read(encoder, [text])
    pieces = [(piece, word) for word in reading.words for piece in word.pieces]
    shown = [{"text": "[CLS]", "kind": "special", "title": "begins every text"}]
    for piece, word in pieces:
        kind = "unknown" if piece.spelling == "[UNK]" else "piece" if len(word.pieces) > 1 else ""
        title = f"a piece of {word.text}" if len(word.pieces) > 1 else word.text
        shown.append({"text": piece.spelling, "kind": kind, "title": title})
    shown.append({"text": "[SEP]", "kind": "special", "title": "ends every text"})
    count = len(tokens.ids[0])
    facts = (
        f"{norm}. {count} tokens, {len(reading.words)} words; the encoder reads {encoder.max_length} tokens."
    )
    cut = "" if reading.cut is None else f'Not read any more: "{text[reading.cut :].strip()[:300]}"'
    return {"facts": facts, "tokens": shown, "cut": cut}
