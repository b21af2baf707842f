"""Confusion matrices and the rows behind a cell."""

from dataclasses import replace

import gradio as gr
import pytest

from mtl.schema.results import EvaluatedRow, ValidationReport
from mtl.schema.tasks import task_colours
from mtl.ui.train.confusion_panel import ConfusionPanel, cell_rows, matrices
from mtl.ui.train.example import example
from tests.ui.many_tasks import EIGHT, report_of


@pytest.fixture(scope="module")
def report():
    return next(event for event in example().events if isinstance(event, ValidationReport))


def test_a_cell_holds_a_count_and_its_share_of_the_true_label(report):
    for matrix, task in zip(matrices(report), report.tasks.values(), strict=True):
        assert matrix["labels"] == task.scores.labels
        counts = tuple(tuple(cell["count"] for cell in row["cells"]) for row in matrix["rows"])
        assert counts == task.scores.confusion
        assert all(99 <= sum(cell["share"] for cell in row["cells"]) <= 101 for row in matrix["rows"])


def test_a_pressed_cell_shows_its_rows(report):
    text, table = cell_rows(report, "sentiment|0|1")
    count = report.tasks["sentiment"].scores.confusion[0][1]
    assert text == f"Sentiment: {count} rows of `negative` predicted as `positive`."
    assert len(table) == count
    assert set(table["label"]) == {"negative"} and set(table["predicted"]) == {"positive"}


def test_an_empty_cell_has_no_table_and_a_part_is_called_one(report):
    task = report.tasks["sentiment"]
    right = (EvaluatedRow(text="Good.", label="positive", predicted="positive", confidence=0.5),)
    changed = ValidationReport(tasks={"sentiment": replace(task, right=right, wrong=())})
    text, table = cell_rows(changed, "sentiment|1|1")
    assert text.endswith("below are the 1 with the least confidence.")
    assert len(table) == 1
    assert cell_rows(changed, "sentiment|0|1")[1].empty


def test_without_a_report_there_is_nothing(report):
    assert matrices(None) == []


def test_the_panel_fills_all_of_its_outputs(report):
    with gr.Blocks():
        panel = ConfusionPanel()
    for given, hint in ((report, "Press a number to see its rows."), (None, "")):
        values = panel.render(given)
        assert list(values) == panel.outputs
        assert hint in values.values()


def test_every_task_has_a_matrix_in_its_colour():
    shown = matrices(report_of())
    assert [matrix["colour"] for matrix in shown] == list(task_colours(EIGHT).values())
    assert [matrix["title"] for matrix in shown] == [f"{name.capitalize()}." for name in EIGHT]
    text, rows = cell_rows(report_of(), "r&d (internal)|0|1")
    assert text == "R&d (internal): 1 rows of `no` predicted as `yes`."
    assert rows["text"].tolist() == ["Where is my lamp?"]


def test_the_example_is_the_default_model_s_own_training():
    view = example()
    assert view.state == "finished" and view.model.name == "default_model"
    assert [event.best for event in view.events if hasattr(event, "best")][-1] is True
