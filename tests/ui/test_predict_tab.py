"""What the Predict tab's panels show, from the real models."""

import gc
import re
import weakref
from dataclasses import replace

import gradio as gr
import pytest

from mtl.analysis.explain import explain
from mtl.model.encoder import Tokens
from mtl.runs.store import Runs
from mtl.schema.results import TaskPrediction
from mtl.schema.tasks import task_colours
from mtl.ui.charts.predicting import layer_attributions
from mtl.ui.models import DEFAULT, UNTRAINED, Models
from mtl.ui.predict.answers import Answers
from mtl.ui.predict.cards import cards, waiting
from mtl.ui.predict.confidence import percent
from mtl.ui.predict.marks import marks
from mtl.ui.predict.reasons import BEST
from mtl.ui.predict.surprises import SURPRISES
from mtl.ui.predict.what_if import TwoModelsPanel, WhatIfPanel, _distinct
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
    assert {a["kind"] for a in rows["as typed"]["answers"]} == {""}
    assert rows["your edit"]["answers"][1]["kind"] == "changed"
    assert rows["your edit"]["answers"][1]["predicted"].startswith("command")


def test_a_variant_that_the_encoder_reads_alike_is_left_out(panels):
    def variants(text, edit=""):
        return [row["name"] for row in panels[1].variants(text, DEFAULT, edit, "")["rows"]]

    # The encoder is uncased, and a sentence without a final mark is its own variant.
    assert variants("You are coming ALONG?") == ["as typed", "no final mark"]
    assert variants("You are coming along") == ["as typed"]
    assert variants("You are coming along", "Come.") == ["as typed", "your edit"]
    cased = type("Cased", (), {"tokenize": lambda self, texts: Tokens(tuple(map(tuple, texts)), ())})
    assert list(_distinct(cased(), "So?", {"a": "So", "b": "so?", "c": "so"})) == ["a", "b", "c"]


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
    answer = answers.answer("", DEFAULT, TEXT)
    prediction = answer.prediction
    found = answers.explanation("", DEFAULT, TEXT)
    assert len(passes) == 1 and answer.seconds > 0
    assert found.prediction is prediction
    assert answers.answer("", DEFAULT, TEXT) is answer and len(passes) == 1
    answers.answer("", DEFAULT, TEXT + "!")
    answers.answer("", UNTRAINED, TEXT)
    assert len(passes) == 3
    monkeypatch.undo()
    (whole,) = models.get("", DEFAULT).predict([TEXT])
    for name, task in whole.tasks.items():
        assert prediction.tasks[name].scores == pytest.approx(task.scores, abs=1e-5)


def test_a_head_without_a_scaling_predicts_but_has_no_reasons(models, monkeypatch):
    monkeypatch.setitem(models._always, "bare", eight_tasks_on(models.encoder, head_input="layers"))
    answers = Answers(models)
    answer = answers.answer("", "bare", TEXT)
    assert list(answer.prediction.tasks) == list(EIGHT) and answer.explanation is None
    assert len(cards(answer)["cards"]) == 8
    assert all(mark["kind"] == "" and mark["lines"] == [] for mark in marks(TEXT, answer)["marks"])
    with pytest.raises(ValueError, match="train the model first"):
        answers.explanation("", "bare", TEXT)


def test_kept_answers_keep_no_model_alive(models, monkeypatch):
    model = models.get("", DEFAULT).fork()
    monkeypatch.setitem(models._always, "gone", model)
    answers = Answers(models)
    answers.answer("", "gone", TEXT)
    alive = weakref.ref(model)
    monkeypatch.undo()
    del model
    gc.collect()
    assert alive() is None


def test_every_task_of_a_model_has_a_card_in_its_colour(models, eight):
    answer = Answers(models).answer("", eight, TEXT)
    made = cards(answer)["cards"]
    assert [card["title"] for card in made] == [name.capitalize() for name in EIGHT]
    assert {card["title"].lower(): card["colour"] for card in made} == task_colours(EIGHT)
    assert len({card["colour"] for card in made}) == 8
    for card, name in zip(made, EIGHT, strict=True):
        assert [row["label"] for row in card["rows"] if row["kind"] == "top"] == [
            answer.prediction.tasks[name].label
        ]
    empty = waiting(models.get("", eight).tasks)["cards"]
    assert [card["title"] for card in empty] == [card["title"] for card in made]


def test_a_card_shows_the_most_probable_of_many_labels(models, eight):
    answer = Answers(models).answer("", eight, TEXT)
    made = {card["title"]: card for card in cards(answer)["cards"]}
    scores = answer.prediction.tasks["country"].scores
    shown = [row["label"] for row in made["Country"]["rows"]]
    assert set(shown) == set(sorted(scores, key=scores.get)[-4:])
    assert shown == [label for label in scores if label in shown]  # in the labels' order: no bar jumps about
    # A narrow screen leaves out all but the two most probable.
    kinds = [row["kind"] for row in made["Country"]["rows"]]
    assert sorted(kinds) == ["", "further", "further", "top"]


@pytest.mark.parametrize(
    ("probability", "shown"),
    [(1.0, "> 99%"), (0.991, "> 99%"), (0.99, "99%"), (0.5, "50%"), (0.0099, "< 1%")],
)
def test_nothing_is_certain(probability, shown):
    assert percent(probability) == shown


def test_reasons_offer_the_tasks_of_the_chosen_model(panels, eight):
    why = panels[0]
    shown = why.show(TEXT, eight, "intent", BEST, "")
    assert [name for _, name in shown[why.task]["choices"]] == list(EIGHT)
    assert shown[why.task]["value"] == "intent"
    # A task that this model does not have gives way to one that it has.
    back = why.show(TEXT, DEFAULT, "urgency", "high", "")
    assert [name for _, name in back[why.task]["choices"]] == ["sentiment", "intent", "opinion"]
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
    assert both["columns"][1:] == [
        name.capitalize() for name in dict.fromkeys(["sentiment", "intent", "opinion", *EIGHT])
    ]
    at = both["columns"].index("Topic") - 1
    ours, theirs = both["rows"]
    assert ours["answers"][at]["predicted"] == "has no such head"
    assert theirs["answers"][at]["kind"] == "differs"


def _answer_of(models, text, key=DEFAULT):
    return Answers(models).answer("", key, text)


def test_words_are_marked_with_the_task_that_they_matter_most_for(models):
    text = "Great screen, but could you tell me why it keeps turning off?"
    answer = _answer_of(models, text)
    found = {text[mark["start"] : mark["end"]]: mark for mark in marks(text, answer)["marks"]}
    colours = task_colours(["sentiment", "intent"])
    assert (found["Great"]["kind"], found["Great"]["colour"]) == ("against", colours["sentiment"])
    assert (found["could"]["kind"], found["could"]["colour"]) == ("for", colours["intent"])
    assert found["screen"]["kind"] == ""
    own = answer.explanation.tasks["intent"].of().words[4]
    assert found["could"]["lines"][1]["text"] == f"Intent: {own.total:+.2f} for question"
    # As strong as what it adds beside the task's strongest word.
    tints = [mark["tint"] for mark in found.values()]
    assert max(tints) == 38 and min(tints) < 8


def test_a_word_that_cannot_be_read_is_marked_and_told(models):
    text = "My new phone is 👎 and slow"
    answer = _answer_of(models, text)
    unread = [mark for mark in marks(text, answer)["marks"] if mark["kind"] == "unread"]
    assert [text[mark["start"] : mark["end"]] for mark in unread] == ["👎"]
    assert "cannot be read" in unread[0]["lines"][0]["text"].lower()
    assert cards(answer)["notes"] == ["Cannot be read: 👎"]
    assert [card["kind"] for card in cards(answer)["cards"]] == ["", ""]


def test_a_text_of_which_nothing_can_be_read_gets_no_answer(models):
    answer = _answer_of(models, "👎👎")
    made = cards(answer)
    assert [card["answer"] for card in made["cards"]] == ["Nothing here can be read"] * 2
    assert all(card["rows"] == [] and "grey" in card["kind"] for card in made["cards"])
    assert made["notes"][0] == "The model knows no word of this text."


def test_a_text_unlike_english_is_grey_and_told_calmly(models):
    text = "Der Zug nach Hamburg hat heute Verspätung"
    answer = _answer_of(models, text)
    made = cards(answer)
    assert all(card["kind"].startswith("grey") for card in made["cards"])
    assert made["notes"] == ["Looks unlike English text: the answers may mean nothing."]
    assert all(mark["kind"] == "" for mark in marks(text, answer)["marks"])


def test_a_long_text_has_no_marks(models):
    text = "It was good. " * 200
    assert marks(text, _answer_of(models, text)) == {"text": text, "marks": []}
    assert marks("  ", None)["marks"] == []


def _with_opinion(models, label):
    """An answer of the default model, as if a further head had answered whether there is an opinion."""
    answer = _answer_of(models, "The meeting is at 3 pm.")
    scores = {"opinion": 0.07, "no opinion": 0.93}
    if label == "opinion":
        scores = {"opinion": 0.93, "no opinion": 0.07}
    tasks = {**answer.prediction.tasks, "opinion": TaskPrediction(label=label, scores=scores)}
    return replace(answer, prediction=replace(answer.prediction, tasks=tasks))


def test_an_answer_without_what_it_needs_is_grey_and_says_why(models):
    answer = _with_opinion(models, "no opinion")
    sentiment, intent = cards(answer)["cards"]  # the serving head has no card of its own
    assert (sentiment["answer"], sentiment["about"]) == ("No clear feeling", "no opinion 93%")
    assert "grey" in sentiment["kind"] and len(sentiment["rows"]) == 2 and sentiment["confidence"] == ""
    assert (intent["answer"], intent["kind"]) == ("statement", "")
    lines = [line["text"] for mark in marks(answer.reading.text, answer)["marks"] for line in mark["lines"]]
    assert lines and all(line.startswith("Intent") for line in lines)


def test_an_answer_with_what_it_needs_is_shown_as_ever(models):
    sentiment, _ = cards(_with_opinion(models, "opinion"))["cards"]
    assert sentiment["answer"] in ("negative", "positive") and "told" not in sentiment["kind"]


def test_the_surprises_show_what_their_lines_say(models):
    said = {one.title: _answer_of(models, one.sentence) for one in SURPRISES}
    labels = {
        title: (answer.prediction.tasks["sentiment"], answer.prediction.tasks["intent"])
        for title, answer in said.items()
    }
    assert labels["No question mark"][1].label == "question"
    assert labels["Not bad at all"][0].label == "positive" and labels["Not bad at all"][0].sure
    assert labels["Sarcasm"][0].label == "positive" and labels["Sarcasm"][0].sure
    assert labels["Two feelings"][0].label == "negative"
    assert labels["A plain fact"][1].label == "statement"
    assert labels["An emoji"][0].label == "positive"
    assert [word.text for word in said["An emoji"].reading.unreadable] == ["👎"]
    lovely = {
        word.text: word.total for word in said["Two feelings"].explanation.tasks["sentiment"].of().words
    }
    assert lovely["lovely"] < 0 < lovely["filthy"]
    asked = said["No question mark"].explanation.tasks["intent"].of().words
    assert {word.text for word in sorted(asked, key=lambda word: -word.total)[:2]} == {"could", "you"}
    assert not any(answer.prediction.out_of_distribution for answer in said.values())
