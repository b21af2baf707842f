"""Confusion matrices whose cells show their rows when they are pressed."""

from collections.abc import Callable
from typing import Any, Final

import gradio as gr
import pandas as pd

from mtl.runs.view import RunView
from mtl.schema.results import (
    EvaluatedRow,
    TaskReport,
    TaskScores,
    ValidationReport,
)

# More labels would make more cells than a page can hold; their wrong rows are in the table all the same.
_MOST_LABELS: Final = 20
_COLUMNS: Final = ["text", "label", "said", "sure"]

CONFUSION: Final = """
<div class="matrices">{{#each value}}
  <figure class="{{this.task}}">
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
         background: var(--block-background-fill); color: var(--body-text-color); min-width: 0; }
.sentiment { --task: var(--sentiment); border-top: 3px solid var(--sentiment); }
.intent { --task: var(--intent); border-top: 3px solid var(--intent); }
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
    """The matrices, and the rows of the cell that was pressed last; `render_confusion` fills `outputs`."""

    def __init__(self) -> None:
        self._matrices = gr.HTML(
            [],
            html_template=CONFUSION,
            css_template=CONFUSION_CSS,
            js_on_load=_ON_LOAD,
            elem_id="confusion",
        )
        self._said = gr.Markdown("", elem_classes="hint", elem_id="cell-name")
        self._rows = gr.Dataframe(
            pd.DataFrame(columns=_COLUMNS),
            visible=False,
            interactive=False,
            show_label=False,
            wrap=True,
            max_height=320,
            column_widths=["55%", "16%", "16%", "13%"],
            elem_id="cell-rows",
        )
        self.outputs = [self._matrices, self._said, self._rows]

    def wire(self, view: Callable[[str, str], RunView], owner: gr.BrowserState, run_id: gr.State) -> None:
        """Lets a press show the rows of `view(owner, run_id)`."""

        def show(owner: str, run_id: str, event: gr.EventData) -> tuple[str, Any]:
            verdict = next(e for e in view(owner, run_id).events if isinstance(e, ValidationReport))
            return cell_rows(verdict, str(event._data["cell"]))

        self._matrices.click(show, [owner, run_id], [self._said, self._rows], show_progress="hidden")


def render_confusion(verdict: ValidationReport | None) -> tuple[Any, ...]:
    """A verdict as values for `ConfusionPanel.outputs`."""
    tasks = verdict.tasks if verdict else {}
    matrices = [_matrix(name, task) for name, task in tasks.items()]
    hint = "Press a number to see its rows." if matrices else ""
    return matrices, hint, gr.update(value=pd.DataFrame(columns=_COLUMNS), visible=False)


def cell_rows(verdict: ValidationReport, key: str) -> tuple[str, Any]:
    """What the pressed cell holds, in words and as a table; `key` is "task|true|said", label ids."""
    name, true, said = key.split("|")
    task = verdict.tasks[name]
    labels = task.scores.labels
    label, called = labels[int(true)], labels[int(said)]
    kept = task.right if true == said else task.wrong
    rows = [row for row in kept if (row.label, row.predicted) == (label, called)]
    count = task.scores.confusion[int(true)][int(said)]
    text = f"{name.capitalize()}: {count} rows of {_code(label)} called {_code(called)}"
    if len(rows) < count:
        first = "least" if true == said else "most"
        text += f"; the {len(rows)} about which the model was {first} sure"
    table = pd.DataFrame(list(map(_row, rows)), columns=_COLUMNS)
    return f"{text}.", gr.update(value=table, visible=bool(rows))


def _matrix(name: str, verdict: TaskReport) -> dict[str, Any]:
    scores = verdict.scores
    shown = len(scores.labels) <= _MOST_LABELS
    return {
        "task": name,
        "title": f"{name.capitalize()}.",
        "note": "True label down, what the model said across."
        if shown
        else f"{len(scores.labels)} labels are too many for a matrix here: see the scores of every label.",
        "labels": scores.labels if shown else [],
        "rows": [_matrix_row(name, scores, true) for true in range(len(scores.labels))] if shown else [],
    }


def _matrix_row(name: str, scores: TaskScores, true: int) -> dict[str, Any]:
    counts = scores.confusion[true]
    cells = [
        {
            "key": f"{name}|{true}|{said}",
            "count": count,
            "share": round(100 * count / max(1, sum(counts))),
            "kind": "right" if true == said else "wrong",
            "title": f"{count} rows of {scores.labels[true]} called {scores.labels[said]}",
        }
        for said, count in enumerate(counts)
    ]
    return {"label": scores.labels[true], "cells": cells}


def _row(row: EvaluatedRow) -> tuple[str, str, str, str]:
    return row.text, row.label, row.predicted, f"{row.confidence:.0%}"


def _code(label: str) -> str:
    # A label is text, never Markdown.
    return f"`{label.replace('`', chr(39))}`"
