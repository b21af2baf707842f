"""What a model is worth, as values for the page."""

from dataclasses import replace

import gradio as gr
import pytest

from mtl.evaluation.report import MAJORITY, WORDS_ALONE
from mtl.schema.results import Baseline, Interval
from mtl.schema.tasks import task_colours
from mtl.schema.words import gain, headline, source
from mtl.ui.train.report_panel import (
    ReportPanel,
    cards,
    full_report,
    gain_words,
    label_scores,
    range_words,
    right_words,
    wrong_rows,
)
from tests.ui.many_tasks import EIGHT, report_of


@pytest.fixture
def task():
    return report_of().tasks["sentiment"]


def _scores(task, rows, right):
    return replace(task.scores, rows=rows, accuracy=right / rows)


def test_every_task_has_a_card_in_its_colour():
    report = report_of()
    shown = cards(report)
    assert [card["colour"] for card in shown] == list(task_colours(EIGHT).values())
    for card, (name, task) in zip(shown, report.tasks.items(), strict=True):
        assert card["task"] == name.capitalize()
        assert card["right"] == right_words(task.scores)
        assert card["source"] == f"On {source(task)}."
        ours, *baselines = card["rows"]
        assert ours["percent"] == f"{task.scores.accuracy:.0%}"
        assert (ours["low"], ours["width"]) == ("70.0", "25.0")
        assert [row["at"] for row in baselines] == ["40.0"]
        assert all(
            gain(b, task.scores.rows) in row["title"]
            for b, row in zip(task.baselines, baselines, strict=True)
        )


def test_a_share_of_a_hundred_is_told_only_of_a_hundred_rows(task):
    assert right_words(_scores(task, 637, 547)) == "86 of 100 right"
    assert right_words(_scores(task, 13, 12)) == "12 of 13 right"
    assert right_words(_scores(task, 100, 100)) == "100 of 100 right"
    interval = Interval(low=0.834, high=0.886)
    assert range_words(interval, 637) == "(83 to 89)"
    assert range_words(interval, 13) == "(83% to 89%)"


def test_almost_all_is_not_all_and_almost_nothing_is_not_nothing(task):
    assert right_words(_scores(task, 1000, 999)) == "More than 99 of 100 right"
    assert right_words(_scores(task, 1000, 1)) == "Fewer than 1 of 100 right"
    almost = replace(report_of(), tasks={"sentiment": replace(task, scores=_scores(task, 1000, 999))})
    assert cards(almost)[0]["rows"][0]["percent"] == "> 99%"


def _against(task, gained, low, high, name=WORDS_ALONE):
    words = Baseline(
        name=name, accuracy=0.5, macro_f1=0.5, gain=gained, gain_interval=Interval(low=low, high=high)
    )
    return replace(task, baselines=(*task.baselines, words))


def test_the_gain_is_told_in_points_and_with_its_doubt(task):
    assert gain_words(_against(task, 0.16, 0.1, 0.2)) == "16 points better than counting words."
    assert gain_words(_against(task, -0.01, -0.02, -0.005)) == "1 point worse than counting words."
    assert gain_words(_against(task, 0.001, -0.1, 0.1)) == "As good as counting words."
    doubtful = gain_words(_against(task, 0.16, -0.1, 0.3))
    assert doubtful == "16 points better than counting words, but 20 rows are too few to be sure."
    assert gain_words(replace(task, baselines=())) == ""


def test_the_majority_is_called_by_its_label_where_there_is_only_one(task):
    few, many = task.by_label[0], replace(task.by_label[1], rows=15)
    by_label = (few, many)
    always = Baseline(
        name=MAJORITY, accuracy=0.75, macro_f1=0.4, gain=0.1, gain_interval=Interval(low=0, high=0.2)
    )
    shown = cards(replace(report_of(), tasks={"a": replace(task, by_label=by_label, baselines=(always,))}))
    assert shown[0]["rows"][1]["name"] == "always “positive”"
    tie = replace(task, baselines=(replace(always, accuracy=0.5),))
    assert cards(replace(report_of(), tasks={"a": tie}))[0]["rows"][1]["name"] == "always the same label"


def test_the_full_report_has_the_headline_the_gains_and_the_notes():
    report = report_of()
    for shown, (name, task) in zip(full_report(report), report.tasks.items(), strict=True):
        assert shown["title"] == name.capitalize()
        assert shown["headline"] == headline(task)
        assert [row["gain"] for row in shown["rows"]] == [gain(b, task.scores.rows) for b in task.baselines]
        assert any(
            note.startswith("Confidence is off by 4.0 points on average") for note in shown["notes"]
        ), shown["notes"]


def test_wrong_rows_and_labels_say_their_task():
    report = report_of()
    wrong = wrong_rows(report)
    assert [row["task"] for row in wrong["rows"]] == [name.capitalize() for name in EIGHT]
    assert wrong["words"] == "(8), the most confident first: true label → predicted"
    assert label_scores(report)["label"].tolist() == [label for labels in EIGHT.values() for label in labels]


def test_the_most_confident_mistake_comes_first_whatever_its_task():
    report = report_of()
    tasks = dict(report.tasks)
    row = replace(tasks["urgency"].wrong[0], confidence=0.999)
    tasks["urgency"] = replace(tasks["urgency"], wrong=(row,))
    first = wrong_rows(replace(report, tasks=tasks))["rows"][0]
    assert (first["task"], first["confidence"]) == ("Urgency", "> 99%")


def test_the_panel_fills_all_of_its_outputs_with_and_without_a_report():
    with gr.Blocks():
        panel = ReportPanel()
        panel.wrong_rows()
        panel.full_report()
    assert list(panel.render(report_of())) == panel.outputs
    values = list(panel.render(None).values())
    assert values[0] == [] and values[1]["rows"] == [] and values[2] == [] and values[3].empty
