"""The run that learns from the labels that were corrected in a second look."""

import re
import shlex
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from mtl.data.examination import LabelledRows
from mtl.runs.folder import RunFolder
from mtl.runs.job import Job
from mtl.runs.second_look import Finding, SecondLook
from mtl.runs.trained_rows import job_of, training_rows

_CORRECTED: Final = re.compile(r", \d+ corrected$")


def corrected_job(run: RunFolder) -> Job:
    """The same job with the accepted labels: the same settings, and the same rows validate.

    Raises ValueError where no label is accepted, or a label would lose its last training row.
    """
    job, known = job_of(run), SecondLook.load(run.path)
    accepted = known.accepted if known else ()
    if not accepted:
        raise ValueError("no label is accepted yet: accept one of the suggestions")
    earlier = {task.task.name: task for task in job.corrections}
    corrections = [_corrected(task, earlier.get(name), accepted) for name, task in training_rows(job).items()]
    return replace(
        job,
        corrections=[task for task in corrections if task.texts],
        command=_command(job.command),
        source=f"{_CORRECTED.sub('', job.source)}, {len(accepted)} corrected",
        earlier=str(run.model) if run.has_model() else None,
        relabelled=len(accepted),
    )


def _corrected(task: LabelledRows, earlier: LabelledRows | None, accepted: Sequence[Finding]) -> LabelledRows:
    """The corrections of a task, the earlier ones and those that are accepted now."""
    name, there = task.task.name, set(task.texts)
    now = {
        one.text: task.task.id_of(one.suggested) for one in accepted if one.task == name and one.text in there
    }
    before = dict(zip(earlier.texts, earlier.labels.tolist(), strict=True)) if earlier else {}
    labels = [now.get(text, label) for text, label in zip(task.texts, task.labels.tolist(), strict=True)]
    if lost := set(task.labels.tolist()) - set(labels):
        label = task.task.labels[min(lost)]
        raise ValueError(f"{name} label {label!r} would lose its last row to train on: keep one of its rows")
    told = {**before, **now}
    return LabelledRows(
        task=task.task, texts=tuple(told), labels=np.array(list(told.values()), dtype=np.int64)
    )


def _command(command: str) -> str:
    """The command with a file of corrections."""
    words = shlex.split(command)
    if not words or "--corrections" in words:
        return command
    return shlex.join([*words[:-2], "--corrections", "corrections.csv", *words[-2:]])
