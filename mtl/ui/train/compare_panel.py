"""Some runs side by side: a chart, and a table of the settings that differ."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import gradio as gr

from mtl.runs.view import RunView
from mtl.schema.events import EpochEnd
from mtl.schema.words import duration
from mtl.ui.charts.comparing import LOSS, comparison_chart
from mtl.ui.templates import MESSAGES, MESSAGES_CSS, TABLE, TABLE_CSS
from mtl.ui.train.run_words import (
    end_of,
    epochs_of,
    report_of,
    run_name,
    score,
    setting_name,
    setting_value,
    started_of,
    strategy,
)

_LOSS: Final = ("Validation loss", LOSS)


class ComparePanel:
    """The comparison; `render` fills `outputs`."""

    def __init__(self) -> None:
        self.measure = gr.Radio([_LOSS], value=LOSS, label="Draw", elem_id="compare-measure")
        self._chart = gr.Plot(
            comparison_chart({}), label="Every run, epoch by epoch", elem_id="compare-chart"
        )
        self._table = gr.HTML(
            {"columns": [], "rows": []}, html_template=TABLE, css_template=TABLE_CSS, elem_id="compare-table"
        )
        self._message = gr.HTML(
            [], html_template=MESSAGES, css_template=MESSAGES_CSS, elem_id="compare-message"
        )
        self.outputs: list[Any] = [self.measure, self._chart, self._table, self._message]

    def render(self, views: Sequence[RunView], measure: str) -> dict[Any, Any]:
        """Runs, in the order in which they were made, as values by component."""
        names = _names(views)
        settings = views[0].config if views else {}
        differing = [name for name in settings if len({str(view.config.get(name)) for view in views}) > 1]
        tasks = list(dict.fromkeys(name for view in views for name in _tasks(view)))
        measures = [_LOSS, *((f"{name.capitalize()} accuracy", name) for name in tasks)]
        drawn = measure if measure in tasks else LOSS
        return {
            self._message: _messages(views, differing),
            self.measure: gr.update(choices=measures, value=drawn),
            self._chart: comparison_chart({names[view.id]: view.events for view in views}, drawn),
            self._table: {
                "columns": _columns(differing, tasks),
                "rows": [_row(view, names[view.id], differing, tasks) for view in views],
            },
        }


def _names(views: Sequence[RunView]) -> dict[str, str]:
    """The name of each run by its id: as its owner calls it, or what trains. Runs of one name differ by the
    start of their ids."""
    given = {view.id: view.name or strategy(view).capitalize() or run_name(view) for view in views}
    twice = {name for name in given.values() if list(given.values()).count(name) > 1}
    return {key: f"{name} ({key[:4]})" if name in twice else name for key, name in given.items()}


def _tasks(view: RunView) -> Iterable[str]:
    """The run's tasks, also while it waits."""
    started = started_of(view)
    return started.labels if started else view.data


def _messages(views: Sequence[RunView], differing: Sequence[str]) -> list[dict[str, str]]:
    messages = []
    if len(views) > 1 and views[0].config:
        config = views[0].config
        same = [
            f"{setting_name(name)} {setting_value(name, config[name])}"
            for name in config
            if name not in differing
        ]
        messages.append({"kind": "note", "title": "The same for all:", "text": ", ".join(same)})
    if len({str(sorted(view.data.items())) for view in views}) > 1:
        text = "these scores are of different sentences, so they say little about the settings."
        messages.append({"kind": "problem", "title": "Trained on different rows:", "text": text})
    elif {"seed", "val_fraction"} & set(differing):
        text = "another seed or validation part picks other validation rows, so small differences are chance."
        messages.append({"kind": "problem", "title": "Validated on different rows:", "text": text})
    return messages


def _columns(differing: Sequence[str], tasks: Sequence[str]) -> list[str]:
    scores = [f"{name} right (95% interval)" for name in tasks]
    return [
        "run",
        "state",
        *map(setting_name, differing),
        "best epoch",
        *scores,
        "time",
        "parameters trained",
    ]


def _row(view: RunView, name: str, differing: Sequence[str], tasks: Sequence[str]) -> list[str]:
    epochs, end = epochs_of(view), end_of(view)
    best = next((e.epoch for e in reversed(epochs) if e.best), None)
    seconds = end.seconds if end else sum(e.seconds for e in epochs)
    return [
        name,
        view.state,
        *(setting_value(setting, view.config.get(setting)) for setting in differing),
        "-" if best is None else f"{best} of {epochs[-1].epoch}",
        *(task_score(view, task) for task in tasks),
        duration(seconds) if seconds else "-",
        f"{max((e.parameters for e in epochs), default=0):,}",
    ]


def task_score(view: RunView, name: str) -> str:
    """The report's accuracy with its interval; before there is a report, that of the best epoch so far."""
    report = report_of(view)
    if report and name in report.tasks:
        return score(report.tasks[name])
    best: EpochEnd | None = next((e for e in reversed(epochs_of(view)) if e.best), None)
    key = f"{name}_accuracy"
    return f"{best.validation[key]:.0%} so far" if best and key in best.validation else "-"
