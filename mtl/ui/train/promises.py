"""What the model of a run can promise: found on rows that chose nothing, kept in the model, taken back."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, NoReturn

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray

from mtl.data.examination import LabelledRows, load_rows
from mtl.evaluation.promise import CONFIDENCE, Promised, answered, fewest_answers, promised
from mtl.model.archive import WEIGHTS
from mtl.model.multitask import MultiTaskModel
from mtl.runs.job import Job
from mtl.runs.promising import keep_promises, rows_that_chose_nothing, validation_rows
from mtl.runs.store import Runs
from mtl.runs.trained_rows import learnt_all_rows
from mtl.schema.results import Promise
from mtl.ui.models import Models
from mtl.ui.train.run_rows import finished_job

_KEPT: Final = 32

_Answers = tuple[NDArray[np.float64], NDArray[np.bool_]]


class Promises:
    """Promises of a visitor's runs. Every function raises ValueError, which says why, where it cannot."""

    def __init__(self, models: Models, runs: Runs) -> None:
        self._models, self._runs = models, runs
        # The same rows are asked again with another accuracy.
        self._known: LRUCache[tuple[str, int, str, str, int], _Answers] = LRUCache(_KEPT)

    def made(self, owner: str, run_id: str) -> Mapping[str, Promise | None]:
        """By task, what the model promises."""
        finished_job(self._runs, owner, run_id)
        model = self._model(owner, run_id)
        return {task.name: model.promises.get(task.name) for task in model.tasks}

    def find(self, owner: str, run_id: str, task: str, percent: float, file: str | None) -> Promised:
        """Whether `percent` of a task's answers can be promised to be right.

        The rows are those of a CSV file, or the run's test rows.
        """
        if not 0 < percent < 100:
            raise ValueError(f"{percent:g}% of the answers cannot be promised: give a number below 100")
        job = finished_job(self._runs, owner, run_id)
        path, model = self._path(owner, run_id), self._model(owner, run_id)
        if task not in [known.name for known in model.tasks]:
            raise ValueError("The model has no such task: choose another")
        key = run_id, _changed(path / WEIGHTS), task, file or "", _changed(Path(file)) if file else 0
        if key not in self._known:
            rows = _rows(job, task, file, model) or _refused(job, path, model, task, percent / 100)
            self._known[key] = answered(model, rows)
        return promised(*self._known[key], percent / 100)

    def keep(self, owner: str, run_id: str, task: str, percent: float, file: str | None) -> None:
        """Finds a promise and writes it into the model."""
        found = self.find(owner, run_id, task, percent, file)
        promises = {**self._model(owner, run_id).promises, task: found.promise()}
        keep_promises(self._path(owner, run_id), promises)

    def take_back(self, owner: str, run_id: str, task: str) -> None:
        """Takes a task's promise out of the model."""
        finished_job(self._runs, owner, run_id)
        promises = self._model(owner, run_id).promises
        keep_promises(
            self._path(owner, run_id), {name: made for name, made in promises.items() if name != task}
        )

    def _model(self, owner: str, run_id: str) -> MultiTaskModel:
        self._path(owner, run_id)
        return self._models.get(owner, run_id)

    def _path(self, owner: str, run_id: str) -> Path:
        path = self._runs.view(owner, run_id).model
        if path is None:
            raise ValueError("This run kept no model: there is nothing that could promise")
        return path


def _changed(file: Path) -> int:
    return file.stat().st_mtime_ns


def _rows(job: Job, task: str, file: str | None, model: MultiTaskModel) -> LabelledRows | None:
    """The rows of the file, or the test rows, that chose nothing; None where there is neither."""
    tests = {test.task.name: test for test in job.tests}
    given = load_rows(file, task, model.head(task).task) if file else tests.get(task)
    return rows_that_chose_nothing(job, given) if given else None


def _refused(job: Job, path: Path, model: MultiTaskModel, task: str, at_least: float) -> NoReturn:
    """Says how many rows would do: as the validation rows have it, where the model has not learnt them."""
    fewest = fewest_answers(at_least, CONFIDENCE)
    if learnt_all_rows(path):
        advice = f"Give {fewest:,} other labelled rows at least"
    elif needed := promised(*answered(model, validation_rows(job, task)), at_least).rows_needed:
        advice = f"About {max(needed, fewest):,} other labelled rows could support it"
    else:
        advice = "On them the answers are not right often enough either"
    raise ValueError(
        "The validation rows chose this run's epoch and temperature, and a promise takes rows that chose "
        f"nothing. {advice}"
    )
