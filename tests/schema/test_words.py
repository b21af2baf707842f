"""Events in plain words."""

import dataclasses
from typing import get_args

import pytest

from mtl.schema.events import EpochEnd, Event, Progress
from mtl.schema.results import Baseline, Interval, TaskReport, TaskScores, ValidationReport
from mtl.schema.words import describe, gain, headline, notes, report_lines, source


def _scores(accuracy, macro_f1):
    return TaskScores(
        rows=20,
        accuracy=accuracy,
        macro_f1=macro_f1,
        calibration_error=0.125,
        labels=("apple", "pear"),
        confusion=((8, 2), (5, 5)),
    )


def _baseline(name, accuracy, gained, low, high):
    interval = Interval(low=low, high=high)
    return Baseline(name=name, accuracy=accuracy, macro_f1=0.3, gain=gained, gain_interval=interval)


@pytest.fixture
def report():
    """A report whose names hold what a sentence is put together with."""
    task = TaskReport(
        source="test",
        scores=_scores(0.65, 0.6),
        accuracy_interval=Interval(low=0.5, high=0.8),
        macro_f1_interval=Interval(low=0.45, high=0.75),
        temperature=1.5,
        baselines=(
            _baseline("chance: or so", 0.5, 0.15, -0.05, 0.35),
            _baseline("words alone", 0.4, 0.25, 0.05, 0.45),
        ),
        optimum_loss=0.5,
        stripped=_scores(0.55, 0.5),
        by_label=(),
        wrong=(),
        left_out=2,
    )
    return ValidationReport(tasks={"topic: fruit": task})


def test_the_beginning_says_rows_and_notes(sample_events):
    assert describe(sample_events[0]).splitlines() == [
        "sentiment: 8 rows train, 2 validate; intent: 12 rows train, 4 validate; 2 batches per epoch",
        "one",
        "two",
    ]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "the heads train (100 parameters)"),
        ({"epochs": 1}, "the heads train (100 parameters) for 1 epoch at most"),
        ({"epochs": 4}, "the heads train (100 parameters) for 4 epochs at most"),
        ({"heads": False}, "nothing trains, the model is only evaluated"),
        ({"layers": (5, 6)}, "the heads and layers 5, 6 train (100 parameters)"),
        ({"layers": (0, 1)}, "the heads, the word embeddings and layer 1 train (100 parameters)"),
    ],
)
def test_a_stage_says_what_trains_and_why(sample_events, changes, words):
    stage = dataclasses.replace(sample_events[1], **changes)
    assert describe(stage) == f"stage 1: {words}. Reason: the run begins"


def test_an_epoch_is_one_line_and_the_best_has_a_star(sample_events):
    best, worse = describe(sample_events[6]), describe(sample_events[7])
    assert best.startswith("epoch   2  loss 0.6667  validation 0.7667  sentiment accuracy 0.700 F1 0.710")
    assert best.endswith("*")
    assert not worse.endswith("*")
    assert "\n" not in best


def test_the_end_says_status_reason_and_place(sample_events):
    end = sample_events[-1]
    assert describe(end) == "finished: all epochs done. Best epoch 2, 1.5 s"
    assert describe(dataclasses.replace(end, model="out")).endswith("; model in out")


def test_progress_is_a_percentage():
    assert describe(Progress(phase="training", fraction=0.256, epoch=1)) == "training 26%"


def test_the_end_of_a_stage_says_why(sample_events):
    assert describe(sample_events[4]) == "stage 1 has ended. Reason: plateau; best epoch so far: 1"


def test_every_event_has_words_of_its_own(sample_events, report):
    events = [*sample_events, Progress(phase="training", fraction=0.5, epoch=1), report]
    assert {type(event) for event in events} == set(get_args(Event))
    described = [describe(event) for event in events]
    assert len(set(described)) == len(described)
    # Words, and no record printed as Python would.
    assert not any(type(event).__name__ in text for event, text in zip(events, described, strict=True))
    assert all(text == text.strip() and text for text in described)


def test_every_number_of_an_epoch_is_said(sample_events):
    for event in sample_events:
        if isinstance(event, EpochEnd):
            words = describe(event)
            for name in ("sentiment", "intent"):
                assert f"{name} accuracy {event.validation[f'{name}_accuracy']:.3f}" in words
                assert f"F1 {event.validation[f'{name}_macro_f1']:.3f}" in words


def test_a_report_is_its_parts_put_together(report):
    task = report.tasks["topic: fruit"]
    noise, clear = task.baselines
    assert report_lines("topic: fruit", task) == [
        f"topic: fruit: {headline(task)}",
        f"against chance: or so (50.0%): {gain(noise, 20)}",
        f"against words alone (40.0%): {gain(clear, 20)}",
        *notes(task),
    ]
    assert describe(report).splitlines() == report_lines("topic: fruit", task)


def test_the_headline_says_scores_intervals_and_rows(report):
    task = report.tasks["topic: fruit"]
    scores = "65.0% right (95% interval 50.0% to 80.0%), macro-F1 0.600 (bootstrap 0.450 to 0.750)"
    assert headline(task) == f"{scores}, on {source(task)}"
    assert source(task) == "20 test rows, which chose nothing"
    validation = dataclasses.replace(task, source="validation")
    assert source(validation) == "20 validation rows, which also chose the epoch"


def test_thousands_have_a_comma(report):
    (task,) = report.tasks.values()
    many = dataclasses.replace(task, source="validation", scores=dataclasses.replace(task.scores, rows=1273))
    assert source(many) == "1,273 validation rows, which also chose the epoch"


def test_a_gain_says_whether_the_rows_are_enough(report):
    noise, clear = report.tasks["topic: fruit"].baselines
    assert gain(noise, 20) == "+15.0 points: this difference is within the noise of 20 rows"
    assert gain(clear, 20) == "+25.0 points (+5.0 to +45.0)"


def test_the_notes_are_what_the_scores_do_not_say(report):
    task = report.tasks["topic: fruit"]
    assert notes(task) == [
        "2 test rows are, or nearly are, rows of the training file and do not count",
        "lower-cased and without final punctuation: 55.0% right, macro-F1 0.500",
        "confidence is off by 12.5 points on average (expected calibration error; temperature 1.50)",
        "20 rows are few: read the intervals, not the points",
    ]
    bare = dataclasses.replace(task, left_out=0, stripped=None)
    assert notes(bare) == notes(task)[2:]
