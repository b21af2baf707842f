"""What all charts share: an empty figure in the page's style, its colours, text that stays text."""

from typing import Final

import plotly.graph_objects as go

COMBINED_COLOUR: Final = "#7a6ff0"
GRID: Final = "rgba(128,128,128,.18)"
CLEAR: Final = "rgba(0,0,0,0)"
# Cells beyond this many a side are too small for their numbers.
HEATMAP_VALUES: Final = 30


def figure(height: int) -> go.Figure:
    """An empty figure in the page's style: transparent, no template, fixed axes."""
    made = go.Figure()
    made.update_layout(
        template=None,
        height=height,
        paper_bgcolor=CLEAR,
        plot_bgcolor=CLEAR,
        margin={"l": 56, "r": 16, "t": 56, "b": 44},
        font={"family": "IBM Plex Sans, sans-serif", "size": 13},
        legend={"orientation": "h", "x": 0, "y": -76 / (height - 100), "yanchor": "top"},
        hoverlabel={"font": {"family": "IBM Plex Sans, sans-serif"}},
    )
    made.update_xaxes(gridcolor=GRID, zeroline=False, fixedrange=True, title_font_size=13)
    made.update_yaxes(gridcolor=GRID, zeroline=False, fixedrange=True, title_font_size=13)
    return made


def plain(text: str) -> str:
    """Plotly reads some HTML in labels: a text stays a text, and a long one is cut."""
    short = text if len(text) <= 60 else text[:57] + "..."
    return short.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
