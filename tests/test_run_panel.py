"""A run as values for the page."""

from dataclasses import replace

import gradio as gr
import pytest

from mtl.runs.store import RunView
from mtl.ui.train.run_panel import N_OUTPUTS, RunPanel, render


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
