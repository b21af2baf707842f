"""Maps of sentences: each beside its point, lines between close ones, and how training moved them."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from mtl.analysis.similarity import Pair
from mtl.ui.charts.base import COMBINED_COLOUR, figure, plain
from mtl.ui.charts.labels import VALUES, cut, place, whole

# For groups of any kind. Each has a symbol too, for those who cannot tell the colours apart.
_COLOURS: Final = ("#0f7ab8", "#d9601a", "#009e73", "#cc79a7", "#b98700", "#5b4a9e", "#8a6d3b", "#a6a000")
_SYMBOLS: Final = ("circle", "diamond", "square", "triangle-up", "cross", "star", "hexagon", "triangle-down")
_ALONE: Final = "#6b7280"
HEIGHT: Final = 480
_EDGE: Final = 10
# Below this width a phone is held upright.
_NARROW: Final = 560
_LABELLED: Final = 200
_LINES: Final = 200


def sentence_map(
    coordinates: NDArray[np.float32],
    texts: Sequence[str],
    groups: Sequence[str],
    *,
    pairs: Sequence[Pair] = (),
    width: int = 800,
    legend: bool = True,
) -> go.Figure:
    """Points (text, 2), a trace per group (of "", grey ones that belong to none), `width` pixels wide.

    A line for each of `pairs`; its middle bears the pair in `customdata` as [first, second]. Colours and
    symbols follow the alphabet of the groups, not the order of the texts.
    """
    narrow = width < _NARROW
    size = (width - 2 * _EDGE, HEIGHT - (70 if legend else 2 * _EDGE))
    points = _fitted(_upright(coordinates, narrow), size, narrow)
    made = figure(HEIGHT)
    _draw_lines(made, points, texts, list(pairs)[:_LINES])
    names = sorted({group for group in groups if group})
    for number, group in enumerate([*names, *([""] if "" in groups else [])]):
        rows = [row for row, other in enumerate(groups) if other == group]
        made.add_trace(_group(group, number, rows, points, texts))
    if len(texts) <= _LABELLED:
        made.add_trace(_texts(points, texts, size, pairs, 36 if narrow else 48))
    zoom = {"visible": False, "fixedrange": len(texts) <= 30}
    made.update_xaxes(range=[0, size[0]], **zoom)
    made.update_yaxes(range=[0, size[1]], **zoom)
    made.update_layout(
        margin={"l": _EDGE, "r": _EDGE, "t": _EDGE, "b": 60 if legend else _EDGE},
        # A finger scrolls the page.
        dragmode=False if narrow or len(texts) <= 30 else "zoom",
        showlegend=legend,
        hovermode="closest",
    )
    return made


def moved_map(
    before: NDArray[np.float32], after: NDArray[np.float32], texts: Sequence[str], width: int = 700
) -> go.Figure:
    """How each text moved from before to after, both (text, 2): an open circle, a line, a filled circle."""
    narrow = width < _NARROW
    size = (width - 2 * _EDGE, HEIGHT - 70)
    points = _fitted(_upright(np.concatenate([before, after]), narrow), size, narrow)
    was, now = points[: len(texts)], points[len(texts) :]
    made = figure(HEIGHT)
    gap = np.full_like(was, np.nan)  # a point in between breaks the line
    xs, ys = np.stack([was, now, gap], axis=1).reshape(-1, 2).T
    line = {"color": "rgba(128,128,128,.6)", "width": 1.5}
    made.add_trace(go.Scatter(x=xs, y=ys, mode="lines", line=line, hoverinfo="skip", showlegend=False))
    sides = (("before", was, "circle-open", _ALONE), ("after", now, "circle", COMBINED_COLOUR))
    for name, places, symbol, colour in sides:
        made.add_trace(
            go.Scatter(
                x=places[:, 0],
                y=places[:, 1],
                name=name,
                mode="markers",
                marker={"size": 10, "symbol": symbol, "color": colour},
                hovertext=[f"{whole(text)}<br><b>{name}</b>" for text in texts],
                hoverinfo="text",
            )
        )
    made.add_trace(_texts(now, texts, size, [], 36 if narrow else 48))
    made.update_xaxes(visible=False, range=[0, size[0]])
    made.update_yaxes(visible=False, range=[0, size[1]])
    made.update_layout(margin={"l": _EDGE, "r": _EDGE, "t": _EDGE, "b": 60}, hovermode="closest")
    return made


def _upright(coordinates: NDArray[np.float32], narrow: bool) -> NDArray[np.float64]:
    """Turned so that the longer side fits, with the first text at the upper left: typing flips no map."""
    points = coordinates.astype(np.float64) - coordinates.mean(0)
    spread = np.ptp(points, axis=0)
    if (spread[1] > spread[0]) != narrow:
        points = points[:, ::-1].copy()
    points[:, 0] *= -1 if points[0, 0] > 0 else 1
    points[:, 1] *= -1 if points[0, 1] < 0 else 1
    return np.asarray(points)


def _fitted(points: NDArray[np.float64], size: tuple[float, float], narrow: bool) -> NDArray[np.float64]:
    """In pixels from the lower left corner, with room for texts at the sides."""
    room = np.array([56.0 if narrow else 110.0, 32.0])
    spread = np.ptp(points, axis=0)
    # What lies nearly on a line stays so.
    scale = (np.array(size) - 2 * room) / np.maximum(spread, max(0.25 * spread.max(), 1e-6))
    middle = (points.max(0) + points.min(0)) / 2
    return np.asarray((points - middle) * scale + np.array(size) / 2)


def _draw_lines(
    made: go.Figure, points: NDArray[np.float64], texts: Sequence[str], pairs: Sequence[Pair]
) -> None:
    for pair in pairs:
        ends = points[[pair.first, pair.second]]
        shown = min(1.0, max(0.0, (pair.cosine - 0.25) / 0.6))
        made.add_trace(
            go.Scatter(
                x=ends[:, 0],
                y=ends[:, 1],
                mode="lines",
                line={"color": f"rgba(79,142,204,{0.35 + 0.5 * shown:.2f})", "width": 1.2 + 2.6 * shown},
                hoverinfo="skip",
                showlegend=False,
            )
        )
    if pairs:
        made.add_trace(_middles(points, texts, pairs))


def _middles(points: NDArray[np.float64], texts: Sequence[str], pairs: Sequence[Pair]) -> go.Scatter:
    """Where a line can be pressed and tells its cosine; the strongest lines show it unasked."""
    middles = np.array([(points[pair.first] + points[pair.second]) / 2 for pair in pairs])
    return go.Scatter(
        x=middles[:, 0],
        y=middles[:, 1],
        name="pairs",
        mode="markers+text",
        marker={"size": 18, "color": "rgba(0,0,0,0)"},
        text=[f"{pair.cosine:.2f}" if rank < VALUES else "" for rank, pair in enumerate(pairs)],
        textposition="middle center",
        textfont={"size": 12},
        customdata=[[pair.first, pair.second] for pair in pairs],
        hovertext=[
            f"{plain(cut(texts[p.first], 48))}<br>{plain(cut(texts[p.second], 48))}"
            f"<br><b>cosine {p.cosine:.2f}</b>"
            for p in pairs
        ],
        hoverinfo="text",
        showlegend=False,
    )


def _group(
    group: str, number: int, rows: Sequence[int], points: NDArray[np.float64], texts: Sequence[str]
) -> go.Scatter:
    many = len(texts) > 60
    told = f"<br><b>{plain(group)}</b>" if group else ""
    return go.Scatter(
        x=points[rows, 0],
        y=points[rows, 1],
        name=plain(group),
        mode="markers",
        marker={
            "size": 6 if len(texts) > 200 else 8 if many else 11,
            "opacity": 0.65 if len(texts) > 200 else 1,
            "color": _COLOURS[number % len(_COLOURS)] if group else _ALONE,
            "symbol": _SYMBOLS[(number + number // len(_COLOURS)) % len(_SYMBOLS)] if group else "circle",
        },
        hovertext=[f"{whole(texts[row])}{told}" for row in rows],
        hoverinfo="text",
    )


def _texts(
    points: NDArray[np.float64],
    texts: Sequence[str],
    size: tuple[float, float],
    pairs: Sequence[Pair],
    most_letters: int,
) -> go.Scatter:
    lines = [(pair.first, pair.second) for pair in pairs]
    labels = place(points, texts, size, lines, most_letters)
    marker: dict[str, Any] = {"size": 11, "color": "rgba(0,0,0,0)"}
    return go.Scatter(
        x=points[:, 0],
        y=points[:, 1],
        name="texts",
        mode="markers+text",
        marker=marker,
        text=[plain(label.text) for label in labels],
        textposition=[label.side for label in labels],
        textfont={"size": 13},
        cliponaxis=False,
        hoverinfo="skip",
        showlegend=False,
    )
