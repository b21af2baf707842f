"""Corrections: of any tasks, kept by the browser, in whatever form an earlier version kept them."""

import gradio as gr
import pandas as pd
import pytest

from mtl.runs.store import Runs
from mtl.ui.models import DEFAULT, Models
from mtl.ui.predict.corrections_panel import (
    CorrectionsPanel,
    added,
    corrections_frame,
    corrections_of,
    edited,
)
from tests.ui.eight_tasks import EIGHT, eight_tasks_on

# As the browser of a visitor kept them before tasks had names.
OLD = [["The lift is broken", "negative", ""], ["Open it", "", "command"]]
NEW = [
    {"text": "The lift is broken", "labels": {"sentiment": "negative"}},
    {"text": "Open it", "labels": {"intent": "command"}},
]


@pytest.fixture(scope="module")
def models(encoder, tmp_path_factory):
    runs = Runs(tmp_path_factory.mktemp("runs"), None)
    made = Models(encoder, runs)
    made._always["eight"] = eight_tasks_on(encoder)
    yield made
    runs.close()


@pytest.fixture
def panel(models):
    with gr.Blocks():
        return CorrectionsPanel(models, gr.BrowserState([]))


def _boxes(panel, updates):
    return [updates[box] for box in panel.arrivals[1:]]


def test_lists_of_earlier_versions_are_still_read():
    assert corrections_of(OLD) == NEW
    assert corrections_of(NEW) == NEW
    assert corrections_of(None) == []
    frame = corrections_frame(OLD)
    assert frame.columns.tolist() == ["text", "sentiment", "intent"]
    assert frame.values.tolist() == OLD
    assert corrections_frame([]) is None and corrections_frame(None) is None


def test_a_table_has_a_column_for_each_task_that_has_a_label():
    kept = [*NEW, {"text": "Now!", "labels": {"urgency": "high", "intent": "exclamation"}}]
    frame = corrections_frame(kept)
    assert frame.columns.tolist() == ["text", "sentiment", "intent", "urgency"]
    assert frame.iloc[2].tolist() == ["Now!", "", "exclamation", "high"]


def test_a_text_is_corrected_once_and_keeps_the_labels_of_other_models():
    rows = added(corrections_of(OLD), "Open it", ["urgency", "topic"], {"urgency": "high"})
    assert rows[-1] == {"text": "Open it", "labels": {"intent": "command", "urgency": "high"}}
    assert len(rows) == 2
    rows = added(rows, "Open it", ["sentiment", "intent"], {"sentiment": "positive"})
    assert rows[-1]["labels"] == {"urgency": "high", "sentiment": "positive"}


def test_nothing_to_correct_and_too_many_corrections_are_refused():
    with pytest.raises(ValueError, match="Type a sentence"):
        added([], "", ["intent"], {"intent": "command"})
    with pytest.raises(ValueError, match="choose what it should be"):
        added([], "Open it", ["intent"], {})
    many = [{"text": f"text {number}", "labels": {"intent": "command"}} for number in range(500)]
    with pytest.raises(ValueError, match="500 corrections already"):
        added(many, "one more", ["intent"], {"intent": "command"})
    assert len(added(many, "text 7", ["intent"], {"intent": "question"})) == 500


def test_there_is_a_box_for_each_task_of_the_chosen_model(panel):
    boxes = _boxes(panel, panel.fit([], "", "eight"))
    assert [box["visible"] for box in boxes] == [True] * 8
    assert [box["label"] for box in boxes] == [f"{name.capitalize()} should be" for name in EIGHT]
    assert [[value for _, value in box["choices"]] for box in boxes] == [
        ["", *labels] for labels in EIGHT.values()
    ]
    boxes = _boxes(panel, panel.fit([], "", DEFAULT))
    assert [box["visible"] for box in boxes] == [True] * 3 + [False] * 5


def test_what_is_chosen_is_kept_and_shown(panel):
    values = ["", "", "battery", "high", "", "", "", ""]
    updates = panel.add(OLD, " It died again ", "", "eight", *values)
    kept = updates[panel.kept]
    assert kept == [*NEW, {"text": "It died again", "labels": {"topic": "battery", "urgency": "high"}}]
    table = updates[panel.arrivals[0]]
    assert table.columns.tolist() == ["text", *EIGHT]
    assert table.iloc[2].tolist() == ["It died again", "", "", "battery", "high", "", "", "", ""]
    assert all(box["value"] == "" for box in _boxes(panel, updates))
    # A reload, and another model: the labels of other tasks stay in sight.
    arrived = panel.arrive(kept)[panel.arrivals[0]]
    assert arrived.columns.tolist() == ["text", "sentiment", "intent", "opinion", "topic", "urgency"]
    assert edited(arrived) == kept


def test_edited_cells_count_and_empty_ones_leave_their_task_out():
    table = pd.DataFrame(
        [["Open it", " command ", None], ["Shut it", "", "low"], ["Nothing", "", ""], ["", "command", ""]],
        columns=["text", "intent", "urgency"],
    )
    assert edited(table) == [
        {"text": "Open it", "labels": {"intent": "command"}},
        {"text": "Shut it", "labels": {"urgency": "low"}},
    ]


def test_a_model_that_is_gone_is_told(panel):
    with pytest.raises(gr.Error):
        panel.add([], "Open it", "nobody", "no-such-run", "negative")
