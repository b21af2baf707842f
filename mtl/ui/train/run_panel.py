"""A run: how far it is, what its model is worth, its losses, and behind quiet buttons all the rest."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import gradio as gr

from mtl.model.archive import pack
from mtl.runs.store import Runs
from mtl.runs.view import RunView
from mtl.schema.events import EpochEnd, Event, StageStarted
from mtl.training.trainer import NOTHING_KEPT
from mtl.ui.charts.training import loss_chart
from mtl.ui.downloads import new_file
from mtl.ui.export_choice import ExportChoice
from mtl.ui.models import Models
from mtl.ui.templates import MESSAGES, MESSAGES_CSS
from mtl.ui.train.bottom_bar import BottomBar
from mtl.ui.train.confusion_panel import ConfusionPanel
from mtl.ui.train.details_panel import DetailsPanel
from mtl.ui.train.progress import IDLE, progress_bar
from mtl.ui.train.report_panel import ReportPanel
from mtl.ui.train.run_words import end_of, epochs_of, report_of
from mtl.ui.train.templates import PROGRESS, PROGRESS_CSS

_HELP: Final = (
    "Lower is better. The star marks the epoch that is kept: the result is that of its averaged weights."
)


class RunPanel:
    """The components of a run, the bar's among them; `render` fills `outputs`."""

    def __init__(self, bar: BottomBar) -> None:
        self._bar = bar
        self._progress = gr.HTML(
            IDLE, html_template=PROGRESS, css_template=PROGRESS_CSS, elem_id="run-progress"
        )
        self._end = gr.HTML([], html_template=MESSAGES, css_template=MESSAGES_CSS, elem_id="run-end")
        self._report = ReportPanel()
        self._confusion = ConfusionPanel()
        self._report.wrong_rows()
        with gr.Row(visible=False, elem_id="run-actions") as self._actions:
            small: dict[str, Any] = {"scale": 0, "min_width": 176}
            self.use = gr.Button("Try it", variant="primary", elem_id="use-model", **small)
            self._download = gr.DownloadButton("Download", elem_id="download-model", **small)
            self.exports = ExportChoice("export-run")
            self.moved = gr.Button("See what moved", elem_id="see-moved", **small)
            self.again = gr.Button("Train again", elem_id="train-again", **small)
        self._losses = gr.Plot(loss_chart(()), label="Loss, epoch by epoch", elem_id="loss-chart")
        self._said = gr.HTML(
            [_HELP], html_template="{{#each value}}<p>{{this}}</p>{{/each}}", elem_id="loss-said"
        )
        self._details = DetailsPanel(self._report)
        self.suspects = self._details.suspects
        own: list[Any] = [self._progress, self._end, self._actions, self._download, self._losses, self._said]
        parts = (self._report, self._confusion, self._details, bar)
        self.outputs: list[Any] = [*own, *(box for part in parts for box in part.outputs)]

    def wire(
        self,
        view: Callable[[str, str], RunView],
        models: Models,
        runs: Runs,
        owner: gr.BrowserState,
        run_id: gr.State,
    ) -> None:
        """Lets the confusion matrices show the rows of `view(owner, run_id)`, and the details open."""

        def packed(owner: str, run_id: str) -> str:
            shown = view(owner, run_id)
            return str(pack(shown.model, new_file("model.zip"))) if shown.model else gr.skip()

        self._confusion.wire(view, owner, run_id)
        self.exports.wire(models, owner, run_id)
        self._details.wire(models, runs, owner, run_id)
        # The zip file that is offered holds the promise, too.
        self.promised = self._details.promise.changed
        for event in self.promised:
            event.success(packed, [owner, run_id], self._download, show_progress="hidden")

    def render(self, view: RunView, shown: RunView | None = None) -> dict[Any, Any]:
        """A run as values for `outputs`, by component; without those that are as they were at `shown`."""
        moving = {self._progress: progress_bar(view), **self._bar.render_run(view, shown)}
        if shown is not None and view.events == shown.events and view.state == shown.state:
            return moving
        report = report_of(view)
        values: dict[Any, Any] = {
            **moving,
            self._end: messages(view),
            self._actions: gr.update(visible=view.over and view.model is not None),
            self._losses: loss_chart(view.events),
            self._said: [_HELP, *stages_said(view.events)],
            **self._report.render(report),
            **self._confusion.render(report),
            **self._details.render(view),
        }
        if view.over and view.model:
            values[self._download] = str(pack(view.model, new_file("model.zip")))
        return values


def stages_said(events: Sequence[Event]) -> list[str]:
    """Where each later stage begins, and why."""
    said, epoch = [], 0
    for event in events:
        if isinstance(event, EpochEnd):
            epoch = event.epoch
        elif isinstance(event, StageStarted) and event.index > 0:
            said.append(f"Stage {event.index + 1} ({event.name}) after epoch {epoch}: {event.reason}.")
    return said


def messages(view: RunView) -> list[dict[str, str]]:
    """What one should know about how the run ended; nothing where it finished as planned."""
    end = end_of(view)
    if end is None or end.status == "finished":
        return []
    if end.status == "failed":
        return [{"kind": "problem", "title": "This run failed.", "text": _sentence(end.reason)}]
    if view.model is None:
        return [{"kind": "note", "title": "", "text": NOTHING_KEPT}]
    cause, last = _sentence(end.reason.split(";")[0]), max(e.epoch for e in epochs_of(view))
    text = f"The best epoch is kept: epoch {end.best_epoch} of {last}."
    return [{"kind": "note", "title": cause, "text": text}]


def _sentence(reason: str) -> str:
    return f"{reason[:1].upper()}{reason[1:].rstrip('.')}."
