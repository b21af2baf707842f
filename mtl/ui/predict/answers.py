"""What models answer, and why: one pass through the encoder gives both, for all panels of the tab."""

import threading
import time
from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

from cachetools import LRUCache

from mtl.analysis.attribution import Explanation, Reading
from mtl.analysis.explain import explain
from mtl.analysis.word_spans import read
from mtl.model.multitask import MultiTaskModel
from mtl.schema.limits import limits
from mtl.schema.results import Prediction
from mtl.ui.models import Models

# Texts per model: the panels ask for a text again just after it was typed.
_KEPT: Final = 32


@dataclass(frozen=True, kw_only=True, eq=False)
class Answer:
    """How a model reads a text, what it predicts, why, and how long that took.

    `explanation` is None for a model with a head that never trained: it predicts something, but has no
    reasons.
    """

    reading: Reading
    prediction: Prediction
    explanation: Explanation | None
    seconds: float


class Answers:
    """Answers to single texts, the most recent kept. Any thread may ask."""

    def __init__(self, models: Models) -> None:
        self.models = models
        # By model, not by its key: a run that goes on has another model after every epoch. A model that
        # nobody else uses is not kept alive.
        self._known: WeakKeyDictionary[MultiTaskModel, LRUCache[str, Answer]] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def answer(self, owner: str, key: str, text: str) -> Answer:
        """What a model makes of a text. Raises ValueError where there is none, or too long a text."""
        model = self.models.get(owner or "", key)
        if len(text) > limits().text_characters:
            raise limits().refusal("text_characters", f"The text has {len(text):,} characters", "shorten it")
        with self._lock:
            known = self._known.setdefault(model, LRUCache(_KEPT)).get(text)
        if known is not None:
            return known
        answer = _answer(model, text)
        with self._lock:
            self._known.setdefault(model, LRUCache(_KEPT))[text] = answer
        return answer

    def explanation(self, owner: str, key: str, text: str) -> Explanation:
        """Why a model answers as it does. Raises ValueError where there is no model, or no trained head."""
        found = self.answer(owner, key, text).explanation
        return found or explain(self.models.get(owner or "", key), text)


def _answer(model: MultiTaskModel, text: str) -> Answer:
    began = time.perf_counter()
    try:
        found = explain(model, text)
    except ValueError:
        (prediction,) = model.predict([text])
        seconds = time.perf_counter() - began
        (reading,) = read(model.encoder, [text])[1]
        return Answer(reading=reading, prediction=prediction, explanation=None, seconds=seconds)
    return Answer(
        reading=found.reading,
        prediction=found.prediction,
        explanation=found,
        seconds=time.perf_counter() - began,
    )
