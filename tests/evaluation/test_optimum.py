import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from mtl.evaluation.optimum import held_out_probabilities, optimum


def _clouds(labels, rows=12, dimension=6, seed=0):
    rng = np.random.default_rng(seed)
    ids = np.repeat(np.arange(labels), rows)
    return (rng.normal(size=(labels, dimension))[ids] + rng.normal(size=(len(ids), dimension))).astype(
        np.float32
    ), ids


@pytest.mark.parametrize("labels", [2, 3, 5])
def test_it_is_scikit_learns_optimum(labels):
    features, ids = _clouds(labels)
    expected = LogisticRegression(C=0.3, max_iter=1000).fit(features, ids).predict_proba(features)
    found = optimum(features, ids, labels, strength=0.3)
    np.testing.assert_allclose(found.probabilities(features), expected, atol=1e-3)


def test_a_label_without_rows_has_no_probability():
    features, ids = _clouds(3)
    found = optimum(features, np.where(ids == 2, 3, ids), 5).probabilities(features)
    assert (found[:, [2, 4]] == 0).all()
    np.testing.assert_allclose(found.sum(1), 1)
    assert (found.argmax(1) == np.where(ids == 2, 3, ids)).mean() > 0.8


def test_rows_of_one_label_answer_it():
    features, ids = _clouds(1)
    assert (optimum(features, ids + 1, 3).probabilities(features) == [0, 1, 0]).all()


def test_without_rows_it_says_so():
    with pytest.raises(ValueError, match="no rows"):
        optimum(np.zeros((0, 3), np.float32), np.zeros(0, np.int64), 2)
    with pytest.raises(ValueError, match="two at least"):
        held_out_probabilities(np.zeros((1, 3), np.float32), np.zeros(1, np.int64), 2)


def test_a_row_is_judged_by_heads_that_have_not_seen_it():
    # Labels drawn at random: who has seen a row knows it, who has not is right as often as chance.
    rng = np.random.default_rng(0)
    features, ids = rng.normal(size=(100, 400)).astype(np.float32), rng.integers(0, 2, 100)
    seen = optimum(features, ids, 2, strength=10.0).probabilities(features)
    unseen = held_out_probabilities(features, ids, 2, strength=10.0)
    assert (seen.argmax(1) == ids).mean() == 1
    assert (unseen.argmax(1) == ids).mean() < 0.65


@pytest.mark.parametrize("ids", [[0, 1, 2, 3], [0, 0, 0, 1], [0, 0]], ids=str)
def test_rare_labels_are_held_out_too(ids):
    features = np.eye(len(ids), dtype=np.float32)
    found = held_out_probabilities(features, np.array(ids), 4)
    np.testing.assert_allclose(found.sum(1), 1)
