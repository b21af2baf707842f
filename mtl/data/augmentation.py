"""Augmentation: further copies of training rows, without what gives their form away."""

from dataclasses import replace
from typing import Final

import numpy as np

from mtl.data.examination import LabelledRows
from mtl.data.split import Part, Split
from mtl.schema.config import Switch
from mtl.schema.tasks import Task, known_labels_only, known_task

_FINAL_MARKS: Final = " \t\n.!?…\"')”’"


def without_final_marks(text: str) -> str:
    """Without final punctuation; a text of marks alone stays as it is."""
    return text.rstrip(_FINAL_MARKS) or text


def strip_text(text: str) -> str:
    """Lower-cased and without final punctuation; a text of marks alone stays as it is."""
    return without_final_marks(text.lower())


def strip(rows: LabelledRows) -> LabelledRows:
    """The same rows, each text stripped."""
    return replace(rows, texts=tuple(map(strip_text, rows.texts)))


def augments_by_default(task: Task) -> bool:
    """Whether capitals and the final mark give this task's labels away, so that "auto" adds copies."""
    return known_task(task.name).form_is_telling and known_labels_only(task)


def augmented(data: Split, choice: Switch) -> Split:
    """The same split in which training rows come a second time, lower-cased and without final punctuation.

    A copy that would be the text itself, or is among the texts already, is not made.
    """
    position = {text: index for index, text in enumerate(data.texts)}
    present = set(data.texts)
    tasks = {}
    for name, task in data.tasks.items():
        copied, labels = [], []
        if choice == "on" or (choice == "auto" and augments_by_default(task.task)):
            for row, label in zip(task.train.rows.tolist(), task.train.labels.tolist(), strict=True):
                copy = strip_text(data.texts[row])
                if copy not in present:
                    copied.append(position.setdefault(copy, len(position)))
                    labels.append(label)
        part = Part(
            rows=np.concatenate([task.train.rows, np.array(copied, dtype=np.int64)]),
            labels=np.concatenate([task.train.labels, np.array(labels, dtype=np.int64)]),
        )
        tasks[name] = replace(task, train=part, copies=len(copied))
    return replace(data, texts=tuple(position), tasks=tasks)
