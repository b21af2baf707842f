"""Charts of a run: losses and scores, epoch by epoch."""

import math
from collections.abc import Mapping, Sequence
from typing import Final

import plotly.graph_objects as go

from mtl.schema.events import EpochEnd, Event, RunStarted, StageStarted
from mtl.schema.results import ValidationReport
from mtl.schema.tasks import KNOWN_TASKS, task_colours
from mtl.ui.charts.base import COMBINED_COLOUR, figure, plain

_COMBINED: Final = "combined"
# Two lines for each task are readable up to here; the table of epochs has every number.
_MOST_TASKS_IN_FULL: Final = 3
# A task has a symbol besides its colour. The star marks the best epoch.
_SYMBOLS: Final = (
    "square",
    "diamond",
    "triangle-up",
    "triangle-down",
    "cross",
    "pentagon",
    "hexagon",
    "triangle-left",
)
_LEGEND_ROW_PX: Final = 19
# Below the numbers of the epochs.
_LEGEND_DOWN_PX: Final = 40
_MOST_IN_PAIRS: Final = 7
_MOST_CHARACTERS: Final = 24
_GREY: Final = "rgba(128,128,128,.9)"


def loss_chart(events: Sequence[Event], epochs: int = 10) -> go.Figure:
    """Losses per epoch: combined thick, tasks thin; training solid, validation dashed.

    Of more than three tasks only the validation losses are drawn, beside both combined losses, on a
    logarithmic axis: their sum would flatten them on a linear one. Marks the
    best epoch, the stages, and chance level: the combined loss of a model that gives every label the same
    probability (the sum of ln K over the tasks, K labels each). A run that has been evaluated also shows
    the validation loss of the best head on the frozen encoder. All names stand below the plot: nothing is
    written across the curves.
    """
    ends, tasks = _ends(events), _tasks(events)
    names = [_COMBINED, *tasks] if len(tasks) > 1 else tasks
    colours, symbols = _colours(tasks), _symbols(tasks)
    made = figure(400)
    for name in names:
        full = name == _COMBINED or len(tasks) <= _MOST_TASKS_IN_FULL
        for side, dash in (("train", "solid"), ("validation", "dash")) if full else (("validation", "dash"),):
            made.add_trace(
                go.Scatter(
                    x=[e.epoch for e in ends],
                    y=[getattr(e, side)[name] for e in ends],
                    name=_short(name) if side == "train" else f"{_short(name)}, validation",
                    legendgroup=name,
                    showlegend=side == "train" or not full,
                    mode="lines+markers",
                    line={
                        "color": colours[name],
                        "dash": dash,
                        "width": (4 if side == "train" else 2.5) if name == names[0] else 1.5,
                    },
                    marker={"size": 6, "symbol": f"{symbols[name]}{'' if side == 'train' else '-open'}"},
                    hovertemplate=f"epoch %{{x}}<br>{plain(name)}, {side}: %{{y:.4f}}<extra></extra>",
                )
            )
    if len(tasks) <= _MOST_TASKS_IN_FULL:
        _key(made, "dashed: validation", "dash")
    started = _started(events)
    if started:
        epochs = started.config["epochs"]
        _level(made, epochs, sum(math.log(len(labels)) for labels in started.labels.values()), "chance")
    for event in events:
        if isinstance(event, ValidationReport):
            optimum = sum(task.optimum_loss for task in event.tasks.values())
            _level(made, epochs, optimum, "best frozen head")
    _mark_best(made, ends, names[0], colours[names[0]])
    _mark_stages(made, events)
    _epoch_axis(made, epochs)
    made.update_yaxes(title_text="loss (nats)", rangemode="tozero", range=None if ends else [0, 2.2])
    if ends and len(tasks) > _MOST_TASKS_IN_FULL:
        made.update_yaxes(type="log", title_text="loss (nats, logarithmic)", range=None)
    _fit_legend(made)
    _zoomable(made, "loss")
    return made


def score_chart(events: Sequence[Event], epochs: int = 10) -> go.Figure:
    """Validation accuracy (solid) and macro-F1 (dotted) per task and epoch; of more than three tasks only
    the accuracy."""
    ends, tasks, started = _ends(events), _tasks(events), _started(events)
    colours, symbols = _colours(tasks), _symbols(tasks)
    lines = [("accuracy", "solid"), ("macro_f1", "dot")][: 2 if len(tasks) <= _MOST_TASKS_IN_FULL else 1]
    made = figure(340)
    for name in tasks:
        for score, dash in lines:
            made.add_trace(
                go.Scatter(
                    x=[e.epoch for e in ends],
                    y=[e.validation[f"{name}_{score}"] for e in ends],
                    name=f"{_short(name)}, {score.replace('_f1', '-F1')}",
                    mode="lines+markers",
                    line={"color": colours[name], "dash": dash, "width": 2},
                    marker={"size": 7, "symbol": symbols[name]},
                    hovertemplate=f"epoch %{{x}}<br>{plain(name)}: %{{y:.3f}}<extra></extra>",
                )
            )
    _epoch_axis(made, started.config["epochs"] if started else epochs)
    made.update_yaxes(title_text="validation score", range=[0, 1.02], tickformat=".0%")
    _fit_legend(made)
    _zoomable(made, "score")
    return made


def _ends(events: Sequence[Event]) -> list[EpochEnd]:
    return [event for event in events if isinstance(event, EpochEnd)]


def _started(events: Sequence[Event]) -> RunStarted | None:
    return next((event for event in events if isinstance(event, RunStarted)), None)


def _tasks(events: Sequence[Event]) -> list[str]:
    """The run's tasks; before there is a run, those that are known beforehand."""
    ends, started = _ends(events), _started(events)
    if ends:
        return [name for name in ends[0].train if name != _COMBINED]
    return list(started.labels if started else KNOWN_TASKS)


def _colours(tasks: Sequence[str]) -> Mapping[str, str]:
    return {**task_colours(tasks), _COMBINED: COMBINED_COLOUR}


def _symbols(tasks: Sequence[str]) -> Mapping[str, str]:
    symbols = {name: _SYMBOLS[number % len(_SYMBOLS)] for number, name in enumerate(tasks)}
    return {**symbols, _COMBINED: "circle"}


def _short(name: str) -> str:
    return plain(name if len(name) <= _MOST_CHARACTERS else f"{name[: _MOST_CHARACTERS - 3].rstrip()}...")


def _fit_legend(made: go.Figure) -> None:
    # The legend lies below the plot and takes its room from it. A few short names need four rows on a
    # phone, more and longer ones a row each.
    made.update_layout(legend_y=-_LEGEND_DOWN_PX / (made.layout.height - 100))
    named = sum(trace.showlegend is not False for trace in made.data)
    if named > _MOST_IN_PAIRS:
        made.update_layout(height=made.layout.height + _LEGEND_ROW_PX * (named - 4))


def _zoomable(made: go.Figure, name: str) -> None:
    # The buttons above the chart zoom: a finger that drags across it scrolls the page. The zoom stays as
    # long as the revision does.
    made.update_xaxes(fixedrange=False)
    made.update_yaxes(fixedrange=False)
    made.update_layout(uirevision=name, dragmode=False)


def _level(made: go.Figure, epochs: int, loss: float, name: str) -> None:
    """A dotted line across the plot."""
    line = _key(made, f"{name}: {loss:.2f}", "dot" if name == "chance" else "dashdot")
    line.update(x=[0, epochs], y=[loss, loss], hovertemplate=f"{name}: {loss:.3f}<extra></extra>")


def _key(made: go.Figure, name: str, dash: str) -> go.Scatter:
    """A grey line in the legend."""
    line = {"color": _GREY, "width": 1.5, "dash": dash}
    made.add_trace(go.Scatter(x=[None], y=[None], name=name, mode="lines", line=line))
    return made.data[-1]


def _mark_best(made: go.Figure, ends: Sequence[EpochEnd], name: str, colour: str) -> None:
    best = next((e for e in reversed(ends) if e.best), None)
    if best is None:
        return
    made.add_trace(
        go.Scatter(
            x=[best.epoch],
            y=[best.validation[name]],
            name=f"best epoch: {best.epoch}",
            mode="markers",
            marker={
                "symbol": "star",
                "size": 15,
                "color": colour,
                "line": {"color": "white", "width": 1},
            },
            hovertemplate=f"best epoch: {best.epoch}<extra></extra>",
        )
    )


def _mark_stages(made: go.Figure, events: Sequence[Event]) -> None:
    epoch = 0
    for event in events:
        if isinstance(event, EpochEnd):
            epoch = event.epoch
        elif isinstance(event, StageStarted) and event.index > 0:
            made.add_vline(
                x=epoch + 0.5,
                line={"color": _GREY, "width": 1, "dash": "dash"},
                annotation={"text": f"stage {event.index + 1}: {event.name}", "font": {"size": 12}},
                annotation_position="top",
                annotation_hovertext=plain(event.reason),
            )


def _epoch_axis(made: go.Figure, epochs: int) -> None:
    step = max(1, round(epochs / 10))
    made.update_xaxes(range=[-0.3, epochs + 0.3], dtick=step, tick0=0)
