"""What the bar at the bottom of the Train tab says of a run and of the plan."""

from dataclasses import replace

import gradio as gr
import pytest

from mtl.runs.view import RunView
from mtl.schema.events import Progress
from mtl.ui.train.bottom_bar import BottomBar


@pytest.fixture(scope="module")
def bar():
    with gr.Blocks():
        return BottomBar()


@pytest.fixture
def view(sample_events):
    return RunView(
        id="abc", state="finished", position=0, events=tuple(sample_events), progress=None, model=None
    )


def _buttons(values):
    """Ids of the buttons that are there, with their words."""
    return {box.elem_id: value.get("value") for box, value in values.items() if value.get("visible")}


def test_what_start_does_is_told(bar):
    values = bar.render_plan("156 rows, heads only", "about 20 s on this machine")
    assert values[bar.status] == {
        "title": "156 rows, heads only",
        "detail": "about 20 s on this machine",
        "percent": None,
        "runs": False,
    }
    assert values[bar.start]["value"] == "Start"


def test_a_waiting_run_never_says_that_it_trains(bar, view):
    waiting = replace(view, state="waiting", events=(), position=2, wait_s=20.0)
    values = bar.render_run(waiting)
    assert values[bar.status]["title"] == "Waiting: its turn in about 20 s"
    assert values[bar.status]["detail"] == "Place 2 in the queue"
    assert _buttons(values) == {"stop": "Stop"}
    assert bar.render_run(replace(waiting, wait_s=None))[bar.status]["title"] == "Waiting"


def test_a_run_that_goes_on_can_be_stopped_once(bar, view):
    progress = Progress(phase="training", fraction=0.5, epoch=1)
    running = replace(view, state="running", events=view.events[:-1], progress=progress)
    values = bar.render_run(running)
    assert values[bar.status]["runs"] and "epoch 1" in values[bar.status]["title"]
    assert _buttons(values) == {"stop": "Stop"}
    assert list(bar.render_run(running, running)) == [bar.status]
    stopping = bar.render_run(replace(running, state="stopping"), running)
    assert stopping[bar.stop]["interactive"] is False and stopping[bar.stop]["value"] == "Stopping ..."


def test_the_end_is_told_with_its_time(bar, view):
    end = replace(view.events[-1], seconds=22.4)
    done = replace(view, events=(*view.events[:-1], end))
    for state, words in {"finished": "Done in 22 s", "stopped": "Stopped after 22 s"}.items():
        values = bar.render_run(replace(done, state=state))
        assert values[bar.status]["title"] == words
        assert _buttons(values) == {"start": "Start again"}
    interrupted = bar.render_run(replace(view, state="interrupted", resumable=True, events=view.events[:-1]))
    assert _buttons(interrupted) == {"resume": None, "start": "Start again"}


def test_the_example_is_no_run(bar, view):
    assert bar.render_run(replace(view, id="")) == {}
    assert _buttons(bar.render_idle()) == {"start": "Start"}
