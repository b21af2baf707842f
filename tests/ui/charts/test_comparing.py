"""Runs laid over each other, from lists of events made by hand."""

import pytest

from mtl.schema.events import EpochEnd
from mtl.ui.charts.comparing import LOSS, comparison_chart
from tests.ui.many_tasks import EIGHT, run_of


def _epochs(events):
    return [event for event in events if isinstance(event, EpochEnd)]


@pytest.mark.parametrize("name", EIGHT)
def test_the_accuracy_of_any_task_is_drawn(name):
    events = run_of()
    (line,) = comparison_chart({"a run": events}, name).data
    assert list(line.y) == [e.validation[f"{name}_accuracy"] for e in _epochs(events)]


def test_the_combined_loss_is_drawn_otherwise(sample_events):
    (line,) = comparison_chart({"a run": sample_events}).data
    assert list(line.y) == [e.validation["combined"] for e in _epochs(sample_events)]


def test_a_run_without_the_task_has_an_empty_line(sample_events):
    lines = comparison_chart({"two tasks": sample_events, "eight": run_of()}, "topic").data
    assert [len(line.x) for line in lines] == [0, 5]
    assert comparison_chart({}, LOSS).layout.yaxis.title.text == "validation loss, combined (nats)"


def test_runs_differ_in_dash_and_symbol(sample_events):
    lines = comparison_chart({f"run {number}": sample_events for number in range(4)}).data
    assert len({line.line.dash for line in lines}) == 4
    assert len({line.marker.symbol for line in lines}) == 4
