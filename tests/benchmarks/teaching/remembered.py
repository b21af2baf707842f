"""Labelled rows of the benchmark sets, with their vectors, which are encoded once and kept."""

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mtl.model.pretrained import load_encoder

BENCH = Path("../shared/bench")
KEPT = Path(tempfile.gettempdir()) / "sentence-lab-benchmark"


@dataclass(frozen=True, kw_only=True, eq=False)
class Remembered:
    """Distinct texts, their label ids (row,), the labels' names, and layer embeddings (row, layer, dim)."""

    texts: tuple[str, ...]
    labels: NDArray[np.int64]
    names: tuple[str, ...]
    embeddings: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.texts)

    def at(self, rows: NDArray[np.int64]) -> "Remembered":
        """Some of the rows."""
        return Remembered(
            texts=tuple(self.texts[row] for row in rows),
            labels=self.labels[rows],
            names=self.names,
            embeddings=self.embeddings[rows],
        )


def remembered(name: str, part: str, folder: Path = BENCH) -> Remembered:
    """The rows of NAME_PART.csv; the labels are numbered as those of NAME_train.csv."""
    names = tuple(sorted(pd.read_csv(folder / f"{name}_train.csv", dtype=str)["label"].unique()))
    rows = pd.read_csv(folder / f"{name}_{part}.csv", dtype=str, keep_default_na=False)
    rows = rows.drop_duplicates("text")
    texts = tuple(rows["text"])
    return Remembered(
        texts=texts,
        labels=np.array([names.index(label) for label in rows["label"]], dtype=np.int64),
        names=names,
        embeddings=_encoded(f"{name}_{part}", texts),
    )


def _encoded(name: str, texts: tuple[str, ...]) -> NDArray[np.float32]:
    key = hashlib.sha256("\n".join(texts).encode()).hexdigest()[:12]
    file = KEPT / f"{name}-{key}.npy"
    if not file.exists():
        KEPT.mkdir(exist_ok=True)
        encoder = load_encoder()
        np.save(file, encoder.layer_embeddings(encoder.tokenize(texts), fast=True).numpy())
    loaded: NDArray[np.float32] = np.load(file, mmap_mode="r")
    return loaded
