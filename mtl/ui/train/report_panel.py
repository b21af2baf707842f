"""The verdict on a run's model: a card per task, scores per label, and the rows it got wrong."""

from typing import Any, Final

import gradio as gr
import pandas as pd

from mtl.schema.results import (
    Baseline,
    LabelScores,
    TaskReport,
    ValidationReport,
)
from mtl.schema.words import report_lines
from mtl.ui.templates import VERDICT, VERDICT_CSS

_LABEL_COLUMNS: Final = ["task", "label", "rows", "precision", "recall", "F1"]
_WRONG_COLUMNS: Final = ["task", "text", "label", "said", "sure"]


class ReportPanel:
    """The components, in the order in which `render_report` fills them."""

    def __init__(self) -> None:
        cards = gr.HTML([], html_template=VERDICT, css_template=VERDICT_CSS, elem_id="verdict")
        with gr.Accordion("Rows it got wrong, the most confident first", open=False):
            wrong = gr.Dataframe(
                pd.DataFrame(columns=_WRONG_COLUMNS),
                show_label=False,
                interactive=False,
                wrap=True,
                max_height=420,
                column_widths=["13%", "45%", "15%", "15%", "12%"],
                elem_id="wrong-rows",
            )
        with gr.Accordion("Scores of every label", open=False):
            labels = gr.Dataframe(
                pd.DataFrame(columns=_LABEL_COLUMNS),
                show_label=False,
                interactive=False,
                max_height=420,
                elem_id="label-scores",
            )
        self.outputs = [cards, wrong, labels]


def render_report(verdict: ValidationReport | None) -> tuple[Any, ...]:
    """A verdict as values for `ReportPanel.outputs`."""
    tasks = verdict.tasks if verdict else {}
    wrong = [
        (name, row.text, row.label, row.predicted, f"{row.confidence:.0%}")
        for name, task in tasks.items()
        for row in task.wrong
    ]
    labels = [_label_row(name, label) for name, task in tasks.items() for label in task.by_label]
    return (
        [_card(name, task) for name, task in tasks.items()],
        pd.DataFrame(wrong, columns=_WRONG_COLUMNS),
        pd.DataFrame(labels, columns=_LABEL_COLUMNS),
    )


def _card(name: str, verdict: TaskReport) -> dict[str, Any]:
    scores, interval = verdict.scores, verdict.accuracy_interval
    ours = {
        "name": "this model",
        "kind": "ours",
        "at": f"{100 * scores.accuracy:.1f}",
        "low": f"{100 * interval.low:.1f}",
        "width": f"{100 * (interval.high - interval.low):.1f}",
        "percent": f"{scores.accuracy:.1%}",
        "gain": f"{interval.low:.1%} to {interval.high:.1%}",
    }
    headline, *notes = report_lines(name, verdict)
    return {
        "task": name,
        "title": f"{name.capitalize()}: {scores.accuracy:.1%} right",
        "source": headline.split(": ", 1)[1],
        "rows": [ours, *map(_baseline_row, verdict.baselines)],
        "notes": [note for note in notes if not note.startswith("against ")],
    }


def _baseline_row(baseline: Baseline) -> dict[str, str]:
    points = f"{100 * baseline.gain:+.1f} points"
    low, high = 100 * baseline.gain_interval.low, 100 * baseline.gain_interval.high
    return {
        "name": baseline.name,
        "kind": "baseline",
        "at": f"{100 * baseline.accuracy:.1f}",
        "low": "0",
        "width": "0",
        "percent": f"{baseline.accuracy:.1%}",
        "gain": f"{points}, within the noise"
        if baseline.within_noise
        else f"{points} ({low:+.1f} to {high:+.1f})",
    }


def _label_row(name: str, label: LabelScores) -> tuple[Any, ...]:
    numbers = (round(value, 3) for value in (label.precision, label.recall, label.f1))
    return (name, label.label, label.rows, *numbers)
