"""Many sentences at once: pasted or from a CSV file, with progress, Stop, filters, and a file to keep."""

import threading
import time
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypedDict

import gradio as gr

from mtl.data.columns import column_of_texts
from mtl.data.table import read_table
from mtl.model.multitask import MultiTaskModel
from mtl.model.predictions import SHOWN, Filter, Labelled, filtered, label_texts
from mtl.ui.charts.predicting import label_mix
from mtl.ui.downloads import new_file
from mtl.ui.errors import told_to_the_visitor
from mtl.ui.models import DEFAULT, Models
from mtl.ui.predict.task_dropdowns import TaskDropdowns, chosen_labels
from mtl.ui.templates import PROGRESS, PROGRESS_CSS, TABLE, TABLE_CSS

_MAX_ROWS: Final = 100_000
_REDRAW_S: Final = 0.5
_FIRST: Final = """Stop sending me these emails.
Thank you for the quick delivery!
Where can I change my address?
Fix this broken app now.
The parcel is on the second shelf."""


class Made(TypedDict):
    """A file of predictions, and the names of the tasks in it."""

    file: str
    tasks: list[str]


class ManyPanel:
    """The box of lines, the file, and what became of them."""

    def __init__(self, models: Models, model: gr.Dropdown, owner: gr.BrowserState) -> None:
        self._models = models
        self._running: dict[str, threading.Event] = {}
        given = [*self._lay_out_inputs(), model, owner]
        self._lay_out_results(models.get("", DEFAULT))
        filters = [self.made, self.unsure, *self.labels.boxes]
        found = [self.table, self.note]
        self._start.click(
            self.run,
            given,
            [self.bar, self.mix, self.made, self.save, *self.labels.boxes],
            show_progress_on=self.bar,
            concurrency_limit=2,
        ).then(self.filter, filters, found, show_progress="hidden")
        self._stop.click(self.stop, owner, None, show_progress="hidden")
        for changed in (self.unsure.input, *(box.input for box in self.labels.boxes)):
            changed(self.filter, filters, found, show_progress="hidden")

    def _lay_out_inputs(self) -> tuple[gr.Textbox, gr.File]:
        with gr.Row():
            lines = gr.Textbox(
                _FIRST, label="Sentences, one per line", lines=6, max_lines=6, scale=7, elem_id="many-lines"
            )
            file = gr.File(
                label=f"Or a CSV with a text column, up to {_MAX_ROWS:,} rows",
                file_types=[".csv", ".tsv", ".txt"],
                height=170,
                scale=4,
                elem_id="many-file",
            )
        with gr.Row():
            self._start = gr.Button("Label them", variant="primary", elem_id="many-start")
            self._stop = gr.Button("Stop, keep what is done", elem_id="many-stop")
        return lines, file

    def _lay_out_results(self, model: MultiTaskModel) -> None:
        made = _new_file_for(model)
        *_, state = _written(model, _FIRST.splitlines(), made, lambda: False)
        self.bar = gr.HTML(
            _progress(state, ended=True),
            html_template=PROGRESS,
            css_template=PROGRESS_CSS,
            elem_id="many-progress",
        )
        self.mix = gr.Plot(label_mix(state.counts), show_label=False, elem_id="many-mix")
        with gr.Row():
            self.labels = TaskDropdowns(model.tasks, title="{}", none="any", name="many-label")
            self.unsure = gr.Checkbox(
                False, label="Only not sure, or out of distribution", elem_id="many-unsure"
            )
        self.made = gr.State(made)
        table, note = _rows(made, Filter())
        self.note = gr.Markdown(note, elem_classes="hint", elem_id="many-note")
        self.table = gr.HTML(
            table,
            html_template=TABLE,
            css_template=TABLE_CSS + ".scroll { max-height: 360px; }",
            elem_id="many-table",
        )
        self.save = gr.DownloadButton(
            "Download labels and probabilities (CSV)", made["file"], elem_id="many-download"
        )

    def run(self, lines: str, file: str | None, key: str, owner: str) -> Iterator[dict[Any, Any]]:
        """Progress and the mix of labels as they grow; at the end the file and the labels to filter by."""
        with told_to_the_visitor():
            texts = _texts(lines, file)
            model = self._models.get(owner or "", key)
        stopped = self._running[owner] = threading.Event()
        made, drawn = _new_file_for(model), time.monotonic()
        state = Labelled(done=0, total=len(texts), eta_s=0, counts={task.name: {} for task in model.tasks})
        try:
            for state in _written(model, texts, made, stopped.is_set):
                if time.monotonic() - drawn > _REDRAW_S:
                    drawn = time.monotonic()
                    yield {self.bar: _progress(state), self.mix: label_mix(state.counts)}
        finally:
            if self._running.get(owner) is stopped:
                del self._running[owner]
        yield {
            self.bar: _progress(state, ended=True),
            self.mix: label_mix(state.counts),
            self.made: made,
            self.save: made["file"],
            **self.labels.fitted(model.tasks),
        }

    def stop(self, owner: str) -> None:
        """Ends this visitor's labelling after the chunk at hand."""
        if running := self._running.get(owner):
            running.set()

    def filter(self, made: Made, unsure: bool, *labels: str) -> dict[Any, Any]:
        """The rows of the whole file that pass the filters, and how many these are."""
        with told_to_the_visitor():
            table, note = _rows(made, Filter(labels=chosen_labels(made["tasks"], labels), unsure=unsure))
        return {self.table: table, self.note: note}


def _new_file_for(model: MultiTaskModel) -> Made:
    return Made(file=str(new_file("predictions.csv")), tasks=[task.name for task in model.tasks])


def _written(
    model: MultiTaskModel, texts: Sequence[str], made: Made, stopped: Callable[[], bool]
) -> Iterator[Labelled]:
    """Fills the file, chunk by chunk, until `stopped`."""
    with Path(made["file"]).open("w", newline="", encoding="utf-8") as out:
        yield from label_texts(model, texts, out, stopped=stopped)


def _rows(made: Made, wanted: Filter) -> tuple[dict[str, Any], str]:
    """The first rows that pass, as data for the template `TABLE`, and how many pass."""
    rows, passed = filtered(Path(made["file"]), wanted)
    columns = [column for column in ("text", *made["tasks"]) if column in rows]
    shown = [[_marked(row, column) for column in columns] for row in rows.to_dict("records")]
    first = f", the first {SHOWN} are shown" if passed > SHOWN else ""
    note = f"{passed:,} rows pass the filters{first}. ? means not sure, or out of distribution."
    return {"columns": columns, "rows": shown}, note


def _marked(row: Mapping[Hashable, Any], column: str) -> str:
    """A cell; a label has a mark if the model is not sure of it, or if its text is out of distribution."""
    sure = column == "text" or (row[f"{column}_sure"] and not row["out_of_distribution"])
    return f"{row[column]}" if sure else f"{row[column]} ?"


def _texts(lines: str, file: str | None) -> list[str]:
    if file:
        texts = column_of_texts(read_table(Path(file)))
    else:
        texts = [line.strip() for line in lines.splitlines() if line.strip()]
    if not texts:
        raise ValueError("there is nothing to label: paste sentences, one per line, or choose a CSV file")
    if len(texts) > _MAX_ROWS:
        raise ValueError(f"{len(texts):,} rows are too many: split the file, {_MAX_ROWS:,} at a time")
    return texts


def _progress(state: Labelled, *, ended: bool = False) -> dict[str, Any]:
    whole = state.done == state.total
    what = "labelled" if whole or not ended else "labelled, then stopped"
    eta = "" if ended else f"about {state.eta_s:.0f} s left"
    text = f"{state.done:,} of {state.total:,} {what}"
    return {"percent": f"{100 * state.done / state.total:.1f}", "text": text, "eta": eta}
