"""Labels: their spellings, their ids, and which task a column asks for."""

import pytest

from mtl.schema.limits import limits
from mtl.schema.tasks import (
    INTENT_LABELS,
    INTENT_TASK,
    SENTIMENT_LABELS,
    SENTIMENT_TASK,
    Task,
    clean_label,
    clean_task_name,
    serving_tasks,
    task_colours,
    task_for,
    task_of,
)


@pytest.mark.parametrize("spelling", ["neg.", '"Negative"', "-1.0", "👎🏽", ":-(", "Very_Negative", "☹️"])
def test_further_spellings_of_negative(spelling):
    assert clean_label("sentiment", spelling) == "negative"


@pytest.mark.parametrize("spelling", ["pos.", "'positive'", "１", "👍", ":)", "very  positive", "po\u200bs"])
def test_further_spellings_of_positive(spelling):
    assert clean_label("sentiment", spelling) == "positive"


@pytest.mark.parametrize("spelling", ["negative", "Neg", "NEGATIVE", " - ", "0", "0.0", "-1", "false", "Bad"])
def test_spellings_of_negative(spelling):
    assert clean_label("sentiment", spelling) == "negative"


@pytest.mark.parametrize("spelling", ["positive", "Pos", "POSITIVE", " + ", "1", "1.0", "+1", "TRUE", "good"])
def test_spellings_of_positive(spelling):
    assert clean_label("sentiment", spelling) == "positive"


@pytest.mark.parametrize("cell", ["", "neutral", "2", "10", "1.05", "positively", "pos neg", "yes", "."])
def test_other_cells_mean_no_sentiment(cell):
    assert clean_label("sentiment", cell) is None


def test_a_known_intent_loses_its_case_and_spaces():
    assert clean_label("intent", "  Question ") == "question"


def test_another_intent_keeps_its_case():
    assert clean_label("intent", " BookFlight ") == "BookFlight"
    assert clean_label("intent", "  ") is None


def test_another_intent_loses_stray_spaces_and_what_cannot_be_seen():
    assert clean_label("intent", "Book\u200b \n Flight\x00") == "Book Flight"


def test_ids_are_those_of_the_report():
    assert [SENTIMENT_TASK.id_of(label) for label in ("negative", "positive")] == [0, 1]
    names = ("question", "statement", "command", "exclamation")
    assert [INTENT_TASK.id_of(label) for label in names] == [0, 1, 2, 3]


def test_an_unknown_label_has_no_id():
    with pytest.raises(ValueError, match="intent label 'greeting' is not one of question"):
        INTENT_TASK.id_of("greeting")


def test_sentiment_has_one_logit_and_intent_one_per_label():
    assert (SENTIMENT_TASK.binary, SENTIMENT_TASK.outputs) == (True, 1)
    assert (INTENT_TASK.binary, INTENT_TASK.outputs) == (False, 4)


def test_some_of_the_known_intents_keep_the_known_ids():
    assert task_for("intent", ["command", "question", "command"]) == INTENT_TASK


def test_other_intents_are_numbered_in_order():
    assert task_for("intent", ["weather", "alarm", "Music", "alarm"]).labels == ("Music", "alarm", "weather")


def test_a_foreign_label_beside_known_ones_makes_a_task_of_its_own():
    assert task_for("intent", ["question", "greeting"]).labels == ("greeting", "question")


def test_sentiment_needs_no_column_to_know_its_labels():
    assert task_for("sentiment", []).labels == SENTIMENT_LABELS


@pytest.mark.parametrize("labels", [("a",), ("a", "a"), (), tuple(map(str, range(limits().labels + 1)))])
def test_a_task_has_2_to_200_different_labels(labels):
    with pytest.raises(ValueError, match="intent needs 2 to 200 different labels"):
        Task("intent", labels)


def test_200_labels_are_fine():
    assert Task("intent", tuple(map(str, range(limits().labels)))).outputs == limits().labels


def test_any_name_can_be_a_task():
    assert task_for("topic", ["sport", "food"]) == Task("topic", ("food", "sport"))


@pytest.mark.parametrize(
    "name",
    ["", "  ", "text", "combined", "out_of_distribution", "topic_accuracy", "topic_confidence", "x" * 41],
)
def test_some_names_are_refused(name):
    with pytest.raises(ValueError, match="task"):
        clean_task_name(name)


@pytest.mark.parametrize(("raw", "clean"), [(" Topic ", "topic"), ("a/b.c", "a b c"), ("Ärger", "ärger")])
def test_a_column_s_name_becomes_a_task_s_name(raw, clean):
    assert clean_task_name(raw) == clean


def test_sentiment_is_binary_and_nothing_else():
    with pytest.raises(ValueError, match="sentiment has the labels"):
        task_of("sentiment", INTENT_LABELS)


def test_known_tasks_keep_their_colours_and_no_two_tasks_share_one():
    names = ["topic", "intent", "urgency", "sentiment", "product", "form", "team", "place"]
    colours = task_colours(names)
    assert colours["sentiment"] == task_colours(["sentiment"])["sentiment"]
    assert len(set(colours.values())) == 8


def test_a_task_may_serve_another():
    assert serving_tasks(["sentiment", "intent"]) == set()
    assert serving_tasks(["opinion", "intent"]) == set()  # a task of its own, where nothing needs it
    assert serving_tasks(["sentiment", "opinion", "topic"]) == {"opinion"}
