"""The folder of a run: its job, its events, its model, and what its owner asked for."""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from mtl.model.archive import unpack
from mtl.runs.artifacts import is_model_folder
from mtl.runs.event_log import EventLog
from mtl.runs.files import write_whole
from mtl.runs.job import Job, job_description
from mtl.schema.events import Event, RunEnd

FORMAT: Final = 3
# Format 2 kept the job in run.json (see `job`).
_READABLE: Final = (2, 3)
RUN: Final = "run.json"
_STOP: Final = "stop"
_LATEST: Final = "latest"
_DELETED: Final = "deleted"


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
        job.save(self.path)
        self._describe(owner=owner, created=created)

    def adopt(
        self, archive: Path, events: Sequence[Event], end: RunEnd, *, owner: str, created: float
    ) -> None:
        """Writes a model from a checked zip file as a run that is over. `events` led to the model; `end`
        closes them."""
        unpack(archive, self.model)
        for event in (*events, replace(end, model=str(self.model))):
            self.log.append(event)
        self._describe(owner=owner, created=created, uploaded=True)

    def _describe(self, **description: Any) -> None:
        # It is written last: a folder without it is no run.
        write_whole(self.path / RUN, json.dumps({"format": FORMAT, **description}))

    def description(self) -> dict[str, Any] | None:
        """Whose run it is (`owner`), when it was `created`, and whether it was `uploaded`; None where this is
        no run that the program can read."""
        try:
            values: dict[str, Any] = json.loads((self.path / RUN).read_text("utf-8"))
            return values if values["format"] in _READABLE else None
        except (OSError, ValueError, LookupError, TypeError):
            return None

    def uploaded(self) -> bool:
        """Whether only its model is here, because it was trained elsewhere."""
        return bool((self.description() or {}).get("uploaded"))

    def job(self) -> Job:
        """What it was asked to do. An uploaded model has no job: OSError or LookupError."""
        return Job.load(self.path)

    def job_description(self) -> dict[str, Any]:
        """The settings of its job, without the rows; empty for an uploaded model."""
        return {} if self.uploaded() else job_description(self.path)

    def nbytes(self) -> int:
        """Its size on the disk."""
        return sum(file.stat().st_size for file in self.path.rglob("*") if file.is_file())

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
