"""A job: everything that a run is asked to do, as one record that saves and loads itself."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from mtl.data.examination import LabelledRows
from mtl.model.whole import write_whole
from mtl.runs.rows_file import fingerprints, read_rows, write_rows
from mtl.schema.config import MOST_SECONDS, TrainConfig
from mtl.schema.limits import limits
from mtl.schema.tasks import Task, task_of

JOB: Final = "job.json"
# Runs of format 2 keep their job in the file that also says whose run it is.
_FORMER_JOB: Final = "run.json"
# What JSON that is none, or is another one, makes its readers raise.
_DAMAGED: Final = (ValueError, LookupError, TypeError, AttributeError, RecursionError)


@dataclass(frozen=True, kw_only=True)
class Job:
    """Everything that a run is asked to do. It is data only: models are loaded when the job is run.

    `tests`: rows that only evaluate the result. `corrections`: rows that only train. `start`: path of
    the model to start from; None for fresh heads. `command`: does the same on the command line. `source`:
    what the rows are called, such as their files. `credit`: whose rows they are, for the card. `expected_s`:
    how many seconds the run may take. `rank`: see `save_model`. `earlier`: path of the model of a run with
    the same rows, of which so many were `relabelled` since then; the report compares the two.
    """

    rows: Sequence[LabelledRows]
    config: TrainConfig
    tests: Sequence[LabelledRows] = ()
    corrections: Sequence[LabelledRows] = ()
    start: str | None = None
    command: str = ""
    source: str = ""
    credit: str = ""
    expected_s: float | None = None
    rank: int | None = None
    earlier: str | None = None
    relabelled: int = 0

    def save(self, folder: Path) -> None:
        """Writes job.json and a CSV file for each set of rows into an existing folder."""
        description = {
            "config": self.config.to_dict(),
            "start": self.start,
            "command": self.command,
            "source": self.source,
            "credit": self.credit,
            "expected_s": self.expected_s,
            "rank": self.rank,
            "earlier": self.earlier,
            "relabelled": self.relabelled,
            "data": fingerprints(self.rows),
            "rows": _save_all(self.rows, folder, "rows"),
            "tests": _save_all(self.tests, folder, "tests"),
            "corrections": _save_all(self.corrections, folder, "corrections"),
        }
        write_whole(folder / JOB, json.dumps(description))

    @classmethod
    def load(cls, folder: Path) -> "Job":
        """The job that was saved in a folder, by this version or the one before.

        Raises OSError or ValueError where no job can be read there.
        """
        description = job_description(folder)
        try:
            rows, tests, corrections = (
                _load_all(description[kind], folder) for kind in ("rows", "tests", "corrections")
            )
            return cls(
                rows=rows,
                tests=tests,
                corrections=corrections,
                config=TrainConfig.from_dict(description["config"]),
                start=description["start"],
                command=description["command"],
                source=description.get("source", ""),
                credit=description.get("credit", ""),
                expected_s=description["expected_s"],
                rank=description["rank"],
                earlier=description.get("earlier"),
                relabelled=int(description.get("relabelled", 0)),
            )
        except _DAMAGED:
            raise ValueError("the rows of the run are damaged: start it again") from None


def within_limits(job: Job) -> Job:
    """The job with no more time than a run may take here. Raises ValueError for more epochs or rows than the
    limits allow."""
    most, config = limits(), job.config
    if config.epochs > most.epochs:
        raise most.refusal("epochs", f"epochs is {config.epochs:,}", "give fewer")
    rows = max((len(task.texts) for task in (*job.rows, *job.tests)), default=0)
    if rows > most.rows:
        raise most.refusal("rows", f"There are {rows:,} rows of a task", "take a random part of them")
    longest = min(config.time_limit_s or math.inf, most.run_minutes * 60)
    if longest < MOST_SECONDS:
        job = replace(job, config=replace(config, time_limit_s=float(longest)))
    return job


def job_description(folder: Path) -> dict[str, Any]:
    """What `Job.save` wrote into job.json: the settings, a fingerprint of each task's rows under `data`, and
    the files of the rows. It reads no rows. Raises OSError or ValueError where it cannot be read."""
    try:
        try:
            description: dict[str, Any] = json.loads((folder / JOB).read_text("utf-8"))
        except FileNotFoundError:
            description = _former_description(folder)
        TrainConfig.from_dict(description["config"])
        _check_description(description)
    except _DAMAGED:
        raise ValueError(f"{JOB} is damaged: start the run again") from None
    return description


def _check_description(description: dict[str, Any]) -> None:
    """Raises TypeError or LookupError where a value is of another kind than `Job.save` writes."""
    expected = description["expected_s"]
    texts = (description["command"], description.get("source", ""), description.get("credit", ""))
    if not all(isinstance(text, str) for text in texts) or not isinstance(description.get("data", {}), dict):
        raise TypeError
    if expected is not None and not math.isfinite(expected):
        raise TypeError


def _save_all(sets: Sequence[LabelledRows], folder: Path, kind: str) -> list[dict[str, Any]]:
    # The files are numbered: the name of a task need not be a good name for a file.
    saved = []
    for number, rows in enumerate(sets, 1):
        file = f"{kind}_{number}.csv"
        write_rows(rows, folder / file)
        task = rows.task
        saved.append({"file": file, "task": task.name, "labels": task.labels, "kind": task.kind})
    return saved


def _load_all(saved: Sequence[dict[str, Any]], folder: Path) -> tuple[LabelledRows, ...]:
    return tuple(
        read_rows(folder / one["file"], Task(one["task"], tuple(one["labels"]), one["kind"])) for one in saved
    )


def _former_description(folder: Path) -> dict[str, Any]:
    """The job of a run of format 2: the rows lie in files that are named after the tasks."""
    former: dict[str, Any] = json.loads((folder / _FORMER_JOB).read_text("utf-8"))
    tasks = [task_of(name, labels) for name, labels in former["labels"].items()]

    def sets(prefix: str) -> list[dict[str, Any]]:
        return [
            {"file": file, "task": task.name, "labels": task.labels, "kind": task.kind}
            for task in tasks
            if (folder / (file := f"{prefix}{task.name}.csv")).exists()
        ]

    return {
        "config": former["config"],
        "start": former["start"],
        "command": former.get("command", ""),
        "expected_s": former.get("expected_s"),
        "rank": None,
        "data": former.get("data", {}),
        "rows": sets(""),
        "tests": sets("test_"),
        "corrections": sets("correction_"),
    }
