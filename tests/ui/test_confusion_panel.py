"""Confusion matrices and the rows behind a cell."""

from dataclasses import replace

import pytest

from mtl.schema.results import EvaluatedRow, ValidationReport
from mtl.ui.train.confusion_panel import cell_rows, render_confusion
from mtl.ui.train.example import example


@pytest.fixture(scope="module")
def verdict():
    return next(event for event in example().events if isinstance(event, ValidationReport))


def test_a_cell_holds_a_count_and_its_share_of_the_true_label(verdict):
    matrices, hint, _ = render_confusion(verdict)
    assert "Press" in hint
    for matrix, task in zip(matrices, verdict.tasks.values(), strict=True):
        assert matrix["labels"] == task.scores.labels
        counts = tuple(tuple(cell["count"] for cell in row["cells"]) for row in matrix["rows"])
        assert counts == task.scores.confusion
        assert all(99 <= sum(cell["share"] for cell in row["cells"]) <= 101 for row in matrix["rows"])


def test_a_pressed_cell_shows_its_rows(verdict):
    text, update = cell_rows(verdict, "sentiment|0|1")
    count = verdict.tasks["sentiment"].scores.confusion[0][1]
    assert text == f"Sentiment: {count} rows of `negative` called `positive`."
    table = update["value"]
    assert len(table) == count
    assert set(table["label"]) == {"negative"} and set(table["said"]) == {"positive"}


def test_an_empty_cell_has_no_table_and_a_part_is_called_one(verdict):
    task = verdict.tasks["sentiment"]
    right = (EvaluatedRow(text="Good.", label="positive", predicted="positive", confidence=0.5),)
    changed = ValidationReport(tasks={"sentiment": replace(task, right=right, wrong=())})
    text, update = cell_rows(changed, "sentiment|1|1")
    assert text.endswith("the 1 about which the model was least sure.")
    assert update["visible"] is True
    assert cell_rows(changed, "sentiment|0|1")[1]["visible"] is False


def test_without_a_verdict_there_is_nothing(verdict):
    assert render_confusion(None)[0] == []


def test_the_example_is_the_default_model_s_own_training():
    view = example()
    assert view.state == "finished" and view.model.name == "default_model"
    assert [event.best for event in view.events if hasattr(event, "best")][-1] is True
