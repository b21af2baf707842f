"""A run as values for the page."""

from dataclasses import replace

import gradio as gr
import pytest

from mtl.runs.view import RunView
from mtl.schema.events import EpochEnd, Progress, StageStarted
from mtl.ui.train.run_panel import N_OUTPUTS, RunPanel, _progress, render


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
        return RunPanel(start=gr.Button(), stop=gr.Button(), resume=gr.Button())


def _box(panel, values, name):
    return next(value for out, value in zip(panel.outputs, values, strict=True) if out.elem_id == name)


def test_there_is_a_value_for_every_output(view, panel):
    assert len(panel.outputs) == N_OUTPUTS
    for shown in (view, replace(view, events=(), state="waiting", position=1), replace(view, state="failed")):
        assert len(render(shown)) == N_OUTPUTS
    assert len(render(view, view)) == N_OUTPUTS


def test_the_command_of_a_run_is_shown(view, panel):
    assert _box(panel, render(view), "command-line") == gr.update(value=view.command, visible=True)
    assert _box(panel, render(replace(view, command="")), "command-line")["visible"] is False


def test_what_is_left_is_judged_by_epochs_of_the_same_stage(view, sample_events):
    until = [i for i, event in enumerate(sample_events) if isinstance(event, EpochEnd) and event.epoch][0]
    now = Progress(phase="training", fraction=0.5, epoch=2, eta_s=7.0, elapsed_s=20.0)
    running = replace(view, state="running", events=tuple(sample_events[: until + 1]), progress=now)
    assert "of training to go" in _progress(running)["eta"]
    assert _progress(running)["facts"].startswith("20 s so far, ")
    stage = next(event for event in sample_events if isinstance(event, StageStarted))
    changed = replace(running, events=(*running.events, replace(stage, index=1, cached_layers=4)))
    assert _progress(changed)["eta"] == "about 7 s to go in this part"
    assert _progress(changed)["facts"] == "20 s so far, layers 1 to 4 computed once for all epochs"


def test_a_waiting_run_says_its_place_and_about_when(view):
    waiting = replace(view, state="waiting", position=2, wait_s=200.0, events=())
    bar = _progress(waiting)
    assert (bar["text"], bar["eta"]) == ("Waiting: place 2 in the queue", "its turn in about 3 min")


def test_a_run_that_starts_anew_has_nothing_left_of_the_former_try(view, panel):
    stale = Progress(phase="training", fraction=0.5, epoch=1, eta_s=1.0, elapsed_s=9.0)
    again = replace(view, state="running", events=(), progress=stale, command="")
    values = render(again, replace(view, state="interrupted", progress=stale))
    assert _box(panel, values, "run-progress")["text"] == "Starting ..."
    assert {tile["value"] for tile in _box(panel, values, "run-tiles")} == {"-"}
