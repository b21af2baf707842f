"""The list of runs, as values for the page."""

import time
from dataclasses import replace

import gradio as gr
import pytest

from mtl.runs.view import RunView
from mtl.schema.config import TrainConfig
from mtl.schema.events import Progress
from mtl.ui.models import name_of
from mtl.ui.run_pill import pill_words
from mtl.ui.train.runs_list import runs_list
from mtl.ui.train.runs_panel import RunsPanel
from tests.ui.many_tasks import EIGHT, run_of

TWO = dict(list(EIGHT.items())[:2])


@pytest.fixture
def view(tmp_path):
    return RunView(
        id="abcdefgh",
        state="finished",
        position=0,
        events=tuple(run_of(TWO)),
        progress=None,
        model=tmp_path,
        source="reviews.csv",
        config=TrainConfig().to_dict(),
        created=time.time() - 301,
    )


def _row(view, ticked=()):
    (row,) = runs_list([view], ticked)["rows"]
    return row


def test_a_row_tells_name_data_when_strategy_score_time_and_state(view):
    row = _row(view)
    assert row["name"] == "reviews.csv"
    assert row["facts"] == "heads only · 200 rows · 5 min ago · 2 s"
    assert [(s["task"], s["score"]) for s in row["scores"]] == [
        ("sentiment", "90% (70 to 95)"),
        ("intent", "80% (70 to 95)"),
    ]
    assert row["state"] == "finished"


def test_the_name_that_was_given_comes_first(view):
    assert _row(replace(view, name="Mine"))["name"] == "Mine"
    assert _row(replace(view, uploaded=True, source=""))["name"] == "Uploaded model abcd"


def test_a_given_name_is_that_of_the_model_everywhere(view):
    assert name_of(view).startswith("Your run abcd: heads")
    assert name_of(replace(view, name="Mine")).startswith("Mine: heads")


def test_what_cannot_be_done_is_not_offered(view):
    row = _row(view)
    assert row["model"] and row["tick"] and not row["resume"]
    empty = _row(replace(view, model=None, state="stopped", events=view.events[:2]))
    assert not empty["model"] and empty["state"] == "stopped before the first epoch"
    assert _row(replace(view, state="interrupted", resumable=True))["resume"]
    uploaded = _row(replace(view, uploaded=True))
    assert uploaded["state"] == "uploaded" and not uploaded["tick"]


def test_a_run_that_goes_on_says_how_far_it_is(view):
    now = Progress(phase="training", fraction=0.5, epoch=3)
    running = replace(view, state="running", model=None, events=view.events[:5], progress=now)
    row = _row(running)
    assert row["state"].startswith("training ") and row["state"].endswith("%")
    assert row["scores"][0]["score"].endswith("so far")
    assert pill_words(running) == f"Training ... {row['state'].removeprefix('training ')}"
    waiting = replace(view, state="waiting", position=2, events=())
    assert _row(waiting)["state"] == "waiting: place 2"
    assert pill_words(waiting) == "Waiting: place 2"
    assert pill_words(replace(view, state="stopping")) == "Stopping ..."


def test_many_tasks_are_a_few_and_a_number(view):
    scores = _row(replace(view, events=tuple(run_of())))["scores"]
    assert len(scores) == 5 and scores[-1]["task"] == f"and {len(EIGHT) - 4} more"


def test_two_ticks_can_be_compared(view):
    with gr.Blocks():
        panel = RunsPanel()
    views = [view, replace(view, id="other")]

    def compare(ticked):
        values = panel.render(views, ticked)
        return next(v for box, v in values.items() if box.elem_id == "compare")

    assert compare([]) == gr.update(value="Compare", interactive=False)
    assert compare(["other", "gone"]) == gr.update(value="Compare (1)", interactive=False)
    assert compare(["abcdefgh", "other"]) == gr.update(value="Compare (2)", interactive=True)


def test_before_the_first_run_the_list_says_what_it_will_hold():
    assert runs_list([], [])["none"].startswith("No run yet.")
    with gr.Blocks():
        panel = RunsPanel()
    values = panel.render([], [])
    assert next(v for box, v in values.items() if box.elem_id == "stop-all") == gr.update(visible=False)
