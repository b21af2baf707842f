"""Confusion matrices whose cells show their rows when they are pressed."""

from collections.abc import Callable
from typing import Any, Final

import gradio as gr

from mtl.runs.view import RunView
from mtl.schema.results import TaskReport, TaskScores, ValidationReport
from mtl.schema.tasks import task_colours
from mtl.ui.train.run_words import percent, report_of
from mtl.ui.train.templates import CONFUSION, CONFUSION_CSS

# More labels would make more cells than a page can hold; their wrong rows are in the table all the same.
_MOST_LABELS: Final = 20
_NOTE: Final = "Rows: true label. Columns: predicted. Press a number to see its rows."

_ON_LOAD: Final = """
element.addEventListener('click', event => {
    const cell = event.target.closest('button[data-cell]');
    if (cell) trigger('click', {cell: cell.dataset.cell});
});
// Wider than its figure: said in words, since a phone draws no bar to scroll with.
const hint = () => element.querySelectorAll('figure').forEach(figure => {
    const box = figure.querySelector('.scroll');
    figure.querySelector('.more').hidden = box.scrollWidth <= box.clientWidth + 1;
});
new ResizeObserver(hint).observe(element);
watch('value', () => {
    hint();
    element.querySelector('.rows')?.scrollIntoView({block: 'nearest'});
});
"""


class ConfusionPanel:
    """The matrices; below the cell that was pressed last stand its rows. `render` fills `outputs`."""

    def __init__(self) -> None:
        self._matrices = gr.HTML(
            [],
            html_template=CONFUSION,
            css_template=CONFUSION_CSS,
            js_on_load=_ON_LOAD,
            elem_id="confusion",
        )
        self.outputs: list[Any] = [self._matrices]

    def wire(self, view: Callable[[str, str], RunView], owner: gr.BrowserState, run_id: gr.State) -> None:
        """Lets a press show the rows of `view(owner, run_id)`; a second press hides them."""

        def show(owner: str, run_id: str, shown: list[Any], event: gr.EventData) -> list[dict[str, Any]]:
            key = str(event._data["cell"])
            again = any(figure.get("open", {}).get("key") == key for figure in shown)
            return matrices(report_of(view(owner, run_id)), "" if again else key)

        self._matrices.click(show, [owner, run_id, self._matrices], self._matrices, show_progress="hidden")

    def render(self, report: ValidationReport | None) -> dict[Any, Any]:
        """Values for `outputs`, by component."""
        return {self._matrices: matrices(report)}


def matrices(report: ValidationReport | None, pressed: str = "") -> list[dict[str, Any]]:
    """A matrix for each task, as the template wants it; the figure of the pressed cell has its rows."""
    tasks = report.tasks if report else {}
    colours = task_colours(tasks)
    return [{"colour": colours[name], **_matrix(name, task, pressed)} for name, task in tasks.items()]


def cell_rows(name: str, report: TaskReport, key: str) -> dict[str, Any]:
    """The rows behind a cell, in words and as a list; `key` is "task|label|predicted", with label ids."""
    true, called = (int(number) for number in key.rsplit("|", 2)[1:])
    label, predicted = report.scores.labels[true], report.scores.labels[called]
    kept = report.right if true == called else report.wrong
    rows = [row for row in kept if (row.label, row.predicted) == (label, predicted)]
    count = report.scores.confusion[true][called]
    words = f"{_count(count)} of “{label}” predicted as “{predicted}”"
    if len(rows) < count:
        order = "least" if true == called else "most"
        words += f"; the {len(rows):,} with the {order} confidence" if rows else "; the run kept none of them"
    return {
        "key": key,
        "words": f"{words}.",
        "rows": [{"text": row.text, "confidence": percent(row.confidence)} for row in rows],
    }


def _matrix(name: str, report: TaskReport, pressed: str) -> dict[str, Any]:
    scores = report.scores
    shown = len(scores.labels) <= _MOST_LABELS
    numbers = range(len(scores.labels)) if shown else ()
    opened = pressed.rsplit("|", 2)[0] == name
    return {
        "title": f"{name.capitalize()}.",
        "note": _NOTE
        if shown
        else f"{len(scores.labels)} labels are too many for a matrix: see Report in full.",
        "labels": scores.labels if shown else [],
        "rows": [_matrix_row(name, scores, true, pressed) for true in numbers],
        **({"open": cell_rows(name, report, pressed)} if opened else {}),
    }


def _matrix_row(name: str, scores: TaskScores, true: int, pressed: str) -> dict[str, Any]:
    counts = scores.confusion[true]
    cells = [
        {
            "key": (key := f"{name}|{true}|{predicted}"),
            "count": count,
            "share": round(100 * count / max(1, sum(counts))),
            "kind": "right" if true == predicted else "wrong",
            "pressed": str(key == pressed).lower(),
            "title": f"{_count(count)} of {scores.labels[true]} predicted as {scores.labels[predicted]}",
        }
        for predicted, count in enumerate(counts)
    ]
    return {"label": scores.labels[true], "cells": cells}


def _count(rows: int) -> str:
    return f"{rows:,} row{'' if rows == 1 else 's'}"
