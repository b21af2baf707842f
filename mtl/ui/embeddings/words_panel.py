"""Word by word: two sentences that are chosen, or a pair of the ranked list, and their way up the layers."""

from typing import Any, Final

import gradio as gr
import pandas as pd

from mtl.analysis.similarity import Pair, ranked_pairs
from mtl.ui.charts.space import layers_chart
from mtl.ui.embeddings.pair import no_pair, pair_detail, pair_display
from mtl.ui.embeddings.sources import Sentences, Sources

_SHOWN_PAIRS: Final = 500
_COLUMNS: Final = ["cosine", "sentence", "and"]
_TYPE: Final = "A pair needs two sentences. Type another line."


class WordsPanel:
    """One pair in detail, and all pairs, ranked. `render` fills `outputs`."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        with gr.Row():
            self._one = gr.Dropdown([], label="Sentence A", elem_id="pair-a")
            self._other = gr.Dropdown([], label="Sentence B", elem_id="pair-b")
        with gr.Row(elem_classes="beside"):
            with gr.Column(scale=7, min_width=320):
                self._pair = pair_display("pair-words")
            with gr.Column(scale=5, min_width=320):
                self._layers = gr.Plot(
                    visible=False, label="Their cosine, layer by layer", elem_id="pair-layers"
                )
        self._table = gr.Dataframe(
            pd.DataFrame(columns=_COLUMNS),
            label="All pairs, most similar first. Press a row to see it above.",
            wrap=True,
            max_height=320,
            column_widths=["110px", "45%", "45%"],
            interactive=False,
            elem_id="pairs",
        )
        self._detail: list[Any] = [self._pair, self._layers]
        self.outputs: list[Any] = [self._one, self._other, *self._detail, self._table]

    def wire(self, sentences: gr.Textbox) -> None:
        """Lets the choices and the table work."""

        def show(lines: str, one: int | None, other: int | None) -> dict[Any, Any]:
            return self._show(self._sources.lines(lines), one or 0, 1 if other is None else other)

        def pick(lines: str, event: gr.SelectData) -> dict[Any, Any]:
            # The row as it is shown, which may have been sorted: "3. A sentence".
            one, other = (int(cell.partition(".")[0]) - 1 for cell in event.row_value[1:])
            return {self._one: one, self._other: other, **self._show(self._sources.lines(lines), one, other)}

        quiet: dict[str, Any] = {"show_progress": "hidden", "concurrency_limit": 2}
        gr.on(
            [self._one.input, self._other.input],
            show,
            [sentences, self._one, self._other],
            self._detail,
            **quiet,
        )
        self._table.select(pick, sentences, [self._one, self._other, *self._detail], **quiet)

    def render(self, lines: str, pair: tuple[int, int] | None = None) -> dict[Any, Any]:
        """A pair, the closest one unless it is given, and all of them."""
        found = self._sources.lines(lines)
        texts = found.texts
        if len(texts) < 2:
            return {**self.empty(), self._pair: no_pair(_TYPE)}
        ranked = ranked_pairs(found.cosines)
        known = pair is not None and all(0 <= number < len(texts) for number in pair)
        one, other = pair if pair and known else (ranked[0].first, ranked[0].second)
        choices = [(f"{number + 1}. {text[:80]}", number) for number, text in enumerate(texts)]
        rows = [
            (f"{p.cosine:+.3f}", f"{p.first + 1}. {texts[p.first]}", f"{p.second + 1}. {texts[p.second]}")
            for p in _some(ranked)
        ]
        return {
            self._one: gr.update(choices=choices, value=one),
            self._other: gr.update(choices=choices, value=other),
            self._table: pd.DataFrame(rows, columns=_COLUMNS),
            **self._show(found, one, other),
        }

    def _show(self, found: Sentences, one: int, other: int) -> dict[Any, Any]:
        if max(one, other) >= len(found.texts):
            return {self._pair: gr.skip()}
        shown, by_layer = pair_detail(self._sources.encoder, found.texts[one], found.texts[other])
        return {
            self._pair: shown,
            self._layers: gr.update(value=layers_chart(by_layer.tolist()), visible=True),
        }

    def empty(self) -> dict[Any, Any]:
        """Nothing to choose, and nothing shown."""
        return {
            self._one: gr.update(choices=[], value=None),
            self._other: gr.update(choices=[], value=None),
            self._pair: no_pair(""),
            self._layers: gr.update(value=None, visible=False),
            self._table: pd.DataFrame(columns=_COLUMNS),
        }


def _some(ranked: list[Pair]) -> list[Pair]:
    """The closest pairs, and of very many the farthest too."""
    if len(ranked) <= _SHOWN_PAIRS:
        return ranked
    return ranked[: _SHOWN_PAIRS // 2] + ranked[-_SHOWN_PAIRS // 2 :]
