"""What models answer, and why: one pass through the encoder gives both, for all panels of the tab."""

import threading
import time
from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

from cachetools import LRUCache

from mtl.analysis.attribution import Explanation
from mtl.analysis.explain import explain
from mtl.model.multitask import MultiTaskModel
from mtl.schema.results import Prediction
from mtl.ui.models import Models

# Texts per model: the panels ask for a text again just after it was typed.
_KEPT: Final = 32


@dataclass(frozen=True, kw_only=True, eq=False)
class _Answer:
    explanation: Explanation
    seconds: float


class Answers:
    """Explained predictions of single texts, the most recent kept. Any thread may ask."""

    def __init__(self, models: Models) -> None:
        self.models = models
        # By model, not by its key: a run that goes on has another model after every epoch. A model that
        # nobody else uses is not kept alive.
        self._known: WeakKeyDictionary[MultiTaskModel, LRUCache[str, _Answer]] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def explanation(self, owner: str, key: str, text: str) -> Explanation:
        """Why a model answers as it does. Raises ValueError where there is no model, or no trained head."""
        return self._answer(self.models.get(owner or "", key), text).explanation

    def prediction(self, owner: str, key: str, text: str) -> tuple[Prediction, float]:
        """What a model predicts, and how many seconds it took. Raises ValueError where there is no model."""
        model = self.models.get(owner or "", key)
        try:
            answer = self._answer(model, text)
        except ValueError:  # a head without a scaling predicts something, but has no reasons
            began = time.perf_counter()
            return model.predict([text])[0], time.perf_counter() - began
        return answer.explanation.prediction, answer.seconds

    def _answer(self, model: MultiTaskModel, text: str) -> _Answer:
        with self._lock:
            known = self._known.setdefault(model, LRUCache(_KEPT)).get(text)
        if known is not None:
            return known
        began = time.perf_counter()
        explanation = explain(model, text)
        answer = _Answer(explanation=explanation, seconds=time.perf_counter() - began)
        with self._lock:
            self._known.setdefault(model, LRUCache(_KEPT))[text] = answer
        return answer
