"""A promised accuracy: kept as often as it says, refused where the rows cannot support it."""

import numpy as np
import pytest
from scipy.stats import binomtest

from mtl.evaluation.promise import accuracy_bound, fewest_answers, promised


def _rows(count, seed=0, power=4):
    """Answers whose confidence, from 0.5 to 1, is the probability that they are right."""
    rng = np.random.default_rng(seed)
    confidences = 1 - 0.5 * rng.random(count) ** power
    return confidences, rng.random(count) < confidences


@pytest.mark.parametrize("hits, answered", [(45, 45), (0, 3), (97, 100), (1, 2)])
def test_the_bound_is_clopper_and_pearsons(hits, answered):
    expected = binomtest(hits, answered, alternative="greater").proportion_ci(0.9, method="exact").low
    assert accuracy_bound(hits, answered, 0.9) == pytest.approx(expected)


def test_answers_that_are_all_right_prove_an_accuracy_only_from_some_number_on():
    fewest = fewest_answers(0.95, 0.9)
    assert accuracy_bound(fewest, fewest, 0.9) >= 0.95 > accuracy_bound(fewest - 1, fewest - 1, 0.9)
    for rows, possible in ((fewest, True), (fewest - 1, False)):
        found = promised(np.linspace(0.6, 1, rows), np.ones(rows, bool), 0.95)
        assert (found.possible, found.coverage) == ((True, 1.0) if possible else (False, 0.0))


def test_what_is_answered_is_right_often_enough_on_these_rows():
    confidences, right = _rows(2000)
    found = promised(confidences, right, 0.97)
    answered = confidences >= found.threshold
    assert found.possible and answered.mean() == pytest.approx(found.coverage)
    assert right[answered].mean() >= 0.97
    assert 0.1 < found.coverage < 1


def test_a_promise_is_broken_no_more_often_than_it_says():
    # The truth is known here: an answer is right with the probability of its confidence.
    confidences, _ = _rows(200_000, seed=1)
    made = [promised(*_rows(400, seed), 0.95) for seed in range(300)]
    kept = [confidences[confidences >= m.threshold].mean() >= 0.95 for m in made if m.possible]
    assert len(kept) > 150
    assert np.mean(kept) >= 0.9


def test_too_few_rows_are_told_how_many_would_do():
    confidences, right = _rows(40)
    found = promised(confidences, right | (confidences > 0.9), 0.9)
    assert not promised(confidences, right, 0.99).possible
    few = promised(np.linspace(0.9, 1, 30), np.ones(30, bool), 0.95)
    assert (few.possible, few.threshold) == (False, None)
    assert few.rows_needed > 30
    assert found.rows == 40


def test_answers_that_are_never_right_enough_are_refused_for_any_number_of_rows():
    rng = np.random.default_rng(0)
    found = promised(rng.random(500), rng.random(500) < 0.5, 0.95)
    assert (found.possible, found.threshold, found.coverage, found.rows_needed) == (False, None, 0.0, None)
    with pytest.raises(ValueError, match="there is none to keep"):
        found.promise()


@pytest.mark.parametrize(
    "at_least, confidence", [(0, 0.9), (1, 0.9), (95, 0.9), (0.9, 1.0), (0.9, float("nan"))]
)
def test_numbers_that_are_no_shares_are_refused(at_least, confidence):
    with pytest.raises(ValueError, match="between 0 and 1"):
        promised(np.ones(5), np.ones(5, bool), at_least, confidence)


def test_no_rows_are_refused():
    with pytest.raises(ValueError, match="no rows"):
        promised(np.ones(0), np.ones(0, bool), 0.9)


def test_rows_of_one_confidence_are_answered_together():
    found = promised(np.full(100, 0.8), np.ones(100, bool), 0.95)
    assert (found.threshold, found.coverage) == (0.8, 1.0)
