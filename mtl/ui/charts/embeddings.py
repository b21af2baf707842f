"""A chart of one sentence's embedding."""

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from mtl.ui.charts.base import figure


def embedding_strip(embedding: NDArray[np.float32]) -> go.Figure:
    """One sentence's numbers, (dim,), as coloured cells in rows of 48."""
    width = 48
    rows = -(-len(embedding) // width)
    cells = np.full(rows * width, np.nan, dtype=np.float32)
    cells[: len(embedding)] = embedding
    bound = float(np.abs(embedding).max())
    made = figure(70 + 22 * rows)
    made.add_trace(
        go.Heatmap(
            z=cells.reshape(rows, width),
            customdata=np.arange(rows * width).reshape(rows, width),
            hovertemplate="dimension %{customdata}: %{z:.4f}<extra></extra>",
            zmin=-bound,
            zmax=bound,
            xgap=1,
            ygap=1,
            colorscale=[[0, "#d55e00"], [0.5, "#f1f0ee"], [1, "#0072b2"]],
            showscale=False,
        )
    )
    made.update_layout(margin={"l": 8, "r": 8, "t": 44, "b": 8})
    made.update_xaxes(visible=False)
    made.update_yaxes(visible=False, autorange="reversed")
    return made
