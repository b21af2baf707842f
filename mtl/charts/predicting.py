"""Charts of predictions."""

import plotly.graph_objects as go

from mtl.charts.base import GRID, TASK_COLOURS, figure
from mtl.shares import LabelShares


def layer_shares(task: str, shares: LabelShares) -> go.Figure:
    """What each layer, and the bias, adds to a label's logit; below zero speaks against the label."""
    names = [str(layer.layer) for layer in shares.layers]
    values = [*(layer.total for layer in shares.layers), shares.bias]
    made = figure(260)
    made.add_trace(
        go.Bar(
            x=[*names, "bias"],
            y=values,
            text=[f"{value:+.2f}" for value in values],
            textposition="outside",
            cliponaxis=False,
            marker={
                "color": TASK_COLOURS[task],
                # Told apart without colour, too.
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
