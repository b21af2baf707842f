"""A run as values for the page."""

from dataclasses import replace

import gradio as gr
import pytest

from mtl.runs.view import RunView
from mtl.schema.events import EpochEnd, Progress, RunEnd, StageStarted
from mtl.ui.train.bottom_bar import BottomBar
from mtl.ui.train.details_panel import settings_table
from mtl.ui.train.example import example
from mtl.ui.train.progress import percent_done, progress_bar
from mtl.ui.train.run_panel import RunPanel, messages, stages_said
from mtl.ui.train.run_words import ago, percent, strategy, took
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


@pytest.fixture
def running(view, sample_events):
    """It trains its second epoch."""
    until = [i for i, event in enumerate(sample_events) if isinstance(event, EpochEnd) and event.epoch][0]
    now = Progress(phase="training", fraction=0.5, epoch=2, eta_s=7.0, elapsed_s=20.0)
    return replace(view, state="running", events=tuple(sample_events[: until + 1]), progress=now)


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
    assert [component.elem_id for component in panel.render(view, view)] == ["run-progress", "bar-status"]


def test_the_model_is_a_file_to_download(panel):
    values = panel.render(example())
    assert _box(values, "download-model").endswith("model.zip")
    assert _box(values, "run-actions")["visible"] is True


def test_a_run_without_a_model_offers_none(view, panel):
    values = panel.render(replace(view, state="stopped"))
    assert _box(values, "run-actions")["visible"] is False


def test_while_a_run_goes_on_nothing_of_a_result_is_there(running, panel):
    values = panel.render(running)
    assert _box(values, "run-actions")["visible"] is False
    assert _box(values, "run-report") == [] and _box(values, "confusion") == []
    assert _box(values, "wrong-rows")["rows"] == [] and _box(values, "run-end") == []


def test_a_run_stopped_before_its_first_epoch_says_that_nothing_is_kept(view):
    end = RunEnd(status="stopped", best_epoch=0, scores={}, seconds=3.0, reason="stopped by the user")
    stopped = replace(view, state="stopped", events=(*view.events[:2], end))
    (message,) = messages(stopped)
    assert message["text"] == "Stopped before the first epoch; there is nothing to keep."


def test_how_a_run_ended_is_told_unless_it_finished(view):
    assert messages(view) == []
    end = view.events[-1]
    stopped = replace(end, status="stopped", reason="time limit of 9 s reached; the best epoch is kept")
    kept = replace(view, state="stopped", model="model", events=(*view.events[:-1], stopped))
    (message,) = messages(kept)
    assert message["title"] == "Time limit of 9 s reached."
    assert message["text"] == "The best epoch is kept: epoch 2 of 3."
    failed = replace(end, status="failed", reason="loss is no number: try lower learning rates")
    (message,) = messages(replace(view, state="failed", events=(failed,)))
    assert message["kind"] == "problem" and message["text"].startswith("Loss is no number")


def test_stages_are_told_with_their_reason(sample_events):
    assert stages_said(sample_events) == ["Stage 2 (last-2) after epoch 1: a <b>plateau</b>."]


def test_the_command_and_the_settings_of_a_run_are_shown(view, panel):
    assert _box(panel.render(view), "command-line") == view.command
    assert "no command" in _box(panel.render(replace(view, command="")), "command-line")
    assert ["validation part", "0.2"] in settings_table(replace(view, events=tuple(run_of())))["rows"]
    assert settings_table(None)["rows"] == []


def test_every_task_has_a_card_and_a_matrix(view, panel):
    values = panel.render(replace(view, events=tuple(run_of())))
    assert [card["task"] for card in _box(values, "run-report")] == [name.capitalize() for name in EIGHT]
    assert len(_box(values, "confusion")) == len(EIGHT)


def test_a_run_that_begins_anew_after_a_kill_starts_visibly(view, panel):
    # The first events were lost, and the progress that the killed process wrote last is still there.
    left = Progress(phase="training", fraction=0.5, epoch=3, eta_s=7.0, elapsed_s=20.0)
    killed = replace(view, state="running", events=(), progress=left)
    assert progress_bar(killed)["text"] == "Starting ..."
    assert _box(panel.render(killed), "run-progress")["numbers"] == []
    for phase in ("encoding", "evaluating"):
        assert progress_bar(replace(killed, progress=replace(left, phase=phase)))["percent"] == 0
    assert progress_bar(replace(killed, state="interrupted"))["text"].startswith("Interrupted.")


def test_what_is_left_is_judged_by_epochs_of_the_same_stage(running, sample_events):
    assert progress_bar(running)["eta"].endswith("of training to go")
    assert progress_bar(running)["facts"].startswith("20 s so far, ")
    stage = next(event for event in sample_events if isinstance(event, StageStarted))
    changed = replace(running, events=(*running.events, replace(stage, index=1, cached_layers=4)))
    assert progress_bar(changed)["eta"] == "about 7 s to go in this part"
    assert progress_bar(changed)["facts"] == "20 s so far, layers 1 to 4 computed once for all epochs"


def test_epoch_loss_and_time_are_big_while_it_trains(running):
    bar = progress_bar(running)
    assert [number["name"] for number in bar["numbers"]] == [
        "Epoch",
        "Combined loss, validation",
        "Left to train",
    ]
    last = running.events[-1]
    assert bar["numbers"][0]["value"] == "1 of 3"
    assert bar["numbers"][1]["value"] == f"{last.validation['combined']:.3f}"
    assert bar["text"] == f"Training, epoch 2 of 3, loss {last.validation['combined']:.3f}"


def test_every_part_of_a_run_has_a_bar_and_its_share_of_the_whole(running):
    def bars(phase, fraction):
        now = replace(running.progress, phase=phase, fraction=fraction, epoch=0)
        return progress_bar(replace(running, progress=now))

    training = progress_bar(running)
    assert [step["percent"] for step in training["steps"]] == [100, 50, 0]
    assert [step["state"] for step in training["steps"]] == ["", "now", ""]
    evaluating = bars("evaluating", 0.5)
    assert [step["percent"] for step in evaluating["steps"]] == [100, 100, 50]
    assert evaluating["eta"] == "about 7 s to go in this part"
    # A later stage encodes again: the bar does not go back.
    assert 20 < bars("encoding", 0.1)["percent"] < training["percent"] < evaluating["percent"] < 100


def test_a_stopped_run_shows_its_evaluation(running):
    stopping = replace(running, state="stopping")
    assert progress_bar(stopping)["text"].startswith("Stopping")
    judged = replace(stopping, progress=replace(running.progress, phase="evaluating"))
    assert progress_bar(judged)["text"].startswith("Evaluating")
    assert percent_done(judged) > 80


def test_a_waiting_run_says_its_place_and_about_when(view):
    waiting = replace(view, state="waiting", position=2, wait_s=200.0, events=())
    bar = progress_bar(waiting)
    assert (bar["text"], bar["eta"]) == ("Waiting: place 2 in the queue", "its turn in about 3 min")


def test_a_run_in_a_few_words(view):
    assert strategy(replace(view, config={"freeze": "last-2"})) == "last 2 layers"
    assert strategy(replace(view, events=())) == ""
    assert took(view) == "2 s"
    assert [ago(1000.0, 1000.0 + after) for after in (5, 300, 7300, 90000, 3 * 86400)] == [
        "just now",
        "5 min ago",
        "2 h ago",
        "yesterday",
        "3 days ago",
    ]
    assert [percent(share) for share in (0, 0.001, 0.5, 0.999, 1)] == ["0%", "< 1%", "50%", "> 99%", "100%"]
