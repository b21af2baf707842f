"""Where a text stands beside its point, so that texts hide neither each other nor the points."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mtl.ui.charts.base import plain

# Of IBM Plex Sans at 13 px; measured on the bundled sentences, a little generous.
_LETTER: Final = 6.7
_LINE: Final = 17.0
_GAP: Final = 8.0  # from a point's centre to its text
# Plotly's names, in the order that reads best, and how much of the box lies left of and below the point.
_SIDES: Final = (
    ("middle right", 0.0, 0.5),
    ("middle left", 1.0, 0.5),
    ("top center", 0.5, 0.0),
    ("bottom center", 0.5, 1.0),
    ("top right", 0.0, 0.0),
    ("bottom right", 0.0, 1.0),
    ("top left", 1.0, 0.0),
    ("bottom left", 1.0, 1.0),
)
_PASSES: Final = 3
# So few texts are all printed, and of so many it is not weighed which should give way.
_ALWAYS: Final = 7
_WEIGHED: Final = 40
_STEPS: Final = np.linspace(0, 1, 24, dtype=np.float64)[:, None]
# What a text would hide, in the price of one hidden point.
_OUTSIDE: Final = 12.0
_TEXT: Final = 30.0
_LINE_POINT: Final = 0.12
VALUES: Final = 3


@dataclass(frozen=True, kw_only=True)
class Label:
    """A text, cut to fit, and on which side of its point it stands; "" where there is no room for it."""

    text: str
    side: str


def cut(text: str, most: int) -> str:
    """A text of up to `most` letters."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def whole(text: str) -> str:
    """A text as a hover shows it: whole, up to eight lines, and never markup."""
    return "<br>".join(map(plain, textwrap.wrap(text, 56, max_lines=8, placeholder=" ...") or [""]))


def place(
    points: NDArray[np.float64],
    texts: Sequence[str],
    size: tuple[float, float],
    lines: Sequence[tuple[int, int]],
    most_letters: int,
) -> list[Label]:
    """A label for each point (text, 2), in pixels from the lower left corner of an area of `size`.

    Each in turn takes the side where it hides least, some times over, so that the first ones give way. Then
    those without room are left out, unless the texts are few.
    """
    count = len(points)
    found = [_candidates(text, row, points, lines, size, most_letters) for row, text in enumerate(texts)]
    labels = [label for label, _, _ in found]
    boxes = np.stack([around for _, around, _ in found])  # (text, side, corner)
    own = np.stack([price for _, _, price in found])  # (text, side)
    sides = own.argmin(1)  # (text,)
    for row in list(range(count)) * (_PASSES if count <= _WEIGHED else 0):
        others = np.delete(boxes[np.arange(count), sides], row, axis=0)
        sides[row] = (own[row] + _TEXT * _overlaps(boxes[row], others)).argmin()
    if count > _ALWAYS:
        labels = _with_room(labels, boxes[np.arange(count), sides], own[np.arange(count), sides])
    return [
        Label(text=label, side=_SIDES[side][0]) for label, side in zip(labels, sides.tolist(), strict=True)
    ]


def _candidates(
    text: str,
    row: int,
    points: NDArray[np.float64],
    lines: Sequence[tuple[int, int]],
    size: tuple[float, float],
    most_letters: int,
) -> tuple[str, NDArray[np.float64], NDArray[np.float64]]:
    """A label, its boxes (side, corner) and their prices (side,); a shorter one where that fits nowhere."""
    for most in (most_letters, most_letters * 2 // 3):
        label = cut(text, most)
        boxes = _boxes(points[row], label)
        price = _own_price(boxes, row, points, lines, size)
        if price.min() < 1:
            break
    return label, boxes, price


def _with_room(labels: Sequence[str], boxes: NDArray[np.float64], prices: NDArray[np.float64]) -> list[str]:
    """The labels, "" for those that would hide something: one box (left, bottom, right, top) for each."""
    shown: list[int] = []
    for row in np.argsort(prices, kind="stable").tolist():
        hidden = _overlaps(boxes[[row]], boxes[shown])[0]
        if prices[row] + _TEXT * hidden < 1:
            shown.append(row)
    return [label if row in shown else "" for row, label in enumerate(labels)]


def _boxes(point: NDArray[np.float64], label: str) -> NDArray[np.float64]:
    """The label's box on each side: (side, left / bottom / right / top)."""
    width = _LETTER * len(label)
    boxes = []
    for _, across, down in _SIDES:
        x = point[0] - across * width + _GAP * (1 - 2 * across)
        y = point[1] - down * _LINE + _GAP * (1 - 2 * down)
        boxes.append((x, y, x + width, y + _LINE))
    return np.array(boxes)


def _own_price(
    boxes: NDArray[np.float64],
    row: int,
    points: NDArray[np.float64],
    lines: Sequence[tuple[int, int]],
    size: tuple[float, float],
) -> NDArray[np.float64]:
    """What each side costs whatever the other texts do: (side,)."""
    width, height = size
    beyond = (boxes[:, 0] < 0) + (boxes[:, 1] < 0) + (boxes[:, 2] > width) + (boxes[:, 3] > height)
    others = np.delete(points, row, axis=0)
    price: NDArray[np.float64] = _OUTSIDE * beyond + _inside(boxes, others)
    if lines:
        ends = points[np.array(lines)]  # (line, end, 2)
        steps = ends[:, None, 0] * (1 - _STEPS) + ends[:, None, 1] * _STEPS
        # In the middle stands the cosine of the first ones.
        middles = ends[:VALUES].mean(1)
        price = price + _LINE_POINT * _inside(boxes, steps.reshape(-1, 2)) + _inside(boxes, middles)
    return price


def _inside(boxes: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """How many points each box holds: (box,)."""
    x, y = points[None, :, 0], points[None, :, 1]
    left, bottom, right, top = (boxes[:, side, None] for side in range(4))
    held: NDArray[np.float64] = ((x > left - 5) & (x < right + 5) & (y > bottom - 4) & (y < top + 4)).sum(1)
    return held.astype(np.float64)


def _overlaps(boxes: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much of each box others hide, in boxes: (box,)."""
    across = np.minimum(boxes[:, None, 2], others[None, :, 2]) - np.maximum(
        boxes[:, None, 0], others[None, :, 0]
    )
    down = np.minimum(boxes[:, None, 3], others[None, :, 3]) - np.maximum(
        boxes[:, None, 1], others[None, :, 1]
    )
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    hidden: NDArray[np.float64] = (across.clip(min=0) * down.clip(min=0)).sum(1) / area
    return hidden
