"""A run as values for the page."""

from dataclasses import replace

import gradio as gr
import pytest

from mtl.runs.view import RunView
from mtl.schema.events import EpochEnd, Progress, StageStarted
from mtl.ui.train.bottom_bar import BottomBar
from mtl.ui.train.example import example
from mtl.ui.train.progress import progress_bar
from mtl.ui.train.run_panel import RunPanel, tiles
from tests.ui.many_tasks import EIGHT, run_of


@pytest.fixture
def view(sample_events):
    return RunView(
        id="abc",
        state="finished",
        position=0,
        events=tuple(sample_events),
        progress=None,
        model=None,
        command="python -m mtl train --sentiment s.csv --out my-model",
    )


@pytest.fixture(scope="module")
def panel():
    with gr.Blocks():
        return RunPanel(BottomBar())


def _box(values, name):
    return next(value for component, value in values.items() if component.elem_id == name)


def test_there_is_a_value_for_every_output(view, panel):
    waiting = replace(view, events=(), state="waiting", position=1)
    for shown in (view, waiting, replace(view, state="failed")):
        # Without a model there is nothing to download.
        left = {component.elem_id for component in panel.outputs if component not in panel.render(shown)}
        assert left == {"download-model"}
        assert set(panel.render(shown)) < set(panel.outputs)
    assert [box.elem_id for box in panel.render(view, view)] == ["run-progress", "bar-status"]


def test_the_model_is_a_file_to_download(panel):
    values = panel.render(example())
    # Nobody runs the example: the bar tells what Start does.
    assert set(values) == set(panel.outputs) - set(panel.bar.outputs)
    assert _box(values, "download-model").endswith("model.zip")
    assert _box(values, "run-result")["visible"] is True


def test_the_command_of_a_run_is_shown(view, panel):
    assert _box(panel.render(view), "command-line") == gr.update(value=view.command, visible=True)
    assert _box(panel.render(replace(view, command="")), "command-line")["visible"] is False


def test_every_task_has_a_tile(view):
    names = [tile["name"] for tile in tiles(replace(view, events=tuple(run_of())))]
    assert names[3:] == [f"{name.capitalize()} acc." for name in EIGHT]
    assert [tile["value"] for tile in tiles(None)] == ["-"] * 5


def test_a_run_that_begins_anew_after_a_kill_starts_visibly(view, panel):
    # The first events were lost, and the progress that the killed process wrote last is still there.
    left = Progress(phase="training", fraction=0.5, epoch=3, eta_s=7.0, elapsed_s=20.0)
    killed = replace(view, state="running", events=(), progress=left)
    assert progress_bar(killed)["text"] == "Starting ..."
    assert _box(panel.render(killed), "run-tiles") == tiles(None)
    for phase in ("encoding", "evaluating"):
        assert progress_bar(replace(killed, progress=replace(left, phase=phase)))["percent"] == 0
    assert progress_bar(replace(killed, state="interrupted"))["text"].startswith("Interrupted.")


def test_what_is_left_is_judged_by_epochs_of_the_same_stage(view, sample_events):
    until = [i for i, event in enumerate(sample_events) if isinstance(event, EpochEnd) and event.epoch][0]
    now = Progress(phase="training", fraction=0.5, epoch=2, eta_s=7.0, elapsed_s=20.0)
    running = replace(view, state="running", events=tuple(sample_events[: until + 1]), progress=now)
    assert "of training to go" in progress_bar(running)["eta"]
    assert progress_bar(running)["facts"].startswith("20 s so far, ")
    stage = next(event for event in sample_events if isinstance(event, StageStarted))
    changed = replace(running, events=(*running.events, replace(stage, index=1, cached_layers=4)))
    assert progress_bar(changed)["eta"] == "about 7 s to go in this part"
    assert progress_bar(changed)["facts"] == "20 s so far, layers 1 to 4 computed once for all epochs"


def test_a_waiting_run_says_its_place_and_about_when(view):
    waiting = replace(view, state="waiting", position=2, wait_s=200.0, events=())
    bar = progress_bar(waiting)
    assert (bar["text"], bar["eta"]) == ("Waiting: place 2 in the queue", "its turn in about 3 min")
