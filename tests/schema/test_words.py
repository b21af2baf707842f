"""Events in plain words."""

import dataclasses

import pytest

from mtl.schema.events import Progress
from mtl.schema.words import describe


def test_the_beginning_says_rows_and_notes(sample_events):
    assert describe(sample_events[0]).splitlines() == [
        "sentiment: 8 rows train, 2 validate, intent: 12 rows train, 4 validate; 2 batches per epoch",
        "one",
        "two",
    ]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "the heads train (100 parameters)"),
        ({"heads": False}, "nothing trains"),
        ({"layers": (5, 6)}, "heads and layers 5, 6 train (100 parameters)"),
        ({"layers": (0, 1)}, "heads and layers word embeddings, 1 train (100 parameters)"),
    ],
)
def test_a_stage_says_what_trains_and_why(sample_events, changes, words):
    stage = dataclasses.replace(sample_events[1], **changes)
    assert describe(stage) == f"stage 1, {words} (the run begins)"


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


def test_every_event_has_words(sample_events):
    assert all(describe(event) for event in sample_events)
