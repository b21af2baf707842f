"""Texts beside points: whether they hide each other, the points or the lines."""

import itertools

import numpy as np
import pytest

from mtl.ui.charts.labels import cut, place, whole
from tests.conftest import random_unit

SIZE = (780.0, 460.0)
LETTER, LINE, GAP = 6.7, 17.0, 8.0


def _box(point, label):
    """Left, bottom, right, top of a label, from the words that Plotly uses for its side."""
    up, across = label.side.split()
    width = LETTER * len(label.text)
    left = {"right": point[0] + GAP, "left": point[0] - GAP - width, "center": point[0] - width / 2}[across]
    bottom = {"top": point[1] + GAP, "bottom": point[1] - GAP - LINE, "middle": point[1] - LINE / 2}[up]
    return left, bottom, left + width, bottom + LINE


def _meet(one, other):
    """Whether two boxes hide more of each other than the space around a text."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    return across > 5 and min(one[3], other[3]) - max(one[1], other[1]) > 2


@pytest.mark.parametrize("seed", range(8))
def test_texts_hide_neither_each_other_nor_points(seed):
    texts = [f"Sentence {number} of this map" for number in range(9)]
    points = (random_unit(9, 2, seed=seed) * [250, 150] + [390, 230]).astype(float)
    labels = place(points, texts, SIZE, [], 48)
    boxes = [_box(point, label) for point, label in zip(points, labels, strict=True) if label.text]
    assert len(boxes) >= 7
    assert not any(_meet(one, other) for one, other in itertools.combinations(boxes, 2))
    assert not any(box[0] < x < box[2] and box[1] < y < box[3] for box in boxes for x, y in points)
    assert all(0 <= left and right <= SIZE[0] for left, _, right, _ in boxes)


def test_two_at_one_place_stand_on_two_sides():
    labels = place(np.full((2, 2), 200.0), ["the one", "the other"], SIZE, [], 48)
    assert labels[0].side != labels[1].side
    assert not _meet(*(_box((200, 200), label) for label in labels))


def test_a_text_gets_out_of_the_way_of_a_line():
    points = np.array([[100.0, 100.0], [500.0, 100.0]])
    (alone, _), (joined, _) = (
        place(points, ["left end", "right end"], SIZE, of, 48) for of in ([], [(0, 1)])
    )
    assert alone.side == "middle right" and joined.side != "middle right"


def test_a_text_at_the_edge_turns_inward_or_is_cut_further():
    right = np.array([[770.0, 100.0]])
    (label,) = place(right, ["a text of some words"], SIZE, [], 48)
    assert label.side.endswith("left") and label.text == "a text of some words"
    middle = np.array([[170.0, 100.0]])
    (label,) = place(middle, ["a text that is too long for a narrow map"], (340.0, 460.0), [], 36)
    assert label.text.endswith("…") and len(label.text) <= 36


def test_of_many_only_those_with_room_are_printed():
    points = (random_unit(150, 2) * 40 + 230).astype(float)  # a crowd
    labels = place(points, ["a text of some words"] * 150, SIZE, [], 48)
    boxes = [_box(point, label) for point, label in zip(points, labels, strict=True) if label.text]
    assert 0 < len(boxes) < 75
    hidden = [_meet(one, other) for one, other in itertools.combinations(boxes, 2)]
    assert not any(hidden)


def test_few_are_all_printed():
    labels = place(np.full((7, 2), 100.0), ["a text of some words"] * 7, SIZE, [], 48)
    assert all(label.text for label in labels)


def test_texts_are_cut_for_the_map_and_whole_for_the_hover():
    assert cut("short", 10) == "short" and cut("something longer", 10) == "something…"
    assert whole("<b> & co") == "&lt;b&gt; &amp; co"
    long = " ".join(["word"] * 200)
    assert whole(long).count("<br>") == 7 and whole(long).endswith("...")
    assert whole("") == ""
