"""The features of a file's texts in a quarter of their room: what a head of a lesson reads of 50,000."""

import threading
from typing import Final

import numpy as np
from numpy.typing import NDArray

_STEPS: Final = 127


class FileVectors:
    """Features (text, feature) of `Vectors`, in the order in which they are added. Any thread may ask.

    The head reads the embeddings of all layers, so all are kept, each in `dimension` whole numbers from -127
    to 127 and a scale: 3 kB a text under all-MiniLM-L6-v2, where fp32 takes 12. Probabilities of a lesson of
    nine sentences moved by .0024 at most.
    """

    def __init__(self, texts: int, features: int, dimension: int) -> None:
        shape = texts, features // dimension
        # The system gives the room when it is written to.
        self._steps = np.empty((*shape, dimension), dtype=np.int8)  # (text, embedding, dim)
        self._scales = np.empty((*shape, 1), dtype=np.float32)
        self._ready = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """How many texts have been added."""
        return self._ready

    @property
    def nbytes(self) -> int:
        """The room of all texts, those to come too."""
        return self._steps.nbytes + self._scales.nbytes

    def add(self, features: NDArray[np.float32], start: int) -> None:
        """Features (text, feature) of the texts from `start` on. Those that are there already are left out,
        so that two may read one file."""
        with self._lock:
            new = features[self._ready - start :] if start <= self._ready else features[:0]
            stop = self._ready + len(new)
            parts = new.reshape(len(new), *self._steps.shape[1:])
            scales = np.abs(parts).max(2, keepdims=True).clip(1e-12) / _STEPS
            self._steps[self._ready : stop] = np.rint(parts / scales)
            self._scales[self._ready : stop] = scales
            self._ready = stop

    def features(self, places: NDArray[np.int64]) -> NDArray[np.float32]:
        """(place, feature), fp32."""
        found: NDArray[np.float32] = (self._steps[places] * self._scales[places]).reshape(len(places), -1)
        return found

    def embeddings(self, places: NDArray[np.int64] | slice) -> NDArray[np.float32]:
        """The sentence embeddings, which are the first of the features, (place, dim), unit norm, fp32."""
        found = self._steps[places, 0] * self._scales[places, 0]
        unit: NDArray[np.float32] = found / np.linalg.norm(found, axis=1, keepdims=True).clip(1e-12)
        return unit
