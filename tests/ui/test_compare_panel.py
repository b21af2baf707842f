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


def _shown(*views, chosen=(), measure=LOSS):
    with gr.Blocks():
        panel = ComparePanel()
    values = panel.render(list(views), chosen, measure)
    return {component.elem_id.removeprefix("compare-"): value for component, value in values.items()}


def test_only_settings_that_differ_have_a_column(run):
    shown = _shown(run("bbbb", freeze="last-2"), run("aaaa", freeze="heads"))
    assert shown["table"]["columns"][:3] == ["run", "state", "what trains"]
    assert [row[:3] for row in shown["table"]["rows"]] == [
        ["heads aaaa", "finished", "heads"],
        ["last-2 bbbb", "finished", "last-2"],
    ]
    (same,) = shown["message"]
    assert same["title"] == "The same for all:"
    assert "batch size 16" in same["text"] and "what trains" not in same["text"]


def test_every_run_is_a_line_of_its_own_dash(run):
    shown = _shown(run("bbbb", freeze="last-2"), run("aaaa"), measure="sentiment")
    assert [line.name for line in shown["chart"].data] == ["heads aaaa", "last-2 bbbb"]
    assert len({line.line.dash for line in shown["chart"].data}) == 2
    assert all(len(line.x) for line in shown["chart"].data)


def test_other_rows_and_other_splits_are_called_so(run):
    titles = [m["title"] for m in _shown(run("bbbb", data="two"), run("aaaa"))["message"]]
    assert titles[-1] == "Trained on different rows:"
    titles = [m["title"] for m in _shown(run("bbbb", seed=1), run("aaaa"))["message"]]
    assert titles[-1] == "Validated on different rows:"


def test_the_latest_are_shown_unless_some_are_chosen(run):
    views = [run(f"run{number}", seed=number) for number in range(6)]
    assert [row[0] for row in _shown(*views)["table"]["rows"]] == [f"heads run{n}" for n in (3, 2, 1, 0)]
    shown = _shown(*views, chosen=["run5", "gone"])
    assert [row[0] for row in shown["table"]["rows"]] == ["heads run5"]
    assert shown["runs"]["value"] == ["run5"]


def test_no_run_says_what_to_do():
    shown = _shown()
    (message,) = shown["message"]
    assert message["title"] == "No run yet."
    assert "Train twice" in message["text"] and "Run all strategies" in message["text"]
    assert shown["runs"] == gr.update(choices=[], value=[])
    assert shown["table"]["rows"] == [] and not shown["chart"].data
    assert shown["stop-all"] == gr.update(interactive=False)


def test_one_run_is_shown_and_another_is_asked_for(run):
    shown = _shown(run("aaaa"))
    (message,) = shown["message"]
    assert message["title"] == "One run."
    assert "Train once more" in message["text"]
    assert [row[0] for row in shown["table"]["rows"]] == ["heads aaaa"]
    assert [line.name for line in shown["chart"].data] == ["heads aaaa"]
    # There is nothing that it could differ in.
    assert shown["table"]["columns"][:3] == ["run", "state", "best epoch"]


def test_every_task_of_the_runs_has_a_column_and_can_be_drawn(run):
    two, eight = run("aaaa"), run("bbbb", events=run_of())
    shown = _shown(eight, two, measure="topic")
    columns = shown["table"]["columns"]
    assert [name for name in columns if "accuracy" in name] == [
        f"{name} accuracy (95% interval)" for name in EIGHT
    ]
    assert [value for _, value in shown["measure"]["choices"]] == [LOSS, *EIGHT]
    assert shown["measure"]["value"] == "topic"
    at = columns.index("topic accuracy (95% interval)")
    assert [row[at] for row in shown["table"]["rows"]] == ["-", "80.0% (70.0% to 95.0%)"]
    assert all(len(row) == len(columns) for row in shown["table"]["rows"])


def test_a_measure_that_no_shown_run_has_gives_way_to_the_loss(run):
    shown = _shown(run("aaaa"), measure="topic")
    assert shown["measure"]["value"] == LOSS
    assert shown["chart"].layout.yaxis.title.text == "validation loss, combined (nats)"


def test_a_waiting_run_has_a_row_and_can_be_stopped(run):
    shown = _shown(run("bbbb", state="waiting", events=()), run("aaaa"))
    assert shown["table"]["rows"][1][1] == "waiting"
    assert shown["stop-all"] == gr.update(interactive=True)
    assert _shown(run("aaaa"))["stop-all"] == gr.update(interactive=False)
