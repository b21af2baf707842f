"""All sentences at once: their number, their similarity, their vectors as files."""

import time
from typing import Any

import gradio as gr
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mtl.analysis.similarity import cosines, order_by_similarity
from mtl.model.encoder import Encoder
from mtl.ui.charts.embeddings import heatmap
from mtl.ui.downloads import new_file
from mtl.ui.embeddings.sources import MOST_SENTENCES, lines_of


class Overview:
    """What the top of the Embeddings tab shows for some lines of text."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    def compare(self, lines: str, *, ordered: bool) -> tuple[Any, ...]:
        """Tiles, heatmap, the files, messages."""
        given = lines_of(lines)
        texts = given[:MOST_SENTENCES]
        if not texts:
            tell = [_message("Nothing to compare.", "Type a sentence, one per line.")]
            return (*[gr.skip()] * 4, tell)
        began = time.perf_counter()
        embeddings = self._encoder.encode(texts)
        seconds = time.perf_counter() - began
        matrix = cosines(embeddings)
        others = matrix[np.triu_indices(len(texts), k=1)]
        tiles = [
            {"name": "Sentences", "value": len(texts)},
            {"name": "Dimensions", "value": embeddings.shape[1]},
            {"name": "Norm of each", "value": f"{np.linalg.norm(embeddings, axis=1).mean():.3f}"},
            {"name": "Mean cosine", "value": f"{others.mean():.3f}" if len(others) else "-"},
            {"name": "Encoded in", "value": f"{seconds * 1000:.0f} ms"},
        ]
        order = order_by_similarity(matrix) if ordered else list(range(len(texts)))
        numbers = [row + 1 for row in order]
        chart = heatmap(matrix[np.ix_(order, order)], [texts[row] for row in order], numbers)
        return tiles, chart, _csv(texts, embeddings), _npy(embeddings), self._messages(given, texts)

    def _messages(self, given: list[str], texts: list[str]) -> list[dict[str, str]]:
        messages = []
        if len(given) > len(texts):
            messages.append(
                _message("Only a part.", f"The first {MOST_SENTENCES} of {len(given)} lines are compared.")
            )
        cut = [i + 1 for i, cut in enumerate(self._encoder.tokenize(texts).truncated) if cut]
        if cut:
            rows = ", ".join(map(str, cut))
            messages.append(
                _message(
                    "Read in part.",
                    f"Sentence {rows}: longer than the encoder's {self._encoder.max_length} tokens, "
                    "only the start counts.",
                )
            )
        return messages


def _message(title: str, text: str) -> dict[str, str]:
    return {"kind": "note", "title": title, "text": text}


def _csv(texts: list[str], embeddings: NDArray[np.float32]) -> str:
    file = new_file("embeddings.csv")
    frame = pd.DataFrame(embeddings, columns=[f"d{i}" for i in range(embeddings.shape[1])])
    frame.insert(0, "text", texts)
    frame.to_csv(file, index=False, float_format="%.8g")
    return str(file)


def _npy(embeddings: NDArray[np.float32]) -> str:
    file = new_file("embeddings.npy")
    np.save(file, embeddings, allow_pickle=False)
    return str(file)
