"""Where the rows of a run come from: bundled sentences, the report's, or the visitor's files."""

from collections.abc import Mapping
from typing import Any, Final

import gradio as gr
import pandas as pd

from mtl.data.bundled import TEMPLATE
from mtl.data.examination import Examination
from mtl.ui.templates import MESSAGES, MESSAGES_CSS, TABLE, TABLE_CSS
from mtl.ui.train.picked import BUNDLED_CHOICE, OWN, REPORT_CHOICE, Picked
from mtl.ui.train.plan_panel import counted
from mtl.ui.train.questions import Questions
from mtl.ui.train.task_files import TaskFiles

_PREVIEW_ROWS: Final = 5
_MOST_COUNTS: Final = 8
# The gravest first.
_SEVERITIES: Final = {"fatal": "must be fixed", "choice": "your choice", "fixed": "done for you"}
_ISSUE_COLUMNS: Final = ["task", "severity", "rows", "what was found", "what happens"]


class DataPanel:
    """The choice of sentences, the boxes for files, and what the reader found and asks.

    `read` tells what was picked. `counted` holds what the plan needs to know of the rows.
    """

    def __init__(self) -> None:
        self._choice = gr.Radio(
            [BUNDLED_CHOICE, REPORT_CHOICE, OWN],
            value=BUNDLED_CHOICE,
            label="Sentences to learn from",
            elem_id="data-choice",
        )
        with gr.Group(visible=False) as boxes:
            self._files = TaskFiles()
            gr.Markdown(
                "Columns **text,label**, or other names for them; or one file with several columns of "
                "labels, such as **text,sentiment,intent**, in either box. One task alone is fine. "
                "Sentiment is negative / positive, or stars; any other task takes 2 to 200 labels. "
                "English works best.",
                elem_classes="hint file-note",
            )
            gr.DownloadButton("Download a template CSV", str(TEMPLATE), size="sm")
        self._learn = gr.CheckboxGroup(
            [],
            label="Learn",
            info="The columns of labels in your file; each becomes a task.",
            visible=False,
            elem_id="learn",
        )
        # The tasks that had a tick: one that has none yet is learnt.
        self._ticks = gr.State([])
        first = _reports(Picked())
        self._counts = gr.HTML(
            counts_of(first), html_template=MESSAGES, css_template=MESSAGES_CSS, elem_id="data-summary"
        )
        self._questions = Questions()
        self._issues = gr.HTML(
            visible=False, html_template=TABLE, css_template=TABLE_CSS, elem_id="data-issues"
        )
        with gr.Accordion("Look at the rows", open=False):
            self._preview = gr.Dataframe(
                preview_of(first), interactive=False, wrap=True, max_height=260, show_label=False
            )
        self.counted = gr.State(counted(first))
        self.inputs = [
            self._choice,
            *self._files.inputs,
            self._learn,
            self._ticks,
            *self._questions.boxes,
        ]
        outputs = [
            self._counts,
            self._issues,
            self._preview,
            self._learn,
            self._ticks,
            *self._questions.boxes,
            self.counted,
        ]
        self._choice.change(
            lambda choice: gr.update(visible=choice == OWN), self._choice, boxes, show_progress="hidden"
        )
        gr.on(
            [
                self._choice.change,
                *self._files.changes,
                self._learn.input,
                *(box.input for box in self._questions.boxes),
            ],
            lambda values: self.render(self.read(values)),
            set(self.inputs),
            outputs,
            show_progress="hidden",
        )

    def read(self, values: Mapping[Any, Any]) -> Picked:
        """What was picked; `values` are those of a set of components."""
        return Picked(
            choice=values[self._choice],
            files=self._files.read(values),
            unticked=frozenset(values[self._ticks]) - frozenset(values[self._learn]),
            answers=self._questions.read(values),
        )

    def render(self, picked: Picked) -> dict[Any, Any]:
        """Counts, issues, rows, ticks and questions, by component."""
        try:
            asked, problem = picked.asked(), []
        except ValueError as error:
            asked, problem = {}, [{"kind": "problem", "title": "", "text": str(error)}]
        reports = {name: file.report for name, file in asked.items()}
        rows = issues_of(reports) if picked.choice == OWN else []
        names = [column.task for column in picked.joint[1]] if picked.joint else []
        return {
            self._counts: [*(problem if picked.files else []), *counts_of(reports)],
            self._issues: gr.update(value={"columns": _ISSUE_COLUMNS, "rows": rows}, visible=bool(rows)),
            self._preview: preview_of(reports),
            self._learn: gr.update(
                choices=names,
                value=[column.task for column in picked.learnt],
                visible=bool(names),
            ),
            self._ticks: names,
            **self._questions.render(asked),
            self.counted: counted(reports),
        }


def _reports(picked: Picked) -> dict[str, Examination]:
    return {name: asked.report for name, asked in picked.asked().items()}


def preview_of(reports: Mapping[str, Examination]) -> pd.DataFrame:
    """The first rows of each task."""
    rows = [
        (name, text, label)
        for name, report in reports.items()
        for text, label in report.pairs[:_PREVIEW_ROWS]
    ]
    return pd.DataFrame(rows, columns=["task", "text", "label"])


def issues_of(reports: Mapping[str, Examination]) -> list[tuple[str, ...]]:
    """Rows of the table of issues, the gravest of each task first."""
    return [
        (name, _SEVERITIES[issue.severity], issue.shown_rows, issue.what, issue.action)
        for name, report in reports.items()
        for issue in sorted(report.issues, key=lambda issue: list(_SEVERITIES).index(issue.severity))
    ]


def counts_of(reports: Mapping[str, Examination]) -> list[dict[str, str]]:
    """Messages: the rows per label of each task, and why a file cannot be used as it is."""
    messages = []
    for name, report in reports.items():
        counts = list(report.counts().items())
        shown = ", ".join(f"{label} {count}" for label, count in counts[:_MOST_COUNTS])
        rest = len(counts) - _MOST_COUNTS
        more = f" and {rest} more labels" if rest > 0 else ""
        if counts:
            text = f"{len(report.pairs)} rows: {shown}{more}"
            messages.append({"kind": "note", "title": f"{name.capitalize()}.", "text": text})
        for issue in report.issues:
            if issue.severity != "fixed":
                title = f"{name.capitalize()}: {_SEVERITIES[issue.severity]}."
                messages.append({"kind": "problem", "title": title, "text": str(issue)})
    return messages
