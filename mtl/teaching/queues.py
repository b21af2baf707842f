"""The files that visitors label: each visitor's last one, within bounds of number, room and time."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from mtl.model.predictions import give_back_memory
from mtl.teaching.file_vectors import FileVectors
from mtl.teaching.queue import Queue
from mtl.teaching.vectors import Vectors

# Of all visitors together: the largest file takes 160 MB.
KEPT: Final = 20
KEPT_BYTES: Final = 512 * 2**20
# As long as Gradio keeps what belongs to a page that was closed.
IDLE_S: Final = 3600.0
# Before the first ten are proposed, so many sentences are read; the others follow in chunks.
FIRST: Final = 128
CHUNK: Final = 64
# After so many sentences, memory that is free goes back to the system.
_TRIMMED: Final = 1_024


@dataclass(frozen=True, kw_only=True, eq=False)
class Held:
    """A queue, and the vectors of its sentences, which grow while the file is read. `nbytes`: about how much
    memory both take in the end."""

    queue: Queue
    vectors: FileVectors
    nbytes: int

    @property
    def done(self) -> bool:
        """Whether all sentences are read."""
        return len(self.vectors) == len(self.queue.texts)


class Queues:
    """The queue of each owner; any thread may ask. The one that was used longest ago gives way."""

    def __init__(self, vectors: Vectors, clock: Callable[[], float] = time.monotonic) -> None:
        self._encoder, self._features = vectors.encoder, vectors.features
        self._clock = clock
        self._held: OrderedDict[str, tuple[float, Held]] = OrderedDict()
        self._lock = threading.Lock()
        self._reading = threading.Lock()

    def begin(self, owner: str, queue: Queue) -> Held:
        """Keeps a queue in place of the owner's before, and reads the first sentences of it."""
        if not owner:
            raise ValueError("The page does not know you yet: reload it, and allow it to store data")
        embeddings = self._encoder.num_layers + 2
        size = self._encoder.dimension
        vectors = FileVectors(len(queue.texts), embeddings * size, size)
        nbytes = vectors.nbytes + queue.rows.nbytes + 2 * sum(map(len, queue.texts))
        held = Held(queue=queue, vectors=vectors, nbytes=nbytes)
        self.read(held, FIRST)
        with self._lock:
            self._held.pop(owner, None)
            self._held[owner] = self._clock(), held
            self._drop()
        return held

    def get(self, owner: str) -> Held | None:
        """What the owner labels, or None: it may have given way."""
        with self._lock:
            self._drop()
            found = self._held.pop(owner, None)
            if found is None:
                return None
            self._held[owner] = self._clock(), found[1]
            return found[1]

    def put(self, owner: str, held: Held, queue: Queue, *, unless_changed: bool = False) -> None:
        """Another state of the same file. Nothing happens where the owner has another file by now, or, with
        `unless_changed`, where the file is in another state than `held`."""
        with self._lock:
            there = self._held.get(owner)
            if there is None or there[1].vectors is not held.vectors:
                return
            if there[1].queue is held.queue or not unless_changed:
                self._held[owner] = self._clock(), replace(held, queue=queue)

    def forget(self, owner: str) -> None:
        """Deletes what the owner labels."""
        with self._lock:
            self._held.pop(owner, None)

    def read(self, held: Held, count: int = CHUNK) -> None:
        """Encodes so many more sentences. One visitor's chunk at a time: they take turns."""
        with self._reading:
            start = len(held.vectors)
            texts = held.queue.texts[start : start + count]
            if texts:
                pooled = self._encoder.layer_embeddings(self._encoder.tokenize(texts), fast=True)
                held.vectors.add(self._features(pooled), start)
                if start // _TRIMMED != len(held.vectors) // _TRIMMED:
                    give_back_memory()

    def _drop(self) -> None:
        now = self._clock()
        for owner in [owner for owner, (used, _) in self._held.items() if now - used > IDLE_S]:
            del self._held[owner]
        while len(self._held) > KEPT or (
            len(self._held) > 1 and sum(held.nbytes for _, held in self._held.values()) > KEPT_BYTES
        ):
            self._held.popitem(last=False)
