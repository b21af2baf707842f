"""A chart of what more rows would bring."""

from collections.abc import Sequence

import plotly.graph_objects as go

from mtl.evaluation.forecast import CurvePoint, Foreseen
from mtl.ui.charts.base import figure


def forecast_chart(points: Sequence[CurvePoint], foreseen: Sequence[Foreseen], colour: str) -> go.Figure:
    """Accuracy by the number of rows, on a logarithmic axis: measured (solid), then foreseen (dashed) with
    the band in which it lies in 9 of 10 cases. `colour`: "#rrggbb"."""
    made = figure(240)
    if foreseen and points:
        _draw_foreseen(made, points[-1], foreseen, colour)
    made.add_trace(
        go.Scatter(
            x=[point.rows for point in points],
            y=[point.accuracy for point in points],
            mode="lines+markers",
            line={"color": colour, "width": 2.5},
            marker={"size": 7},
            hovertemplate="%{x:,} rows: %{y:.1%}<extra></extra>",
        )
    )
    # Few ticks: those that a narrow screen has room for.
    ticks = [*(point.rows for point in (*points[:1], *points[-1:])), *(seen.rows for seen in foreseen)]
    made.update_layout(margin={"l": 52, "r": 16, "t": 12, "b": 50}, showlegend=False)
    made.update_xaxes(
        type="log",
        title_text="rows that train",
        tickvals=ticks,
        ticktext=[f"{tick:,}" for tick in ticks],
        automargin=True,
    )
    made.update_yaxes(tickformat=".0%", nticks=6)
    return made


def _draw_foreseen(made: go.Figure, last: CurvePoint, foreseen: Sequence[Foreseen], colour: str) -> None:
    rows = [last.rows, *(seen.rows for seen in foreseen)]
    low = [last.accuracy, *(seen.low for seen in foreseen)]
    high = [last.accuracy, *(seen.high for seen in foreseen)]
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    made.add_trace(
        go.Scatter(
            x=[*rows, *reversed(rows)],
            y=[*high, *reversed(low)],
            fill="toself",
            fillcolor=f"rgba({red},{green},{blue},.2)",
            line={"width": 0},
            mode="lines",
            hoverinfo="skip",
        )
    )
    made.add_trace(
        go.Scatter(
            x=rows,
            y=[last.accuracy, *(seen.accuracy for seen in foreseen)],
            customdata=[(last.accuracy, last.accuracy), *((seen.low, seen.high) for seen in foreseen)],
            mode="lines+markers",
            line={"color": colour, "width": 2.5, "dash": "dash"},
            marker={"size": 8, "symbol": "circle-open"},
            hovertemplate="%{x:,} rows: %{y:.1%} "
            "(%{customdata[0]:.1%} to %{customdata[1]:.1%})<extra></extra>",
        )
    )
