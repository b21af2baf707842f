"""Which model a visitor means: by a key, never by holding one."""

import threading
from collections import OrderedDict
from pathlib import Path
from textwrap import shorten
from typing import Final

from mtl.model.checkpoint import load_model, model_facts
from mtl.model.encoder import Encoder
from mtl.model.multitask import MultiTaskModel, untrained
from mtl.runs.store import Runs
from mtl.runs.view import RunView
from mtl.schema.events import RunEnd, RunStarted
from mtl.schema.tasks import INTENT_LABELS, SENTIMENT_LABELS
from mtl.training.default import load_default
from mtl.ui.bundled import Bundled

DEFAULT: Final = "default"
UNTRAINED: Final = "untrained"
_KEPT: Final = 8


class Models:
    """Loads models when they are asked for and keeps the most recently used."""

    def __init__(self, encoder: Encoder, runs: Runs) -> None:
        self.encoder = encoder
        self.bundled = Bundled(encoder)
        self._runs = runs
        self._always = {DEFAULT: load_default(encoder), UNTRAINED: untrained(encoder)}
        self._always[DEFAULT].predict(["The first one is slow."])
        self._recent: OrderedDict[Path, MultiTaskModel] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, owner: str, key: str) -> MultiTaskModel:
        """The model under a key: one of the two above or the id of a run of this owner.

        Of a run that goes on it is that of the last finished epoch. Raises ValueError where there is none.
        """
        if key in self._always:
            return self._always[key]
        path = self._runs.model_path(owner, key)
        if path is None:
            raise ValueError("this run has no model yet: wait for its first epoch, or choose another")
        with self._lock:
            if path not in self._recent:
                self._recent[path] = load_model(path, self.encoder)
            self._recent.move_to_end(path)
            while len(self._recent) > _KEPT:
                self._recent.popitem(last=False)
            return self._recent[path]

    def adopt(self, owner: str, archive: Path) -> str:
        """The key of a model from a zip file, from now on this owner's. Raises ValueError with the reason."""
        if not owner:
            raise ValueError("the page does not know you yet: reload it, and allow it to store data")
        return self._runs.adopt(owner, archive)

    def choices(self, owner: str) -> list[tuple[str, str]]:
        """(name, key) of every model this owner can use, own runs first."""
        runs = [view for view in self._runs.of(owner) if _model_of(view)]
        own = [(name_of(view), view.id) for view in runs]
        return [
            *own,
            ("Default: trained on the bundled sentences", DEFAULT),
            ("Untrained: random heads, seed 0", UNTRAINED),
        ]


def _model_of(view: RunView) -> Path | None:
    return view.model or view.latest


def name_of(view: RunView) -> str:
    """A run, or an uploaded model, in a few words."""
    if view.uploaded:
        return _uploaded_name(view)
    started = next((e for e in view.events if isinstance(e, RunStarted)), None)
    end = view.events[-1] if view.events and isinstance(view.events[-1], RunEnd) else None
    what = started.config["freeze"] if started else "run"
    if view.model is None and view.latest:
        return f"Your run {view.id[:4]}, {view.state}: {what}, as after epoch {view.latest.name}"
    scores = ", ".join(f"{n} {s.accuracy:.0%}" for n, s in end.scores.items()) if end else view.state
    return f"Your run {view.id[:4]}: {what}, {scores}"


def _uploaded_name(view: RunView) -> str:
    assert view.model is not None
    end, parts = view.events[-1], []
    scores = end.scores if isinstance(end, RunEnd) else {}
    for name, labels in model_facts(view.model)["tasks"].items():
        usual = tuple(labels) in (SENTIMENT_LABELS, INTENT_LABELS)
        first = ", ".join(shorten(label, 24, placeholder="...") for label in labels[:3])
        named = name if usual else f"{name} ({first}{', ...' if len(labels) > 3 else ''})"
        parts.append(f"{named} {scores[name].accuracy:.0%}" if name in scores else named)
    return f"Uploaded model {view.id[:4]}: {', '.join(parts)}"
