"""One sentence: its numbers as a strip and a table, and its tokens as the tokenizer sees them."""

from typing import Any, Final

import gradio as gr
import numpy as np
import pandas as pd

from mtl.analysis.word_spans import read
from mtl.model.encoder import Encoder
from mtl.ui.charts.embeddings import embedding_strip
from mtl.ui.embeddings.sources import MOST_SENTENCES, lines_of

TOKENS: Final = """
<p class="facts">{{value.facts}}</p>
<div class="tokens" aria-label="tokens">{{#each value.tokens}}
  <span class="token {{this.kind}}" title="{{this.title}}">{{this.text}}</span>{{/each}}
</div>
<p class="cut">{{value.cut}}</p>"""

TOKENS_CSS: Final = """
.facts, .cut { margin: 0 0 8px; font-size: .92rem; color: var(--body-text-color); overflow-wrap: anywhere; }
.cut { margin: 8px 0 0; color: var(--body-text-color-subdued); }
.tokens { display: flex; flex-wrap: wrap; gap: 4px; max-height: 260px; overflow-y: auto; }
.token { font-family: var(--font-mono); font-size: .85rem; padding: 2px 7px; border-radius: 5px;
         border: 1px solid var(--border-color-primary); color: var(--body-text-color);
         background: var(--block-background-fill); }
.special { border-style: dashed; color: var(--body-text-color-subdued); }
.piece { border-color: var(--combined); }
.unknown { border-color: #c2410c; text-decoration: underline wavy #c2410c; }
"""


class SentencePanel:
    """`outputs` are filled by `render_sentence`."""

    def __init__(self, encoder: Encoder, first: str) -> None:
        self._encoder = encoder
        start = render_sentence(encoder, first, 0)
        self.which = gr.Dropdown(
            start[0]["choices"], value=0, label="One sentence's embedding", elem_id="which"
        )
        self._tokens = gr.HTML(start[1], html_template=TOKENS, css_template=TOKENS_CSS, elem_id="tokens")
        with gr.Row():
            with gr.Column(scale=8, min_width=320):
                self._strip = gr.Plot(start[2], label="Its numbers, blue positive, orange negative")
            with gr.Column(scale=4, min_width=280):
                self._numbers = gr.Dataframe(
                    start[3], label="The numbers", max_height=260, interactive=False, elem_id="numbers"
                )
        self.outputs = [self.which, self._tokens, self._strip, self._numbers]

    def wire(self, sentences: gr.Textbox, compared: Any) -> None:
        """Follows the box of sentences."""

        def show(lines: str, which: int | None) -> tuple[Any, ...]:
            return render_sentence(self._encoder, lines, which or 0)

        quiet: dict[str, Any] = {"show_progress": "hidden", "concurrency_limit": 2}
        compared.then(show, [sentences, self.which], self.outputs, **quiet)
        self.which.input(show, [sentences, self.which], self.outputs, **quiet)


def render_sentence(encoder: Encoder, lines: str, which: int) -> tuple[Any, ...]:
    """Choices, tokens, strip and numbers of one of the lines."""
    texts = lines_of(lines)[:MOST_SENTENCES]
    if not texts:
        return (gr.skip(),) * 4
    chosen = which if 0 <= which < len(texts) else 0
    embedding = encoder.encode([texts[chosen]])[0]
    choices = [(f"{number + 1}. {text[:80]}", number) for number, text in enumerate(texts)]
    numbers = pd.DataFrame(
        {"dimension": range(len(embedding)), "value": [f"{value:+.6f}" for value in embedding]}
    )
    norm = f"Norm {np.linalg.norm(embedding):.4f}, {len(embedding)} dimensions"
    return (
        gr.update(choices=choices, value=chosen),
        _tokens(encoder, texts[chosen], norm),
        embedding_strip(embedding),
        numbers,
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
