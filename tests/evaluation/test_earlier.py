"""A report beside that of the run before, on the same rows."""

from dataclasses import replace

import numpy as np
import pytest

from mtl.evaluation.earlier import beside_earlier
from mtl.evaluation.metrics import gain_interval
from mtl.schema.results import EvaluatedRow, ValidationReport
from mtl.ui.train.example import example
from mtl.ui.train.report_panel import cards

CHANGED = "9 labels were corrected"


@pytest.fixture(scope="module")
def report():
    return next(event for event in example().events if isinstance(event, ValidationReport))


def _mended(report, count):
    """As if so many of the rows that went wrong in the sentiment task were right now."""
    task = report.tasks["sentiment"]
    confusion = np.array(task.scores.confusion)
    for row in task.wrong[:count]:
        true, called = (task.scores.labels.index(label) for label in (row.label, row.predicted))
        confusion[true, called] -= 1
        confusion[true, true] += 1
    scores = replace(
        task.scores,
        accuracy=task.scores.accuracy + count / task.scores.rows,
        confusion=tuple(tuple(int(n) for n in line) for line in confusion),
    )
    better = replace(task, scores=scores, wrong=task.wrong[count:])
    return replace(report, tasks={**report.tasks, "sentiment": better})


def test_the_gain_is_that_of_the_rows_that_changed_sides(report):
    after = beside_earlier(_mended(report, 6), report, CHANGED)
    first, *others = after.tasks["sentiment"].baselines
    assert first.name == f"the run before {CHANGED}"
    assert tuple(others) == report.tasks["sentiment"].baselines
    rows = report.tasks["sentiment"].scores.rows
    assert first.gain == pytest.approx(6 / rows)
    right = np.ones(rows, dtype=bool)
    was = right.copy()
    was[:6] = False
    assert first.gain_interval == gain_interval(right, was)
    assert after.tasks["intent"].baselines[0].gain == 0


def test_the_card_says_what_the_corrections_brought(report):
    sentiment, intent, *_ = cards(beside_earlier(_mended(report, 6), report, CHANGED))
    accuracy = report.tasks["sentiment"].scores.accuracy
    assert sentiment["gain"].startswith(f"9 labels corrected: {100 * accuracy:.0f}% → ")
    assert sentiment["gain"].endswith(" points).")
    assert "too few to be sure" in intent["gain"]
    assert sentiment["rows"][1]["name"] == "before the correction"
    assert "counting words" in cards(report)[0]["gain"]


def test_what_cannot_be_compared_row_by_row_is_left_out(report):
    task = report.tasks["sentiment"]
    other = EvaluatedRow(text="x", label="negative", predicted="positive", confidence=0.9)
    for earlier in (
        replace(task, source="test" if task.source == "validation" else "validation"),
        replace(task, wrong=task.wrong[1:]),
        replace(task, wrong=(*task.wrong, other)),
        replace(task, scores=replace(task.scores, labels=("a", "b"))),
    ):
        before = replace(report, tasks={"sentiment": earlier})
        assert beside_earlier(report, before, CHANGED) == report
