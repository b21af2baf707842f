"""Cosines, pairs, neighbours, orders and shifts, against numpy and scikit-learn."""

import itertools

import numpy as np
import pytest
from sklearn.metrics.pairwise import cosine_similarity

from mtl.analysis.similarity import (
    angle,
    blocks_by_similarity,
    cosines,
    groups_of,
    joining_pairs,
    neighbours,
    order_by_similarity,
    ranked_pairs,
    shift,
)
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


@pytest.mark.parametrize(
    ("cosine", "degrees"), [(1.0, 0), (0.5, 60), (0.0, 90), (-1.0, 180), (1 + 1e-7, 0), (-1 - 1e-7, 180)]
)
def test_angles_are_in_degrees(cosine, degrees):
    assert angle(cosine) == pytest.approx(degrees)


def test_the_order_puts_groups_together():
    centres = random_unit(3, 20, seed=1)
    groups = np.array([0, 1, 2, 0, 1, 2, 0, 1, 2])
    matrix = cosines((centres[groups] + 0.02 * random_unit(9, 20, seed=2)).astype(np.float32))
    order = order_by_similarity(matrix)
    assert sorted(order) == list(range(9))
    assert [key for key, _ in itertools.groupby(groups[order])] == list(dict.fromkeys(groups[order]))


def test_the_order_brings_similar_sentences_together(encoder):
    starts, ends = ("Sell", "Clean", "I like"), ("the lights.", "my old car.")
    matrix = cosines(encoder.encode([f"{start} {end}" for start in starts for end in ends]))

    def beside(order):
        return sum(matrix[a, b] for a, b in itertools.pairwise(order))

    assert beside(order_by_similarity(matrix)) > beside(range(len(matrix)))


@pytest.mark.parametrize("rows", [0, 1, 2, 600])
def test_any_number_of_rows_has_an_order(rows):
    matrix = cosines(random_unit(rows, 8)) if rows else np.zeros((0, 0), dtype=np.float32)
    before = matrix.copy()
    assert sorted(order_by_similarity(matrix)) == list(range(rows))
    assert np.array_equal(matrix, before)


def test_neighbours_are_those_of_a_full_search():
    embeddings = random_unit(300, 16) * np.linspace(0.5, 2, 300, dtype=np.float32)[:, None]
    queries = random_unit(7, 16, seed=1)
    matrix = cosine_similarity(queries, embeddings)
    found = neighbours(queries, embeddings, 5)
    for row, near in zip(matrix, found, strict=True):
        assert [one.row for one in near] == np.argsort(-row)[:5].tolist()
        assert [one.cosine for one in near] == pytest.approx(np.sort(row)[::-1][:5], abs=1e-6)


def test_the_nearest_sentence_is_the_one_that_means_the_same(encoder):
    embeddings = encoder.encode(TEXTS)
    ((self_, paraphrase),) = neighbours(embeddings[:1], embeddings, 2)
    assert (self_.row, paraphrase.row) == (0, 1)
    assert self_.cosine == pytest.approx(1, abs=1e-6)


def test_neighbours_are_at_most_all_rows_and_at_least_one():
    embeddings = random_unit(3, 16)
    assert len(neighbours(embeddings[:1], embeddings, 10)[0]) == 3
    assert neighbours(embeddings[:0], embeddings, 10) == []
    with pytest.raises(ValueError, match="k is 0: ask for at least 1"):
        neighbours(embeddings, embeddings, 0)
    with pytest.raises(ValueError, match="no embeddings to search"):
        neighbours(embeddings, embeddings[:0], 3)


def test_what_has_not_moved_has_no_shift(encoder):
    embeddings = encoder.encode(TEXTS)
    still = shift(embeddings, embeddings)
    assert still.kept == pytest.approx(np.ones(4), abs=1e-6)
    assert not still.pairs.any()
    assert still.common == 0.0


def test_a_shift_tells_how_far_and_whether_together():
    before = np.eye(4, dtype=np.float32)
    target = np.full(4, 0.5, dtype=np.float32)
    after = (before + target) / np.linalg.norm(before + target, axis=1, keepdims=True)
    moved = shift(before, after)
    assert moved.kept == pytest.approx((before * after).sum(1))
    assert moved.pairs == pytest.approx(after @ after.T - np.eye(4), abs=1e-6)
    steps = after - before
    expected = np.linalg.norm(steps.mean(0)) / np.linalg.norm(steps, axis=1).mean()
    assert moved.common == pytest.approx(expected)
    assert 0 < moved.common < 1
    apart = shift(before[:2], before[[1, 0]])
    assert apart.common == pytest.approx(0, abs=1e-7)
    assert apart.kept == pytest.approx([0, 0], abs=1e-7)


def test_a_shift_needs_the_same_texts():
    with pytest.raises(ValueError, match=r"got shapes \(2, 8\) and \(3, 8\)"):
        shift(random_unit(2, 8), random_unit(3, 8))
    with pytest.raises(ValueError, match=r"got shapes \(0, 8\) and \(0, 8\)"):
        shift(random_unit(0, 8), random_unit(0, 8))


# Two chains, 0 - 2 - 4 and 1 - 3, and one alone; 0 and 4 are joined by 2 alone.
CHAINS = np.eye(6, dtype=np.float32)
for first, second, cosine in ((0, 2, 0.9), (2, 4, 0.6), (0, 4, 0.55), (1, 3, 0.7), (4, 5, 0.3)):
    CHAINS[first, second] = CHAINS[second, first] = cosine


def test_few_pairs_join_whatever_is_close():
    pairs = joining_pairs(CHAINS, 0.5)
    assert [(p.first, p.second) for p in pairs] == [(0, 2), (1, 3), (2, 4)]
    assert [p.cosine for p in pairs] == pytest.approx([0.9, 0.7, 0.6])
    assert groups_of(pairs, 6) == [0, 1, 0, 1, 0, 2]
    assert [(p.first, p.second) for p in joining_pairs(CHAINS, 0.2)][-1] == (4, 5)


def test_the_same_text_twice_is_joined_and_one_text_is_not():
    same = np.ones((3, 3), dtype=np.float32)
    assert len(joining_pairs(same, 0.5)) == 2
    assert joining_pairs(same[:1, :1], 0.5) == [] and groups_of([], 1) == [0]


def test_joining_pairs_are_those_of_the_most_similarity(encoder):
    matrix = cosines(encoder.encode(TEXTS))
    best = ranked_pairs(matrix)[0]
    assert joining_pairs(matrix, -1)[0] == best
    assert len(joining_pairs(matrix, -1)) == len(TEXTS) - 1


def test_blocks_hold_groups_in_the_order_of_similarity():
    centres = random_unit(3, 20, seed=1)
    groups = np.arange(60) % 3
    near = centres[groups] + 0.05 * random_unit(60, 20)
    matrix = cosines(near.astype(np.float32))
    blocks = blocks_by_similarity(matrix, 3)
    assert [row for block in blocks for row in block] == order_by_similarity(matrix)
    assert sorted(len(block) for block in blocks) == [20, 20, 20]
    assert all(len({groups[row] for row in block}) == 1 for block in blocks)
    assert len(blocks_by_similarity(matrix, 7)) <= 7


def test_blocks_of_few_rows():
    assert blocks_by_similarity(np.eye(1, dtype=np.float32), 5) == [[0]]
    assert blocks_by_similarity(np.eye(0, dtype=np.float32), 5) == []
    with pytest.raises(ValueError, match="most is 0: ask for at least 1 block"):
        blocks_by_similarity(np.eye(2, dtype=np.float32), 0)
