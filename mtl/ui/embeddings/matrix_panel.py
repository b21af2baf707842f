"""Every sentence against every other; a cell shows its two sentences word by word."""

from typing import Any, Final

import gradio as gr

from mtl.ui.embeddings.grid import EMPTY, matrix_grid, texts_of
from mtl.ui.embeddings.pair import no_pair, pair_detail, pair_display
from mtl.ui.embeddings.sources import Sources
from mtl.ui.embeddings.templates import GRID_CSS, MATRIX, PRESSED
from mtl.ui.errors import told_to_the_visitor

_PRESS: Final = "Press a cell to see its two sentences word by word."
_PRESS_BLOCK: Final = "Similar sentences stand together. Press a cell to open it."
_TYPE: Final = "A matrix needs two sentences. Type another line."


class MatrixPanel:
    """The matrix, and beside it the pair that was pressed. `render` fills `outputs`."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        with gr.Row(elem_classes="beside"):
            with gr.Column(scale=7, min_width=320):
                with gr.Row(elem_classes="quiet"):
                    self.ordered = gr.Checkbox(
                        label="Similar ones side by side", container=False, elem_id="ordered"
                    )
                    self._all = gr.Button("All sentences", visible=False, size="sm", elem_id="matrix-all")
                self._grid = gr.HTML(
                    EMPTY, html_template=MATRIX, css_template=GRID_CSS, js_on_load=PRESSED, elem_id="matrix"
                )
            with gr.Column(scale=5, min_width=320):
                self._pair = pair_display("matrix-pair")
        self.outputs: list[Any] = [self._grid, self._all, self._pair]

    def wire(self, sentences: gr.Textbox) -> None:
        """Lets cells and the switch work."""
        quiet: dict[str, Any] = {"show_progress": "hidden", "concurrency_limit": 2}
        given = [sentences, self.ordered]

        def press(lines: str, event: gr.EventData) -> dict[Any, Any]:
            with told_to_the_visitor():
                return self.press(lines, str(event._data["cell"]))

        self._grid.click(press, sentences, self.outputs, **quiet)
        self.ordered.input(self.render, given, self.outputs, **quiet)
        self._all.click(self.render, given, self.outputs, **quiet)

    def render(self, lines: str, ordered: bool) -> dict[Any, Any]:
        """All sentences."""
        found = self._sources.lines(lines)
        if len(found.texts) < 2:
            return {**self.empty(), self._pair: no_pair(_TYPE)}
        grid = matrix_grid(found.cosines, found.texts, ordered=ordered)
        many = len(grid["rows"]) < len(found.texts)
        return {
            self._grid: grid,
            self._all: gr.update(visible=False),
            self._pair: no_pair(_PRESS_BLOCK if many else _PRESS),
        }

    def press(self, lines: str, key: str) -> dict[Any, Any]:
        """The pair of a cell, or the sentences of a block. Raises ValueError for a cell that is not there."""
        found = self._sources.lines(lines)
        down, across = texts_of(key, len(found.texts))
        if len(down) == len(across) == 1:
            detail, _ = pair_detail(self._sources.encoder, found.texts[down[0]], found.texts[across[0]])
            return {self._pair: detail}
        grid = matrix_grid(found.cosines, found.texts, down, across)
        return {self._grid: grid, self._all: gr.update(visible=True), self._pair: no_pair(_PRESS)}

    def empty(self) -> dict[Any, Any]:
        """Nothing."""
        return {self._grid: EMPTY, self._all: gr.update(visible=False), self._pair: no_pair("")}
