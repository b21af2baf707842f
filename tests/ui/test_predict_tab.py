"""What the Predict tab's panels show, from the real models."""

import re

import gradio as gr
import pytest

from mtl.analysis.explain import explain
from mtl.runs.store import Runs
from mtl.ui.charts.predicting import layer_attributions
from mtl.ui.models import DEFAULT, UNTRAINED, Models
from mtl.ui.predict.what_if import TwoModelsPanel, WhatIfPanel
from mtl.ui.predict.why import BEST, WhyPanel

TEXT = "Could you <b>open</b> the window?"


@pytest.fixture(scope="module")
def models(encoder, tmp_path_factory):
    runs = Runs(tmp_path_factory.mktemp("runs"), None)
    yield Models(encoder, runs)
    runs.close()


@pytest.fixture(scope="module")
def panels(models):
    with gr.Blocks():
        given = gr.Textbox(TEXT), gr.Dropdown(models.choices(""), value=DEFAULT), gr.BrowserState("")
        return WhyPanel(models, *given), WhatIfPanel(models, *given), TwoModelsPanel(models, *given)


@pytest.mark.parametrize(
    ("task", "label"), [("intent", BEST), ("intent", "command"), ("sentiment", "negative")]
)
def test_the_numbers_shown_sum_to_the_logit(panels, task, label):
    choices, words, table, _, _ = panels[0].show(TEXT, DEFAULT, task, label, "")
    *parts, logit = (float(number) for _, number in table["rows"])
    assert sum(parts) == pytest.approx(logit, abs=1e-4 * len(parts))
    assert choices["value"] == label
    assert [p["text"] for p in words["parts"]] == [name for name, _ in table["rows"][:-2]]
    for part in words["parts"]:
        assert part["kind"] == ("for" if float(part["title"].split(":")[0]) >= 0 else "against")


def test_a_label_of_another_task_gives_way_to_the_most_probable(panels):
    choices, words, *_ = panels[0].show(TEXT, DEFAULT, "sentiment", "command", "")
    assert choices["value"] == BEST and choices["choices"] == [BEST, "negative", "positive"]
    assert words["task"] == "sentiment"


def test_nothing_typed_is_no_error(panels):
    why, what_if, two = panels
    assert why.show("  ", DEFAULT, "intent", BEST, "")[1]["parts"] == []
    assert what_if.show("", DEFAULT, "an edit", "")["rows"] == []
    assert two.show("", DEFAULT, UNTRAINED, "")["rows"] == []


def test_what_the_encoder_did_not_read_is_told(panels):
    words = panels[0].show("word " * 400, DEFAULT, "intent", BEST, "")[1]
    assert re.match(r"\(not read: \d+ more characters\)", words["parts"][-1]["text"])


def test_leaving_out_lists_every_word_and_refuses_long_texts(panels):
    shown = panels[0].check("I love this.", DEFAULT, "sentiment", "positive", "")
    assert [row[0] for row in shown["rows"]] == ["I", "love", "this", "."]
    with pytest.raises(gr.Error, match="61 words: leave-one-out takes 60"):
        panels[0].check("word " * 61, DEFAULT, "sentiment", BEST, "")


def test_bars_are_the_layers_and_the_bias(models):
    shares = explain(models.get("", DEFAULT), TEXT).tasks["intent"].of(relative=True)
    bars = layer_attributions("intent", shares).data[0]
    assert list(bars.x) == ["0", "1", "2", "3", "4", "5", "6", "bias"]
    assert sum(bars.y) == pytest.approx(shares.logit, abs=1e-4)


def test_a_variant_with_another_label_is_marked(panels):
    shown = panels[1].show("You are coming along?", DEFAULT, "Come along.", "")
    rows = {row["name"]: row for row in shown["rows"]}
    assert rows["no final mark"]["text"] == "You are coming along"
    assert [a["kind"] for a in rows["as typed"]["answers"]] == ["", ""]
    assert rows["your edit"]["answers"][1]["kind"] == "changed"
    assert rows["your edit"]["answers"][1]["said"].startswith("command")


def test_a_second_model_is_marked_where_it_differs(panels):
    first, second = panels[2].show("Turn off the lights.", DEFAULT, UNTRAINED, "")["rows"]
    assert first["answers"][1]["said"].startswith("command") and not first["answers"][1]["kind"]
    for one, other in zip(first["answers"], second["answers"], strict=True):
        assert (one["said"].split()[0] != other["said"].split()[0]) == (other["kind"] == "differs")
