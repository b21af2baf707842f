"""Scores of a head on labelled rows."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score

from mtl.records import TaskScores
from mtl.tasks import Task


def score(task: Task, true: NDArray[np.int64], predicted: NDArray[np.int64]) -> TaskScores:
    """Accuracy, macro-F1 over the labels that occur, and the confusion matrix; ids in, both (row,)."""
    confusion = confusion_matrix(true, predicted, labels=range(len(task.labels)))
    return TaskScores(
        rows=len(true),
        accuracy=float(accuracy_score(true, predicted)),
        macro_f1=float(f1_score(true, predicted, average="macro", zero_division=0)),
        labels=task.labels,
        confusion=tuple(tuple(int(n) for n in row) for row in confusion),
    )


def mean_macro_f1(scores: Sequence[TaskScores]) -> float:
    """Mean over the tasks, in [0, 1]."""
    return float(np.mean([s.macro_f1 for s in scores]))
