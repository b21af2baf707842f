"""Charts of what the layers know: the cosine of two sentences, and labels, from the word embeddings up."""

from collections.abc import Mapping, Sequence
from typing import Final

import plotly.graph_objects as go

from mtl.schema.tasks import task_colours
from mtl.ui.charts.base import COMBINED_COLOUR, figure, plain

_PATTERNS: Final = ("", "/", "\\", "x", "-", "|", "+", ".")
_DASHES: Final = ("dash", "dot", "dashdot", "longdash")


def empty_chart(text: str, height: int = 420) -> go.Figure:
    """Nothing but a few words in the middle."""
    made = figure(height)
    made.add_annotation(
        text=plain(text), x=0.5, y=0.5, xref="paper", yref="paper", showarrow=False, font_size=16
    )
    made.update_xaxes(visible=False)
    made.update_yaxes(visible=False)
    return made


def layers_chart(cosines: Sequence[float]) -> go.Figure:
    """The cosine of two sentences at each layer, from the word embeddings up."""
    made = figure(300)
    made.add_trace(
        go.Scatter(
            x=list(range(len(cosines))),
            y=list(cosines),
            mode="lines+markers+text",
            text=[f"{cosine:.2f}" for cosine in cosines],
            textposition="top center",
            line={"color": COMBINED_COLOUR, "width": 3},
            marker={"size": 8},
            hovertemplate="layer %{x}: %{y:.3f}<extra></extra>",
            showlegend=False,
        )
    )
    made.update_xaxes(title_text="layer (0: word embeddings)", dtick=1)
    low = min([0.0, *cosines])
    made.update_yaxes(title_text="cosine", range=[low - 0.05, 1.12])
    return made


def probe_chart(accuracies: Mapping[str, Sequence[float]], majorities: Mapping[str, float]) -> go.Figure:
    """Bars: the accuracy of a probe on each layer. Lines: that of always predicting the commonest label.

    Both in [0, 1], by the name of what the labels say: a task, or a visitor's column.
    """
    made = figure(420)
    colours = task_colours(accuracies)
    for number, (name, values) in enumerate(accuracies.items()):
        layers = [str(layer) for layer in range(len(values))]
        made.add_trace(
            go.Bar(
                x=layers,
                y=list(values),
                name=plain(name),
                text=[f"{value:.0%}" for value in values],
                textposition="outside",
                cliponaxis=False,
                marker={
                    "color": colours[name],
                    "pattern": {"shape": _PATTERNS[number % len(_PATTERNS)]},
                },
                hovertemplate=f"{plain(name)}, layer %{{x}}: %{{y:.1%}}<extra></extra>",
            )
        )
        made.add_trace(
            go.Scatter(
                x=layers,
                y=[majorities[name]] * len(values),
                mode="lines",
                name=f"commonest {plain(name)} label, {majorities[name]:.0%}",
                line={"color": colours[name], "width": 2, "dash": _DASHES[number % len(_DASHES)]},
                hoverinfo="skip",
            )
        )
    made.update_layout(barmode="group", bargap=0.25)
    made.update_xaxes(title_text="layer (0: word embeddings)", type="category")
    made.update_yaxes(title_text="accuracy of a linear probe", range=[0, 1.08], tickformat=".0%")
    return made
