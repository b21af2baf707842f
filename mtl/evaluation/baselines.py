"""The baselines of a trained head: the majority, words alone, and the best head on a frozen encoder."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from torch import Tensor

from mtl.data.split import Split, TaskSplit
from mtl.model.heads import Head

# Inverse strengths of the L2 penalty, from strong to weak; the validation rows choose.
_STRENGTHS: Final = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
_ITERATIONS: Final = 500
# Of the mean gradient. Ten times as strict as the default, which stops long before the optimum.
_TOLERANCE: Final = 1e-5
# With this many times fewer rows than features, it is faster to work in the span of the rows.
_FEW_ROWS: Final = 4


@dataclass(frozen=True, kw_only=True, eq=False)
class Regression:
    """A logistic regression, and its validation loss in nats.

    `axes` (axis, feature): what it reads are the features' coordinates along these, if there are any.
    """

    model: LogisticRegression
    loss: float
    axes: NDArray[np.float32] | None = None

    def predict(self, features: Any) -> NDArray[np.int64]:
        """Label ids, (row,)."""
        read = features if self.axes is None else features @ self.axes.T
        labels: NDArray[np.int64] = self.model.predict(read)
        return labels


def majority(task: TaskSplit, rows: int) -> NDArray[np.int64]:
    """The most frequent training label, `rows` times."""
    return np.full(rows, np.bincount(task.train.labels).argmax())


def words_alone(data: Split, name: str) -> Callable[[Sequence[str]], NDArray[np.int64]]:
    """Logistic regression on TF-IDF of words and pairs of words: texts to label ids (row,)."""
    task = data.tasks[name]
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"\w+|[!?.]")
    training = vectorizer.fit_transform([data.texts[row] for row in task.train.rows])
    validation = vectorizer.transform([data.texts[row] for row in task.validation.rows])
    regression = _regression(training, validation, task)
    return lambda texts: regression.predict(vectorizer.transform(texts))


def frozen_optimum(head: Head, embeddings: Tensor, task: TaskSplit) -> Regression:
    """Logistic regression on the head's input: the best that a linear head can do on the frozen encoder.

    `embeddings`: layer embeddings of all texts of the split, (text, layer, dim). The problem is convex, so
    this is the optimum; the validation rows choose the penalty.
    """
    training = head.scale(embeddings[task.train.rows]).numpy()
    validation = head.scale(embeddings[task.validation.rows]).numpy()
    if len(training) * _FEW_ROWS > training.shape[1]:
        return _regression(training, validation, task)
    # The weights of the optimum lie in the span of the training rows, because the penalty grows with
    # every other direction. In coordinates of that span the same problem has a dimension per row.
    axes = np.linalg.svd(training, full_matrices=False)[2]
    return replace(_regression(training @ axes.T, validation @ axes.T, task), axes=axes)


def _regression(training: Any, validation: Any, task: TaskSplit) -> Regression:
    best: Regression | None = None
    model = LogisticRegression(max_iter=_ITERATIONS, tol=_TOLERANCE, warm_start=True)
    for strength in _STRENGTHS:
        model.set_params(C=strength).fit(training, task.train.labels)
        loss = _loss(model, validation, task)
        if best is not None and loss >= best.loss:
            break  # along this path the loss has one valley
        best = Regression(model=copy.copy(model), loss=loss)
    assert best is not None
    return best


def _loss(model: LogisticRegression, features: Any, task: TaskSplit) -> float:
    # A label may have no training row.
    probabilities = np.zeros((features.shape[0], len(task.task.labels)))
    given = model.predict_proba(features).astype(np.float64)
    probabilities[:, model.classes_] = given / given.sum(1, keepdims=True)
    return float(log_loss(task.validation.labels, probabilities, labels=range(len(task.task.labels))))
