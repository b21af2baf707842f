"""A visitor's runs side by side: one chart, one table, and a button that runs every strategy."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, Final

import gradio as gr

from mtl.runs.store import Runs
from mtl.runs.view import RunView
from mtl.schema.events import EpochEnd, RunEnd, RunStarted
from mtl.schema.results import ValidationReport
from mtl.schema.words import duration
from mtl.ui.charts.comparing import LOSS, comparison_chart
from mtl.ui.templates import MESSAGES, MESSAGES_CSS, TABLE, TABLE_CSS

_LOSS: Final = ("Validation loss", LOSS)
_SHOWN: Final = 4
_POLL_S: Final = 1.0
_NONE_YET: Final = (
    "Your runs will be drawn here in one chart and listed in one table. Train twice with different "
    "settings, or press Run all strategies: it trains heads, last 2, last 4 and gradual on the same rows "
    "and the same split, one after the other."
)
_ONE: Final = "Train once more with other settings, or run all strategies, and compare the results."


class ComparePanel:
    """The comparison of runs; `wire` says when it is filled."""

    def __init__(self) -> None:
        gr.Markdown("## Compare your runs")
        with gr.Row(equal_height=True):
            self.all = gr.Button("Run all strategies", elem_id="run-all")
            self.stop_all = gr.Button(
                "Stop all", variant="stop", elem_id="stop-all", scale=1, interactive=False
            )
        self._message = gr.HTML(
            [], html_template=MESSAGES, css_template=MESSAGES_CSS, elem_id="compare-message"
        )
        with gr.Row():
            self._chosen = gr.Dropdown(
                [],
                multiselect=True,
                label="Runs",
                info="The latest ones, unless you choose others.",
                elem_id="compare-runs",
            )
            self._measure = gr.Radio([_LOSS], value=LOSS, label="Draw", elem_id="compare-measure")
        self._chart = gr.Plot(
            comparison_chart({}), label="Every run, epoch by epoch", elem_id="compare-chart"
        )
        self._table = gr.HTML(
            {"columns": [], "rows": []}, html_template=TABLE, css_template=TABLE_CSS, elem_id="compare-table"
        )

    def wire(self, runs: Runs, owner: gr.BrowserState) -> dict[str, Any]:
        """Arguments of a listener that shows the runs and follows those that go on."""
        inputs: list[Any] = [owner, self._chosen, self._measure]
        outputs: list[Any] = [
            self._message,
            self._chosen,
            self._measure,
            self._chart,
            self._table,
            self.stop_all,
        ]

        def show(owner: str, chosen: Sequence[str], measure: str) -> dict[Any, Any]:
            return self.render(_trained(runs, owner), chosen, measure)

        async def follow(owner: str, chosen: Sequence[str], measure: str) -> AsyncIterator[dict[Any, Any]]:
            shown = None
            yield {self._message: gr.skip()}  # a stream without any value would empty the outputs
            while True:
                views = await asyncio.to_thread(_trained, runs, owner)
                state = [(view.id, view.state, len(view.events)) for view in views]
                if state != shown:
                    shown = state
                    yield self.render(views, chosen, measure)
                if all(view.over for view in views):
                    return
                await asyncio.sleep(_POLL_S)

        gr.on([self._chosen.input, self._measure.input], show, inputs, outputs, show_progress="hidden")
        self.stop_all.click(lambda owner: runs.stop_all(owner), owner, None, show_progress="hidden")
        return {
            "fn": follow,
            "inputs": inputs,
            "outputs": outputs,
            "show_progress": "hidden",
            "concurrency_limit": None,
            "trigger_mode": "multiple",
        }

    def render(self, views: Sequence[RunView], chosen: Sequence[str], measure: str) -> dict[Any, Any]:
        """Runs, the newest first, as values by component; if none is chosen, the latest are shown."""
        names = {view.id: _name(view) for view in views}
        kept = [run_id for run_id in chosen or [] if run_id in names]
        shown = [view for view in views if view.id in kept] if kept else list(views[:_SHOWN])
        shown.reverse()  # the oldest first, as they were trained
        settings = shown[0].config if shown else {}
        differing = [name for name in settings if len({str(view.config.get(name)) for view in shown}) > 1]
        tasks = list(dict.fromkeys(name for view in shown for name in _tasks(view)))
        measures = [_LOSS, *((f"{name.capitalize()} accuracy", name) for name in tasks)]
        drawn = measure if measure in tasks else LOSS
        return {
            self._message: _messages(shown, differing),
            self._chosen: gr.update(choices=[(names[view.id], view.id) for view in views], value=kept),
            self._measure: gr.update(choices=measures, value=drawn),
            self._chart: comparison_chart({names[view.id]: view.events for view in shown}, drawn),
            self._table: {
                "columns": _columns(differing, tasks),
                "rows": [_row(view, names[view.id], differing, tasks) for view in shown],
            },
            self.stop_all: gr.update(interactive=any(not view.over for view in views)),
        }


def _trained(runs: Runs, owner: str) -> list[RunView]:
    return [view for view in runs.of(owner) if not view.uploaded] if owner else []


def _tasks(view: RunView) -> Iterable[str]:
    """The run's tasks, also while it waits."""
    started = next((e for e in view.events if isinstance(e, RunStarted)), None)
    return started.labels if started else view.data


def _messages(shown: Sequence[RunView], differing: Sequence[str]) -> list[dict[str, str]]:
    if not shown:
        return [{"kind": "note", "title": "No run yet.", "text": _NONE_YET}]
    messages = []
    if len(shown) == 1:
        messages.append({"kind": "note", "title": "One run.", "text": _ONE})
    else:
        config = shown[0].config
        same = [
            f"{_shown_name(name)} {_value(name, config[name])}" for name in config if name not in differing
        ]
        messages.append({"kind": "note", "title": "The same for all:", "text": ", ".join(same)})
    if len({str(sorted(view.data.items())) for view in shown}) > 1:
        text = "these scores are of different sentences, so they say little about the settings."
        messages.append({"kind": "problem", "title": "Trained on different rows:", "text": text})
    elif {"seed", "val_fraction"} & set(differing):
        text = "another seed or validation part picks other validation rows, so small differences are chance."
        messages.append({"kind": "problem", "title": "Validated on different rows:", "text": text})
    return messages


def _columns(differing: Sequence[str], tasks: Sequence[str]) -> list[str]:
    scores = [f"{name} accuracy (95% interval)" for name in tasks]
    return ["run", "state", *map(_shown_name, differing), "best epoch", *scores, "time", "parameters trained"]


def _row(view: RunView, name: str, differing: Sequence[str], tasks: Sequence[str]) -> list[str]:
    epochs = [e for e in view.events if isinstance(e, EpochEnd)]
    best = next((e.epoch for e in reversed(epochs) if e.best), None)
    end = next((e for e in view.events if isinstance(e, RunEnd)), None)
    seconds = end.seconds if end else sum(e.seconds for e in epochs)
    return [
        name,
        view.state,
        *(_value(setting, view.config.get(setting)) for setting in differing),
        "-" if best is None else f"{best} of {epochs[-1].epoch}",
        *(_score(view, epochs, task) for task in tasks),
        duration(seconds) if seconds else "-",
        f"{max((e.parameters for e in epochs), default=0):,}",
    ]


def _score(view: RunView, epochs: Sequence[EpochEnd], name: str) -> str:
    """The report's accuracy with its interval; before there is a report, that of the best epoch so far."""
    report = next((e for e in view.events if isinstance(e, ValidationReport)), None)
    if report and name in report.tasks:
        task = report.tasks[name]
        low, high = task.accuracy_interval.low, task.accuracy_interval.high
        return f"{task.scores.accuracy:.1%} ({low:.1%} to {high:.1%})"
    best = next((e for e in reversed(epochs) if e.best), None)
    key = f"{name}_accuracy"
    return f"{best.validation[key]:.1%} so far" if best and key in best.validation else "-"


def _name(view: RunView) -> str:
    return f"{view.config['freeze']} {view.id[:4]}"


def _shown_name(name: str) -> str:
    words = {"time_limit_s": "time limit", "val_fraction": "validation part", "freeze": "what trains"}
    return words.get(name, name.replace("_lr", "_learning_rate").replace("_", " "))


def _value(name: str, value: Any) -> str:
    if value is None:
        return "auto" if name.endswith("_lr") else "none"
    return f"{value:g}" if isinstance(value, float) else f"{value}"
