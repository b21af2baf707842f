"""Charts of sentence embeddings."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from mtl.ui.charts.base import HEATMAP_VALUES, figure, plain


def heatmap(
    matrix: NDArray[np.float32], texts: Sequence[str], numbers: Sequence[int] | None = None
) -> go.Figure:
    """Cosine similarity of every sentence with every other; numbered from 1 unless `numbers` are given."""
    numbers = numbers or range(1, len(texts) + 1)
    hover = [[f"{a}<br>{b}" for b in map(plain, texts)] for a in map(plain, texts)]
    made = figure(max(340, min(660, 110 + 52 * len(texts))))
    made.add_trace(
        go.Heatmap(
            z=matrix,
            x=list(map(str, numbers)),
            y=list(map(str, numbers)),
            customdata=hover,
            hovertemplate="%{customdata}<br><b>cosine %{z:.3f}</b><extra></extra>",
            texttemplate="%{z:.2f}" if len(texts) <= HEATMAP_VALUES else None,
            zmin=-1,
            zmax=1,
            xgap=2,
            ygap=2,
            # Blue-white-orange with a middle that reads as "nothing in common" in both modes.
            colorscale=[[0, "#b35806"], [0.5, "#f1f0ee"], [0.75, "#7fb2d9"], [1, "#08457e"]],
            colorbar={"thickness": 10, "outlinewidth": 0, "tickvals": [-1, -0.5, 0, 0.5, 1]},
        )
    )
    made.update_layout(margin={"l": 40, "r": 8, "t": 64, "b": 12})
    made.update_xaxes(type="category", side="top", showgrid=False)
    made.update_yaxes(type="category", autorange="reversed", showgrid=False)
    return made


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
