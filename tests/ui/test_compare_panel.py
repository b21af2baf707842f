"""Runs side by side: what differs, what is the same, and what makes them incomparable."""

from dataclasses import replace

import gradio as gr
import pytest

from mtl.runs.view import RunView
from mtl.schema.config import TrainConfig
from mtl.schema.events import RunStarted
from mtl.ui.charts.comparing import LOSS
from mtl.ui.train.compare_panel import ComparePanel
from tests.ui.many_tasks import EIGHT, run_of


@pytest.fixture
def run(sample_events):
    """A finished run by its id and settings."""

    def make(run_id, *, data="one", state="finished", events=sample_events, **settings):
        config = TrainConfig(**settings).to_dict()
        given = [replace(e, config=config) if isinstance(e, RunStarted) else e for e in events]
        return RunView(
            id=run_id,
            state=state,
            position=0,
            events=tuple(given),
            progress=None,
            model=None,
            config=config,
            data={"sentiment": data},
        )

    return make


def _shown(*views, measure=LOSS):
    with gr.Blocks():
        panel = ComparePanel()
    values = panel.render(list(views), measure)
    assert set(values) == set(panel.outputs)
    return {component.elem_id.removeprefix("compare-"): value for component, value in values.items()}


def test_only_settings_that_differ_have_a_column(run):
    shown = _shown(run("aaaa", freeze="heads"), run("bbbb", freeze="last-2"))
    assert shown["table"]["columns"][:3] == ["run", "state", "what trains"]
    assert [row[:3] for row in shown["table"]["rows"]] == [
        ["Heads only", "finished", "heads"],
        ["Last 2 layers", "finished", "last-2"],
    ]
    (same,) = shown["message"]
    assert same["title"] == "The same for all:"
    assert "batch size 16" in same["text"] and "what trains" not in same["text"]


def test_every_run_is_a_line_of_its_own_dash(run):
    shown = _shown(run("aaaa"), run("bbbb", freeze="last-2"), measure="sentiment")
    assert [line.name for line in shown["chart"].data] == ["Heads only", "Last 2 layers"]
    assert len({line.line.dash for line in shown["chart"].data}) == 2
    assert all(len(line.x) for line in shown["chart"].data)


def test_other_rows_and_other_splits_are_called_so(run):
    titles = [m["title"] for m in _shown(run("bbbb", data="two"), run("aaaa"))["message"]]
    assert titles[-1] == "Trained on different rows:"
    titles = [m["title"] for m in _shown(run("bbbb", seed=1), run("aaaa"))["message"]]
    assert titles[-1] == "Validated on different rows:"


def test_runs_are_called_as_their_owner_calls_them_and_namesakes_differ(run):
    named = replace(run("aaaa"), name="First <b>try</b>")
    shown = _shown(named, run("bbbb", seed=1), run("cccc", seed=2))
    names = ["First <b>try</b>", "Heads only (bbbb)", "Heads only (cccc)"]
    assert [row[0] for row in shown["table"]["rows"]] == names
    assert [line.name for line in shown["chart"].data][0] == "First &lt;b&gt;try&lt;/b&gt;"


def test_nothing_is_drawn_of_no_run():
    shown = _shown()
    assert shown["table"]["rows"] == [] and not shown["chart"].data and shown["message"] == []


def test_every_task_of_the_runs_has_a_column_and_can_be_drawn(run):
    two, eight = run("aaaa"), run("bbbb", events=run_of())
    shown = _shown(two, eight, measure="topic")
    columns = shown["table"]["columns"]
    assert [name for name in columns if "right" in name] == [f"{name} right (95% interval)" for name in EIGHT]
    assert [value for _, value in shown["measure"]["choices"]] == [LOSS, *EIGHT]
    assert shown["measure"]["value"] == "topic"
    at = columns.index("topic right (95% interval)")
    assert [row[at] for row in shown["table"]["rows"]] == ["-", "80% (70 to 95)"]
    assert all(len(row) == len(columns) for row in shown["table"]["rows"])


def test_a_measure_that_no_shown_run_has_gives_way_to_the_loss(run):
    shown = _shown(run("aaaa"), measure="topic")
    assert shown["measure"]["value"] == LOSS
    assert shown["chart"].layout.yaxis.title.text == "validation loss, combined (nats)"


def test_a_waiting_run_has_a_row(run):
    shown = _shown(run("aaaa"), run("bbbb", state="waiting", events=()))
    assert shown["table"]["rows"][1][1] == "waiting"
