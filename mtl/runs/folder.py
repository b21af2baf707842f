"""The folder of a run: its job, its events, its model, and what its owner asked for."""

import json
import math
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from mtl.model.archive import unpack
from mtl.model.whole import PARTIAL, write_whole
from mtl.runs.artifacts import is_model_folder
from mtl.runs.event_log import EventLog
from mtl.runs.job import Job, job_description
from mtl.schema.events import Event, RunEnd

FORMAT: Final = 3
# Format 2 kept the job in run.json (see `job`).
_READABLE: Final = (2, 3)
RUN: Final = "run.json"
_STOP: Final = "stop"
_LATEST: Final = "latest"
_DELETED: Final = "deleted"
_NAME: Final = "name.txt"


@dataclass(frozen=True)
class RunFolder:
    """One run on the disk. Everything here survives the processes that use it."""

    path: Path

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def log(self) -> EventLog:
        """What has happened in it."""
        return EventLog(self.path)

    def create(self, job: Job, *, owner: str, created: float) -> None:
        """Writes a new run. `owner` is a digest, `created` is in seconds since 1970."""
        self.path.mkdir(parents=True)
        with self._or_nothing():
            job.save(self.path)
            self._describe(owner=owner, created=created)

    def adopt(
        self, archive: Path, events: Sequence[Event], end: RunEnd, *, owner: str, created: float
    ) -> None:
        """Writes a model from a checked zip file as a run that is over. `events` led to the model; `end`
        closes them."""
        self.path.mkdir(parents=True)
        with self._or_nothing():
            unpack(archive, self.model)
            for event in (*events, replace(end, model=str(self.model))):
                self.log.append(event)
            self._describe(owner=owner, created=created, uploaded=True)

    @contextmanager
    def _or_nothing(self) -> Iterator[None]:
        """A run that could not be made, for example on a full disk, leaves nothing."""
        try:
            yield
        except BaseException:
            self.remove()
            raise

    def _describe(self, **description: Any) -> None:
        # It is written last: a folder without it is no run.
        write_whole(self.path / RUN, json.dumps({"format": FORMAT, **description}))

    def description(self) -> dict[str, Any] | None:
        """Whose run it is (`owner`), when it was `created`, and whether it was `uploaded`; None where this is
        no run that the program can read."""
        try:
            values: dict[str, Any] = json.loads((self.path / RUN).read_text("utf-8"))
            known = values["format"] in _READABLE and isinstance(values["owner"], str)
            return values if known and math.isfinite(values["created"]) else None
        except (OSError, ValueError, LookupError, TypeError, RecursionError):
            return None

    def uploaded(self) -> bool:
        """Whether only its model is here, because it was trained elsewhere."""
        return bool((self.description() or {}).get("uploaded"))

    @property
    def name(self) -> str:
        """What its owner calls it; "" where they gave no name."""
        try:
            return (self.path / _NAME).read_text("utf-8", errors="replace")
        except FileNotFoundError:
            return ""

    def rename(self, name: str) -> None:
        """Gives it a name."""
        write_whole(self.path / _NAME, name)

    def job(self) -> Job:
        """What it was asked to do. An uploaded model has no job: OSError or LookupError."""
        return Job.load(self.path)

    def job_description(self) -> dict[str, Any]:
        """The settings of its job, without the rows; empty for an uploaded model, and where they cannot be
        read any more."""
        try:
            return {} if self.uploaded() else job_description(self.path)
        except (OSError, ValueError):
            return {}

    def nbytes(self) -> int:
        """Its size on the disk."""
        return sum(_size(Path(folder) / name) for folder, _, names in os.walk(self.path) for name in names)

    @property
    def model(self) -> Path:
        """Where the best epoch's model is saved."""
        return self.path / "model"

    def has_model(self) -> bool:
        """Whether the best epoch's model is there."""
        return is_model_folder(self.model)

    @property
    def state_file(self) -> Path:
        """Where the training state after the last finished epoch is saved."""
        return self.path / "state.safetensors"

    def latest(self) -> Path | None:
        """The model after the last finished epoch, while the run goes on."""
        kept = self._kept_epochs()
        return kept[-1] if kept else None

    def keep_latest(self, epoch: int, save: Callable[[Path], object]) -> None:
        """Keeps the model of an epoch. The one before stays too, since somebody may be reading it."""
        for old in self._kept_epochs()[:-1]:
            shutil.rmtree(old, ignore_errors=True)
        partial = self.path / _LATEST / f".{epoch}"
        save(partial)
        shutil.rmtree(target := partial.with_name(f"{epoch}"), ignore_errors=True)
        partial.rename(target)

    def forget_latest(self) -> None:
        """Deletes what `keep_latest` kept."""
        shutil.rmtree(self.path / _LATEST, ignore_errors=True)

    def _kept_epochs(self) -> list[Path]:
        numbered = [path for path in (self.path / _LATEST).glob("*") if path.name.isdecimal()]
        return sorted(numbered, key=lambda path: int(path.name))

    def sweep(self) -> None:
        """Deletes what writers that were killed left unfinished. Nobody may write into the run meanwhile,
        but for its name, which is then given again."""
        for partial in self.path.rglob(f".*{PARTIAL}"):
            partial.unlink(missing_ok=True)
        for unfinished in (self.path / _LATEST).glob(".*"):
            shutil.rmtree(unfinished, ignore_errors=True)

    def ask_to_stop(self) -> None:
        (self.path / _STOP).touch()

    def asked_to_stop(self) -> bool:
        return (self.path / _STOP).exists()

    def forget_stop(self) -> None:
        """Takes a request to stop back."""
        (self.path / _STOP).unlink(missing_ok=True)

    def mark_deleted(self) -> None:
        """Hides it. The folder goes when nobody writes into it any more."""
        (self.path / _DELETED).touch()

    def is_deleted(self) -> bool:
        return (self.path / _DELETED).exists()

    def remove(self) -> None:
        """Deletes the folder, as far as that is possible."""
        shutil.rmtree(self.path, ignore_errors=True)


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:  # it was replaced or deleted just now
        return 0
