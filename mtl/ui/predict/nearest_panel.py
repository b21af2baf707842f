"""The bundled sentences that are most like the visitor's."""

from collections.abc import Iterator
from concurrent.futures import wait
from typing import Any, Final

import gradio as gr

from mtl.analysis.similarity import neighbours
from mtl.ui.errors import told_to_the_visitor
from mtl.ui.models import Models
from mtl.ui.templates import TABLE, TABLE_CSS

_NEAREST: Final = 5
_POLL_S: Final = 0.5


class NearestPanel:
    """A table that fills when it is opened; `show` updates `outputs` from `inputs`."""

    def __init__(self, models: Models, text: gr.Textbox) -> None:
        self._models = models
        opened = gr.State(False)
        with gr.Accordion("The nearest training sentences", open=False, elem_id="nearest-box") as box:
            gr.Markdown(
                "Among the bundled sentences, by the cosine of the encoder as it was loaded; a run trained "
                "on other sentences has not seen these.",
                elem_classes="hint",
            )
            self.table = gr.HTML(
                _only("sentence"), html_template=TABLE, css_template=TABLE_CSS, elem_id="nearest"
            )
        self.inputs = [text, opened]
        self.outputs = [self.table]
        quiet: dict[str, Any] = {"show_progress": "hidden"}
        box.expand(lambda: True, None, opened, **quiet).then(
            self.encode, None, self.table, concurrency_limit=8, **quiet
        ).then(self.show, self.inputs, self.outputs, **quiet)

    def encode(self) -> Iterator[Any]:
        """Says how much of the bundled sentences is encoded, until all are; that happens once."""
        result = self._models.bundled.begin()
        while not result.done():
            done = self._models.bundled.progress()
            yield _only(f"Encoding the bundled sentences, once: {done:.0%}")
            wait([result], timeout=_POLL_S)
        yield gr.skip()

    def show(self, text: str, opened: bool) -> dict[Any, Any]:
        """The nearest sentences, if this part of the page was opened and the sentences are encoded."""
        bundled = self._models.bundled
        if not opened or bundled.progress() < 1 and not bundled.begin().done():
            return {self.table: gr.skip()}
        if not text.strip():
            return {self.table: _only("Type a sentence above.")}
        with told_to_the_visitor():
            embeddings, (texts, tasks, labels) = bundled.embeddings(), bundled.rows
        (found,) = neighbours(self._models.encoder.encode([text]), embeddings, _NEAREST)
        rows = [(f"{n.cosine:.3f}", texts[n.row], f"{tasks[n.row]}: {labels[n.row]}") for n in found]
        return {self.table: {"columns": ["cosine", "sentence", "its label"], "rows": rows}}


def _only(column: str) -> dict[str, Any]:
    return {"columns": [column], "rows": []}
