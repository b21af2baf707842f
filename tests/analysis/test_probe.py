"""Probes against scikit-learn, and what they find in the real encoder."""

import math

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from mtl.analysis.probe import probe
from tests.conftest import INTENT, random_unit


@pytest.fixture(scope="module")
def embedded(encoder):
    return encoder.layer_embeddings(encoder.tokenize(INTENT["text"].tolist())).numpy()


def test_each_layer_is_a_logistic_regression_on_scaled_features(embedded):
    labels = INTENT["label"].to_numpy()
    found = probe(embedded, labels, seed=3)
    train, test = train_test_split(np.arange(len(labels)), test_size=0.2, stratify=labels, random_state=3)
    assert (found.train_rows, len(found.layers)) == (len(train), 7)
    for layer in found.layers:
        scaler = StandardScaler().fit(embedded[train, layer.layer])
        scaled = scaler.transform(embedded[:, layer.layer]) / math.sqrt(384)
        expected = LogisticRegression(max_iter=1000).fit(scaled[train], labels[train])
        assert layer.accuracy == expected.score(scaled[test], labels[test])
        assert layer.rows == len(test)


def test_the_seed_decides_the_split(embedded):
    labels = INTENT["label"].tolist()
    assert probe(embedded, labels, seed=1) == probe(embedded, labels, seed=1)
    assert probe(embedded, labels, seed=1) != probe(embedded, labels, seed=2)


def test_a_layer_that_knows_is_told_from_one_that_does_not():
    labels = np.repeat(["a", "b"], [60, 40])
    knows_nothing = random_unit(100, 2, 16)
    embeddings = knows_nothing.copy()
    embeddings[:, 1, 0] += labels == "a"
    found = probe(embeddings, labels)
    assert found.layers[1].accuracy > 0.9
    assert found.layers[0].accuracy < 0.75
    assert found.best == found.layers[1]
    assert found.majority == 0.6
    assert (found.commonest, found.informative) == ("a", True)


def test_layers_that_know_less_than_the_commonest_label_are_not_praised():
    labels = np.repeat(["a", "b"], [62, 38])
    embeddings = random_unit(100, 3, 16)
    embeddings[:, :, 0] += (random_unit(100, 1, 1) > 0)[:, :, 0]  # a feature that has nothing to do with it
    found = probe(embeddings, labels)
    assert found.best.accuracy <= found.majority == 0.6
    assert (found.commonest, found.informative) == ("a", False)


def test_a_feature_that_never_changes_does_no_harm(embedded):
    labels = INTENT["label"].tolist()
    constant = np.concatenate([embedded, np.full((*embedded.shape[:2], 1), 0.5, dtype=np.float32)], axis=2)
    for layer in probe(constant, labels).layers:
        assert 0.25 < layer.accuracy <= 1


def test_rows_that_cannot_be_split_say_why():
    def rows(count):
        return random_unit(count, 2, 8)

    with pytest.raises(ValueError, match="3 rows have 2 labels: give one for each"):
        probe(rows(3), ["a", "b"])
    with pytest.raises(ValueError, match="at least 2 different labels, got 1"):
        probe(rows(3), ["a"] * 3)
    with pytest.raises(ValueError, match="the label 'b' has 1 row"):
        probe(rows(20), ["a"] * 19 + ["b"])
    with pytest.raises(ValueError, match="3 labels need at least 15 rows, got 14"):
        probe(rows(14), ["a", "b"] * 5 + ["c"] * 4)
    assert probe(rows(15), ["a", "b"] * 5 + ["c"] * 5).layers[0].rows == 3
