"""Charts of a run, from lists of events made by hand."""

import dataclasses
import math

import pytest

from mtl.schema.events import EpochEnd, RunStarted
from mtl.schema.results import (
    Interval,
    TaskReport,
    TaskScores,
    ValidationReport,
)
from mtl.ui.charts.training import loss_chart, score_chart


def _traces(figure):
    return {trace.name: trace for trace in figure.data}


@pytest.fixture
def intent_events(sample_events):
    """The same run with nothing but intent in it."""

    def only_intent(numbers):
        kept = {name: value for name, value in numbers.items() if "sentiment" not in name}
        return {**kept, "combined": numbers["intent"]}

    return [
        dataclasses.replace(event, train=only_intent(event.train), validation=only_intent(event.validation))
        if isinstance(event, EpochEnd)
        else dataclasses.replace(event, labels={"intent": event.labels["intent"]})
        if isinstance(event, RunStarted)
        else event
        for event in sample_events
    ]


def test_losses_are_drawn_for_each_task_and_side(sample_events):
    traces = _traces(loss_chart(sample_events))
    for name in ("combined", "sentiment", "intent"):
        for side in ("train", "validation"):
            trace = traces[f"{name}, {side}"]
            assert list(trace.x) == [0, 1, 2, 3]
            expected = [getattr(e, side)[name] for e in sample_events if isinstance(e, EpochEnd)]
            assert list(trace.y) == expected
            assert trace.line.dash == {"train": "solid", "validation": "dash"}[side]


def test_the_combined_loss_is_thickest(sample_events):
    traces = _traces(loss_chart(sample_events))
    assert traces["combined, train"].line.width > traces["intent, train"].line.width


def test_a_task_has_one_colour_in_both_charts(sample_events):
    losses, scores = _traces(loss_chart(sample_events)), _traces(score_chart(sample_events))
    for name in ("sentiment", "intent"):
        colours = {losses[f"{name}, train"].line.color, scores[f"{name}, accuracy"].line.color}
        assert len(colours) == 1


def test_the_best_epoch_has_a_star(sample_events):
    (star,) = [trace for trace in loss_chart(sample_events).data if trace.marker.symbol == "star"]
    assert list(star.x) == [2]
    assert list(star.y) == [sample_events[6].validation["combined"]]
    assert star.name == "best epoch: 2"


def test_a_later_stage_has_a_line_where_it_began(sample_events):
    lines = [shape for shape in loss_chart(sample_events).layout.shapes if shape.x0 == shape.x1]
    assert [line.x0 for line in lines] == [1.5]


def test_the_line_of_a_stage_says_its_name_and_its_reason_as_text(sample_events):
    (note,) = [n for n in loss_chart(sample_events).layout.annotations if n.text == "last-2"]
    assert note.hovertext == "a &lt;b&gt;plateau&lt;/b&gt;"


def test_the_frozen_optimum_is_drawn_once_the_run_is_judged(sample_events):
    interval = Interval(low=0.5, high=0.7)
    scores = TaskScores(
        rows=5,
        accuracy=0.6,
        macro_f1=0.6,
        calibration_error=0.1,
        labels=("a", "b"),
        confusion=((3, 0), (2, 0)),
    )
    task = TaskReport(
        source="validation",
        scores=scores,
        accuracy_interval=interval,
        macro_f1_interval=interval,
        temperature=1.0,
        baselines=(),
        optimum_loss=0.25,
        stripped=None,
        by_label=(),
        wrong=(),
    )
    judged = [
        *sample_events[:-1],
        ValidationReport(tasks={"sentiment": task, "intent": task}),
        sample_events[-1],
    ]
    levels = {note.text: shape.y0 for note, shape in _levels(loss_chart(judged))}
    assert levels["best frozen head 0.50"] == 0.5
    assert not any("frozen" in note.text for note, _ in _levels(loss_chart(sample_events)))


def _levels(figure):
    lines = [shape for shape in figure.layout.shapes if shape.y0 == shape.y1 and shape.x0 != shape.x1]
    notes = [note for note in figure.layout.annotations if note.y in {line.y0 for line in lines}]
    return list(zip(notes, lines, strict=True))


def test_chance_is_drawn_where_it_is(sample_events):
    heights = [shape.y0 for shape in loss_chart(sample_events).layout.shapes if shape.y0 == shape.y1]
    assert heights == pytest.approx([math.log(2) + math.log(3)])


def test_a_single_task_has_no_combined_loss_and_no_other_task(intent_events):
    figure = loss_chart(intent_events)
    names = [trace.name for trace in figure.data]
    assert names == ["intent, train", "intent, validation", "best epoch: 2"]
    assert [s.y0 for s in figure.layout.shapes if s.y0 == s.y1] == pytest.approx([math.log(3)])


def test_scores_are_drawn_for_each_task(sample_events):
    figure = score_chart(sample_events)
    assert [trace.name for trace in figure.data] == [
        "sentiment, accuracy",
        "sentiment, macro-F1",
        "intent, accuracy",
        "intent, macro-F1",
    ]
    assert list(_traces(figure)["intent, macro-F1"].y) == [
        e.validation["intent_macro_f1"] for e in sample_events if isinstance(e, EpochEnd)
    ]


def test_scores_of_a_single_task_leave_the_other_out(intent_events):
    assert all(trace.name.startswith("intent") for trace in score_chart(intent_events).data)


@pytest.mark.parametrize("chart", [loss_chart, score_chart])
def test_before_the_first_event_the_axes_are_there(chart):
    figure = chart([], epochs=20)
    assert figure.layout.xaxis.range[1] == pytest.approx(20.3)
    assert all(len(trace.x) == 0 for trace in figure.data)


@pytest.mark.parametrize("chart", [loss_chart, score_chart])
def test_the_axis_has_room_for_all_epochs_from_the_start(chart, sample_events):
    assert chart(sample_events[:3], epochs=20).layout.xaxis.range[1] == pytest.approx(3.3)
