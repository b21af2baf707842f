"""Cosines and ranked pairs, against numpy and scikit-learn."""

import itertools

import numpy as np
import pytest
from sklearn.metrics.pairwise import cosine_similarity

from mtl.similarity import cosines, ranked_pairs
from tests.conftest import random_unit

TEXTS = ("I love this product!", "I adore this item.", "Turn off the lights.", "The sky is blue today.")


def test_cosines_equal_those_of_scikit_learn(encoder):
    embeddings = encoder.encode(TEXTS)
    assert cosines(embeddings) == pytest.approx(cosine_similarity(embeddings), abs=1e-6)


def test_cosines_of_any_vectors_are_normalised():
    vectors = random_unit(6, 10) * np.arange(1, 7, dtype=np.float32)[:, None]
    lengths = np.linalg.norm(vectors, axis=1)
    assert cosines(vectors) == pytest.approx(vectors @ vectors.T / np.outer(lengths, lengths), abs=1e-6)


def test_cosines_stay_in_their_range():
    same = np.tile(random_unit(1, 384), (50, 1))
    matrix = cosines(np.concatenate([same, -same]))
    assert matrix.max() <= 1.0
    assert matrix.min() >= -1.0


def test_every_pair_is_listed_once_the_most_similar_first(encoder):
    matrix = cosines(encoder.encode(TEXTS))
    pairs = ranked_pairs(matrix)
    assert {(p.first, p.second) for p in pairs} == set(itertools.combinations(range(4), 2))
    assert [p.cosine for p in pairs] == sorted((p.cosine for p in pairs), reverse=True)
    for pair in pairs:
        assert pair.cosine == pytest.approx(float(matrix[pair.first, pair.second]))


def test_the_two_that_mean_the_same_come_first(encoder):
    best = ranked_pairs(cosines(encoder.encode(TEXTS)))[0]
    assert (best.first, best.second) == (0, 1)


def test_one_text_has_no_pairs(encoder):
    assert ranked_pairs(cosines(encoder.encode(TEXTS[:1]))) == []
