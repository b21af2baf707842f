"""Events and predictions survive JSON."""

import dataclasses
import json

import pytest

from mtl.schema.events import (
    Event,
    Progress,
    RunEnd,
    event_from_dict,
    event_to_dict,
    scores_from_dict,
)
from mtl.schema.results import (
    Baseline,
    EvaluatedRow,
    Interval,
    LabelScores,
    Prediction,
    TaskPrediction,
    TaskReport,
    TaskScores,
    ValidationReport,
)

SCORES = TaskScores(
    rows=5,
    accuracy=0.8,
    macro_f1=0.75,
    calibration_error=0.05,
    labels=("negative", "positive"),
    confusion=((2, 1), (0, 2)),
)
VERDICT = ValidationReport(
    tasks={
        "sentiment": TaskReport(
            source="test",
            scores=SCORES,
            accuracy_interval=Interval(low=0.6, high=1.0),
            macro_f1_interval=Interval(low=0.5, high=0.9),
            temperature=1.2,
            baselines=(
                Baseline(
                    name="words alone",
                    accuracy=0.6,
                    macro_f1=0.55,
                    gain=0.2,
                    gain_interval=Interval(low=-0.2, high=0.6),
                ),
            ),
            optimum_loss=0.4,
            stripped=None,
            by_label=(LabelScores(label="negative", rows=3, precision=1.0, recall=0.5, f1=0.7),),
            wrong=(EvaluatedRow(text="Hm", label="negative", predicted="positive", confidence=0.9),),
            left_out=2,
        )
    }
)
OTHERS = [
    VERDICT,
    Progress(phase="encoding", fraction=0.5, epoch=1),
    Progress(phase="training", fraction=1.0, epoch=3, eta_s=2.5),
    RunEnd(
        status="stopped", best_epoch=4, scores={"sentiment": SCORES}, seconds=3.5, reason="why", model="a/b"
    ),
]


def test_every_event_survives_json(sample_events):
    events = [*sample_events, *OTHERS]
    for event in events:
        again = event_from_dict(json.loads(json.dumps(event_to_dict(event))))
        assert again == event
        assert type(again) is type(event)
    assert {type(event) for event in events} == set(Event.__args__)


def test_events_of_a_real_run_survive_json(trained):
    _, events = trained(epochs=3)
    for event in events:
        assert event_from_dict(json.loads(json.dumps(event_to_dict(event)))) == event


def test_events_say_their_kind(sample_events):
    kinds = [event_to_dict(event)["event"] for event in (*sample_events, VERDICT, OTHERS[1])]
    assert list(dict.fromkeys(kinds)) == [
        "run_started",
        "stage_started",
        "epoch_end",
        "stage_ended",
        "run_end",
        "report",
        "progress",
    ]


def test_reading_an_event_leaves_its_values_alone(sample_events):
    for event in sample_events:
        values = event_to_dict(event)
        before = json.dumps(values)
        event_from_dict(values)
        assert json.dumps(values) == before


def test_scores_survive_json():
    assert scores_from_dict(json.loads(json.dumps(dataclasses.asdict(SCORES)))) == SCORES


def test_records_cannot_be_changed(sample_events):
    for event in sample_events:
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(event, dataclasses.fields(event)[0].name, None)


def test_a_prediction_as_json_has_a_key_per_task():
    task = TaskPrediction(label="positive", scores={"negative": 0.25, "positive": 0.75})
    assert Prediction(text="Hi", tasks={"sentiment": task}, truncated=True).to_dict() == {
        "text": "Hi",
        "sentiment": {"label": "positive", "scores": {"negative": 0.25, "positive": 0.75}, "sure": True},
        "truncated": True,
        "out_of_distribution": False,
    }
