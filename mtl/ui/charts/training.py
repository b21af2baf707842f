"""Charts of a run: losses, scores, confusion."""

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from mtl.schema.events import (
    EpochEnd,
    Event,
    RunStarted,
    StageStarted,
)
from mtl.schema.results import ValidationReport
from mtl.ui.charts.base import TASK_COLOURS, figure, plain


def loss_chart(events: Sequence[Event], epochs: int = 10) -> go.Figure:
    """Losses per epoch: combined thick, tasks thin; training solid, validation dashed.

    Marks the best epoch, the stages, and chance level: the combined loss of always saying every
    label with the same probability (ln 2 for sentiment + ln K for K intents). Once the run was judged, also
    the validation loss of the best head on the frozen encoder.
    """
    ends = [event for event in events if isinstance(event, EpochEnd)]
    started = next((event for event in events if isinstance(event, RunStarted)), None)
    made = figure(460)
    tasks = [n for n in TASK_COLOURS if not ends or n in ends[0].train]
    if len(tasks) == 2:
        tasks.remove("combined")
    for name in tasks:
        for side, dash in (("train", "solid"), ("validation", "dash")):
            made.add_trace(
                go.Scatter(
                    x=[e.epoch for e in ends],
                    y=[getattr(e, side)[name] for e in ends],
                    name=f"{name}, {side}",
                    mode="lines+markers",
                    line={"color": TASK_COLOURS[name], "dash": dash, "width": _width(name, tasks)},
                    marker={"size": 6 if side == "train" else 7, "symbol": _symbol(side)},
                    hovertemplate=f"epoch %{{x}}<br>{name}, {side}: %{{y:.4f}}<extra></extra>",
                )
            )
    if started:
        epochs = started.config["epochs"]
        _level(made, sum(math.log(len(labels)) for labels in started.labels.values()), "chance")
    for event in events:
        if isinstance(event, ValidationReport):
            _level(made, sum(task.optimum_loss for task in event.tasks.values()), "best frozen head")
    _mark_best(made, ends, tasks[0])
    _mark_stages(made, events)
    _epoch_axis(made, epochs)
    made.update_yaxes(title_text="loss (nats)", rangemode="tozero", range=None if ends else [0, 2.2])
    _zoomable(made, "loss")
    return made


def score_chart(events: Sequence[Event], epochs: int = 10) -> go.Figure:
    """Validation accuracy (solid) and macro-F1 (dotted) per task and epoch."""
    ends = [event for event in events if isinstance(event, EpochEnd)]
    started = next((event for event in events if isinstance(event, RunStarted)), None)
    made = figure(360)
    for name in ("sentiment", "intent"):
        if ends and name not in ends[0].train:
            continue
        for score, dash in (("accuracy", "solid"), ("macro_f1", "dot")):
            made.add_trace(
                go.Scatter(
                    x=[e.epoch for e in ends],
                    y=[e.validation[f"{name}_{score}"] for e in ends],
                    name=f"{name}, {score.replace('_f1', '-F1')}",
                    mode="lines+markers",
                    line={"color": TASK_COLOURS[name], "dash": dash, "width": 2},
                    hovertemplate=f"epoch %{{x}}<br>{name}: %{{y:.3f}}<extra></extra>",
                )
            )
    _epoch_axis(made, started.config["epochs"] if started else epochs)
    made.update_yaxes(title_text="validation score", range=[0, 1.02], tickformat=".0%")
    _zoomable(made, "score")
    return made


def _zoomable(made: go.Figure, name: str) -> None:
    # By the buttons above the chart: a finger that drags across it scrolls the page. What was zoomed into
    # stays while the revision does.
    made.update_xaxes(fixedrange=False)
    made.update_yaxes(fixedrange=False)
    made.update_layout(uirevision=name, dragmode=False)


def _width(name: str, tasks: Sequence[str]) -> float:
    return 3 if name == tasks[0] else 1.5


def _symbol(side: str) -> str:
    return "circle" if side == "train" else "circle-open"


def _level(made: go.Figure, loss: float, name: str) -> None:
    made.add_hline(
        y=loss,
        line={"color": "rgba(128,128,128,.8)", "width": 1, "dash": "dot"},
        annotation={"text": f"{name} {loss:.2f}", "font": {"size": 12}},
        annotation_position="bottom right",
    )


def _mark_best(made: go.Figure, ends: Sequence[EpochEnd], name: str) -> None:
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
                "color": TASK_COLOURS[name],
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
                line={"color": "rgba(128,128,128,.8)", "width": 1, "dash": "dash"},
                annotation={"text": event.name, "font": {"size": 12}},
                annotation_position="top",
                annotation_hovertext=plain(event.reason),
            )


def _epoch_axis(made: go.Figure, epochs: int) -> None:
    step = max(1, round(epochs / 10))
    made.update_xaxes(title_text="epoch", range=[-0.3, epochs + 0.3], dtick=step, tick0=0)
