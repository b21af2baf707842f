"""Near-duplicates find each other, and nothing else does."""

import itertools
import re

import numpy as np
import pytest

from mtl.data.near_duplicates import groups

LONG = "the quick brown fox jumps over the lazy dog near a river"


@pytest.mark.parametrize(
    "other",
    [
        LONG.upper() + "!",
        LONG + ".",
        "  " + LONG.replace(" ", "  "),
        LONG.replace("quick", "slow"),
        LONG + " bank",
        " ".join(reversed(LONG.split())),
    ],
)
def test_nearly_the_same_words_are_one_group(other):
    first, second, third = groups([LONG, "something else entirely here", other])
    assert first == third != second


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("It was great", "It was bad"),
        (LONG, LONG.replace("quick", "slow").replace("lazy", "eager")),
        ("😀", "😡"),
        ("...", "!!!"),
        ("", "a"),
    ],
)
def test_other_words_are_other_groups(one, other):
    first, second = groups([one, other])
    assert first != second


def test_neighbours_chain():
    words = LONG.split()
    chain = [" ".join([f"new{i}" for i in range(n)] + words[n:]) for n in range(4)]
    assert len(set(groups(chain).tolist())) == 1
    assert len(set(groups([chain[0], chain[3]]).tolist())) == 2


def test_it_agrees_with_comparing_every_pair():
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(list("abcdefghij"), rng.integers(3, 9))) for _ in range(150)]
    found = groups(texts)
    sets = [frozenset(re.findall(r"\w+", text)) for text in texts]
    near = {(i, j) for i, j in itertools.combinations(range(150), 2) if _jaccard(sets[i], sets[j]) >= 0.8}
    assert near
    for i, j in near:
        assert found[i] == found[j]
    # Whatever shares a group is linked by near pairs.
    assert len(set(found.tolist())) == _components(150, near)


def _jaccard(a, b):
    return len(a & b) / len(a | b)


def _components(count, pairs):
    label = list(range(count))
    for _ in range(count):
        for i, j in pairs:
            label[i] = label[j] = min(label[i], label[j])
    return len(set(label))


def test_many_rows_of_one_template_are_one_group():
    texts = [f"please turn on the lamp in room number {i} of the big house" for i in range(3000)]
    assert len(set(groups(texts).tolist())) == 1
