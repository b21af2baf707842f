"""Many sentences at once: labelled with progress and Stop, looked through, corrected, kept as a file."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import gradio as gr

from mtl.model.multitask import MultiTaskModel
from mtl.model.predictions import Filter, Labelled, columns, label_texts
from mtl.ui.charts.predicting import label_mix
from mtl.ui.downloads import new_file
from mtl.ui.errors import told_to_the_visitor
from mtl.ui.models import DEFAULT, Models
from mtl.ui.predict.corrections_panel import CorrectionsPanel, corrections_of
from mtl.ui.predict.labelled import NO_ROWS, Made, labelled_rows
from mtl.ui.predict.many_input import Given, ManyInput, given
from mtl.ui.predict.task_dropdowns import TaskDropdowns, chosen_labels
from mtl.ui.predict.templates import LABELLED, LABELLED_CSS, LABELLED_ON_LOAD
from mtl.ui.templates import PROGRESS, PROGRESS_CSS

_REDRAW_S: Final = 0.5


class ManyPanel:
    """The sentences, and what became of them; a row can be corrected, and `train` leads to Train."""

    def __init__(self, models: Models, corrections: CorrectionsPanel) -> None:
        self._models = models
        self._corrections = corrections
        self._running: dict[str, threading.Event] = {}
        self._input = ManyInput()
        with gr.Row():
            self._start = gr.Button("Label them", variant="primary", elem_id="many-start")
            self._stop = gr.Button("Stop, keep what is done", interactive=False, elem_id="many-stop")
        with gr.Column(visible=False) as self.results:
            self._lay_out_results(models.get("", DEFAULT))

    def _lay_out_results(self, model: MultiTaskModel) -> None:
        self.bar = gr.HTML(html_template=PROGRESS, css_template=PROGRESS_CSS, elem_id="many-progress")
        self.made = gr.State()
        with gr.Row():
            self.labels = TaskDropdowns(model.tasks, title="{}", none="any", name="many-label")
        with gr.Row():
            self.unsure = gr.Checkbox(
                False, label="Only not sure, or unlike English", container=False, elem_id="many-unsure"
            )
            self.lowest = gr.Checkbox(
                False, label="Least confident first", container=False, elem_id="many-lowest"
            )
        self.note = gr.Markdown("", elem_classes="hint", elem_id="many-note")
        self._lay_out_form(model)
        self.table = gr.HTML(
            NO_ROWS,
            html_template=LABELLED,
            css_template=LABELLED_CSS,
            js_on_load=LABELLED_ON_LOAD,
            elem_id="many-table",
        )
        self.save = gr.DownloadButton("Download all columns (CSV)", elem_id="many-download")
        self.mix = gr.Plot(show_label=False, elem_id="many-mix")

    def _lay_out_form(self, model: MultiTaskModel) -> None:
        with gr.Column(visible=False, elem_id="many-correction") as self.form:
            self.picked = gr.Textbox(label="Correct this answer", interactive=False, elem_id="many-picked")
            with gr.Row():
                self.right = TaskDropdowns(
                    model.tasks, title="{} should be", none="as it is", name="many-right"
                )
            self._add = gr.Button("Add to my corrections", size="sm", elem_id="many-add")
        self.train = gr.Button(
            "Train with the corrections", variant="primary", size="sm", visible=False, elem_id="many-train"
        )

    def wire(self, model: gr.Dropdown, owner: gr.BrowserState) -> None:
        """Lets the buttons work; the sentences are labelled by the chosen model."""
        quiet: dict[str, Any] = {"show_progress": "hidden"}
        filters = [self.made, self.unsure, self.lowest, *self.labels.boxes]
        found = [self.table, self.note]
        outputs = [self._stop, self.results, self.form, self.bar, self.mix, self.made, self.save]
        self._start.click(
            self.run,
            [*self._input.parts, model, owner],
            [*outputs, *found, *self.labels.boxes],
            show_progress_on=self.bar,
            concurrency_limit=2,
        ).then(self.filter, filters, found, **quiet)
        self._stop.click(self.stop, owner, None, **quiet)
        for changed in (self.unsure.input, self.lowest.input, *(box.input for box in self.labels.boxes)):
            changed(self.filter, filters, [*found, self.form], **quiet)
        self.table.click(
            self.pick, [self.table, self.made, owner], [self.form, self.picked, *self.right.boxes], **quiet
        )
        self._add.click(
            self.correct,
            [self._corrections.kept, self.picked, owner, self.made, *self.right.boxes],
            [*self._corrections.changed, self.form, self.train],
            **quiet,
        )

    def run(
        self, lines: str, file: str | None, column: str | None, key: str, owner: str
    ) -> Iterator[dict[Any, Any]]:
        """Progress and the mix of labels as they grow; at the end the file and the labels to filter by."""
        with told_to_the_visitor():
            rows = given(lines, file, column)
            model = self._models.get(owner or "", key)
        stopped = self._running[owner] = threading.Event()
        made, drawn = _new_file_for(model, key, rows), time.monotonic()
        total = len(rows.texts)
        state = Labelled(done=0, total=total, eta_s=0, counts={task.name: {} for task in model.tasks})
        yield self._begun(state)
        try:
            for state in _written(model, rows, made, stopped.is_set):
                if time.monotonic() - drawn > _REDRAW_S:
                    drawn = time.monotonic()
                    yield {self.bar: _progress(state), self.mix: label_mix(state.counts)}
        finally:
            if self._running.get(owner) is stopped:
                del self._running[owner]
        yield {
            self._stop: gr.update(interactive=False),
            self.bar: _progress(state, ended=True),
            self.mix: label_mix(state.counts),
            self.made: made,
            self.save: gr.update(value=made["file"], interactive=True),
            **self.labels.fitted(model.tasks),
        }

    def _begun(self, state: Labelled) -> dict[Any, Any]:
        """Nothing of the labelling before stays in sight."""
        return {
            self._stop: gr.update(interactive=True),
            self.results: gr.update(visible=True),
            self.form: gr.update(visible=False),
            self.bar: _progress(state),
            self.mix: label_mix(state.counts),
            self.made: None,
            self.save: gr.update(value=None, interactive=False),
            self.table: NO_ROWS,
            self.note: "",
        }

    def stop(self, owner: str) -> None:
        """Ends this visitor's labelling after the chunk at hand."""
        if running := self._running.get(owner):
            running.set()

    def filter(self, made: Made | None, unsure: bool, lowest: bool, *labels: str) -> dict[Any, Any]:
        """The rows of the whole file that pass the filters, and how many these are."""
        if made is None:
            return {self.table: NO_ROWS, self.note: ""}
        wanted = Filter(
            labels=chosen_labels(made["tasks"], labels),
            unsure=unsure,
            order="confidence" if lowest else "file",
        )
        with told_to_the_visitor():
            table, note = labelled_rows(made, wanted)
        return {self.table: table, self.note: note}

    def pick(self, shown: dict[str, Any], made: Made, owner: str, event: gr.EventData) -> dict[Any, Any]:
        """Opens the form for the row whose button was pressed."""
        with told_to_the_visitor():
            tasks = self._models.get(owner or "", made["model"]).tasks
        text = shown["rows"][int(event._data["row"])]["text"]
        return {self.form: gr.update(visible=True), self.picked: text, **self.right.fitted(tasks)}

    def correct(self, kept: Any, text: str, owner: str, made: Made, *values: str) -> dict[Any, Any]:
        """One more correction; the button that leads to Train says how many there are."""
        updates = self._corrections.with_one_more(kept, text, owner, made["model"], *values)
        count = len(corrections_of(updates[self._corrections.kept]))
        label = f"Train with {count:,} correction{'s' if count > 1 else ''}"
        return {
            **updates,
            self.form: gr.update(visible=False),
            self.train: gr.update(value=label, visible=True),
        }


def _new_file_for(model: MultiTaskModel, key: str, rows: Given) -> Made:
    names = columns(model.tasks, list(rows.beside.columns))
    tasks = [task.name for task in model.tasks]
    return Made(file=str(new_file("predictions.csv")), model=key, tasks=tasks, text=names[rows.text])


def _written(
    model: MultiTaskModel, rows: Given, made: Made, stopped: Callable[[], bool]
) -> Iterator[Labelled]:
    """Fills the file, chunk by chunk, until `stopped`."""
    with Path(made["file"]).open("w", newline="", encoding="utf-8") as out:
        yield from label_texts(model, rows.texts, out, beside=rows.beside, stopped=stopped, guard=True)


def _progress(state: Labelled, *, ended: bool = False) -> dict[str, Any]:
    whole = state.done == state.total
    what = "labelled" if whole or not ended else "labelled, then stopped"
    eta = "" if ended or not state.done else f"about {state.eta_s:.0f} s left"
    text = f"{state.done:,} of {state.total:,} {what}"
    return {"percent": f"{100 * state.done / state.total:.1f}", "text": text, "eta": eta}
