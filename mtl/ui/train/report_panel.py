"""What a run's model is worth: a card per task, and the whole report."""

from collections.abc import Sequence
from typing import Any, Final

import gradio as gr
import pandas as pd

from mtl.evaluation.earlier import EARLIER
from mtl.evaluation.report import FROZEN_OPTIMUM, MAJORITY, WORDS_ALONE
from mtl.schema.results import Baseline, Interval, LabelScores, TaskReport, TaskScores, ValidationReport
from mtl.schema.tasks import task_colours
from mtl.schema.words import gain, headline, notes, source
from mtl.ui.train.run_words import percent
from mtl.ui.train.templates import FULL_REPORT, FULL_REPORT_CSS, RESULT, RESULT_CSS, WRONG, WRONG_CSS

_LABEL_COLUMNS: Final = ["task", "label", "rows", "precision", "recall", "F1"]
_MOST_WRONG: Final = 1000
# Of fewer rows their number is told, not a share.
_HUNDRED: Final = 100
_SHORT_NAMES: Final = {WORDS_ALONE: "counting words", FROZEN_OPTIMUM: "best frozen head"}


class ReportPanel:
    """The cards. `wrong_rows` and `full_report` lay their parts out elsewhere; `render` fills `outputs`."""

    def __init__(self) -> None:
        self._cards = gr.HTML([], html_template=RESULT, css_template=RESULT_CSS, elem_id="run-report")
        self.outputs: list[Any] = [self._cards]

    def wrong_rows(self) -> None:
        """Lays out the list of rows that the model got wrong."""
        self._wrong = gr.HTML(
            wrong_rows(None), html_template=WRONG, css_template=WRONG_CSS, elem_id="wrong-rows"
        )
        self.outputs.append(self._wrong)

    def full_report(self) -> None:
        """Lays out the report in sentences, and the scores of every label."""
        self._full = gr.HTML(
            [], html_template=FULL_REPORT, css_template=FULL_REPORT_CSS, elem_id="full-report"
        )
        self._labels = gr.Dataframe(
            pd.DataFrame(columns=_LABEL_COLUMNS),
            label="Scores of every label",
            interactive=False,
            max_height=420,
            elem_id="label-scores",
        )
        self.outputs += [self._full, self._labels]

    def render(self, report: ValidationReport | None) -> dict[Any, Any]:
        """Values for `outputs`, by component."""
        return {
            self._cards: cards(report),
            self._wrong: wrong_rows(report),
            self._full: full_report(report),
            self._labels: label_scores(report),
        }


def cards(report: ValidationReport | None) -> list[dict[str, Any]]:
    """A card for each task, as the template wants it."""
    tasks = report.tasks if report else {}
    colours = task_colours(tasks)
    return [{"colour": colours[name], **_card(name, task)} for name, task in tasks.items()]


def full_report(report: ValidationReport | None) -> list[dict[str, Any]]:
    """The report on each task in sentences, as the template wants it."""
    tasks = report.tasks if report else {}
    colours = task_colours(tasks)
    return [
        {
            "colour": colours[name],
            "title": name.capitalize(),
            "headline": headline(task),
            "rows": [
                {"name": b.name, "percent": f"{b.accuracy:.1%}", "gain": gain(b, task.scores.rows)}
                for b in task.baselines
            ],
            "notes": [f"{line[0].upper()}{line[1:]}." for line in notes(task)],
        }
        for name, task in tasks.items()
    ]


def wrong_rows(report: ValidationReport | None) -> dict[str, Any]:
    """Rows with another label than the predicted one, the most confident first, as the template wants it."""
    tasks = report.tasks if report else {}
    colours = task_colours(tasks)
    wrong = [(name, row) for name, task in tasks.items() for row in task.wrong]
    wrong.sort(key=lambda pair: -pair[1].confidence)
    shown = wrong[:_MOST_WRONG]
    count = f"{len(wrong):,}" if len(shown) == len(wrong) else f"{len(shown):,} of {len(wrong):,}"
    return {
        "words": f"({count}), the most confident first: true label → predicted" if wrong else "",
        "rows": [
            {
                "colour": colours[name],
                "task": name.capitalize(),
                "text": row.text,
                "label": row.label,
                "predicted": row.predicted,
                "confidence": percent(row.confidence),
            }
            for name, row in shown
        ],
    }


def label_scores(report: ValidationReport | None) -> pd.DataFrame:
    """Precision, recall and F1 of every label, task by task."""
    rows = [
        _label_row(name, label)
        for name, task in (report.tasks if report else {}).items()
        for label in task.by_label
    ]
    return pd.DataFrame(rows, columns=_LABEL_COLUMNS)


def right_words(scores: TaskScores) -> str:
    """How many rows are right: "86 of 100 right", or of fewer rows "12 of 13 right"."""
    if scores.rows < _HUNDRED:
        return f"{round(scores.accuracy * scores.rows):,} of {scores.rows:,} right"
    count = round(100 * scores.accuracy)
    if count == _HUNDRED and scores.accuracy < 1:
        return "More than 99 of 100 right"
    return "Fewer than 1 of 100 right" if count == 0 and scores.accuracy > 0 else f"{count} of 100 right"


def range_words(interval: Interval, rows: int) -> str:
    """The interval in the unit of `right_words`."""
    low, high = 100 * interval.low, 100 * interval.high
    return f"({low:.0f} to {high:.0f})" if rows >= _HUNDRED else f"({low:.0f}% to {high:.0f}%)"


def gain_words(report: TaskReport) -> str:
    """What the model has over the run before its labels were corrected, if there was one; else over counting
    words, or over its first baseline, where words were not counted."""
    baselines = report.baselines
    if not baselines:
        return ""
    if baselines[0].name.startswith(EARLIER):
        return _since_words(baselines[0], report)
    baseline = next((b for b in baselines if b.name == WORDS_ALONE), baselines[0])
    points, name = round(100 * abs(baseline.gain)), _short_name(baseline, report)
    if points == 0:
        return f"As good as {name}."
    words = f"{points} point{'s' if points > 1 else ''} {'better' if baseline.gain > 0 else 'worse'} than"
    doubt = f", but {report.scores.rows:,} rows are too few to be sure" if baseline.within_noise else ""
    return f"{words} {name}{doubt}."


def _since_words(earlier: Baseline, report: TaskReport) -> str:
    changed = earlier.name.removeprefix(EARLIER).replace(" was ", " ").replace(" were ", " ")
    accuracies = f"{percent(earlier.accuracy)} → {percent(report.scores.accuracy)} right"
    interval = earlier.gain_interval
    points = f"{100 * interval.low:+.0f} to {100 * interval.high:+.0f} points"
    doubt = f": {report.scores.rows:,} rows are too few to be sure" if earlier.within_noise else ""
    return f"{changed[:1].upper()}{changed[1:]}: {accuracies} ({points}){doubt}."


def _card(name: str, report: TaskReport) -> dict[str, Any]:
    scores, interval = report.scores, report.accuracy_interval
    ours = {
        **_bar("this model", scores.accuracy, title=headline(report)),
        "kind": "ours",
        "low": f"{100 * interval.low:.1f}",
        "width": f"{100 * (interval.high - interval.low):.1f}",
    }
    return {
        "task": name.capitalize(),
        "right": right_words(scores),
        "range": range_words(interval, scores.rows),
        "gain": gain_words(report),
        "rows": [ours, *(_baseline_bar(baseline, report) for baseline in report.baselines)],
        "source": f"On {source(report)}.",
    }


def _baseline_bar(baseline: Baseline, report: TaskReport) -> dict[str, str]:
    title = f"{baseline.name}: {gain(baseline, report.scores.rows)}"
    return _bar(_short_name(baseline, report), baseline.accuracy, title)


def _bar(name: str, accuracy: float, title: str) -> dict[str, str]:
    return {
        "name": name,
        "title": title,
        "kind": "baseline",
        "at": f"{100 * accuracy:.1f}",
        "low": "0",
        "width": "0",
        "percent": percent(accuracy),
    }


def _short_name(baseline: Baseline, report: TaskReport) -> str:
    if baseline.name == MAJORITY:
        return _always(report.by_label, baseline)
    if baseline.name.startswith(EARLIER):
        return "before the correction"
    return _SHORT_NAMES.get(baseline.name, baseline.name)


def _always(labels: Sequence[LabelScores], baseline: Baseline) -> str:
    """The majority by its label, where only one label has as many rows as it got right."""
    total = sum(label.rows for label in labels)
    same = [label.label for label in labels if total and abs(label.rows / total - baseline.accuracy) < 1e-9]
    return f"always “{same[0]}”" if len(same) == 1 else "always the same label"


def _label_row(name: str, label: LabelScores) -> tuple[Any, ...]:
    numbers = (round(value, 3) for value in (label.precision, label.recall, label.f1))
    return (name, label.label, label.rows, *numbers)
