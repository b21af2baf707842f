"""The embeddings as files."""

from collections.abc import Sequence
from typing import Any

import gradio as gr
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mtl.schema.formulas import guarded
from mtl.ui.downloads import new_file
from mtl.ui.embeddings.sources import Sources


class FilesPanel:
    """`render` fills `outputs`."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._facts = gr.HTML("", html_template="<p>{{value}}</p>", elem_classes="hint", elem_id="files-said")
        with gr.Row():
            self._csv = gr.DownloadButton("Embeddings (CSV)", interactive=False, elem_id="files-csv")
            self._npy = gr.DownloadButton("Embeddings (NPY)", interactive=False, elem_id="files-npy")
        self.outputs: list[Any] = [self._facts, self._csv, self._npy]

    def render(self, lines: str) -> dict[Any, Any]:
        """Files with the sentences in the box."""
        found = self._sources.lines(lines)
        if not found.texts:
            return self.empty()
        rows, dimension = found.embeddings.shape
        what = "1 sentence" if rows == 1 else f"{rows:,} sentences"
        return {
            self._facts: f"{what}, {dimension} numbers each, scaled to length 1.",
            self._csv: gr.update(value=_csv(found.texts, found.embeddings), interactive=True),
            self._npy: gr.update(value=_npy(found.embeddings), interactive=True),
        }

    def empty(self) -> dict[Any, Any]:
        """No files."""
        nothing = gr.update(value=None, interactive=False)
        return {self._facts: "Type a sentence first.", self._csv: nothing, self._npy: nothing}


def _csv(texts: Sequence[str], embeddings: NDArray[np.float32]) -> str:
    file = new_file("embeddings.csv")
    frame = pd.DataFrame(embeddings, columns=[f"d{i}" for i in range(embeddings.shape[1])])
    frame.insert(0, "text", list(texts))
    frame.map(guarded).to_csv(file, index=False, float_format="%.8g")
    return str(file)


def _npy(embeddings: NDArray[np.float32]) -> str:
    file = new_file("embeddings.npy")
    np.save(file, embeddings, allow_pickle=False)
    return str(file)
