"""Test files on the page."""

import pytest

from mtl.data.examination import load_rows
from mtl.ui.train.held_out_panel import describe_tests, rows_of_tests
from tests.conftest import SENTIMENT, frame


@pytest.fixture
def test_file(tmp_path):
    file = tmp_path / "test.csv"
    frame(positive=["a joy to use", "so kind"], negative=["it broke", ""]).to_csv(file, index=False)
    return file


def test_what_was_read_is_told(test_file):
    counts, *found = describe_tests({"sentiment": test_file})
    assert counts["title"] == "Sentiment test."
    assert counts["text"].startswith("3 rows: positive 2, negative 1")
    assert {message["kind"] for message in found} == {"note"}
    assert any("row 5" in message["text"] for message in found)
    assert describe_tests({}) == []


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path):
    bad = tmp_path / "bad.csv"
    bad.write_text("")
    assert [message["kind"] for message in describe_tests({"sentiment": bad})][-1] == "problem"


def test_test_rows_have_the_labels_of_the_rows_to_train_on(test_file):
    rows = [load_rows(SENTIMENT, "sentiment")]
    (test,) = rows_of_tests({"sentiment": test_file}, rows)
    assert test.task == rows[0].task
    assert len(test.texts) == 3


def test_a_task_of_any_name_has_test_rows(tmp_path):
    file = tmp_path / "topic.csv"
    file.write_text("text,topic\nWhere is my parcel,delivery\nThe bill is wrong,billing\n", "utf-8")
    counts, *_ = describe_tests({"topic": file})
    assert counts["title"] == "Topic test."
    rows = [load_rows(frame(delivery=["a late parcel", "a lost box"], billing=["a bill", "a fee"]), "topic")]
    (test,) = rows_of_tests({"topic": file}, rows)
    assert test.counts() == {"billing": 1, "delivery": 1}
