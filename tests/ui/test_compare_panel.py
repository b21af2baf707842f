"""Runs side by side: what differs, what is the same, and what makes them incomparable."""

from dataclasses import replace

import gradio as gr
import pytest

from mtl.runs.view import RunView
from mtl.schema.config import TrainConfig
from mtl.schema.events import RunStarted
from mtl.ui.train.compare_panel import render_comparison


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


def _shown(*views, chosen=(), measure="loss"):
    messages, choice, chart, table, stop = render_comparison(list(views), chosen, measure)
    return {"messages": messages, "choice": choice, "chart": chart, "table": table, "stop": stop}


def test_only_settings_that_differ_have_a_column(run):
    shown = _shown(run("bbbb", freeze="last-2"), run("aaaa", freeze="heads"))
    assert shown["table"]["columns"][:3] == ["run", "state", "what trains"]
    assert [row[:3] for row in shown["table"]["rows"]] == [
        ["heads aaaa", "finished", "heads"],
        ["last-2 bbbb", "finished", "last-2"],
    ]
    (same,) = shown["messages"]
    assert same["title"] == "The same for all:"
    assert "batch size 16" in same["text"] and "what trains" not in same["text"]


def test_every_run_is_a_line_of_its_own_dash(run):
    shown = _shown(run("bbbb", freeze="last-2"), run("aaaa"), measure="sentiment")
    assert [line.name for line in shown["chart"].data] == ["heads aaaa", "last-2 bbbb"]
    assert len({line.line.dash for line in shown["chart"].data}) == 2
    assert all(len(line.x) for line in shown["chart"].data)


def test_other_rows_and_other_splits_are_called_so(run):
    titles = [m["title"] for m in _shown(run("bbbb", data="two"), run("aaaa"))["messages"]]
    assert titles[-1] == "Trained on different rows:"
    titles = [m["title"] for m in _shown(run("bbbb", seed=1), run("aaaa"))["messages"]]
    assert titles[-1] == "Judged on different rows:"


def test_the_latest_are_shown_unless_some_are_chosen(run):
    views = [run(f"run{number}", seed=number) for number in range(6)]
    assert [row[0] for row in _shown(*views)["table"]["rows"]] == [f"heads run{n}" for n in (3, 2, 1, 0)]
    shown = _shown(*views, chosen=["run5", "gone"])
    assert [row[0] for row in shown["table"]["rows"]] == ["heads run5"]
    assert shown["choice"]["value"] == ["run5"]


def test_no_run_and_one_run_say_what_to_do():
    assert _shown()["messages"][0]["title"] == "No run yet."


def test_a_waiting_run_has_a_row_and_can_be_stopped(run):
    shown = _shown(run("bbbb", state="waiting", events=()), run("aaaa"))
    assert shown["table"]["rows"][1][1] == "waiting"
    assert shown["stop"] == gr.update(interactive=True)
    assert _shown(run("aaaa"))["stop"] == gr.update(interactive=False)
