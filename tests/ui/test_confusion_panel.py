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


def test_a_pressed_cell_shows_its_rows_in_its_own_figure(report):
    sentiment, intent, *_ = matrices(report, "sentiment|0|1")
    count = report.tasks["sentiment"].scores.confusion[0][1]
    assert sentiment["open"]["words"] == f"{count} rows of “negative” predicted as “positive”."
    assert len(sentiment["open"]["rows"]) == count
    texts = {row.text for row in report.tasks["sentiment"].wrong if row.label == "negative"}
    assert {row["text"] for row in sentiment["open"]["rows"]} == texts
    assert "open" not in intent
    pressed = [cell["key"] for row in sentiment["rows"] for cell in row["cells"] if cell["pressed"] == "true"]
    assert pressed == ["sentiment|0|1"]


def test_a_part_is_called_one_and_an_empty_cell_has_no_rows(report):
    task = report.tasks["sentiment"]
    right = (EvaluatedRow(text="Good.", label="positive", predicted="positive", confidence=0.5),)
    changed = replace(task, right=right, wrong=())
    shown = cell_rows("sentiment", changed, "sentiment|1|1")
    assert shown["words"].endswith("; the 1 with the least confidence.")
    assert shown["rows"] == [{"text": "Good.", "confidence": "50%"}]
    assert cell_rows("sentiment", changed, "sentiment|0|1")["words"].endswith("; the run kept none of them.")


def test_without_a_report_there_is_nothing(report):
    assert matrices(None) == []


def test_the_panel_fills_all_of_its_outputs(report):
    with gr.Blocks():
        panel = ConfusionPanel()
    for given in (report, None):
        assert list(panel.render(given)) == panel.outputs


def test_every_task_has_a_matrix_in_its_colour():
    shown = matrices(report_of(), "r&d (internal)|0|1")
    assert [matrix["colour"] for matrix in shown] == list(task_colours(EIGHT).values())
    assert [matrix["title"] for matrix in shown] == [f"{name.capitalize()}." for name in EIGHT]
    assert all(m["note"].startswith("Rows: true label. Columns: predicted.") for m in shown)
    assert shown[-1]["open"]["words"] == "1 row of “no” predicted as “yes”."
    assert [row["text"] for row in shown[-1]["open"]["rows"]] == ["Where is my lamp?"]


def test_a_task_s_name_may_hold_the_sign_between_the_parts_of_a_key():
    report = report_of({"a|b": ("no", "yes")})
    (shown,) = matrices(report, "a|b|0|1")
    assert shown["open"]["words"] == "1 row of “no” predicted as “yes”."


def test_the_example_is_the_default_model_s_own_training():
    view = example()
    assert view.state == "finished" and view.model.name == "default_model"
    assert [event.best for event in view.events if hasattr(event, "best")][-1] is True
