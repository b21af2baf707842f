"""Confusion matrices whose cells show their rows when they are pressed."""

from collections.abc import Callable
from typing import Any, Final

import gradio as gr
import pandas as pd

from mtl.runs.view import RunView
from mtl.schema.results import EvaluatedRow, TaskReport, TaskScores, ValidationReport
from mtl.schema.tasks import task_colours

# More labels would make more cells than a page can hold; their wrong rows are in the table all the same.
_MOST_LABELS: Final = 20
_COLUMNS: Final = ["text", "label", "predicted", "confidence"]

CONFUSION: Final = """
<div class="matrices">{{#each value}}
  <figure style="--task:{{this.colour}}">
    <figcaption><b>{{this.title}}</b> {{this.note}}</figcaption>
    <div class="scroll"><table>
      <thead><tr><td></td>{{#each this.labels}}<th scope="col">{{this}}</th>{{/each}}</tr></thead>
      <tbody>{{#each this.rows}}<tr><th scope="row">{{this.label}}</th>{{#each this.cells}}
        <td><button type="button" data-cell="{{this.key}}" aria-label="{{this.title}}" title="{{this.title}}"
          class="{{this.kind}}" style="--share:{{this.share}}%">{{this.count}}</button></td>{{/each}}
      </tr>{{/each}}</tbody>
    </table></div>
  </figure>{{/each}}
</div>"""

CONFUSION_CSS: Final = """
.matrices { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr));
            gap: 16px; }
figure { margin: 0; padding: 14px 16px; border: 1px solid var(--border-color-primary); border-radius: 8px;
         border-top: 3px solid var(--task);
         background: var(--block-background-fill); color: var(--body-text-color); min-width: 0; }
figcaption { font-size: .9rem; margin-bottom: 8px; }
.scroll { overflow-x: auto; }
table { border-collapse: separate; border-spacing: 3px; font-size: .85rem; color: var(--body-text-color); }
table, tr, td, th { border: 0 !important; background: none !important; }
th, td { padding: 0 !important; }
th { font-weight: 400; text-align: right; padding-right: 6px !important; max-width: 9em; overflow: hidden;
     text-overflow: ellipsis; white-space: nowrap; color: var(--body-text-color-subdued); }
thead th { text-align: center; padding: 0 2px 4px !important; }
button { display: block; width: 100%; min-width: 52px; height: 36px; border-radius: 5px; cursor: pointer;
         border: 1px solid var(--border-color-primary); font-variant-numeric: tabular-nums;
         color: var(--body-text-color);
         background: color-mix(in srgb, var(--task) calc(var(--share) * .45), transparent); }
button.right { font-weight: 700; }
button:hover { border-color: var(--task); }
"""

_ON_LOAD: Final = """element.addEventListener('click', event => {
    const cell = event.target.closest('button[data-cell]');
    if (cell) trigger('click', {cell: cell.dataset.cell});
});"""


class ConfusionPanel:
    """The matrices, and the rows of the cell that was pressed last; `render` fills `outputs`."""

    def __init__(self) -> None:
        self._matrices = gr.HTML(
            [],
            html_template=CONFUSION,
            css_template=CONFUSION_CSS,
            js_on_load=_ON_LOAD,
            elem_id="confusion",
        )
        self._cell = gr.Markdown("", elem_classes="hint", elem_id="cell-name")
        self._rows = gr.Dataframe(
            pd.DataFrame(columns=_COLUMNS),
            visible=False,
            interactive=False,
            show_label=False,
            wrap=True,
            max_height=320,
            column_widths=["52%", "16%", "16%", "16%"],
            elem_id="cell-rows",
        )
        self.outputs = [self._matrices, self._cell, self._rows]

    def wire(self, view: Callable[[str, str], RunView], owner: gr.BrowserState, run_id: gr.State) -> None:
        """Lets a press show the rows of `view(owner, run_id)`."""

        def show(owner: str, run_id: str, event: gr.EventData) -> dict[Any, Any]:
            report = next(e for e in view(owner, run_id).events if isinstance(e, ValidationReport))
            words, rows = cell_rows(report, str(event._data["cell"]))
            return {self._cell: words, self._rows: gr.update(value=rows, visible=not rows.empty)}

        self._matrices.click(show, [owner, run_id], [self._cell, self._rows], show_progress="hidden")

    def render(self, report: ValidationReport | None) -> dict[Any, Any]:
        """Values for `outputs`, by component."""
        return {
            self._matrices: matrices(report),
            self._cell: "Press a number to see its rows." if report and report.tasks else "",
            self._rows: gr.update(value=pd.DataFrame(columns=_COLUMNS), visible=False),
        }


def matrices(report: ValidationReport | None) -> list[dict[str, Any]]:
    """A matrix for each task, as the template wants it."""
    tasks = report.tasks if report else {}
    colours = task_colours(tasks)
    return [{"colour": colours[name], **_matrix(name, task)} for name, task in tasks.items()]


def cell_rows(report: ValidationReport, key: str) -> tuple[str, pd.DataFrame]:
    """The rows behind a cell, in words and as a table; `key` is "task|label|predicted", with label ids."""
    name, true, called = key.split("|")
    task = report.tasks[name]
    labels = task.scores.labels
    label, predicted = labels[int(true)], labels[int(called)]
    kept = task.right if true == called else task.wrong
    rows = [row for row in kept if (row.label, row.predicted) == (label, predicted)]
    count = task.scores.confusion[int(true)][int(called)]
    text = f"{name.capitalize()}: {count} rows of {_code(label)} predicted as {_code(predicted)}"
    if len(rows) < count:
        order = "least" if true == called else "most"
        text += f"; below are the {len(rows)} with the {order} confidence"
    return f"{text}.", pd.DataFrame(list(map(_row, rows)), columns=_COLUMNS)


def _matrix(name: str, report: TaskReport) -> dict[str, Any]:
    scores = report.scores
    shown = len(scores.labels) <= _MOST_LABELS
    return {
        "title": f"{name.capitalize()}.",
        "note": "A row for each true label, a column for each predicted one."
        if shown
        else f"{len(scores.labels)} labels are too many for a matrix here: see the scores of every label.",
        "labels": scores.labels if shown else [],
        "rows": [_matrix_row(name, scores, true) for true in range(len(scores.labels))] if shown else [],
    }


def _matrix_row(name: str, scores: TaskScores, true: int) -> dict[str, Any]:
    counts = scores.confusion[true]
    cells = [
        {
            "key": f"{name}|{true}|{predicted}",
            "count": count,
            "share": round(100 * count / max(1, sum(counts))),
            "kind": "right" if true == predicted else "wrong",
            "title": f"{count} rows of {scores.labels[true]} predicted as {scores.labels[predicted]}",
        }
        for predicted, count in enumerate(counts)
    ]
    return {"label": scores.labels[true], "cells": cells}


def _row(row: EvaluatedRow) -> tuple[str, str, str, str]:
    return row.text, row.label, row.predicted, f"{row.confidence:.0%}"


def _code(label: str) -> str:
    # A label is text, never Markdown.
    return f"`{label.replace('`', chr(39))}`"
