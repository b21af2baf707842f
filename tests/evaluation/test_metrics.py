"""Scores, against numbers counted by hand, and their intervals, against what statistics says of them."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from mtl.evaluation.metrics import calibration_error, gain_interval, intervals, mean_macro_f1
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


def test_an_accuracys_interval_is_that_of_a_binomial_share():
    true = np.array([0, 1] * 200)
    predicted = np.where(np.arange(400) < 320, true, 1 - true)
    accuracy, _ = intervals(score(SENTIMENT_TASK, true, predicted))
    spread = 1.96 * np.sqrt(0.8 * 0.2 / 400)
    assert accuracy.low == pytest.approx(0.8 - spread, abs=0.005)
    assert accuracy.high == pytest.approx(0.8 + spread, abs=0.005)


def test_macro_f1s_interval_is_that_of_resampled_rows():
    rng = np.random.default_rng(1)
    true = rng.integers(0, 4, 200)
    predicted = np.where(rng.random(200) < 0.7, true, rng.integers(0, 4, 200))
    drawn = [rng.integers(0, 200, 200) for _ in range(1000)]
    values = [f1_score(true[rows], predicted[rows], average="macro") for rows in drawn]
    _, macro_f1 = intervals(score(INTENT_TASK, true, predicted))
    assert [macro_f1.low, macro_f1.high] == pytest.approx(np.percentile(values, [2.5, 97.5]), abs=0.015)


def test_fewer_rows_make_a_wider_interval():
    def width(rows):
        true = np.zeros(rows, dtype=int)
        predicted = (np.arange(rows) % 5 == 0).astype(int)
        accuracy, _ = intervals(score(SENTIMENT_TASK, true, predicted))
        return accuracy.high - accuracy.low

    assert width(20) > 3 * width(400)


def test_a_gain_is_measured_on_the_rows_where_the_two_differ():
    ours = np.array([True] * 90 + [False] * 10)
    theirs = np.array([True] * 70 + [False] * 30)
    clear = gain_interval(ours, theirs)
    assert 0.1 < clear.low < 0.2 < clear.high < 0.3
    few = gain_interval(ours[::10], np.array([True] * 8 + [False] * 2))
    assert few.low <= 0 <= few.high
    same = gain_interval(ours, ours)
    assert (same.low, same.high) == (0, 0)
