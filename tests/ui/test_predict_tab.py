"""What the Predict tab's panels show, from the real models."""

import gc
import re
import weakref

import gradio as gr
import pytest

from mtl.analysis.explain import explain
from mtl.runs.store import Runs
from mtl.schema.tasks import task_colours
from mtl.ui.charts.predicting import layer_attributions
from mtl.ui.models import DEFAULT, UNTRAINED, Models
from mtl.ui.predict.answers import Answers
from mtl.ui.predict.cards import cards, waiting
from mtl.ui.predict.reasons import BEST
from mtl.ui.predict.source_report import before_and_after
from mtl.ui.predict.what_if import TwoModelsPanel, WhatIfPanel
from mtl.ui.predict.why import WhyPanel
from tests.ui.eight_tasks import EIGHT, eight_tasks_on

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
        answers = Answers(models)
        return WhyPanel(answers, *given), WhatIfPanel(answers, *given), TwoModelsPanel(answers, *given)


@pytest.fixture
def eight(models, monkeypatch):
    """The key of a model with eight tasks."""
    monkeypatch.setitem(models._always, "eight", eight_tasks_on(models.encoder))
    return "eight"


@pytest.mark.parametrize(
    ("task", "label"), [("intent", BEST), ("intent", "command"), ("sentiment", "negative")]
)
def test_the_numbers_shown_sum_to_the_logit(panels, task, label):
    why = panels[0]
    shown = why.show(TEXT, DEFAULT, task, label, "")
    words, table = shown[why.words], shown[why.table]
    *parts, logit = (float(number) for _, number in table["rows"])
    assert sum(parts) == pytest.approx(logit, abs=1e-4 * len(parts))
    assert shown[why.label]["value"] == label and shown[why.task]["value"] == task
    assert [p["text"] for p in words["parts"]] == [name for name, _ in table["rows"][:-2]]
    for part in words["parts"]:
        assert part["kind"] == ("for" if float(part["title"].split(":")[0]) >= 0 else "against")


def test_a_label_of_another_task_gives_way_to_the_most_probable(panels):
    why = panels[0]
    shown = why.show(TEXT, DEFAULT, "sentiment", "command", "")
    assert shown[why.label]["value"] == BEST
    assert shown[why.label]["choices"] == [BEST, "negative", "positive"]
    assert shown[why.words]["colour"] == task_colours(["sentiment"])["sentiment"]


def test_nothing_typed_is_no_error(panels):
    why, what_if, two = panels
    assert why.show("  ", DEFAULT, "intent", BEST, "")[why.words]["parts"] == []
    assert what_if.variants("", DEFAULT, "an edit", "")["rows"] == []
    assert two.both("", DEFAULT, UNTRAINED, "")["rows"] == []


def test_what_the_encoder_did_not_read_is_told(panels):
    words = panels[0].show("word " * 400, DEFAULT, "intent", BEST, "")[panels[0].words]
    assert re.match(r"\(not read: \d+ more characters\)", words["parts"][-1]["text"])


def test_leaving_out_lists_every_word_and_refuses_long_texts(panels):
    shown = panels[0].check("I love this.", DEFAULT, "sentiment", "positive", "")
    assert [row[0] for row in shown["rows"]] == ["I", "love", "this", "."]
    with pytest.raises(gr.Error, match="61 words: leave-one-out takes 60"):
        panels[0].check("word " * 61, DEFAULT, "sentiment", BEST, "")


def test_bars_are_the_layers_and_the_bias(models):
    part = explain(models.get("", DEFAULT), TEXT).tasks["intent"].of()
    bars = layer_attributions(part, "#d55e00").data[0]
    assert list(bars.x) == ["0", "1", "2", "3", "4", "5", "6", "bias"]
    assert sum(bars.y) == pytest.approx(part.logit, abs=1e-4)


def test_a_variant_with_another_label_is_marked(panels):
    shown = panels[1].variants("You are coming along?", DEFAULT, "Come along.", "")
    rows = {row["name"]: row for row in shown["rows"]}
    assert rows["no final mark"]["text"] == "You are coming along"
    assert [a["kind"] for a in rows["as typed"]["answers"]] == ["", ""]
    assert rows["your edit"]["answers"][1]["kind"] == "changed"
    assert rows["your edit"]["answers"][1]["predicted"].startswith("command")


def test_a_second_model_is_marked_where_it_differs(panels):
    first, second = panels[2].both("Turn off the lights.", DEFAULT, UNTRAINED, "")["rows"]
    assert first["answers"][1]["predicted"].startswith("command") and not first["answers"][1]["kind"]
    for one, other in zip(first["answers"], second["answers"], strict=True):
        assert (one["predicted"].split()[0] != other["predicted"].split()[0]) == (other["kind"] == "differs")


def test_one_pass_gives_the_answers_and_the_reasons(models, monkeypatch):
    passes = []
    states = type(models.encoder).states

    def counted(self, *given, **options):
        passes.append(given)
        return states(self, *given, **options)

    monkeypatch.setattr(type(models.encoder), "states", counted)
    answers = Answers(models)
    prediction, seconds = answers.prediction("", DEFAULT, TEXT)
    found = answers.explanation("", DEFAULT, TEXT)
    assert len(passes) == 1 and seconds > 0
    assert found.prediction is prediction
    assert answers.prediction("", DEFAULT, TEXT) == (prediction, seconds) and len(passes) == 1
    answers.prediction("", DEFAULT, TEXT + "!")
    answers.prediction("", UNTRAINED, TEXT)
    assert len(passes) == 3
    monkeypatch.undo()
    (whole,) = models.get("", DEFAULT).predict([TEXT])
    for name, task in whole.tasks.items():
        assert prediction.tasks[name].scores == pytest.approx(task.scores, abs=1e-5)


def test_a_head_without_a_scaling_predicts_but_has_no_reasons(models, monkeypatch):
    monkeypatch.setitem(models._always, "bare", eight_tasks_on(models.encoder, head_input="layers"))
    answers = Answers(models)
    prediction, _ = answers.prediction("", "bare", TEXT)
    assert list(prediction.tasks) == list(EIGHT)
    with pytest.raises(ValueError, match="train the model first"):
        answers.explanation("", "bare", TEXT)


def test_kept_answers_keep_no_model_alive(models, monkeypatch):
    model = models.get("", DEFAULT).fork()
    monkeypatch.setitem(models._always, "gone", model)
    answers = Answers(models)
    answers.prediction("", "gone", TEXT)
    alive = weakref.ref(model)
    monkeypatch.undo()
    del model
    gc.collect()
    assert alive() is None


def test_every_task_of_a_model_has_a_card_in_its_colour(models, eight):
    model = models.get("", eight)
    (prediction,) = model.predict([TEXT])
    made = cards(prediction, 0.01)
    assert [card["title"] for card in made] == [name.capitalize() for name in EIGHT]
    assert {card["title"].lower(): card["colour"] for card in made} == task_colours(EIGHT)
    assert len({card["colour"] for card in made}) == 8
    for card, (name, labels) in zip(made, EIGHT.items(), strict=True):
        assert [row["label"] for row in card["rows"]][:2] == list(labels)[:2] or len(labels) > 8
        assert [row["label"] for row in card["rows"] if row["kind"] == "top"] == [
            prediction.tasks[name].label
        ]
    assert [card["title"] for card in waiting(model.tasks)] == [card["title"] for card in made]


def test_only_the_card_of_many_labels_says_that_it_shows_a_part(models, eight):
    made = {card["title"]: card for card in cards(models.get("", eight).predict([TEXT])[0], 0.01)}
    assert len(made["Country"]["rows"]) == 8
    assert [title for title, card in made.items() if "8 most probable of 12" in card["note"]] == ["Country"]


def test_reasons_offer_the_tasks_of_the_chosen_model(panels, eight):
    why = panels[0]
    shown = why.show(TEXT, eight, "intent", BEST, "")
    assert [name for _, name in shown[why.task]["choices"]] == list(EIGHT)
    assert shown[why.task]["value"] == "intent"
    # A task that this model does not have gives way to one that it has.
    back = why.show(TEXT, DEFAULT, "urgency", "high", "")
    assert [name for _, name in back[why.task]["choices"]] == ["sentiment", "intent"]
    assert back[why.task]["value"] == "intent" and back[why.label]["value"] == BEST
    urgent = why.show(TEXT, eight, "urgency", "high", "")
    assert urgent[why.label]["value"] == "high"
    assert urgent[why.words]["colour"] == task_colours(EIGHT)["urgency"]
    assert urgent[why.layers].data[0].marker.color == task_colours(EIGHT)["urgency"]
    dropped = why.check("I love it.", eight, "urgency", "high", "")
    assert len(dropped["rows"]) == 4 and "high's own logit" in dropped["columns"][1]


def test_variants_and_two_models_have_a_column_per_task(panels, eight):
    _, what_if, two = panels
    shown = what_if.variants(TEXT, eight, "Close it.", "")
    assert shown["columns"][2:] == [name.capitalize() for name in EIGHT]
    assert all(len(row["answers"]) == 8 for row in shown["rows"])
    both = two.both(TEXT, DEFAULT, eight, "")
    assert both["columns"][1:] == [name.capitalize() for name in EIGHT]
    ours, theirs = both["rows"]
    assert ours["answers"][2]["predicted"] == "has no such head"
    assert theirs["answers"][2]["kind"] == "differs"


def test_the_source_report_stands_beside_both_models(models):
    table = before_and_after(models)
    assert len(table["rows"]) == 6
    assert table["rows"][4][:3] == ("Turn off the lights.", "intent", "statement")
    assert table["rows"][4][4].startswith("command")
