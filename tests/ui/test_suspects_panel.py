"""The fold with suspicious labels, as values for the page."""

from dataclasses import replace

import gradio as gr
import pytest

from mtl.runs.second_look import Finding, SecondLook
from mtl.runs.view import RunView
from mtl.ui.train.example import example
from mtl.ui.train.suspects_panel import SuspectsPanel, listed

FINDING = Finding(
    task="intent",
    text="Where is <b>it</b>",
    label="statement",
    suggested="question",
    probability=0.934,
    neighbours=("Where are they", "Who is it"),
)
OTHER = replace(FINDING, task="sentiment", label="negative", suggested="positive", verdict="accept")


@pytest.fixture(scope="module")
def panel():
    with gr.Blocks():
        return SuspectsPanel()


def test_a_row_is_told_with_both_labels_and_its_neighbours():
    values = listed(SecondLook(rows=1200, findings=(FINDING, OTHER)))
    first, second = values["rows"]
    assert values["words"] == "2 labels look wrong in 1,200 training rows."
    assert (first["label"], first["suggested"], first["probability"]) == ("statement", "question", "93%")
    assert first["neighbours"] == FINDING.neighbours
    assert [row["accepted"] for row in values["rows"]] == ["false", "true"]
    assert values["accepted"] == 1 and first["colour"] != second["colour"]


def test_the_words_that_speak_for_the_suggested_label_are_marked():
    marked = replace(FINDING, words=((0, 5), (9, 13)))
    values = listed(SecondLook(rows=30, findings=(marked, OTHER)))
    parts = [(part["text"], part["kind"]) for part in values["rows"][0]["parts"]]
    assert parts == [("Where", "for"), (" is ", ""), ("<b>i", "for"), ("t</b>", "")]
    assert values["words"].endswith("Underlined words speak for the suggested label.")
    (part,) = values["rows"][1]["parts"]
    assert part == {"text": FINDING.text, "kind": ""}
    assert "Underlined" not in listed(SecondLook(rows=30, findings=(OTHER,)))["words"]


def test_what_was_not_found_is_said():
    assert listed(SecondLook(rows=30, findings=()))["words"] == "No label looks wrong in 30 training rows."
    few = SecondLook(rows=9, findings=(), notes=("9 intent rows are too few",))
    assert listed(few)["words"] == "9 intent rows are too few."


def test_nothing_is_looked_for_before_it_is_asked_for(panel):
    run = RunView(id="abc", state="finished", position=0, events=(), progress=None, model=None)
    for view, ask in ((example(), False), (replace(run, state="running"), False), (run, True)):
        values = panel.render(view)
        assert list(values) == panel.outputs
        shown, button = values.values()
        assert shown["rows"] == [] and shown["ask"] is ask and shown["words"]
        assert button["visible"] is False
    assert "is an example" in panel.render(example())[panel.outputs[0]]["words"]
