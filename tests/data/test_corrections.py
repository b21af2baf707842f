"""Corrected rows train, and neither they nor anything like them judges."""

import numpy as np
import pandas as pd
import pytest

from mtl.data.corrections import corrections_table
from mtl.data.sources import corrected_rows, labelled_rows, parts_for, unread_corrections
from mtl.schema.config import TrainConfig
from tests.conftest import INTENT, SENTIMENT

CONFIG = TrainConfig(augmentation="off")


@pytest.fixture(scope="module")
def rows():
    return labelled_rows({"sentiment": SENTIMENT, "intent": INTENT})


@pytest.fixture(scope="module")
def plain(rows):
    return parts_for(rows, CONFIG)


def _table(**columns):
    return pd.DataFrame({"sentiment": "", "intent": "", **columns})


def _texts(parts, name, side):
    return [parts.texts[row] for row in getattr(parts.tasks[name], side).rows]


def test_a_new_text_trains_for_the_tasks_it_has_labels_for(rows, plain):
    table = _table(
        text=["An odd new sentence", "Fetch it"], sentiment=["negative", ""], intent=["", "command"]
    )
    parts = parts_for(rows, CONFIG, corrected_rows(table, rows))
    assert parts.corrections == 2
    assert _texts(parts, "sentiment", "train")[-1] == "An odd new sentence"
    assert parts.tasks["sentiment"].train.labels[-1] == 0
    assert _texts(parts, "intent", "train")[-1] == "Fetch it"
    assert "Fetch it" not in _texts(parts, "sentiment", "train")
    for name in parts.tasks:
        assert np.array_equal(parts.tasks[name].validation.rows, plain.tasks[name].validation.rows)


def test_a_corrected_validation_row_trains_and_judges_no_more(rows, plain):
    text = _texts(plain, "sentiment", "validation")[0]
    label = "negative" if plain.tasks["sentiment"].validation.labels[0] else "positive"
    table = _table(text=[text.upper()], sentiment=[label])  # a near-duplicate is enough
    parts = parts_for(rows, CONFIG, corrected_rows(table, rows))
    assert text not in _texts(parts, "sentiment", "validation")
    assert _texts(parts, "sentiment", "train").count(text.upper()) == 1
    assert text in _texts(plain, "sentiment", "validation")  # the split that was given is as it was


def test_a_corrected_training_row_has_one_label(rows, plain):
    text = _texts(plain, "sentiment", "train")[0]
    label = "negative" if plain.tasks["sentiment"].train.labels[0] else "positive"
    parts = parts_for(rows, CONFIG, corrected_rows(_table(text=[text], sentiment=[label]), rows))
    (place,) = [i for i, other in enumerate(_texts(parts, "sentiment", "train")) if other == text]
    assert parts.tasks["sentiment"].train.labels[place] == (label == "positive")


def test_corrections_that_cannot_be_used_say_why(rows, plain):
    with pytest.raises(ValueError, match="no corrections of sentiment or intent"):
        corrected_rows(_table(text=["Nothing said"]), rows)
    with pytest.raises(ValueError, match="'shouted'"):
        corrected_rows(_table(text=["Hey"], intent=["shouted"]), rows)
    validation = _texts(plain, "sentiment", "validation")
    all_of_them = corrected_rows(_table(text=validation, sentiment="positive"), rows)
    with pytest.raises(ValueError, match="repeat all sentiment validation rows"):
        parts_for(rows, CONFIG, all_of_them)
    with pytest.raises(ValueError, match="no sentiment rows to train on"):
        parts_for(rows[1:], CONFIG, corrected_rows(_table(text=["New"], sentiment=["positive"]), rows))


def test_a_file_of_corrections_does_as_well(rows, tmp_path):
    file = tmp_path / "corrections.csv"
    file.write_text("text,sentiment,intent\nAn odd new sentence,negative,\nFetch it,,command\n", "utf-8")
    assert [row.texts for row in corrected_rows(file, rows)] == [("An odd new sentence",), ("Fetch it",)]


def test_the_column_of_texts_may_have_another_name_and_has_to_be_there(rows, tmp_path):
    file = tmp_path / "corrections.csv"
    file.write_text("Sentence,Intent\nFetch it,command\n", "utf-8")
    assert [row.texts for row in corrected_rows(file, rows)] == [("Fetch it",)]
    file.write_text("who,intent\nme,command\n", "utf-8")
    with pytest.raises(ValueError, match="corrections.csv has no column of texts .its columns: who, intent"):
        corrected_rows(file, rows)


def test_corrections_of_tasks_that_are_not_trained_are_named(rows):
    table = _table(text=["Fetch it", "Stop"], intent=["command", ""], topic=["", "dogs"])
    assert [row.texts for row in corrected_rows(table, rows)] == [("Fetch it",)]
    assert unread_corrections(table, rows) == ("topic",)
    with pytest.raises(ValueError, match="no corrections of sentiment, only of intent and topic"):
        corrected_rows(table, rows[:1])


def test_tasks_of_any_name_can_be_corrected():
    rows = labelled_rows({"topic": INTENT.assign(label=["cats", "dogs"] * 24)})
    table = pd.DataFrame({"text": ["Fetch it"], "topic": ["dogs"]})
    parts = parts_for(rows, CONFIG, corrected_rows(table, rows))
    assert _texts(parts, "topic", "train")[-1] == "Fetch it"


def test_the_file_of_corrections_says_the_same(rows, tmp_path):
    table = _table(
        text=["=An odd one", 'Fetch, it\u00a0"now"', "Well"],
        sentiment=["negative", "", "positive"],
        intent=["", "command", "exclamation"],
    )
    given, file = corrected_rows(table, rows), tmp_path / "corrections.csv"
    corrections_table(given).to_csv(file, index=False)
    assert "'=An odd one,negative," in file.read_text("utf-8")
    for before, after in zip(given, corrected_rows(file, rows), strict=True):
        told = [dict(zip(rows.texts, rows.labels, strict=True)) for rows in (before, after)]
        assert before.task == after.task and told[0] == told[1]
    assert list(corrections_table(given[1:]).columns) == ["text", "intent"]
