"""Which model a visitor means: by a key, never by holding one."""

import threading
from collections.abc import Sequence
from pathlib import Path
from textwrap import shorten
from typing import Final

from cachetools import LRUCache

from mtl.model.archive import FACTS, WEIGHTS
from mtl.model.checkpoint import load_model
from mtl.model.encoder import Encoder
from mtl.model.files import model_facts
from mtl.model.multitask import MultiTaskModel, untrained
from mtl.runs.store import Runs
from mtl.runs.view import RunView
from mtl.schema.events import RunEnd, RunStarted
from mtl.schema.tasks import known_task
from mtl.teaching.taught import Taught, model_of
from mtl.teaching.vectors import Vectors
from mtl.training.default import DEFAULT_MODEL, load_default
from mtl.ui.bundled import Bundled

DEFAULT: Final = "default"
UNTRAINED: Final = "untrained"
# What the visitor has taught live.
TAUGHT: Final = "taught"
_KEPT: Final = 8
# Of taught models, one for each visitor: tens of kilobytes each.
_KEPT_TAUGHT: Final = 200
_NAMED_TASKS: Final = 3


class Models:
    """Loads models when they are asked for and keeps the most recently used."""

    def __init__(self, encoder: Encoder, runs: Runs) -> None:
        self.encoder = encoder
        self.bundled = Bundled(encoder)
        self._runs = runs
        self._always = {DEFAULT: load_default(encoder), UNTRAINED: untrained(encoder)}
        self._always[DEFAULT].predict(["The first one is slow."])
        self._recent: LRUCache[tuple[Path, int, int], MultiTaskModel] = LRUCache(_KEPT)
        self._taught: LRUCache[str, MultiTaskModel] = LRUCache(_KEPT_TAUGHT)
        self._lock = threading.Lock()
        self.vectors = Vectors(encoder, self.familiar.head_list()[0])

    @property
    def familiar(self) -> MultiTaskModel:
        """The default model, which knows how English looks to the encoder."""
        return self._always[DEFAULT]

    def get(self, owner: str, key: str) -> MultiTaskModel:
        """The model under a key: `DEFAULT`, `UNTRAINED`, `TAUGHT`, or the id of a run of this owner.

        While a run goes on, its model is that of the last finished epoch. Raises ValueError where there is
        none.
        """
        if key in self._always:
            return self._always[key]
        if key == TAUGHT:
            return self._taught_by(owner)
        path = self._runs.model_path(owner, key)
        if path is None:
            raise ValueError("this run has no model yet: wait for its first epoch, or choose another")
        # A run that is resumed writes a new model to the same path, and a promise is written into its facts.
        version = path, (path / WEIGHTS).stat().st_mtime_ns, (path / FACTS).stat().st_mtime_ns
        with self._lock:
            if version not in self._recent:
                self._recent[version] = load_model(path, self.encoder)
            return self._recent[version]

    def folder(self, owner: str, key: str) -> Path | None:
        """Where the model under a key is saved; None for one that is not."""
        if key in (*self._always, TAUGHT):
            return DEFAULT_MODEL if key == DEFAULT else None
        return self._runs.model_path(owner, key)

    def in_a_line(self, text: str) -> str:
        """What the default model predicts for a text, in a line."""
        prediction = self._always[DEFAULT].predict([text])[0]
        return (
            ", ".join(f"{name}: {task.label}" for name, task in prediction.tasks.items()).capitalize() + "."
        )

    def adopt(self, owner: str, archive: Path) -> str:
        """The key of a model from a zip file, from now on this owner's. Raises ValueError with the reason."""
        if not owner:
            raise ValueError("the page does not know you yet: reload it, and allow it to store data")
        return self._runs.adopt(owner, archive)

    def choices(self, owner: str) -> list[tuple[str, str]]:
        """(name, key) of every model this owner can use, own runs first."""
        runs = [view for view in self._runs.of(owner) if _model_of(view)]
        own = [(name_of(view), view.id) for view in runs]
        with self._lock:
            taught = self._taught.get(owner) if owner else None
        if taught is not None:
            own.insert(0, (f"Taught live: {_some(taught.tasks[0].labels)}", TAUGHT))
        return [
            *own,
            ("Default: trained on the bundled sentences", DEFAULT),
            ("Untrained: random heads, seed 0", UNTRAINED),
        ]

    def trained(self, owner: str) -> list[tuple[str, str]]:
        """Those of the choices that were trained, and are saved."""
        return [choice for choice in self.choices(owner) if choice[1] not in (UNTRAINED, TAUGHT)]

    def keep_taught(self, owner: str, taught: Taught) -> None:
        """Offers what a lesson has taught under `TAUGHT`, in place of the owner's lesson before."""
        if not owner:
            raise ValueError("the page does not know you yet: reload it, and allow it to store data")
        model = model_of(taught, self.vectors)
        model.distribution.load_state_dict(self.familiar.distribution.state_dict())
        with self._lock:
            self._taught[owner] = model

    def forget_taught(self, owner: str) -> None:
        """Deletes what the owner has taught."""
        with self._lock:
            self._taught.pop(owner, None)

    def _taught_by(self, owner: str) -> MultiTaskModel:
        with self._lock:
            model = self._taught.get(owner) if owner else None
        if model is None:
            raise ValueError(
                "your taught model is not here any more: press Use in Predict on the Train tab, under Teach"
            )
        return model


def _model_of(view: RunView) -> Path | None:
    return view.model or view.latest


def name_of(view: RunView) -> str:
    """A run, or an uploaded model, in a few words."""
    if view.uploaded:
        return _uploaded_name(view)
    started = next((e for e in view.events if isinstance(e, RunStarted)), None)
    end = view.events[-1] if view.events and isinstance(view.events[-1], RunEnd) else None
    what = started.config["freeze"] if started else "run"
    called = view.name or f"Your run {view.id[:4]}"
    if view.model is None and view.latest:
        return f"{called}, {view.state}: {what}, as after epoch {view.latest.name}"
    scores = _some([f"{n} {s.accuracy:.0%}" for n, s in end.scores.items()]) if end else view.state
    return f"{called}: {what}, {scores}"


def _uploaded_name(view: RunView) -> str:
    assert view.model is not None
    end, parts = view.events[-1], []
    scores = end.scores if isinstance(end, RunEnd) else {}
    for name, labels in model_facts(view.model)["tasks"].items():
        first = ", ".join(shorten(label, 24, placeholder="...") for label in labels[:3])
        usual = tuple(labels) == known_task(name).labels
        named = name if usual else f"{name} ({first}{', ...' if len(labels) > 3 else ''})"
        parts.append(f"{named} {scores[name].accuracy:.0%}" if name in scores else named)
    return f"{view.name or f'Uploaded model {view.id[:4]}'}: {_some(parts)}"


def _some(parts: Sequence[str]) -> str:
    """The first parts: a model may have many tasks, and its name has to fit into a box."""
    more = len(parts) - _NAMED_TASKS
    return ", ".join(parts[:_NAMED_TASKS]) + (f" and {more} more" if more > 0 else "")
