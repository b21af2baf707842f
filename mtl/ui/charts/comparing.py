"""Runs laid over each other."""

from collections.abc import Mapping, Sequence
from typing import Final

import plotly.graph_objects as go

from mtl.schema.events import EpochEnd, Event
from mtl.ui.charts.base import figure, plain

# The measure that is drawn unless the accuracy of a task is asked for. No task has this name.
LOSS: Final = "combined"
# Colours of runs, not of tasks: safe for the colour-blind.
_COLOURS: Final = ("#7a6ff0", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a6d3b", "#6b7280", "#b91c1c")
_DASHES: Final = ("solid", "dash", "dot", "dashdot")
_SYMBOLS: Final = ("circle", "square", "diamond", "triangle-up", "x", "star")


def comparison_chart(runs: Mapping[str, Sequence[Event]], measure: str = LOSS) -> go.Figure:
    """One line per run, by its name, with a dash and a marker of its own.

    `measure`: `LOSS` for the combined validation loss, or the name of a task for its validation accuracy.
    """
    loss = measure == LOSS
    title = "validation loss, combined (nats)" if loss else f"validation accuracy, {plain(measure)}"
    key = LOSS if loss else f"{measure}_accuracy"
    made = figure(400)
    most = 1
    for number, (name, events) in enumerate(runs.items()):
        ends = [e for e in events if isinstance(e, EpochEnd) and key in e.validation]
        most = max([most, *(e.epoch for e in ends)])
        made.add_trace(
            go.Scatter(
                x=[e.epoch for e in ends],
                y=[e.validation[key] for e in ends],
                name=plain(name),
                mode="lines+markers",
                line={"color": _of(_COLOURS, number), "dash": _of(_DASHES, number), "width": 2.5},
                marker={"size": 8, "symbol": _of(_SYMBOLS, number)},
                hovertemplate=f"{plain(name)}<br>epoch %{{x}}: %{{y:.4f}}<extra></extra>",
            )
        )
    made.update_layout(legend_y=-40 / 300)
    made.update_xaxes(range=[-0.3, most + 0.3], dtick=max(1, round(most / 10)), tick0=0)
    made.update_yaxes(title_text=title, rangemode="tozero" if loss else "normal")
    if not loss:
        made.update_yaxes(tickformat=".0%")
    made.update_layout(uirevision=measure, showlegend=True)
    return made


def _of(choices: Sequence[str], number: int) -> str:
    return choices[number % len(choices)]
