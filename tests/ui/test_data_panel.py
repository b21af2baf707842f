"""What the Train tab shows of a file, what it asks, and what becomes of the answers."""

from pathlib import Path

import gradio as gr
import pytest

from mtl.ui.train.data_panel import (
    BUNDLED_CHOICE,
    OWN,
    DataPanel,
    chosen_files,
    rows_of,
    shown_names,
    summary,
)
from mtl.ui.train.questions import NO_ANSWERS

NASTY = Path(__file__).parents[1] / "data" / "nasty"
BOXES = ("sentiment-text", "sentiment-label", "intent-text", "intent-label", "negative", "positive")


def _shown(sentiment=None, intent=None, answers=NO_ANSWERS):
    """Counts, rows of the table of issues, preview, and the questions by name."""
    files = [str(NASTY / name) if name else None for name in (sentiment, intent)]
    counts, issues, preview, *asked, _ = summary(OWN, *files, *answers)
    questions = {name: box for name, box in zip(BOXES, asked, strict=True) if box["visible"]}
    return counts, issues, preview, questions


def _rows(*inputs):
    return rows_of(*chosen_files(*inputs), start=None)


def test_files_are_named_as_in_the_project_s_folder():
    files, answered = chosen_files(BUNDLED_CHOICE, None, None)
    assert shown_names(BUNDLED_CHOICE, files) == {
        "sentiment": "data/sentiment.csv",
        "intent": "data/intent.csv",
    }
    assert set(answered) == set(files)
    files, _ = chosen_files(OWN, None, str(NASTY / "crlf.csv"))
    assert shown_names(OWN, files) == {"intent": "crlf.csv"}
    with pytest.raises(ValueError, match="no file yet: upload"):
        chosen_files(OWN, None, None)


def test_a_proper_file_is_counted_and_nothing_is_asked():
    counts, issues, preview, questions = _shown("crlf.csv")
    assert [message["text"] for message in counts] == ["4 rows: positive 2, negative 2"]
    assert issues["visible"] is False
    assert preview["text"].tolist()[0] == "The soup was lovely"
    assert questions == {}


def test_findings_are_rows_of_a_table_the_gravest_first():
    _, issues, _, _ = _shown("one_row_of_a_class.csv", "one_row_of_three_intents.csv")
    assert issues["visible"] is True
    rows = issues["value"]["rows"]
    assert [row[:3] for row in rows] == [
        ("sentiment", "cannot go on", "4"),
        ("intent", "fixed by itself", "6"),
    ]
    assert all(len(row) == len(issues["value"]["columns"]) for row in rows)
    assert rows[1][4] == "left out of training"


def test_an_open_column_is_asked_for_and_the_answer_is_used():
    counts, _, _, questions = _shown("two_text_columns.csv")
    assert counts[0]["kind"] == "problem"
    assert questions["sentiment-text"]["choices"] == ["review", "comment"]
    assert list(questions) == ["sentiment-text"]
    answers = ("comment", *NO_ANSWERS[1:])
    counts, _, preview, questions = _shown("two_text_columns.csv", answers=answers)
    assert [message["kind"] for message in counts] == ["note"]
    assert preview["text"].tolist()[0] == "The soup was lovely"
    assert questions["sentiment-text"]["value"] == "comment"  # still there, to change one's mind
    (rows,) = _rows(OWN, str(NASTY / "two_text_columns.csv"), None, *answers)
    assert rows.texts[0] == "The soup was lovely"


def test_a_guessed_column_can_be_corrected():
    _, _, _, questions = _shown(None, "no_header_labels_first.tsv")
    assert questions["intent-text"]["choices"] == ["column 1", "column 2"]
    assert questions["intent-text"]["value"] is None


def test_open_labels_are_asked_for_and_the_rest_is_left_out():
    _, _, _, questions = _shown("zero_one_two.csv")
    assert list(questions) == ["negative", "positive"]
    assert questions["negative"]["choices"] == ["0", "1", "2"]
    answers = (*NO_ANSWERS[:4], ["0"], ["2"])
    counts, issues, _, questions = _shown("zero_one_two.csv", answers=answers)
    assert counts[0]["text"] == "4 rows: negative 2, positive 2"
    assert questions["positive"]["value"] == ["2"]
    assert "'1' left out" in issues["value"]["rows"][0][4]
    (rows,) = _rows(OWN, str(NASTY / "zero_one_two.csv"), None, *answers)
    assert rows.counts() == {"negative": 2, "positive": 2}


def test_answers_that_belong_to_another_file_are_forgotten():
    answers = ("comment", "mood", None, None, ["9"], ["2"])
    counts, _, _, questions = _shown("crlf.csv", answers=answers)
    assert counts[0]["text"] == "4 rows: positive 2, negative 2"
    assert questions == {}
    _, _, _, questions = _shown("zero_one_two.csv", answers=answers)
    assert (questions["negative"]["value"], questions["positive"]["value"]) == ([], ["2"])


def test_a_file_that_leaves_something_open_cannot_be_trained_on():
    with pytest.raises(ValueError, match="zero_and_four.csv: .*unknown meaning.*probably 0 = negative"):
        _rows(OWN, str(NASTY / "zero_and_four.csv"), None, *NO_ANSWERS)


def test_one_file_may_hold_both_tasks():
    counts, _, _, _ = _shown(None, "joint_with_blanks.csv")
    assert [message["title"] for message in counts] == ["Sentiment.", "Intent."]


def test_bundled_sentences_have_no_table():
    counts, issues, _, *_ = summary(BUNDLED_CHOICE, None, None, *NO_ANSWERS)
    assert len(counts) == 2
    assert issues["visible"] is False


def test_the_panel_has_an_input_for_every_answer():
    with gr.Blocks():
        panel = DataPanel()
    assert len(panel.inputs) == 3 + len(NO_ANSWERS)
