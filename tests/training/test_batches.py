"""Paired batches: the longer set once, the shorter one over and over."""

from collections import Counter

import numpy as np
import pytest

from mtl.training.batches import paired_batches, steps_per_epoch

SIZES = {"sentiment": 50, "intent": 20}


def _rows(sizes, batch_size=8, *, seed=0, epoch=1):
    batches = list(paired_batches(sizes, batch_size, seed=seed, epoch=epoch))
    return {name: np.concatenate([batch[name] for batch in batches]) for name in sizes}


def test_steps_are_one_pass_over_the_longer_set():
    assert steps_per_epoch(SIZES, 8) == 7
    assert steps_per_epoch({"intent": 16}, 16) == 1
    assert len(list(paired_batches(SIZES, 8, seed=0, epoch=1))) == 7


def test_every_step_holds_as_many_rows_of_each_task():
    for batch in paired_batches(SIZES, 8, seed=0, epoch=1):
        assert list(batch) == ["sentiment", "intent"]
        assert len(batch["sentiment"]) == len(batch["intent"]) <= 8


def test_the_longer_set_is_seen_once():
    assert sorted(_rows(SIZES)["sentiment"]) == list(range(50))


def test_the_shorter_set_is_used_up_before_it_starts_over():
    seen = _rows(SIZES)["intent"]
    assert sorted(seen[:20]) == sorted(seen[20:40]) == list(range(20))
    assert set(Counter(seen).values()) == {2, 3}
    assert list(seen[:20]) != list(seen[20:40])


def test_seed_and_epoch_alone_decide_the_order():
    first = _rows(SIZES)["sentiment"]
    assert np.array_equal(first, _rows(SIZES)["sentiment"])
    assert not np.array_equal(first, _rows(SIZES, epoch=2)["sentiment"])
    assert not np.array_equal(first, _rows(SIZES, seed=1)["sentiment"])


def test_the_batch_size_does_not_change_the_order():
    assert np.array_equal(_rows(SIZES, 8)["intent"], _rows(SIZES, 32)["intent"])


def test_two_tasks_of_one_size_are_shuffled_apart():
    rows = _rows({"sentiment": 30, "intent": 30})
    assert not np.array_equal(rows["sentiment"], rows["intent"])


@pytest.mark.parametrize("batch_size", [1, 7, 100])
def test_any_batch_size_covers_a_single_task(batch_size):
    assert sorted(_rows({"intent": 15}, batch_size)["intent"]) == list(range(15))
