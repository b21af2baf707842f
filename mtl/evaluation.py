"""Scoring a model on labelled rows that it did not train on."""

from mtl.corpus.doctor import LabelledRows
from mtl.metrics import score
from mtl.model import MultiTaskModel
from mtl.records import TaskScores


def evaluate(model: MultiTaskModel, rows: LabelledRows) -> TaskScores:
    """Scores of the task's head on every row; bulk work, so in bfloat16 where that is native."""
    tokens = model.encoder.tokenize(rows.texts)
    probabilities = model.probabilities(tokens, fast=True)[rows.task.name]
    return score(rows.task, rows.labels, probabilities.argmax(1).numpy())
