"""Two sentences in detail: their cosine, and word against word."""

from collections.abc import Sequence
from typing import Any, Final

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from mtl.analysis.sentence_pairs import layer_cosines, token_cosines
from mtl.analysis.similarity import angle
from mtl.model.encoder import Encoder
from mtl.ui.embeddings.grid import word_grid
from mtl.ui.embeddings.templates import GRID_CSS, PAIR

_MOST_WORDS: Final = 40


def pair_display(elem_id: str) -> gr.HTML:
    """A place for `pair_detail` or `no_pair`."""
    return gr.HTML(no_pair(""), html_template=PAIR, css_template=GRID_CSS, elem_id=elem_id)


def no_pair(note: str) -> dict[str, Any]:
    """A few words instead of a pair."""
    return {"note": note}


def pair_detail(encoder: Encoder, first: str, second: str) -> tuple[dict[str, Any], NDArray[np.float32]]:
    """A pair as the display wants it, and its cosine at each layer (layer,)."""
    by_layer = layer_cosines(encoder, first, second)
    words = token_cosines(encoder, first, second)
    firsts = [word.text for word in words.first.words][:_MOST_WORDS]
    seconds = [word.text for word in words.second.words][:_MOST_WORDS]
    grid = words.cosines[: len(firsts), : len(seconds)]
    degrees = angle(float(by_layer[-1]))
    notes = [_closest_words(grid, firsts, seconds), f"An angle of {degrees:.0f} degrees."]
    shown = {
        "title": f"{by_layer[-1]:.2f}",
        "first": first,
        "second": second,
        "note": " ".join(notes).strip(),
        "grid": word_grid(grid, firsts, seconds),
    }
    return shown, by_layer


def _closest_words(grid: NDArray[np.float32], firsts: Sequence[str], seconds: Sequence[str]) -> str:
    """The two that answer each other best; the same word on both sides tells nothing."""
    telling = [[a.lower() != b.lower() and a.isalnum() and b.isalnum() for b in seconds] for a in firsts]
    if not np.any(telling):
        return ""
    row, column = map(int, np.unravel_index(int(np.where(telling, grid, -2).argmax()), grid.shape))
    return f"Closest different words: “{firsts[row]}” and “{seconds[column]}” ({grid[row, column]:.2f})."
