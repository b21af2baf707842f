"""The head of a lesson: what it says without a row is what it says when it is fitted without that row."""

import numpy as np
import pytest

from mtl.teaching import discriminant as module
from mtl.teaching.discriminant import discriminant
from tests.conftest import random_unit


def _rows(counts, dimension=40):
    labels = np.repeat(np.arange(len(counts)), counts)
    names = random_unit(len(counts), dimension, seed=1)
    return random_unit(len(labels), dimension) + names[labels] / 2, labels, names


@pytest.mark.parametrize("counts", [[3, 1, 0, 5], [1, 1, 1], [2, 0], [1, 0, 0], [6, 6], [1, 2, 0]], ids=str)
def test_a_row_is_left_out_exactly(counts, monkeypatch):
    # Up to the sharpness, which all rows choose together.
    monkeypatch.setattr(module, "_sharpness", lambda held_out, labels: 1.0)
    features, labels, names = _rows(counts)
    head = discriminant(features, labels, names)
    for row in range(len(labels)):
        rest = np.arange(len(labels)) != row
        without = discriminant(features[rest], labels[rest], names)
        expected = without.logits(features[row][None])[0]
        differences = head.held_out[row] - head.held_out[row, 0]
        assert differences == pytest.approx(expected - expected[0], abs=2e-3)


def test_names_alone_choose_the_nearest():
    _, _, names = _rows([1, 1, 1])
    head = discriminant(names[:0], np.zeros(0, np.int64), names)
    assert head.probabilities(names).argmax(1).tolist() == [0, 1, 2]
    assert head.held_out.shape == (0, 3)


def test_rows_outweigh_a_wrong_name():
    features, labels, names = _rows([8, 8])
    swapped = discriminant(features, labels, names[::-1].copy())
    assert (swapped.held_out.argmax(1) == labels).mean() > 0.8
    assert discriminant(features[:0], labels[:0], names[::-1].copy()).logits(features).argmax(1)[0] == 1


def test_it_is_less_sure_where_nothing_tells_the_labels_apart():
    names = random_unit(3, 40, seed=1)
    noise = discriminant(random_unit(24, 40), np.arange(24) % 3, names)
    told = discriminant(*_rows([8, 8, 8]))
    new = random_unit(50, 40, seed=3) + names[np.arange(50) % 3] / 2
    assert noise.probabilities(new).max(1).mean() < told.probabilities(new).max(1).mean()


def test_equal_rows_and_equal_names_give_numbers():
    features, labels, names = _rows([5, 5])
    same = discriminant(np.repeat(features[:1], 10, axis=0), labels, np.repeat(names[:1], 2, axis=0))
    assert np.isfinite(same.probabilities(features)).all()
    assert np.isfinite(same.held_out).all()
