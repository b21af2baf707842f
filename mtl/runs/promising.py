"""Promises of a run's model: on which rows they are found, and how they are kept in it."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from mtl.data.examination import LabelledRows
from mtl.data.sources import parts_for
from mtl.data.split import Split
from mtl.evaluation.report import unseen
from mtl.model.checkpoint import promised_facts
from mtl.model.files import add_facts
from mtl.runs.job import Job
from mtl.runs.learnt_texts import learnt_texts
from mtl.schema.results import Promise


def rows_that_chose_nothing(job: Job, rows: LabelledRows) -> LabelledRows:
    """Those of the rows that neither trained the run's model nor chose its epoch and temperature, nor nearly
    repeat one that did, as far as it is known. Raises ValueError where none is left."""
    parts = parts_for(job.rows, job.config, job.corrections)
    left = unseen(rows, parts)
    known = frozenset(parts.texts) | (learnt_texts(Path(job.start)) if job.start else frozenset())
    new = np.array([text not in known for text in left.texts])
    if not new.any():
        raise ValueError(f"the model has seen every one of these {rows.task.name} rows: give others")
    texts = tuple(text for text, keep in zip(left.texts, new, strict=True) if keep)
    return replace(left, texts=texts, labels=left.labels[new])


def validation_rows(job: Job, task: str) -> LabelledRows:
    """The rows that chose the epoch and the temperature: nothing can be promised on them."""
    parts: Split = parts_for(job.rows, job.config, job.corrections)
    part = parts.tasks[task]
    texts = tuple(parts.texts[row] for row in part.validation.rows)
    return LabelledRows(task=part.task, texts=texts, labels=part.validation.labels)


def keep_promises(model: Path, promises: Mapping[str, Promise]) -> None:
    """Writes a saved model's promises, by task, in place of those that it makes."""
    add_facts(model, {"promises": {}, **promised_facts(promises)})
