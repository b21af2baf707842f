"""The project's own sentences and their embeddings, computed once per process for every visitor."""

import threading
from concurrent.futures import Future
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mtl.data.bundled import bundled_files, has_bundled_sentences
from mtl.data.examination import load_rows
from mtl.model.encoder import Encoder

# Small enough that progress moves several times a second on two cores.
_CHUNK: Final = 256


class Bundled:
    """The bundled sentences as the encoder sees them. Any thread may ask; one computes."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._lock = threading.Lock()
        self._result: Future[NDArray[np.float32]] | None = None
        self._done = 0.0

    @cached_property
    def rows(self) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        """Texts, the task that each belongs to, and its label in that task; all of one length.

        Raises ValueError where the sentences are not at hand.
        """
        if not has_bundled_sentences():
            raise ValueError(
                "The bundled sentences do not come with the installed package: "
                "run this in the project's own folder"
            )
        parts = [load_rows(file, name) for name, file in bundled_files().items()]
        texts = tuple(text for part in parts for text in part.texts)
        tasks = tuple(part.task.name for part in parts for _ in part.texts)
        labels = tuple(part.task.labels[label] for part in parts for label in part.labels)
        return texts, tasks, labels

    def begin(self) -> Future[NDArray[np.float32]]:
        """Starts encoding in the background unless it runs or is done; after a failure it starts anew."""
        with self._lock:
            if self._result is None or (self._result.done() and self._result.exception()):
                self._result, self._done = Future(), 0.0
                threading.Thread(target=self._encode, args=[self._result], daemon=True).start()
            return self._result

    def embeddings(self) -> NDArray[np.float32]:
        """(text, dim), unit norm, in the order of `rows`; waits for the encoding the first time.

        Raises ValueError as `rows`.
        """
        return self.begin().result()

    def progress(self) -> float:
        """How much is encoded, in [0, 1]; 1 only when `embeddings` returns at once."""
        done = self._result is not None and self._result.done() and not self._result.exception()
        return 1.0 if done else min(self._done, 0.99)

    def _encode(self, result: Future[NDArray[np.float32]]) -> None:
        try:
            texts = self.rows[0]
            embeddings = np.empty((len(texts), self._encoder.dimension), dtype=np.float32)
            for start in range(0, len(texts), _CHUNK):
                chunk = texts[start : start + _CHUNK]
                embeddings[start : start + len(chunk)] = self._encoder.encode(chunk, fast=True)
                self._done = (start + len(chunk)) / len(texts)
            embeddings.flags.writeable = False
            result.set_result(embeddings)
        except Exception as error:  # whoever waits is told
            result.set_exception(error)
