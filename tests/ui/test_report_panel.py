"""What a model is worth, as values for the page."""

import gradio as gr

from mtl.schema.tasks import task_colours
from mtl.schema.words import gain, headline, notes
from mtl.ui.train.report_panel import ReportPanel, cards, label_scores, wrong_rows
from tests.ui.many_tasks import EIGHT, report_of


def test_every_task_has_a_card_in_its_colour():
    report = report_of()
    shown = cards(report)
    assert [card["colour"] for card in shown] == list(task_colours(EIGHT).values())
    for card, (name, task) in zip(shown, report.tasks.items(), strict=True):
        assert card["title"] == f"{name.capitalize()}: {task.scores.accuracy:.1%} right"
        assert card["source"] == headline(task)
        assert card["notes"] == notes(task)
        ours, *baselines = card["rows"]
        assert ours["percent"] == f"{task.scores.accuracy:.1%}"
        assert [row["gain"] for row in baselines] == [gain(b, task.scores.rows) for b in task.baselines]


def test_wrong_rows_and_labels_say_their_task():
    report = report_of()
    assert wrong_rows(report)["task"].tolist() == list(EIGHT)
    assert label_scores(report)["label"].tolist() == [label for labels in EIGHT.values() for label in labels]


def test_the_panel_fills_all_of_its_outputs_with_and_without_a_report():
    with gr.Blocks():
        panel = ReportPanel()
    assert list(panel.render(report_of())) == panel.outputs
    empty = list(panel.render(None).values())
    assert empty[0] == [] and empty[1].empty and empty[2].empty
