"""A lesson: every change is a new one, can be undone, and says what is wrong where it cannot be made."""

import csv
import io
import json

import pytest

from mtl.teaching.lesson import HISTORY, MOST_ROWS, Lesson, Row


@pytest.fixture
def lesson():
    named = Lesson().add_labels("complaint, order\nspam: somebody sells what nobody asked for")
    return named.teach("It broke\nIt is late", "complaint").teach("Two chairs, please", "order")


def test_labels_come_by_lines_and_commas_with_descriptions(lesson):
    assert lesson.names == ("complaint", "order", "spam")
    assert lesson.labels[2].text == "spam: somebody sells what nobody asked for"
    assert lesson.labels[0].text == "complaint"
    (one,) = Lesson().add_labels("order: wants to buy, rent, or hire").labels
    assert one.description == "wants to buy, rent, or hire"


def test_rows_are_counted_and_found(lesson):
    assert lesson.counts == (2, 1, 0)
    assert lesson.label_of(" It  broke ") == "complaint"
    assert lesson.label_of("Never said") is None


def test_a_sentence_taught_again_moves(lesson):
    moved = lesson.teach("It broke", "spam")
    assert moved.counts == (1, 1, 1)
    assert moved.label_of("It broke") == "spam"


def test_equal_sentences_count_once():
    lesson = Lesson().add_labels("a, b").teach("The same\n" * 50_000, "a")
    assert lesson.rows == (Row(text="The same", label="a"),)


def test_a_label_can_be_renamed_merged_and_deleted(lesson):
    renamed = lesson.edit_label("complaint", "trouble", "something is wrong")
    assert renamed.names == ("trouble", "order", "spam")
    assert renamed.counts == lesson.counts
    assert renamed.labels[0].description == "something is wrong"
    assert lesson.merge("order", "complaint").counts == (3, 0)
    # The name of another label merges the two.
    assert lesson.edit_label("order", "complaint", "") == lesson.merge("order", "complaint")
    assert lesson.edit_label("order", "Order", "").names[1] == "Order"
    assert lesson.delete_label("complaint").counts == (1, 0)


def test_a_label_that_loses_its_last_row_stays(lesson):
    assert lesson.forget("Two chairs, please").counts == (2, 0, 0)


def test_every_change_can_be_undone(lesson):
    for change in (
        lambda one: one.add_labels("more"),
        lambda one: one.edit_label("order", "orders", "x"),
        lambda one: one.merge("order", "spam"),
        lambda one: one.delete_label("complaint"),
        lambda one: one.teach("New", "spam"),
        lambda one: one.forget("It broke"),
        lambda one: one.cleared(),
    ):
        changed = change(lesson)
        assert changed != lesson
        assert changed.undo() == lesson
    with pytest.raises(ValueError, match="nothing to undo"):
        Lesson().undo()


def test_the_past_is_bounded():
    lesson = Lesson().add_labels("a, b")
    for number in range(2 * HISTORY):
        lesson = lesson.teach(f"Sentence {number}", "a")
    assert len(lesson.past) == HISTORY
    assert all(before.past == () for before in lesson.past)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda one: one.add_labels(" , \n"), "no label yet"),
        (lambda one: one.add_labels("Order"), "There is a label Order already"),
        (lambda one: one.add_labels("x" * 61), "61 characters"),
        (lambda one: one.add_labels("a: " + "x" * 301), "301 characters"),
        (lambda one: one.add_labels("\n".join(map(str, range(200)))), "203 labels; the limit is 200"),
        (lambda one: one.edit_label("order", " ", ""), "needs a name"),
        (lambda one: one.edit_label("nothing", "a", ""), "no label 'nothing'"),
        (lambda one: one.merge("order", "order"), "merged with itself"),
        (lambda one: one.teach(" \n ", "order"), "no sentence yet"),
        (lambda one: one.teach("x", "nothing"), "no label 'nothing'"),
        (lambda one: one.forget("Never said"), "not here any more"),
        (lambda one: one.teach(map(str, range(MOST_ROWS)), "order"), "1,003 sentences"),
        (lambda one: one.teach("x" * 20_001, "order"), "20,001 characters"),
        (lambda one: one.teach((f"{n}" * 4_000 for n in range(100, 200)), "order"), "a lesson holds 400,000"),
    ],
)
def test_what_cannot_be_done_is_said(lesson, change, words):
    with pytest.raises(ValueError, match=words):
        change(lesson)


def test_what_the_browser_keeps_comes_back(lesson):
    kept = json.loads(json.dumps(lesson.to_dict()))
    assert Lesson.from_dict(kept) == lesson
    assert Lesson.from_dict(None) == Lesson()


@pytest.mark.parametrize(
    "kept",
    [
        [],
        "lesson",
        {},
        {"labels": [["a", ""]]},
        {"labels": [["a", "", 1]], "rows": []},
        {"labels": [["a", None]], "rows": []},
        {"labels": ["ab"], "rows": []},
        {"labels": [["a", ""], ["a", ""]], "rows": []},
        {"labels": [["a", ""]], "rows": [["x", 1]]},
        {"labels": [["a", ""]], "rows": [["x", -1]]},
        {"labels": [["a", ""]], "rows": [["x", True]]},
        {"labels": [["a", ""]], "rows": [["x", 0.0]]},
        {"labels": [["a", ""]], "rows": [["", 0]]},
        {"labels": [["a", ""]], "rows": [["x", 0], ["x", 0]]},
        {"labels": [[f"{n}", ""] for n in range(201)], "rows": []},
        {"labels": [["a", ""]], "rows": [[f"{n}", 0] for n in range(MOST_ROWS + 1)]},
    ],
)
def test_what_is_no_lesson_is_refused(kept):
    with pytest.raises(ValueError, match=r"."):
        Lesson.from_dict(kept)


def test_the_file_has_a_row_for_each_sentence_and_no_formula(lesson):
    text = lesson.teach("=SUM(A1)", "spam").to_csv()
    lines = list(csv.reader(io.StringIO(text)))
    assert lines[0] == ["text", "topic"]
    assert ["Two chairs, please", "order"] in lines
    assert lines[-1] == ["'=SUM(A1)", "spam"]
