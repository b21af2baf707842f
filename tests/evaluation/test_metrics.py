"""Scores, against numbers counted by hand, and their intervals, against what statistics says of them."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from mtl.evaluation.metrics import (
    accuracy_interval,
    calibration_error,
    gain_interval,
    macro_f1_interval,
    mean_macro_f1,
)
from mtl.evaluation.metrics import score as score_probabilities
from mtl.schema.tasks import INTENT_TASK, SENTIMENT_TASK


def score(task, true, predicted):
    return score_probabilities(task, true, np.eye(len(task.labels))[predicted])


TRUE = np.array([0, 0, 0, 1, 1, 2])
SAID = np.array([0, 0, 1, 1, 2, 2])


def test_accuracy_is_the_share_of_right_answers():
    assert score(INTENT_TASK, TRUE, SAID).accuracy == pytest.approx(4 / 6)


def test_macro_f1_is_the_mean_over_the_labels_that_occur():
    # F1 of label 0: 2*2/(2*2+0+1), of label 1: 2*1/(2*1+1+1), of label 2: 2*1/(2*1+1+0)
    assert score(INTENT_TASK, TRUE, SAID).macro_f1 == pytest.approx((4 / 5 + 1 / 2 + 2 / 3) / 3)


def test_the_confusion_matrix_has_true_labels_down_and_said_labels_across():
    result = score(INTENT_TASK, TRUE, SAID)
    assert result.confusion == ((2, 1, 0, 0), (0, 1, 1, 0), (0, 0, 1, 0), (0, 0, 0, 0))
    assert result.labels == INTENT_TASK.labels
    assert result.rows == 6


def test_a_label_that_is_never_said_counts_as_zero():
    result = score(SENTIMENT_TASK, np.array([0, 1, 1]), np.array([1, 1, 1]))
    assert result.macro_f1 == pytest.approx((0 + 4 / 5) / 2)


def test_all_right_is_one():
    result = score(INTENT_TASK, TRUE, TRUE)
    assert (result.accuracy, result.macro_f1) == (1.0, 1.0)


def test_mean_macro_f1_is_over_tasks():
    scores = [score(INTENT_TASK, TRUE, TRUE), score(INTENT_TASK, TRUE, SAID)]
    assert mean_macro_f1(scores) == pytest.approx((1 + scores[1].macro_f1) / 2)


def test_the_calibration_error_is_the_gap_between_what_was_promised_and_what_came():
    confidence = np.array([0.9] * 10 + [0.6] * 10)
    right = np.array([True] * 7 + [False] * 3 + [True] * 6 + [False] * 4)
    assert calibration_error(confidence, right) == pytest.approx(0.5 * 0.2)
    assert (
        score_probabilities(
            SENTIMENT_TASK, np.array([0, 1]), np.array([[0.5, 0.5], [0, 1]])
        ).calibration_error
        == 0.25
    )


def _with(rows, wrong):
    true = np.arange(rows) % 2
    return score(SENTIMENT_TASK, true, np.where(np.arange(rows) < wrong, 1 - true, true))


@pytest.mark.parametrize(
    ("rows", "wrong", "low", "high"),
    # Newcombe (1998), "Two-sided confidence intervals for the single proportion", Table I, method 3.
    [(263, 263 - 81, 0.2553, 0.3662), (148, 148 - 15, 0.0624, 0.1605), (20, 20, 0.0, 0.1611)],
)
def test_an_accuracys_interval_is_wilsons(rows, wrong, low, high):
    interval = accuracy_interval(_with(rows, wrong))
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=5e-5)


def test_no_interval_ends_where_it_begins_without_a_mistake():
    for rows in (1, 2, 13, 1000):
        accuracy, macro_f1 = accuracy_interval(_with(rows, 0)), macro_f1_interval(_with(rows, 0))
        assert accuracy.low == pytest.approx(rows / (rows + 1.96**2), abs=1e-3)
        assert macro_f1.low < 1
        assert accuracy.high == pytest.approx(1) and macro_f1.high == 1


def test_macro_f1s_interval_is_that_of_resampled_rows():
    rng = np.random.default_rng(1)
    true = rng.integers(0, 4, 200)
    predicted = np.where(rng.random(200) < 0.7, true, rng.integers(0, 4, 200))
    drawn = [rng.integers(0, 200, 200) for _ in range(500)]
    values = [f1_score(true[rows], predicted[rows], average="macro") for rows in drawn]
    macro_f1 = macro_f1_interval(score(INTENT_TASK, true, predicted))
    assert [macro_f1.low, macro_f1.high] == pytest.approx(np.percentile(values, [2.5, 97.5]), abs=0.02)


def test_fewer_rows_make_a_wider_interval():
    def width(rows):
        accuracy = accuracy_interval(_with(rows, rows // 5))
        return accuracy.high - accuracy.low

    assert width(20) > 3 * width(400)


def _paired(both, won, lost, neither):
    counts = (both, won, lost, neither)
    return np.repeat([True, True, False, False], counts), np.repeat([True, False, True, False], counts)


def test_a_gain_is_measured_on_the_rows_where_the_two_differ():
    clear = gain_interval(*_paired(70, 20, 0, 10))
    assert 0.1 < clear.low < 0.2 < clear.high < 0.3
    few = gain_interval(*_paired(7, 2, 1, 0))
    assert few.low <= 0 <= few.high


@pytest.mark.parametrize("pairs", [(20, 9, 2, 5), (20, 10, 2, 5), (50, 3, 0, 0), (50, 4, 0, 1), (0, 6, 1, 0)])
def test_a_gains_interval_leaves_nothing_out_just_where_mcnemar_finds_a_difference(pairs):
    _, won, lost, _ = pairs
    interval = gain_interval(*_paired(*pairs))
    found = abs(won - lost) / np.sqrt(won + lost) > 1.96
    assert (interval.low > 0) == found
    assert interval.low < (won - lost) / sum(pairs) < interval.high


def test_two_that_never_differ_may_still_do_so_on_other_rows():
    same = gain_interval(*_paired(13, 0, 0, 0))
    edge = 1.96**2 / (13 + 1.96**2)
    assert (same.low, same.high) == pytest.approx((-edge, edge), abs=1e-3)


def test_a_gain_has_two_sides_and_stays_within_the_possible():
    for pairs in ((5, 3, 1, 2), (0, 4, 0, 0), (0, 0, 4, 0), (9, 1, 0, 0), (0, 1, 0, 0)):
        ours, theirs = _paired(*pairs)
        gain, loss = gain_interval(ours, theirs), gain_interval(theirs, ours)
        assert (gain.low, gain.high) == pytest.approx((-loss.high, -loss.low), abs=1e-6)
        assert -1 <= gain.low < gain.high <= 1


@pytest.mark.parametrize("shares", [(0.94, 0.04, 0.02, 0.0), (0.5, 0.2, 0.1, 0.2)])
def test_nineteen_of_twenty_gain_intervals_hold_the_true_gain(shares):
    rng, held = np.random.default_rng(0), 0
    for pairs in rng.multinomial(60, shares, 400):
        interval = gain_interval(*_paired(*pairs))
        held += interval.low <= shares[1] - shares[2] <= interval.high
    assert 0.92 < held / 400 < 0.99
