"""Numbers between texts as a grid of cells that can be read, pressed and reached by key on any screen."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mtl.analysis.similarity import blocks_by_similarity, order_by_similarity

# Beyond so many rows similar ones stand together in a block, which opens when it is pressed.
MOST_ROWS: Final = 24
_BLOCKS: Final = 12
# From -1 over 0 to 1, as in a heatmap: brown, almost white, blue.
_STOPS: Final = (-1.0, 0.0, 0.5, 1.0)
_COLOURS: Final = np.array([[179, 88, 6], [241, 240, 238], [127, 178, 217], [8, 69, 126]], dtype=np.float64)

EMPTY: Final[dict[str, Any]] = {"columns": [], "rows": []}


def matrix_grid(
    matrix: NDArray[np.float32],
    texts: Sequence[str],
    rows: Sequence[int] | None = None,
    columns: Sequence[int] | None = None,
    *,
    bound: float | None = None,
    ordered: bool = False,
) -> dict[str, Any]:
    """Some rows of a (text, text) matrix against some columns; by default all of both.

    With a `bound`, the value of the deepest colour, values are differences and bear their sign. A cell's key,
    "1,2|7", names its texts from 0: more than one where texts stand in blocks, and then its value is their
    mean.
    """
    down = _parts(matrix, range(len(texts)) if rows is None else rows, ordered)
    across = down if columns is None else _parts(matrix, columns, ordered)
    return {
        "columns": [_head(part, texts) | {"text": _number(part)} for part in across],
        "rows": [
            {**_head(part, texts), "cells": [_cell(matrix, texts, part, other, bound) for other in across]}
            for part in down
        ],
    }


def word_grid(cosines: NDArray[np.float32], first: Sequence[str], second: Sequence[str]) -> dict[str, Any]:
    """Words of one sentence (down) against those of another (across): (word, word)."""
    cells = [
        [
            {"text": f"{value:z.2f}", "title": f"{a} - {b}: {value:.3f}", **shade(float(value))}
            for b, value in zip(second, row, strict=True)
        ]
        for a, row in zip(first, cosines, strict=True)
    ]
    return {
        "columns": [{"text": word, "title": word} for word in second],
        "rows": [{"text": a, "title": a, "cells": row} for a, row in zip(first, cells, strict=True)],
    }


def texts_of(key: str, count: int) -> tuple[list[int], list[int]]:
    """The rows and the columns that a cell's key names, of `count` texts; the browser may send anything.

    Raises ValueError for what is no key.
    """
    try:
        down, across = ([int(number) for number in part.split(",")] for part in key.split("|"))
    except ValueError:
        raise ValueError(f"{key[:40]!r} is no cell: press one of the matrix") from None
    if not all(0 <= number < count for number in (*down, *across)):
        raise ValueError("The sentences have changed: press the cell again")
    return down, across


def shade(value: float) -> dict[str, str]:
    """The colour of a value in [-1, 1], and black or white on it: whichever can be read better."""
    red, green, blue = (np.interp(value, _STOPS, _COLOURS[:, channel]) for channel in range(3))
    channels = np.array([red, green, blue]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    luminance = float(linear @ [0.2126, 0.7152, 0.0722])
    # Contrast as in WCAG: on a background of 0.179 both have 4.58.
    ink = "#000" if luminance > 0.179 else "#fff"
    return {"back": f"rgb({red:.0f},{green:.0f},{blue:.0f})", "ink": ink}


def _parts(matrix: NDArray[np.float32], rows: Sequence[int], ordered: bool) -> list[list[int]]:
    rows = list(rows)
    own = matrix[np.ix_(rows, rows)]
    if len(rows) > MOST_ROWS:
        return [[rows[at] for at in block] for block in blocks_by_similarity(own, _BLOCKS)]
    return [[rows[at]] for at in (order_by_similarity(own) if ordered else range(len(rows)))]


def _number(part: Sequence[int]) -> str:
    return f"{part[0] + 1}" if len(part) == 1 else f"{part[0] + 1}+"


def _head(part: Sequence[int], texts: Sequence[str]) -> dict[str, str]:
    title = "\n".join(f"{row + 1}. {texts[row]}" for row in part[:12])
    if len(part) == 1:
        return {"text": title, "title": title}
    more = "" if len(part) <= 12 else f"\nand {len(part) - 12} more"
    return {"text": f"{part[0] + 1}. {texts[part[0]]}", "more": f"+ {len(part) - 1}", "title": title + more}


def _cell(
    matrix: NDArray[np.float32],
    texts: Sequence[str],
    down: Sequence[int],
    across: Sequence[int],
    bound: float | None,
) -> dict[str, str]:
    values = matrix[np.ix_(down, across)]
    own = list(down) == list(across) and len(down) > 1
    # Of a block with itself: without each text's own 1.
    value = float(values.sum() - values.trace()) / (values.size - len(down)) if own else float(values.mean())
    if len(down) == len(across) == 1:
        title = f"{value:.3f}: {texts[down[0]]} / {texts[across[0]]}"
    else:
        title = f"{value:.2f} on average: {len(down)} x {len(across)} sentences"
    key = f"{','.join(map(str, down))}|{','.join(map(str, across))}"
    if bound is None:
        return {"text": f"{value:z.2f}", "title": title, "key": key, **shade(value)}
    return {"text": f"{value:+z.2f}", "title": title, "key": key, **shade(value / bound)}
