"""The folder of a run: who may see it, what it trains on, what has happened, and its model."""

import csv
import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from mtl.data.examination import LabelledRows
from mtl.model.archive import unpack
from mtl.runs.job import fingerprints, is_model_folder
from mtl.schema.config import TrainConfig
from mtl.schema.events import (
    EpochEnd,
    Event,
    Progress,
    RunEnd,
    event_from_dict,
    event_to_dict,
)
from mtl.schema.tasks import Task, task_of

# Of the events and the state: a run of an older program cannot be shown by this one.
FORMAT: Final = 2
_DESCRIPTION: Final = "run.json"
_EVENTS: Final = "events.jsonl"
_PROGRESS: Final = "progress.json"
_STOP: Final = "stop"
_LATEST: Final = "latest"
_DELETED: Final = "deleted"


@dataclass(frozen=True)
class RunFolder:
    """Reads and writes one run. Everything here survives the processes that use it."""

    path: Path

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def model(self) -> Path:
        """Where the best epoch's model is saved."""
        return self.path / "model"

    def has_model(self) -> bool:
        """Whether it ended with one."""
        return is_model_folder(self.model)

    @property
    def state_file(self) -> Path:
        """Where the state after the last finished epoch is saved."""
        return self.path / "state.safetensors"

    def latest(self) -> Path | None:
        """The model as of the last finished epoch, while the run goes on."""
        kept = self._kept_epochs()
        return kept[-1] if kept else None

    def keep_latest(self, epoch: int, save: Callable[[Path], object]) -> None:
        """Keeps the model of an epoch; the one before stays too, since somebody may be reading it."""
        for old in self._kept_epochs()[:-1]:
            shutil.rmtree(old, ignore_errors=True)
        partial = self.path / _LATEST / f".{epoch}"
        save(partial)
        shutil.rmtree(target := partial.with_name(f"{epoch}"), ignore_errors=True)
        partial.rename(target)

    def forget_latest(self) -> None:
        """The best epoch's model is there: that of the last one has served."""
        shutil.rmtree(self.path / _LATEST, ignore_errors=True)

    def _kept_epochs(self) -> list[Path]:
        numbered = [path for path in (self.path / _LATEST).glob("*") if path.name.isdecimal()]
        return sorted(numbered, key=lambda path: int(path.name))

    def create(
        self,
        *,
        owner: str,
        created: float,
        rows: Sequence[LabelledRows],
        tests: Sequence[LabelledRows],
        corrections: Sequence[LabelledRows] = (),
        config: TrainConfig,
        start: str | None,
        command: str = "",
        expected_s: float | None = None,
    ) -> None:
        """Writes a new run. `owner` is a digest, `created` seconds since 1970, `start` a model's folder,
        `expected_s` how long it may take."""
        self.path.mkdir(parents=True)
        for task in rows:
            _write_rows(task, self.path / f"{task.task.name}.csv")
        for task in tests:
            _write_rows(task, self.path / f"test_{task.task.name}.csv")
        for task in corrections:
            _write_rows(task, self.path / f"correction_{task.task.name}.csv")
        self._write(
            _DESCRIPTION,
            {
                "format": FORMAT,
                "owner": owner,
                "created": created,
                "config": config.to_dict(),
                "start": start,
                "command": command,
                "expected_s": expected_s,
                "data": fingerprints(rows),
                "labels": {task.task.name: task.task.labels for task in rows},
            },
        )

    def adopt(self, *, owner: str, created: float, archive: Path, end: RunEnd) -> None:
        """Writes a model that was trained elsewhere, from a checked zip file, as a run that is over."""
        unpack(archive, self.model)
        self.append(replace(end, model=str(self.model)))
        # Last: without it the folder is no run.
        self._write(
            _DESCRIPTION,
            {"format": FORMAT, "owner": owner, "created": created, "uploaded": True, "labels": {}},
        )

    def nbytes(self) -> int:
        """What it takes on the disk."""
        return sum(file.stat().st_size for file in self.path.rglob("*") if file.is_file())

    def readable(self) -> bool:
        """Whether this program wrote it."""
        try:
            return bool(self.description()["format"] == FORMAT)
        except (OSError, ValueError, LookupError, TypeError):
            return False

    def description(self) -> dict[str, Any]:
        """What `create` or `adopt` wrote."""
        values: dict[str, Any] = json.loads((self.path / _DESCRIPTION).read_text("utf-8"))
        return values

    def config(self) -> TrainConfig:
        return TrainConfig.from_dict(self.description()["config"])

    def rows(self) -> list[LabelledRows]:
        """The rows it trains on."""
        return [_read_rows(self.path / f"{task.name}.csv", task) for task in self._tasks()]

    def tests(self) -> list[LabelledRows]:
        """The rows that only judge its result."""
        return self._more("test")

    def corrections(self) -> list[LabelledRows]:
        """The rows that only train."""
        return self._more("correction")

    def _more(self, kind: str) -> list[LabelledRows]:
        files = {task: self.path / f"{kind}_{task.name}.csv" for task in self._tasks()}
        return [_read_rows(file, task) for task, file in files.items() if file.exists()]

    def _tasks(self) -> list[Task]:
        labels = self.description()["labels"]
        return [task_of(name, own) for name, own in labels.items()]

    def append(self, event: Event) -> None:
        """Adds an event; a Progress only replaces the one before."""
        if isinstance(event, Progress):
            self._write(_PROGRESS, event_to_dict(event))
            return
        with (self.path / _EVENTS).open("a", encoding="utf-8") as stream:
            stream.write(_line(event))

    def events(self) -> list[Event]:
        """All events so far, in order."""
        try:
            lines = (self.path / _EVENTS).read_text("utf-8").split("\n")
        except FileNotFoundError:
            return []
        # A line without its line end is still being written.
        return [event_from_dict(json.loads(line)) for line in lines[:-1]]

    def progress(self) -> Progress | None:
        """The latest progress."""
        try:
            event = event_from_dict(json.loads((self.path / _PROGRESS).read_text("utf-8")))
        except FileNotFoundError:
            return None
        assert isinstance(event, Progress)
        return event

    def end(self) -> RunEnd | None:
        """The last event of a run that is over."""
        events = self.events()
        return events[-1] if events and isinstance(events[-1], RunEnd) else None

    def ask_to_stop(self) -> None:
        (self.path / _STOP).touch()

    def asked_to_stop(self) -> bool:
        return (self.path / _STOP).exists()

    def mark_deleted(self) -> None:
        """Its owner is done with it; the folder goes when nobody writes into it any more."""
        (self.path / _DELETED).touch()

    def is_deleted(self) -> bool:
        return (self.path / _DELETED).exists()

    def begin_again(self) -> None:
        """Forgets a request to stop."""
        (self.path / _STOP).unlink(missing_ok=True)

    def rewind(self, epoch: int | None) -> None:
        """Keeps the events up to the end of the epoch whose state was saved; with None, no event.

        What came after it, or was cut off in the middle of a line, will come again.
        """
        events = self.events()
        saved = -1 if epoch is None else epoch
        ends = [n for n, e in enumerate(events, 1) if isinstance(e, EpochEnd) and e.epoch <= saved]
        self._replace(_EVENTS, "".join(map(_line, events[: ends[-1] if ends else 0])))

    def end_for_its_writer(self, end: RunEnd) -> None:
        """Adds the last event of a run whose process died, perhaps in the middle of a line."""
        self._replace(_EVENTS, "".join(map(_line, [*self.events(), end])))

    def _write(self, name: str, value: dict[str, Any]) -> None:
        self._replace(name, json.dumps(value))

    def _replace(self, name: str, content: str) -> None:
        # Whole or not at all: a reader never sees half a file.
        partial = self.path / f"{name}.partial"
        partial.write_text(content, "utf-8")
        os.replace(partial, self.path / name)


def _line(event: Event) -> str:
    return json.dumps(event_to_dict(event)) + "\n"


def _write_rows(rows: LabelledRows, file: Path) -> None:
    labels = [rows.task.labels[label] for label in rows.labels]
    frame = pd.DataFrame({"text": rows.texts, "label": labels})
    frame.to_csv(file, index=False, quoting=csv.QUOTE_ALL)


def _read_rows(file: Path, task: Task) -> LabelledRows:
    # As they were written: what the reader once cleaned is not cleaned again.
    cells = pd.read_csv(file, dtype=str, keep_default_na=False)
    labels = np.array([task.id_of(label) for label in cells["label"]], dtype=np.int64)
    return LabelledRows(task=task, texts=tuple(cells["text"]), labels=labels)
