"""Test files on the page."""

import pytest

from mtl.data.examination import load_rows
from mtl.ui.train.test_panel import describe_tests, rows_of_tests
from tests.conftest import SENTIMENT, frame


@pytest.fixture
def test_file(tmp_path):
    file = tmp_path / "test.csv"
    frame(positive=["a joy to use", "so kind"], negative=["it broke", ""]).to_csv(file, index=False)
    return str(file)


def test_what_was_read_is_told(test_file):
    counts, *found = describe_tests(test_file, None)
    assert counts["title"] == "Sentiment test."
    assert counts["text"].startswith("3 rows: positive 2, negative 1")
    assert {message["kind"] for message in found} == {"note"}
    assert any("row 5" in message["text"] for message in found)
    assert describe_tests(None, None) == []


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path):
    bad = tmp_path / "bad.csv"
    bad.write_text("")
    assert [message["kind"] for message in describe_tests(str(bad), None)][-1] == "problem"


def test_test_rows_have_the_labels_of_the_rows_to_train_on(test_file):
    rows = [load_rows(SENTIMENT, "sentiment")]
    (test,) = rows_of_tests([test_file, None], rows)
    assert test.task == rows[0].task
    assert len(test.texts) == 3
