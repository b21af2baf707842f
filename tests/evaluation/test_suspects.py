"""Wrong labels are found, right ones of hard rows are left alone."""

from dataclasses import replace

import numpy as np
import pytest

from mtl.data.bundled import bundled_files
from mtl.data.examination import load_rows
from mtl.evaluation.optimum import held_out_heads
from mtl.evaluation.suspects import LEAST_ROWS, ranked_issues, suspects
from mtl.evaluation.vectors import FOLDS, Features, held_out

ROWS, WRONG = 200, tuple(range(5, 200, 20))


@pytest.fixture(scope="module")
def case(encoder):
    """Rows of which ten have the wrong label, and their layer embeddings.

    Sentence forms, which the frozen encoder knows well: of so few sentiment rows it knows too little.
    """
    every = load_rows(bundled_files()["intent"], "intent")
    chosen = np.random.default_rng(0).permutation(len(every.texts))[:ROWS]
    rows = replace(every, texts=tuple(every.texts[at] for at in chosen), labels=every.labels[chosen])
    labels = rows.labels.copy()
    labels[list(WRONG)] = (labels[list(WRONG)] + 1) % 4
    return replace(rows, labels=labels), encoder.layer_embeddings(encoder.tokenize(rows.texts)).numpy()


def test_wrong_labels_come_first_with_the_right_one(case):
    rows, embeddings = case
    found = suspects(rows, embeddings)
    first = found[: len(WRONG)]
    assert len({one.row for one in first} & set(WRONG)) >= 6
    for one in found:
        assert one.text == rows.texts[one.row]
        assert one.label == rows.task.labels[rows.labels[one.row]] != one.suggested
        assert 0.25 < one.probability <= 1
    assert found == suspects(rows, embeddings)


def test_its_neighbours_have_the_suggested_label(case):
    rows, embeddings = case
    for one in suspects(rows, embeddings):
        assert len(one.neighbours) == 3
        labels = {rows.task.labels[rows.labels[rows.texts.index(text)]] for text in one.neighbours}
        assert labels == {one.suggested}


def test_its_direction_is_that_of_a_head_that_has_not_seen_it(case):
    rows, embeddings = case
    reads = Features.of(embeddings)
    features = reads(embeddings)
    _, strength = held_out(features, rows.labels, 4)
    heads = list(held_out_heads(features, rows.labels, 4, strength=strength, folds=FOLDS))
    for one in suspects(rows, embeddings):
        (head,) = [head for unseen, head in heads if one.row in unseen]
        suggested, own = rows.task.id_of(one.suggested), rows.labels[one.row]
        logits = head.logits(features[[one.row]])[0] - head.biases
        read = (one.direction * (embeddings[one.row] - reads.mean)).sum()
        assert read == pytest.approx(logits[suggested] - logits[own], abs=1e-3)


def test_rows_on_which_the_model_is_merely_unsure_are_none():
    rng = np.random.default_rng(0)
    labels = np.arange(100) % 2
    sure = np.where(labels == 1, 0.95, 0.05) + rng.uniform(-0.04, 0.04, 100)
    # Ten rows a little on the wrong side, two far on it.
    sure[:10] = np.where(labels[:10] == 1, 0.45, 0.55)
    sure[50:52] = np.where(labels[50:52] == 1, 0.02, 0.98)
    found = ranked_issues(labels, np.stack([1 - sure, sure], axis=1))
    assert set(found) == {50, 51}


def test_labels_without_rows_do_no_harm(case):
    rows, embeddings = case
    task = replace(rows.task, name="mood", labels=("absent", *rows.task.labels), kind="multiclass")
    shifted = replace(rows, task=task, labels=rows.labels + 1)
    assert [one.row for one in suspects(shifted, embeddings)] == [
        one.row for one in suspects(rows, embeddings)
    ]


def test_few_rows_are_refused(case):
    rows, embeddings = case
    few = replace(rows, texts=rows.texts[:10], labels=rows.labels[:10])
    with pytest.raises(ValueError, match=f"10 intent rows are too few .* give {LEAST_ROWS} at least"):
        suspects(few, embeddings[:10])


def test_rows_of_one_label_contradict_nothing(case):
    rows, embeddings = case
    same = replace(rows, labels=np.zeros(ROWS, dtype=np.int64))
    with pytest.raises(ValueError, match="all 200 intent rows have the same label: another one is needed"):
        suspects(same, embeddings)
