"""Charts of predictions."""

from collections.abc import Mapping
from typing import Final

import plotly.graph_objects as go

from mtl.analysis.attribution import LabelAttribution
from mtl.schema.tasks import task_colours
from mtl.ui.charts.base import GRID, figure, plain

_MOST_LABELS: Final = 12
# Pixels: of a bar with its gap, and of what is around the bars.
_BAR: Final = 20
_AROUND_BARS: Final = 48


def layer_attributions(part: LabelAttribution, colour: str) -> go.Figure:
    """What each layer, and the bias, adds to a label's logit; what is below zero speaks against the label."""
    names = [str(layer.layer) for layer in part.layers]
    values = [*(layer.total for layer in part.layers), part.bias]
    made = figure(260)
    made.add_trace(
        go.Bar(
            x=[*names, "bias"],
            y=values,
            text=[f"{value:+.2f}" for value in values],
            textposition="outside",
            cliponaxis=False,
            marker={
                "color": colour,
                # For those who cannot tell the colours apart.
                "pattern": {"shape": ["" if value >= 0 else "/" for value in values]},
            },
            hovertemplate="layer %{x}: %{y:+.4f}<extra></extra>",
        )
    )
    bound = 1.25 * max(abs(value) for value in values) or 1.0
    made.update_layout(margin={"l": 44, "r": 8, "t": 16, "b": 48}, showlegend=False)
    made.update_xaxes(type="category", title_text="layer (0: word embeddings)")
    made.update_yaxes(range=[-bound, bound], zeroline=True, zerolinecolor=GRID)
    return made


def label_mix(counts: Mapping[str, Mapping[str, int]]) -> go.Figure:
    """Bars: how many texts got each label, a colour per task, the 12 most frequent labels of each at most."""
    shown = {
        task: sorted(found.items(), key=lambda item: -item[1])[:_MOST_LABELS]
        for task, found in counts.items()
    }
    made = figure(max(260, _AROUND_BARS + _BAR * sum(map(len, shown.values()))))
    colours = task_colours(counts)
    for task, ranked in shown.items():
        made.add_trace(
            go.Bar(
                orientation="h",
                y=[f"{task}: {plain(label)}" for label, _ in ranked],
                x=[count for _, count in ranked],
                text=[f"{count:,}" for _, count in ranked],
                textposition="outside",
                cliponaxis=False,
                marker={"color": colours[task]},
                hovertemplate="%{y}: %{x:,}<extra></extra>",
            )
        )
    most = max((count for found in counts.values() for count in found.values()), default=1)
    made.update_layout(margin={"l": 140, "r": 8, "t": 16, "b": 32}, showlegend=False)
    made.update_xaxes(range=[0, 1.2 * most])
    made.update_yaxes(type="category", autorange="reversed", showgrid=False, automargin=True)
    return made
