"""Charts of where sentences lie: on a map, layer by layer, word against word, before and after training."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from mtl.schema.tasks import task_colours
from mtl.ui.charts.base import COMBINED_COLOUR, HEATMAP_VALUES, figure, plain

# For groups of any kind. Each has a symbol too, for those who cannot tell the colours apart.
_COLOURS: Final = ("#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a6d3b", "#6b7280", "#5b4a9e", "#a6a000")
_SYMBOLS: Final = ("circle", "diamond", "square", "triangle-up", "cross", "star", "hexagon", "triangle-down")
_PATTERNS: Final = ("", "/", "\\", "x", "-", "|", "+", ".")
_DASHES: Final = ("dash", "dot", "dashdot", "longdash")
# The two charts of what training moved stand side by side.
_BESIDE: Final = 520
_DIVERGING: Final = [[0, "#b35806"], [0.5, "#f1f0ee"], [1, "#08457e"]]


def sentence_map(
    coordinates: NDArray[np.float32], texts: Sequence[str], groups: Sequence[str], axes: tuple[str, str]
) -> go.Figure:
    """Points (text, 2), a trace per group; hover shows the text.

    Colours and symbols follow the alphabet of the groups, not the order of the texts.
    """
    made = figure(520)
    for number, group in enumerate(sorted(set(groups))):
        rows = [row for row, other in enumerate(groups) if other == group]
        made.add_trace(
            go.Scatter(
                x=coordinates[rows, 0],
                y=coordinates[rows, 1],
                name=plain(group),
                mode="markers",
                marker={
                    "size": 9 if len(texts) < 200 else 6,
                    "opacity": 0.85 if len(texts) < 200 else 0.6,
                    "color": _COLOURS[number % len(_COLOURS)],
                    "symbol": _SYMBOLS[(number + number // len(_COLOURS)) % len(_SYMBOLS)],
                },
                customdata=[plain(texts[row]) for row in rows],
                hovertemplate=f"%{{customdata}}<br><b>{plain(group)}</b><extra></extra>",
            )
        )
    made.update_xaxes(title_text=axes[0], showticklabels=False, fixedrange=False)
    made.update_yaxes(title_text=axes[1], showticklabels=False, fixedrange=False)
    made.update_layout(dragmode=False, showlegend=True, uirevision="map")
    return made


def moved_map(before: NDArray[np.float32], after: NDArray[np.float32], texts: Sequence[str]) -> go.Figure:
    """Each text's way from before to after, both (text, 2): an open circle, a line, a filled circle."""
    made = figure(_BESIDE)
    gap = np.full_like(before, np.nan)
    xs, ys = np.stack([before, after, gap], axis=1).reshape(-1, 2).T  # a point in between breaks the line
    made.add_trace(
        go.Scatter(
            x=xs,
            y=ys,
            mode="lines",
            line={"color": "rgba(128,128,128,.6)", "width": 1.5},
            hoverinfo="skip",
            showlegend=False,
        )
    )
    sides = (("before", before, "circle-open", "#6b7280"), ("after", after, "circle", "#7a6ff0"))
    for name, points, symbol, colour in sides:
        made.add_trace(
            go.Scatter(
                x=points[:, 0],
                y=points[:, 1],
                name=name,
                mode="markers",
                marker={"size": 10, "symbol": symbol, "color": colour},
                customdata=[f"{row + 1}. {plain(text)}" for row, text in enumerate(texts)],
                hovertemplate=f"%{{customdata}}<br><b>{name}</b><extra></extra>",
            )
        )
    made.update_xaxes(showticklabels=False)
    made.update_yaxes(showticklabels=False)
    return made


def difference_heatmap(differences: NDArray[np.float32], texts: Sequence[str]) -> go.Figure:
    """How much closer two texts are after training, (text, text), in [-2, 2]; numbered like the texts."""
    numbers = [str(row + 1) for row in range(len(texts))]
    bound = max(0.05, float(np.abs(differences).max()))
    made = figure(_BESIDE)
    made.add_trace(
        go.Heatmap(
            z=differences,
            x=numbers,
            y=numbers,
            hovertemplate="%{y} and %{x}: <b>%{text}</b><extra></extra>",
            text=[[f"{value:+.2f}" for value in row] for row in differences],
            texttemplate="%{text}" if len(texts) <= HEATMAP_VALUES / 2 else None,
            zmin=-bound,
            zmax=bound,
            xgap=2,
            ygap=2,
            colorscale=_DIVERGING,
            colorbar={"thickness": 10, "outlinewidth": 0},
        )
    )
    made.update_layout(margin={"l": 40, "r": 8, "t": 64, "b": 12})
    made.update_xaxes(type="category", side="top", showgrid=False)
    made.update_yaxes(type="category", autorange="reversed", showgrid=False)
    return made


def word_heatmap(cosines: NDArray[np.float32], first: Sequence[str], second: Sequence[str]) -> go.Figure:
    """Words of one sentence (down) against those of another (across): (word, word), cosines."""
    made = figure(max(300, min(900, 150 + 30 * len(first))))
    made.add_trace(
        go.Heatmap(
            z=cosines,
            # Numbered, because a word may come twice; the axes show the words.
            customdata=[[f"{plain(a)} - {plain(b)}" for b in second] for a in first],
            texttemplate="%{z:.2f}" if max(len(first), len(second)) <= HEATMAP_VALUES / 2 else None,
            hovertemplate="%{customdata}: <b>%{z:.3f}</b><extra></extra>",
            zmin=-1,
            zmax=1,
            xgap=2,
            ygap=2,
            colorscale=[[0, "#b35806"], [0.5, "#f1f0ee"], [0.75, "#7fb2d9"], [1, "#08457e"]],
            showscale=False,
        )
    )
    made.update_layout(margin={"l": 8, "r": 24, "t": 96, "b": 8})
    made.update_xaxes(side="top", showgrid=False, tickangle=-40, **_words(second))
    made.update_yaxes(autorange="reversed", showgrid=False, automargin=True, **_words(first))
    return made


def _words(words: Sequence[str]) -> dict[str, Any]:
    return {"tickmode": "array", "tickvals": list(range(len(words))), "ticktext": list(map(plain, words))}


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
