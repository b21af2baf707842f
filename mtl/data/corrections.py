"""Corrected rows: they train, and never validate."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mtl.data.examination import LabelledRows
from mtl.data.near_duplicates import groups
from mtl.data.split import Part, Split, TaskSplit
from mtl.schema.formulas import guarded


def with_corrections(data: Split, corrections: Sequence[LabelledRows]) -> Split:
    """The same split in which corrected rows train as well.

    A correction replaces a training row with the same text. A validation row that repeats a correction, or
    nearly, is taken out. Raises ValueError where no validation row is left, and for a task that is not
    trained.
    """
    if not corrections:
        return data
    position = {text: index for index, text in enumerate(data.texts)}
    for rows in corrections:
        if rows.task.name not in data.tasks:
            raise ValueError(
                f"there are {rows.task.name} corrections, but no {rows.task.name} rows to train on"
            )
        for text in rows.texts:
            position.setdefault(text, len(position))
    group = groups(tuple(position))
    places = {rows.task.name: np.array([position[text] for text in rows.texts]) for rows in corrections}
    corrected = np.unique(group[np.concatenate(list(places.values()))])
    given = {rows.task.name: rows for rows in corrections}
    tasks = {}
    for name, task in data.tasks.items():
        validating = ~np.isin(group[task.validation.rows], corrected)
        if not validating.any():
            raise ValueError(
                f"the corrections repeat all {name} validation rows: add other rows, or correct fewer"
            )
        tasks[name] = replace(task, validation=_only(task.validation, validating))
        if name in given:
            tasks[name] = _corrected(tasks[name], places[name], given[name].labels)
    return replace(
        data, texts=tuple(position), tasks=tasks, corrections=sum(len(rows.texts) for rows in corrections)
    )


def corrections_table(corrections: Sequence[LabelledRows]) -> pd.DataFrame:
    """The corrections as `corrected_rows` reads them: a column `text` and one for each task, in which "" is
    no correction."""
    cells: dict[str, dict[str, str]] = {}
    for rows in corrections:
        for text, label in zip(rows.texts, rows.labels, strict=True):
            cells.setdefault(text, {})[rows.task.name] = rows.task.labels[label]
    table = pd.DataFrame([{"text": text, **labels} for text, labels in cells.items()])
    return table.fillna("").map(guarded)


def _corrected(task: TaskSplit, rows: NDArray[np.int64], labels: NDArray[np.int64]) -> TaskSplit:
    # A row that trains already keeps its place, so that a run with other labels differs by nothing else.
    told = dict(zip(rows.tolist(), labels.tolist(), strict=True))
    kept = [
        told.get(row, label)
        for row, label in zip(task.train.rows.tolist(), task.train.labels.tolist(), strict=True)
    ]
    new = ~np.isin(rows, task.train.rows)
    train = Part(
        rows=np.concatenate([task.train.rows, rows[new]]),
        labels=np.concatenate([np.array(kept, dtype=np.int64), labels[new]]),
    )
    return replace(task, train=train)


def _only(part: Part, chosen: NDArray[np.bool_]) -> Part:
    return Part(rows=part.rows[chosen], labels=part.labels[chosen])
