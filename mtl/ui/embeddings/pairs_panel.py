"""Two sentences in detail: their cosine, word against word, and how it moves through the layers."""

from typing import Any, Final

import gradio as gr
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mtl.analysis.sentence_pairs import layer_cosines, token_cosines
from mtl.analysis.similarity import angle, cosines, ranked_pairs
from mtl.model.encoder import Encoder
from mtl.ui.charts.space import layers_chart, word_heatmap
from mtl.ui.embeddings.sources import MOST_SENTENCES, lines_of
from mtl.ui.templates import MESSAGES, MESSAGES_CSS

_SHOWN_PAIRS: Final = 500
_MOST_WORDS: Final = 40


class PairsPanel:
    """All pairs, ranked, and one of them in detail. `outputs` are filled by `render_pairs`."""

    def __init__(self, encoder: Encoder, first: str) -> None:
        self._encoder = encoder
        start = render_pairs(encoder, first)
        self._table = gr.Dataframe(
            start[0],
            label="Pairs, most similar first; press a row for its detail",
            wrap=True,
            max_height=320,
            column_widths=["110px", "45%", "45%"],
            interactive=False,
            elem_id="pairs",
        )
        with gr.Row():
            self._one = gr.Dropdown(
                start[1]["choices"], value=start[1]["value"], label="Sentence A", elem_id="pair-a"
            )
            self._other = gr.Dropdown(
                start[2]["choices"], value=start[2]["value"], label="Sentence B", elem_id="pair-b"
            )
        detail = render_detail(encoder, first, start[1]["value"], start[2]["value"])
        self._messages = gr.HTML(
            detail[0], html_template=MESSAGES, css_template=MESSAGES_CSS, elem_id="pair-said"
        )
        with gr.Row():
            self._words = gr.Plot(detail[1], label="Which words answer which", elem_id="pair-words")
            self._layers = gr.Plot(detail[2], label="Their cosine, layer by layer", elem_id="pair-layers")
        self.outputs = [self._table, self._one, self._other]

    def wire(self, sentences: gr.Textbox, compared: Any) -> None:
        """Follows the box of sentences: `compared` is the event after which `outputs` are new."""
        inputs: list[Any] = [sentences, self._one, self._other]
        outputs: list[Any] = [self._messages, self._words, self._layers]

        def show(lines: str, one: int | None, other: int | None) -> tuple[Any, ...]:
            return render_detail(self._encoder, lines, one or 0, 1 if other is None else other)

        def pick(event: gr.SelectData) -> tuple[int, int]:
            # The row as it is shown, which may have been sorted: "3. A sentence".
            _, one, other = (cell.partition(".")[0] for cell in event.row_value)
            return int(one) - 1, int(other) - 1

        quiet: dict[str, Any] = {"show_progress": "hidden", "concurrency_limit": 2}
        compared.then(show, inputs, outputs, **quiet)
        gr.on([self._one.input, self._other.input], show, inputs, outputs, **quiet)
        self._table.select(pick, None, [self._one, self._other], **quiet).then(show, inputs, outputs, **quiet)


def render_pairs(encoder: Encoder, lines: str) -> tuple[Any, ...]:
    """The ranked pairs of some lines, and the choices of both sides of a pair, the closest chosen."""
    texts = lines_of(lines)[:MOST_SENTENCES]
    ranked = _ranked(encoder, texts)
    choices = [(f"{number + 1}. {text[:80]}", number) for number, text in enumerate(texts)]
    rows = [
        (f"{p.cosine:+.3f}", f"{p.first + 1}. {texts[p.first]}", f"{p.second + 1}. {texts[p.second]}")
        for p in ranked
    ]
    one, other = (ranked[0].first, ranked[0].second) if ranked else (0, 0)
    table = pd.DataFrame(rows, columns=["cosine", "sentence", "and"])
    return table, gr.update(choices=choices, value=one), gr.update(choices=choices, value=other)


def _ranked(encoder: Encoder, texts: list[str]) -> list[Any]:
    """The closest pairs, and of very many the farthest too."""
    ranked = ranked_pairs(cosines(encoder.encode(texts))) if len(texts) > 1 else []
    if len(ranked) <= _SHOWN_PAIRS:
        return ranked
    return ranked[: _SHOWN_PAIRS // 2] + ranked[-_SHOWN_PAIRS // 2 :]


def render_detail(encoder: Encoder, lines: str, one: int, other: int) -> tuple[Any, ...]:
    """What is said of two of the lines, word against word, and layer by layer."""
    texts = lines_of(lines)[:MOST_SENTENCES]
    if len(texts) < 2:
        tell = {"kind": "note", "title": "A pair needs two sentences.", "text": "Type another line."}
        return [tell], gr.skip(), gr.skip()
    a, b = (texts[number] if 0 <= number < len(texts) else texts[0] for number in (one, other))
    by_layer = layer_cosines(encoder, a, b)
    words = token_cosines(encoder, a, b)
    firsts = [word.text for word in words.first.words][:_MOST_WORDS]
    seconds = [word.text for word in words.second.words][:_MOST_WORDS]
    grid = words.cosines[: len(firsts), : len(seconds)]
    said = [
        f"An angle of {angle(float(by_layer[-1])):.0f} degrees in {encoder.dimension} dimensions.",
        _closest_words(grid, firsts, seconds),
        f"From layer 0 to the last the cosine goes from {by_layer[0]:.2f} to {by_layer[-1]:.2f}.",
    ]
    message = {"kind": "note", "title": f"Cosine {by_layer[-1]:.3f}.", "text": " ".join(said)}
    return [message], word_heatmap(grid, firsts, seconds), layers_chart(by_layer.tolist())


def _closest_words(grid: NDArray[np.float32], firsts: list[str], seconds: list[str]) -> str:
    """The two that answer each other best; the same word on both sides tells nothing."""
    telling = [[a.lower() != b.lower() and a.isalnum() and b.isalnum() for b in seconds] for a in firsts]
    if not np.any(telling):
        return ""
    row, column = np.unravel_index(int(np.where(telling, grid, -2).argmax()), grid.shape)
    return f'Closest different words: "{firsts[row]}" and "{seconds[column]}" ({grid[row, column]:.2f}).'
