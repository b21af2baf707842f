"""Scores, against numbers counted by hand."""

import numpy as np
import pytest

from mtl.metrics import mean_macro_f1, score
from mtl.tasks import INTENT_TASK, SENTIMENT_TASK

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
