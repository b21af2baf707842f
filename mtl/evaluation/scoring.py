"""Scoring a model on labelled rows that it did not train on."""

import numpy as np
from numpy.typing import NDArray

from mtl.data.augmentation import strip
from mtl.data.examination import LabelledRows
from mtl.evaluation.metrics import score
from mtl.model.multitask import MultiTaskModel
from mtl.schema.results import TaskScores


def probabilities(model: MultiTaskModel, rows: LabelledRows) -> NDArray[np.float32]:
    """What the task's head predicts for each row, (row, label), in bfloat16 where that is native."""
    tokens = model.encoder.tokenize(rows.texts)
    values: NDArray[np.float32] = model.probabilities(tokens, fast=True)[rows.task.name].numpy()
    return values


def evaluate(model: MultiTaskModel, rows: LabelledRows, *, stripped: bool = False) -> TaskScores:
    """Scores of the task's head on every row; `stripped`: lower-cased, without final punctuation."""
    return score(rows.task, rows.labels, probabilities(model, strip(rows) if stripped else rows))
