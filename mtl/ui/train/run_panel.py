"""A run as it goes: tiles, progress, charts, table, scores, and its model to take away."""

from collections.abc import Callable
from typing import Any

import gradio as gr
import pandas as pd

from mtl.model.archive import pack
from mtl.runs.artifacts import history
from mtl.runs.view import RunView
from mtl.schema.events import EpochEnd, RunEnd, RunStarted, StageEnded, StageStarted
from mtl.schema.results import ValidationReport
from mtl.schema.tasks import KNOWN_TASKS
from mtl.schema.words import describe
from mtl.ui.charts.training import loss_chart, score_chart
from mtl.ui.downloads import new_file
from mtl.ui.templates import MESSAGES, MESSAGES_CSS, PROGRESS, PROGRESS_CSS, TILES, TILES_CSS
from mtl.ui.train.bottom_bar import BottomBar
from mtl.ui.train.confusion_panel import ConfusionPanel
from mtl.ui.train.progress import IDLE, progress_bar, started_of
from mtl.ui.train.report_panel import ReportPanel


class RunPanel:
    """The components of a run; `render` fills `outputs`, those of the bar among them."""

    def __init__(self, bar: BottomBar) -> None:
        self.bar = bar
        self._tiles = gr.HTML(tiles(None), html_template=TILES, css_template=TILES_CSS, elem_id="run-tiles")
        self._progress = gr.HTML(
            IDLE, html_template=PROGRESS, css_template=PROGRESS_CSS, elem_id="run-progress"
        )
        self._losses = gr.Plot(loss_chart(()), label="Combined loss per epoch", elem_id="loss-chart")
        gr.Markdown(
            "The best epoch has the lowest validation loss, averaged over the tasks by their rows; "
            "its model is kept. Chance: the loss of a model that gives every label the same probability. "
            "Best frozen head: the lowest validation loss that any head can reach on the unchanged encoder; "
            "it is drawn when the run ends.",
            elem_classes="hint",
        )
        self._log = gr.HTML(html_template=MESSAGES, css_template=MESSAGES_CSS, elem_id="run-log")
        with gr.Column(visible=False, elem_id="run-result") as self._result:
            self._end = gr.HTML(html_template=MESSAGES, css_template=MESSAGES_CSS, elem_id="run-end")
            with gr.Row():
                self.use = gr.Button("Use it in Predict", variant="primary", elem_id="use-model")
                self.moved = gr.Button("See what moved", elem_id="see-moved")
                self._download = gr.DownloadButton("Download the model (zip)", elem_id="download-model")
            self._command = gr.Textbox(
                label="The same run on the command line",
                interactive=False,
                visible=False,
                buttons=["copy"],
                elem_id="command-line",
            )
            self._report = ReportPanel()
            self._confusion = ConfusionPanel()
        self._scores = gr.Plot(score_chart(()), label="Validation scores per epoch", elem_id="score-chart")
        self._table = gr.Dataframe(
            _table([]),
            label="Every epoch in numbers",
            interactive=False,
            max_height=360,
            elem_id="epochs-table",
        )
        own = (self._tiles, self._progress, self._losses, self._scores, self._table, self._log)
        result = (self._result, self._end, self._download, self._command)
        self.outputs = [*own, *result, *self._report.outputs, *self._confusion.outputs, *bar.outputs]

    def wire(self, view: Callable[[str, str], RunView], owner: gr.BrowserState, run_id: gr.State) -> None:
        """Lets the confusion matrices show the rows of `view(owner, run_id)`."""
        self._confusion.wire(view, owner, run_id)

    def render(self, view: RunView, shown: RunView | None = None) -> dict[Any, Any]:
        """A run as values for `outputs`, by component; without those that are as they were at `shown`."""
        if shown is not None and view.events == shown.events and view.state == shown.state:
            return {self._progress: progress_bar(view), **self.bar.render_run(view, shown)}
        epochs = [e for e in view.events if isinstance(e, EpochEnd)]
        report = next((e for e in view.events if isinstance(e, ValidationReport)), None)
        log = [e for e in view.events if isinstance(e, RunStarted | StageStarted | StageEnded)]
        return {
            self._tiles: tiles(view),
            self._progress: progress_bar(view),
            self._losses: loss_chart(view.events),
            self._scores: score_chart(view.events),
            self._table: _table(epochs),
            self._log: [{"kind": "note", "title": "", "text": describe(event)} for event in log],
            self._command: gr.update(value=view.command, visible=bool(view.command)),
            **self._render_end(view),
            **self._report.render(report),
            **self._confusion.render(report),
            **self.bar.render_run(view, shown),
        }

    def _render_end(self, view: RunView) -> dict[Any, Any]:
        end = view.events[-1] if view.events else None
        if not isinstance(end, RunEnd):
            return {self._result: gr.update(visible=False), self._end: []}
        values: dict[Any, Any] = {self._result: gr.update(visible=True), self._end: _messages(end, view)}
        if view.model:
            values[self._download] = str(pack(view.model, new_file("model.zip")))
        return values


def tiles(view: RunView | None) -> list[dict[str, Any]]:
    """The numbers of the last epoch, for the template; a dash for each before there is one."""
    last = next((e for e in reversed(view.events) if isinstance(e, EpochEnd)), None) if view else None
    names = [name for name in last.train if name != "combined"] if last else list(KNOWN_TASKS)
    scores = [(f"{name.capitalize()} acc.", f"{name}_accuracy") for name in names]
    if view is None or last is None:
        shown = ["Epoch", "Loss, training", "Loss, validation", *(name for name, _ in scores)]
        return [{"name": name, "value": "-"} for name in shown]
    started = started_of(view)
    return [
        {"name": "Epoch", "value": f"{last.epoch} / {started.config['epochs']}" if started else last.epoch},
        {"name": "Loss, training", "value": f"{last.train['combined']:.3f}"},
        {"name": "Loss, validation", "value": f"{last.validation['combined']:.3f}"},
        *({"name": name, "value": f"{last.validation[key]:.1%}"} for name, key in scores),
    ]


def _table(epochs: list[EpochEnd]) -> pd.DataFrame:
    if not epochs:
        return pd.DataFrame(columns=["epoch", "train combined", "val combined", "seconds"])
    table = history(epochs).drop(columns=["selection", "parameters"])
    table.columns = [str(name).replace("validation", "val").replace("_", " ") for name in table.columns]
    return table.round(4)


def _messages(end: RunEnd, view: RunView) -> list[dict[str, str]]:
    messages = [
        {
            "kind": "problem" if end.status == "failed" else "note",
            "title": f"{end.status.capitalize()}.",
            "text": f"{end.reason}. Best epoch: {end.best_epoch}.",
        }
    ]
    if view.model is None:
        messages.append({"kind": "note", "title": "No model.", "text": "No epoch was finished."})
    return messages
