"""Everything about a run that is not needed at first sight, behind a row of quiet buttons."""

from typing import Any, Final

import gradio as gr
import pandas as pd

from mtl.runs.artifacts import history
from mtl.runs.store import Runs
from mtl.runs.view import RunView
from mtl.schema.events import EpochEnd, RunStarted, StageEnded, StageStarted
from mtl.schema.words import describe
from mtl.ui.charts.training import score_chart
from mtl.ui.folds import Folds
from mtl.ui.models import Models
from mtl.ui.templates import MESSAGES, MESSAGES_CSS, TABLE, TABLE_CSS
from mtl.ui.train.command_panel import CommandPanel
from mtl.ui.train.forecast_panel import FOLD as FORECAST
from mtl.ui.train.forecast_panel import ForecastPanel
from mtl.ui.train.promise_panel import FOLD as PROMISE
from mtl.ui.train.promise_panel import PromisePanel
from mtl.ui.train.report_panel import ReportPanel
from mtl.ui.train.run_words import epochs_of, setting_name, setting_value, started_of
from mtl.ui.train.suspects_panel import SuspectsPanel

_TITLES: Final = {
    "suspects": "Suspicious labels",
    FORECAST: "More rows?",
    PROMISE: "Promise",
    "report": "Report in full",
    "scores": "Scores per epoch",
    "settings": "Settings and log",
}


class DetailsPanel:
    """What may be wrong with the rows, what more of them would bring, what the model can promise, the report
    in full, and how the run went; `render` fills `outputs`."""

    def __init__(self, report: ReportPanel) -> None:
        self._folds = Folds(_TITLES, "details")
        with self._folds.panel("suspects"):
            self.suspects = SuspectsPanel()
        with self._folds.panel(FORECAST):
            self._forecast = ForecastPanel()
        with self._folds.panel(PROMISE):
            self.promise = PromisePanel()
        with self._folds.panel("report"):
            report.full_report()
        with self._folds.panel("scores"):
            self._scores = gr.Plot(score_chart(()), label="Scores on validation rows", elem_id="score-chart")
            self._table = gr.Dataframe(
                epochs_table([]),
                label="Every epoch in numbers",
                interactive=False,
                max_height=360,
                elem_id="epochs-table",
            )
        with self._folds.panel("settings"):
            self._command = CommandPanel()
            self._log = gr.HTML([], html_template=MESSAGES, css_template=MESSAGES_CSS, elem_id="run-log")
            self._settings = gr.HTML(
                settings_table(None), html_template=TABLE, css_template=TABLE_CSS, elem_id="run-settings"
            )
        own: list[Any] = [self._scores, self._table, self._log, self._settings]
        self.outputs: list[Any] = [*own, *self._command.outputs, *self.suspects.outputs]

    def wire(self, models: Models, runs: Runs, owner: gr.BrowserState, run_id: gr.State) -> None:
        """Lets the buttons work; some panels are computed when they are opened."""
        pressed, opened = dict(zip(_TITLES, self._folds.wire(), strict=True)), self._folds.open
        self._forecast.wire(models.encoder, runs, owner, run_id, opened, pressed[FORECAST])
        self._command.wire(runs, owner, run_id)
        self.promise.wire(models, runs, owner, run_id, opened, pressed[PROMISE])

    def render(self, view: RunView) -> dict[Any, Any]:
        """Values for `outputs`, by component."""
        log = [e for e in view.events if isinstance(e, RunStarted | StageStarted | StageEnded)]
        return {
            self._scores: score_chart(view.events),
            self._table: epochs_table(epochs_of(view)),
            self._log: [{"kind": "note", "title": "", "text": describe(event)} for event in log],
            self._settings: settings_table(view),
            **self._command.render(view),
            **self.suspects.render(view),
        }


def epochs_table(epochs: list[EpochEnd]) -> pd.DataFrame:
    """Losses and scores of every epoch."""
    if not epochs:
        return pd.DataFrame(columns=["epoch", "train combined", "val combined", "seconds"])
    table = history(epochs).drop(columns=["selection", "parameters"])
    table.columns = [str(name).replace("validation", "val").replace("_", " ") for name in table.columns]
    return table.round(4)


def settings_table(view: RunView | None) -> dict[str, Any]:
    """Every setting of a run, for the template of a table."""
    started = started_of(view) if view else None
    config = started.config if started else view.config if view else {}
    rows = [[setting_name(name), setting_value(name, value)] for name, value in config.items()]
    return {"columns": ["setting", "value"], "rows": rows}
