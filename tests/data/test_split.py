"""Training and validation rows: stratified, reproducible, and never the same text on both sides."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mtl.data.augmentation import augmented, strip_text
from mtl.data.examination import load_rows
from mtl.data.split import split
from mtl.schema.tasks import SENTIMENT_TASK
from tests.conftest import INTENT, SENTIMENT, frame, parts_of

ROOT = Path(__file__).parents[2]


def _texts(parts, name, side):
    return [parts.texts[row] for row in getattr(parts.tasks[name], side).rows]


def _counts(part):
    return Counter(part.labels.tolist())


@pytest.fixture
def joint():
    """Some texts with both labels, some with one of them."""
    rows = INTENT.rename(columns={"label": "intent"})
    rows["sentiment"] = ["positive", "negative"] * (len(rows) // 2)
    rows.loc[::5, "sentiment"] = ""
    rows.loc[1::7, "intent"] = ""
    return rows


def test_every_row_is_on_one_side():
    parts = parts_of(sentiment=SENTIMENT, intent=INTENT)
    for name, rows in (("sentiment", SENTIMENT), ("intent", INTENT)):
        both = _texts(parts, name, "train") + _texts(parts, name, "validation")
        assert sorted(both) == sorted(rows["text"])


@pytest.mark.parametrize("fraction", [0.1, 0.25, 0.5])
def test_the_fraction_of_the_rows_validates(fraction):
    parts = parts_of(fraction, sentiment=SENTIMENT, intent=INTENT)
    for task in parts.tasks.values():
        assert len(task.validation) == pytest.approx(48 * fraction, abs=1)


def test_labels_keep_their_shares_on_both_sides():
    parts = parts_of(0.25, sentiment=SENTIMENT, intent=INTENT)
    assert _counts(parts.tasks["intent"].validation) == dict.fromkeys(range(4), 3)
    assert _counts(parts.tasks["intent"].train) == dict.fromkeys(range(4), 9)
    assert _counts(parts.tasks["sentiment"].validation) == {0: 6, 1: 6}


def test_labels_still_belong_to_their_texts():
    parts = parts_of(sentiment=SENTIMENT, intent=INTENT)
    wanted = dict(INTENT.itertuples(index=False))
    task = parts.tasks["intent"]
    for part in (task.train, task.validation):
        for row, label in zip(part.rows, part.labels, strict=True):
            assert wanted[parts.texts[row]] == task.task.labels[label]


def test_the_seed_decides():
    def validation(seed):
        return parts_of(seed=seed, intent=INTENT).tasks["intent"].validation.rows

    assert np.array_equal(validation(1), validation(1))
    assert not np.array_equal(validation(1), validation(2))


def test_a_text_with_both_labels_is_on_one_side_for_both_tasks(joint):
    parts = parts_of(data=joint)
    train = {text for name in parts.tasks for text in _texts(parts, name, "train")}
    validation = {text for name in parts.tasks for text in _texts(parts, name, "validation")}
    assert train & validation == set()
    assert train | validation == set(parts.texts)


def test_a_text_shared_by_two_files_is_on_one_side_for_both_tasks():
    shared = INTENT.assign(label=["positive", "negative"] * 24)
    parts = parts_of(sentiment=shared, intent=INTENT)
    assert len(parts.texts) == 48
    for side in ("train", "validation"):
        assert set(_texts(parts, "sentiment", side)) == set(_texts(parts, "intent", side))


def test_both_tasks_of_a_joint_file_have_every_label_on_both_sides(joint):
    for task in parts_of(data=joint).tasks.values():
        assert set(task.train.labels) == set(task.validation.labels) == set(range(len(task.task.labels)))


@pytest.mark.parametrize("fraction", [0.05, 0.2, 0.5])
def test_a_rare_label_always_trains(fraction):
    rows = pd.concat([INTENT[INTENT["label"] != "command"], INTENT[INTENT["label"] == "command"][:2]])
    for seed in range(5):
        assert _counts(parts_of(fraction, seed, intent=rows).tasks["intent"].train)[2] >= 1


def test_a_label_with_a_single_row_is_refused():
    rows = pd.concat(
        [SENTIMENT[SENTIMENT["label"] == "positive"], SENTIMENT[SENTIMENT["label"] == "negative"][:1]]
    )
    with pytest.raises(ValueError, match="sentiment label 'negative' has a single row"):
        parts_of(sentiment=rows)
    with pytest.raises(ValueError, match="sentiment label 'negative' has a single row"):
        split([load_rows(rows, "sentiment", SENTIMENT_TASK)], fraction=0.2, seed=0)


def test_a_single_label_is_refused():
    with pytest.raises(ValueError, match="all 24 sentiment rows have the same label"):
        parts_of(sentiment=SENTIMENT[:24])


def test_nothing_cannot_be_split():
    with pytest.raises(ValueError, match="nothing to train on"):
        split([], fraction=0.2, seed=0)


def test_four_rows_suffice():
    task = parts_of(0.2, intent=frame(a=["one", "two"], b=["three", "four"])).tasks["intent"]
    assert len(task.train) == len(task.validation) == 2


def test_the_rows_that_were_given_stay_as_they_were():
    rows = load_rows(INTENT, "intent")
    before = rows.labels.copy()
    split([rows], fraction=0.2, seed=0)
    assert np.array_equal(rows.labels, before)


# What must stay together


def test_near_duplicates_stay_on_one_side():
    words = "the {} parcel that you sent from the old post office in {} arrived on monday"
    places = ("Rome", "Paris", "Lima", "Oslo", "Bonn", "Cork", "Bern", "Kyiv", "Riga", "Faro")
    sizes = ("small", "big")
    # Two texts of a place differ in one word; those of two places in more.
    texts = [words.format(size, f"{place} {place}ville {place}shire") for place in places for size in sizes]
    assert len(texts) == 20
    labels = ["positive" if i // 2 % 2 else "negative" for i in range(20)]
    for seed in range(5):
        parts = parts_of(0.3, seed, sentiment=pd.DataFrame({"text": texts, "label": labels}))
        held = {parts.texts[row] for row in parts.tasks["sentiment"].validation.rows}
        assert held
        assert all(
            (small in held) == (big in held) for small, big in zip(texts[::2], texts[1::2], strict=True)
        )
    assert parts.near_duplicates == 10


def test_a_text_and_its_stripped_copy_stay_on_one_side_across_tasks():
    intent = INTENT.assign(text=INTENT["text"].str.upper() + "!")
    both = INTENT.assign(label=["positive", "negative"] * (len(INTENT) // 2))
    parts = parts_of(0.25, sentiment=both, intent=intent)
    sentiment = {text.lower().strip(".!?") for text in _texts(parts, "sentiment", "validation")}
    assert sentiment == {text.lower().strip(".!?") for text in _texts(parts, "intent", "validation")}


def test_a_label_with_one_group_of_rows_trains():
    odd = ["a strange row that stands alone here", "A strange row that stands alone here!"]
    rows = pd.concat([INTENT, pd.DataFrame({"text": odd, "label": "odd"})])
    for seed in range(5):
        parts = parts_of(0.5, seed, intent=rows)
        task = parts.tasks["intent"]
        assert task.task.id_of("odd") in task.train.labels
        assert task.task.id_of("odd") not in task.validation.labels


# Augmentation


def test_training_rows_come_again_without_capitals_and_final_mark():
    parts = parts_of(sentiment=SENTIMENT, intent=INTENT)
    again = augmented(parts, "auto")
    task, before = again.tasks["intent"], parts.tasks["intent"]
    assert task.copies > 20
    assert task.train.rows[: len(before.train)].tolist() == before.train.rows.tolist()
    pairs = dict(zip(_texts(again, "intent", "train"), task.train.labels.tolist(), strict=True))
    for row in task.train.rows[len(before.train) :]:
        text = again.texts[row]
        assert text == text.lower() and text[-1] not in ".!?"
    labels = {strip_text(text): label for text, label in pairs.items()}
    for text, label in pairs.items():
        assert labels[strip_text(text)] == label


def test_auto_copies_only_sentence_types():
    again = augmented(parts_of(sentiment=SENTIMENT, intent=INTENT), "auto")
    assert again.tasks["sentiment"].copies == 0
    topics = INTENT.assign(label=["a", "b"] * (len(INTENT) // 2))
    assert augmented(parts_of(intent=topics), "auto").tasks["intent"].copies == 0
    assert augmented(parts_of(intent=topics), "on").tasks["intent"].copies > 0
    assert augmented(parts_of(intent=INTENT), "off").tasks["intent"].copies == 0


def test_validation_rows_are_not_copied_nor_seen():
    parts = parts_of(intent=INTENT)
    again = augmented(parts, "on")
    assert again.tasks["intent"].validation is parts.tasks["intent"].validation
    held = {strip_text(text) for text in _texts(again, "intent", "validation")}
    assert not held & set(_texts(again, "intent", "train"))


def test_copying_leaves_the_split_alone():
    parts = parts_of(intent=INTENT)
    before = (parts.texts, parts.tasks["intent"].train.rows.copy())
    augmented(parts, "on")
    assert parts.texts == before[0]
    assert parts.tasks["intent"].train.rows.tolist() == before[1].tolist()


@pytest.mark.parametrize(
    ("text", "stripped"),
    [("What a day!", "what a day"), ("Why?!", "why"), ("...", "..."), ("He said “no.”", "he said “no")],
)
def test_stripping(text, stripped):
    assert strip_text(text) == stripped


# Several label columns

KINDS = {"sentiment": 2, "form": 4, "topic": 8, "urgency": 3, "product": 12}


def _five_columns(n, seed, blank):
    """Texts with labels of five tasks, frequent and rare ones; a part of the cells is empty."""
    draw = np.random.default_rng(seed)
    words = [f"word{i}" for i in range(3000)]
    rows = pd.DataFrame({"text": [" ".join(draw.choice(words, 8)) for _ in range(n)]})
    for name, kinds in KINDS.items():
        weights = 1 / np.arange(1, kinds + 1) ** 1.3
        labels = ["negative", "positive"] if name == "sentiment" else [f"{name} {i}" for i in range(kinds)]
        rows[name] = draw.choice(labels, n, p=weights / weights.sum())
        rows.loc[draw.random(n) < blank, name] = ""
    return rows


@pytest.mark.parametrize("blank", [0.0, 0.2])
@pytest.mark.parametrize("fraction", [0.1, 0.2])
def test_each_label_of_five_columns_validates_in_the_same_share(fraction, blank):
    for seed in range(3):
        tasks = parts_of(fraction, seed, data=_five_columns(400, seed, blank)).tasks
        assert set(tasks) == set(KINDS)
        for task in tasks.values():
            held, trained = _counts(task.validation), _counts(task.train)
            for label in range(len(task.task.labels)):
                rows = held[label] + trained[label]
                assert held[label] == pytest.approx(fraction * rows, abs=2.5)
                assert held[label] and trained[label]


def test_texts_of_five_columns_and_their_near_duplicates_stay_on_one_side():
    rows = _five_columns(100, 0, 0.2)
    again = rows.assign(text=rows["text"].str.upper() + "!")
    parts = parts_of(data=pd.concat([rows, again]))
    sides = {
        side: {text.lower().strip("!") for name in parts.tasks for text in _texts(parts, name, side)}
        for side in ("train", "validation")
    }
    assert not sides["train"] & sides["validation"]
    assert parts.near_duplicates == 100


@pytest.mark.parametrize("fraction", [0.05, 0.2, 0.5])
def test_a_label_of_two_groups_stands_on_both_sides(fraction):
    rows = pd.concat([INTENT[INTENT["label"] != "command"], INTENT[INTENT["label"] == "command"][:2]])
    for seed in range(5):
        task = parts_of(fraction, seed, intent=rows).tasks["intent"]
        assert _counts(task.train)[2] == _counts(task.validation)[2] == 1


def test_the_order_of_hashing_does_not_decide():
    code = (
        "from tests.data.test_split import _five_columns, parts_of\n"
        "parts = parts_of(0.2, 1, data=_five_columns(120, 0, 0.2))\n"
        "print([task.validation.rows.tolist() for task in parts.tasks.values()])\n"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(printed) == 1
