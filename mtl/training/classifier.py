"""A multi-task model as a scikit-learn classifier of texts."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from mtl.data.examination import LabelledRows
from mtl.data.sources import parts_for
from mtl.model.multitask import MultiTaskModel
from mtl.model.pretrained import load_encoder
from mtl.schema.config import HeadInput, Schedule, Switch, config_named
from mtl.schema.tasks import Task, clean_task_name
from mtl.training.train import model_for
from mtl.training.trainer import Trainer

# Of the task where `y` has no names.
ONLY_TASK: Final = "label"


class MultiTaskClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Fits one encoder with a head for each task; what scikit-learn does with a classifier works with it.

    `X` are texts, (text,). `y` are labels, (text,), or of several tasks at once, (text, task): an array, or a
    frame whose columns name the tasks. There, a missing label (None, NaN) leaves its row out of that task.
    A part of the rows, `val_fraction`, chooses the best epoch. The settings are those of `TrainConfig`;
    `encoder` is a folder or hub id as in `load_encoder`.

    After `fit`, `model_` is the model, for `explain`, `save_model` and `export_model`; `classes_` are the
    labels in the order of `predict_proba`, (label,), of several tasks a list of such arrays.
    """

    classes_: Any

    def __init__(
        self,
        *,
        freeze: str = "auto",
        head_input: HeadInput = "layers",
        epochs: int = 10,
        batch_size: int = 16,
        head_lr: float | None = None,
        encoder_lr: float | None = None,
        schedule: Schedule = "cosine",
        weight_decay: float = 0.01,
        token_dropout: float = 0.4,
        class_weights: Switch = "auto",
        augmentation: Switch = "auto",
        seed: int = 0,
        val_fraction: float = 0.2,
        encoder: str | None = None,
    ) -> None:
        self.freeze = freeze
        self.head_input = head_input
        self.epochs = epochs
        self.batch_size = batch_size
        self.head_lr = head_lr
        self.encoder_lr = encoder_lr
        self.schedule = schedule
        self.weight_decay = weight_decay
        self.token_dropout = token_dropout
        self.class_weights = class_weights
        self.augmentation = augmentation
        self.seed = seed
        self.val_fraction = val_fraction
        self.encoder = encoder

    def fit(self, X: Sequence[str], y: ArrayLike) -> Self:
        """Trains from the encoder as it is. Raises ValueError for texts, labels or settings that cannot be
        used."""
        texts, columns = _texts(X), list(_columns(y))
        settings = self.get_params()
        source = settings.pop("encoder")
        config = config_named("recommended", **settings)
        found = [_rows(name, texts, labels) for name, labels in columns]
        parts = parts_for([rows for rows, _ in found], config)
        trainer = Trainer(model_for(parts, config, load_encoder(source)), parts, config)
        for _ in trainer:
            pass
        self.model_ = trainer.final_model
        self._several = np.ndim(y) == 2
        classes = [labels for _, labels in found]
        self.classes_ = classes if self._several else classes[0]
        return self

    def predict(self, X: Sequence[str]) -> NDArray[Any]:
        """The most probable labels, (text,), or (text, task) where `y` was so."""
        probabilities = self._probabilities(X)
        pairs = zip(self._classes, probabilities, strict=True)
        said: list[NDArray[Any]] = [labels[found.argmax(1)] for labels, found in pairs]
        if not self._several:
            return said[0]
        # Labels of one task may be words, those of another numbers.
        every = np.empty((len(said[0]), len(said)), dtype=np.result_type(*said) if _alike(said) else object)
        for task, labels in enumerate(said):
            every[:, task] = labels
        return every

    def predict_proba(self, X: Sequence[str]) -> NDArray[np.float32] | list[NDArray[np.float32]]:
        """Calibrated probabilities, (text, label); where `y` had several tasks, a list of them."""
        probabilities = self._probabilities(X)
        return probabilities if self._several else probabilities[0]

    def score(self, X: Sequence[str], y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """The share of right labels; of several tasks, the mean of their shares. A missing label in `y`
        counts in none of them."""
        said = self.predict(X).reshape(len(X), -1)
        weights = np.ones(len(X)) if sample_weight is None else np.asarray(sample_weight, dtype=float)
        shares = []
        for task, (_, labels) in enumerate(_columns(y)):
            known = ~pd.isna(labels)
            shares.append(np.average((said[:, task] == labels)[known], weights=weights[known]))
        return float(np.mean(shares))

    @property
    def _classes(self) -> list[NDArray[Any]]:
        return list(self.classes_) if self._several else [self.classes_]

    def _probabilities(self, X: Sequence[str]) -> list[NDArray[np.float32]]:
        check_is_fitted(self)
        model: MultiTaskModel = self.model_
        found = model.probabilities(model.encoder.tokenize(_texts(X)))
        return [found[task.name].numpy() for task in model.tasks]

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.one_d_array = True
        tags.input_tags.string = True
        tags.target_tags.multi_output = True
        return tags


def _texts(given: Any) -> list[str]:
    texts = list(given) if np.ndim(given) == 1 else []
    if not texts or not all(isinstance(text, str) for text in texts):
        odd = next((text for text in texts if not isinstance(text, str)), None)
        what = f"{odd!r} is among them" if texts else f"they have the shape {np.shape(given)}"
        raise ValueError(f"X has to be texts, (text,), but {what}")
    return texts


def _columns(y: Any) -> Iterator[tuple[str, NDArray[Any]]]:
    """The tasks' names and their labels (text,), missing ones included."""
    if isinstance(y, pd.DataFrame):
        names = [clean_task_name(f"{name}") for name in y.columns]
        if len(set(names)) < len(names) or not all(names):
            raise ValueError(f"the columns of y need different names: {', '.join(map(str, y.columns))}")
        yield from ((name, y.iloc[:, at].to_numpy()) for at, name in enumerate(names))
    elif (labels := np.asarray(y)).ndim == 1:
        yield ONLY_TASK, labels
    elif labels.ndim == 2 and labels.shape[1]:
        yield from ((f"task {at + 1}", column) for at, column in enumerate(labels.T))
    else:
        raise ValueError(f"y has to be labels, (text,) or (text, task), but has the shape {labels.shape}")


def _rows(name: str, texts: Sequence[str], labels: NDArray[Any]) -> tuple[LabelledRows, NDArray[Any]]:
    """The labelled rows of a task, and its labels as they were given, in the order of their ids.

    A text that comes several times counts once, with its most frequent label.
    """
    check_consistent_length(texts, labels)
    known = pd.DataFrame({"text": texts, "label": labels})[~pd.isna(labels)]
    classes, ids = np.unique(known["label"].to_numpy(), return_inverse=True)
    task = Task(name, tuple(map(str, classes)))
    once = known.assign(id=ids).groupby("text", sort=False)["id"].agg(lambda same: same.mode()[0])
    return LabelledRows(task=task, texts=tuple(once.index), labels=once.to_numpy(np.int64)), classes


def _alike(arrays: Sequence[NDArray[Any]]) -> bool:
    return len({array.dtype.kind for array in arrays}) == 1
