"""What each layer of an encoder knows of some labels: a linear classifier per layer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

# scikit-learn's own. On the bundled sentences 10 gains half a point for intent and loses one for
# sentiment, 100 loses at both; one value for all layers, so that they can be compared.
_C: Final = 1.0
_TEST_FRACTION: Final = 0.2
# Of a deviation, as in a head: two features of MiniLM's last layer never change.
_FLOOR: Final = 1e-4


@dataclass(frozen=True, kw_only=True)
class LayerProbe:
    """How often the label could be read off one layer, in [0, 1], on rows that were not trained on."""

    layer: int
    accuracy: float
    rows: int


@dataclass(frozen=True, kw_only=True)
class Probe:
    """A probe per layer, all on the same rows. `majority`: accuracy of always saying the `commonest`."""

    layers: tuple[LayerProbe, ...]
    majority: float
    commonest: str
    train_rows: int

    @property
    def best(self) -> LayerProbe:
        """The layer that knows most; of several, the lowest."""
        return max(self.layers, key=lambda layer: layer.accuracy)

    @property
    def informative(self) -> bool:
        """Whether some layer does better than always saying the commonest label."""
        return self.best.accuracy > self.majority


def probe(layer_embeddings: NDArray[np.float32], labels: Sequence[str], seed: int = 0) -> Probe:
    """Trains a logistic regression on each layer of (row, layer, dim), 80% of the rows, and tests it on 20%.

    The split is stratified and decided by the seed. Features are scaled as a head's are: mean and
    deviation of the training rows, divided by sqrt(dim). 4,000 rows take about a second.

    Raises ValueError if rows and labels differ in number, or a label has too few rows to be split.
    """
    if len(layer_embeddings) != len(labels):
        raise ValueError(f"{len(layer_embeddings)} rows have {len(labels)} labels: give one for each")
    known, ids = np.unique(np.asarray(labels), return_inverse=True)
    _check(known.tolist(), np.bincount(ids).tolist())
    train, test = train_test_split(
        np.arange(len(ids)), test_size=_TEST_FRACTION, stratify=ids, random_state=seed
    )
    layers = []
    for layer in range(layer_embeddings.shape[1]):
        features = layer_embeddings[:, layer]  # (row, dim)
        mean, deviation = features[train].mean(0), features[train].std(0).clip(min=_FLOOR)
        scaled = (features - mean) / (deviation * np.sqrt(features.shape[1]))
        classifier = LogisticRegression(C=_C, max_iter=1000).fit(scaled[train], ids[train])
        accuracy = float(classifier.score(scaled[test], ids[test]))
        layers.append(LayerProbe(layer=layer, accuracy=accuracy, rows=len(test)))
    commonest = DummyClassifier().fit(train[:, None], ids[train])
    majority = float(commonest.score(test[:, None], ids[test]))
    return Probe(
        layers=tuple(layers),
        majority=majority,
        commonest=str(known[commonest.predict([[0]])[0]]),
        train_rows=len(train),
    )


def _check(labels: Sequence[str], counts: Sequence[int]) -> None:
    """Every label on both sides of the split: at least 2 rows each, and as many test rows as labels."""
    if len(labels) < 2:
        raise ValueError(f"a probe needs at least 2 different labels, got {len(labels)}: add rows of another")
    rarest = int(np.argmin(counts))
    if counts[rarest] < 2:
        raise ValueError(f"the label {labels[rarest]!r} has {counts[rarest]} row: add some, or leave it out")
    needed = int(np.ceil(len(labels) / _TEST_FRACTION))
    if sum(counts) < needed:
        raise ValueError(f"{len(labels)} labels need at least {needed} rows, got {sum(counts)}: add some")
