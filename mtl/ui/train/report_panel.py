"""What a run's model is worth: a card per task, scores per label, and the rows that it got wrong."""

from typing import Any, Final

import gradio as gr
import pandas as pd

from mtl.schema.results import Baseline, LabelScores, TaskReport, ValidationReport
from mtl.schema.tasks import task_colours
from mtl.schema.words import gain, headline, notes
from mtl.ui.templates import REPORT, REPORT_CSS

_LABEL_COLUMNS: Final = ["task", "label", "rows", "precision", "recall", "F1"]
_WRONG_COLUMNS: Final = ["task", "text", "label", "predicted", "confidence"]


class ReportPanel:
    """Cards, wrong rows and scores of every label; `render` fills `outputs`."""

    def __init__(self) -> None:
        self._cards = gr.HTML([], html_template=REPORT, css_template=REPORT_CSS, elem_id="run-report")
        with gr.Accordion("Rows it got wrong, the most confident first", open=False):
            self._wrong = gr.Dataframe(
                pd.DataFrame(columns=_WRONG_COLUMNS),
                show_label=False,
                interactive=False,
                wrap=True,
                max_height=420,
                column_widths=["13%", "42%", "15%", "15%", "15%"],
                elem_id="wrong-rows",
            )
        with gr.Accordion("Scores of every label", open=False):
            self._labels = gr.Dataframe(
                pd.DataFrame(columns=_LABEL_COLUMNS),
                show_label=False,
                interactive=False,
                max_height=420,
                elem_id="label-scores",
            )
        self.outputs = [self._cards, self._wrong, self._labels]

    def render(self, report: ValidationReport | None) -> dict[Any, Any]:
        """Values for `outputs`, by component."""
        return {
            self._cards: cards(report),
            self._wrong: wrong_rows(report),
            self._labels: label_scores(report),
        }


def cards(report: ValidationReport | None) -> list[dict[str, Any]]:
    """A card for each task, as the template wants it."""
    tasks = report.tasks if report else {}
    colours = task_colours(tasks)
    return [{"colour": colours[name], **_card(name, task)} for name, task in tasks.items()]


def wrong_rows(report: ValidationReport | None) -> pd.DataFrame:
    """Rows with another label than the predicted one, task by task."""
    rows = [
        (name, row.text, row.label, row.predicted, f"{row.confidence:.0%}")
        for name, task in (report.tasks if report else {}).items()
        for row in task.wrong
    ]
    return pd.DataFrame(rows, columns=_WRONG_COLUMNS)


def label_scores(report: ValidationReport | None) -> pd.DataFrame:
    """Precision, recall and F1 of every label, task by task."""
    rows = [
        _label_row(name, label)
        for name, task in (report.tasks if report else {}).items()
        for label in task.by_label
    ]
    return pd.DataFrame(rows, columns=_LABEL_COLUMNS)


def _card(name: str, report: TaskReport) -> dict[str, Any]:
    scores, interval = report.scores, report.accuracy_interval
    ours = {
        "name": "this model",
        "kind": "ours",
        "at": f"{100 * scores.accuracy:.1f}",
        "low": f"{100 * interval.low:.1f}",
        "width": f"{100 * (interval.high - interval.low):.1f}",
        "percent": f"{scores.accuracy:.1%}",
        "gain": f"{interval.low:.1%} to {interval.high:.1%}",
    }
    return {
        "title": f"{name.capitalize()}: {scores.accuracy:.1%} right",
        "source": headline(report),
        "rows": [ours, *(_baseline_row(baseline, scores.rows) for baseline in report.baselines)],
        "notes": notes(report),
    }


def _baseline_row(baseline: Baseline, rows: int) -> dict[str, str]:
    return {
        "name": baseline.name,
        "kind": "baseline",
        "at": f"{100 * baseline.accuracy:.1f}",
        "low": "0",
        "width": "0",
        "percent": f"{baseline.accuracy:.1%}",
        "gain": gain(baseline, rows),
    }


def _label_row(name: str, label: LabelScores) -> tuple[Any, ...]:
    numbers = (round(value, 3) for value in (label.precision, label.recall, label.f1))
    return (name, label.label, label.rows, *numbers)
