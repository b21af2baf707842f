"""Where the rows of a run come from: bundled sentences, the report's, or the visitor's files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import gradio as gr
import pandas as pd

from mtl.data.bundled import bundled_files, source_report_files
from mtl.data.examination import Examination, LabelledRows, examine
from mtl.data.issues import Choice
from mtl.data.sources import labelled_rows
from mtl.data.table import read_table
from mtl.model.multitask import MultiTaskModel
from mtl.schema.tasks import INTENT, SENTIMENT, TASK_NAMES
from mtl.ui.templates import MESSAGES, MESSAGES_CSS, TABLE, TABLE_CSS
from mtl.ui.train import questions
from mtl.ui.train.plan_panel import counted
from mtl.ui.train.questions import NO_ANSWERS

OWN: Final = "My CSV files"
BUNDLED_CHOICE: Final = "Bundled sentences"
REPORT_CHOICE: Final = "The report's 100 + 100"
TEMPLATE: Final = Path(__file__).parents[3] / "data" / "template.csv"
_PREVIEW_ROWS: Final = 5
_SEVERITIES: Final = {"fatal": "cannot go on", "choice": "needs your choice", "fixed": "fixed by itself"}


class DataPanel:
    """The choice, the two file boxes, and what the reader found and asks. `inputs` go into `chosen_files`."""

    def __init__(self) -> None:
        choice = gr.Radio(
            [BUNDLED_CHOICE, REPORT_CHOICE, OWN],
            value=BUNDLED_CHOICE,
            label="Sentences to learn from",
            elem_id="data-choice",
        )
        with gr.Group(visible=False) as boxes:
            with gr.Row():
                sentiment, intent = (
                    gr.File(
                        label=f"{name.capitalize()} CSV",
                        file_types=[".csv", ".tsv", ".txt"],
                        height=150,
                        min_width=160,
                        elem_id=f"{name}-file",
                    )
                    for name in TASK_NAMES
                )
            gr.Markdown(
                "Columns **text,label**, or other names for them; or one file with "
                "**text,sentiment,intent** in either box. One task alone is fine. Sentiment is negative / "
                "positive, or stars; intent takes any 2 to 200 labels. English works best.",
                elem_classes="hint file-note",
            )
            gr.DownloadButton("Download a template CSV", str(TEMPLATE), size="sm")
        counts = gr.HTML(
            _counts(_reports(BUNDLED_CHOICE, None, None)),
            html_template=MESSAGES,
            css_template=MESSAGES_CSS,
            elem_id="data-summary",
        )
        asked = questions.boxes()
        issues = gr.HTML(visible=False, html_template=TABLE, css_template=TABLE_CSS, elem_id="data-issues")
        with gr.Accordion("Look at the rows", open=False):
            preview = gr.Dataframe(
                _preview(_reports(BUNDLED_CHOICE, None, None)),
                interactive=False,
                wrap=True,
                max_height=260,
                show_label=False,
            )
        self.inputs = [choice, sentiment, intent, *asked]
        # What the plan needs to know of the rows.
        self.counted = gr.State(counted(_reports(BUNDLED_CHOICE, None, None)))
        outputs = [counts, issues, preview, *asked, self.counted]
        choice.change(lambda c: gr.update(visible=c == OWN), choice, boxes, show_progress="hidden")
        for event in (choice.change, sentiment.change, intent.change, *(box.input for box in asked)):
            event(summary, self.inputs, outputs, show_progress="hidden")


def chosen_files(
    choice: str, sentiment: str | None, intent: str | None, *answers: Any
) -> tuple[dict[str, Path], dict[str, Choice]]:
    """The file of each task, and what was answered about it. Raises ValueError where there is none."""
    files = _files(choice, sentiment, intent)
    if not files:
        raise ValueError("no file yet: upload a sentiment CSV, an intent CSV, or both")
    if choice != OWN:
        return files, {name: Choice() for name in files}
    asked = questions.ask(files, answers or NO_ANSWERS)
    return files, {name: file.choice for name, file in asked.items()}


def rows_of(
    files: Mapping[str, Path], answered: Mapping[str, Choice], *, start: MultiTaskModel | None
) -> list[LabelledRows]:
    """The clean rows of some files; in the labels of the model to start from, if there is one.

    Raises ValueError with what is wrong and how to mend it.
    """
    return labelled_rows(files, like=start.tasks if start else (), choice=answered)


def shown_names(choice: str, files: Mapping[str, Path]) -> dict[str, str]:
    """The files as one would name them in the project's folder."""
    return {name: file.name if choice == OWN else f"data/{file.name}" for name, file in files.items()}


def summary(choice: str, sentiment: str | None, intent: str | None, *answers: Any) -> tuple[Any, ...]:
    """Counts, issues, rows, questions and sizes, for the outputs of the panel."""
    files = _files(choice, sentiment, intent)
    asked = questions.ask(files, answers if choice == OWN else NO_ANSWERS)
    reports = {name: file.report for name, file in asked.items()}
    rows = _issues(reports) if choice == OWN else []
    table = {"columns": ["task", "severity", "rows", "what was found", "what happens"], "rows": rows}
    return (
        _counts(reports),
        gr.update(value=table, visible=bool(rows)),
        _preview(reports),
        *questions.updates(asked),
        counted(reports),
    )


def _files(choice: str, sentiment: str | None, intent: str | None) -> dict[str, Path]:
    if choice != OWN:
        return dict(bundled_files() if choice == BUNDLED_CHOICE else source_report_files())
    given = {SENTIMENT: sentiment, INTENT: intent}
    files = {name: Path(file) for name, file in given.items() if file}
    if len(files) == 1:
        (file,) = files.values()
        if _holds_both(file):
            return dict.fromkeys(TASK_NAMES, file)
    return files


def _holds_both(file: Path) -> bool:
    try:
        return set(TASK_NAMES) <= set(read_table(file).cells.columns)
    except ValueError:
        return False


def _reports(choice: str, sentiment: str | None, intent: str | None) -> dict[str, Examination]:
    return {name: examine(file, name) for name, file in _files(choice, sentiment, intent).items()}


def _preview(reports: Mapping[str, Examination]) -> pd.DataFrame:
    rows = [
        (name, text, label)
        for name, report in reports.items()
        for text, label in report.pairs[:_PREVIEW_ROWS]
    ]
    return pd.DataFrame(rows, columns=["task", "text", "label"])


def _issues(reports: Mapping[str, Examination]) -> list[tuple[str, ...]]:
    return [
        (name, _SEVERITIES[issue.severity], issue.shown_rows, issue.what, issue.action)
        for name, report in reports.items()
        for issue in sorted(report.issues, key=lambda f: list(_SEVERITIES).index(f.severity))
    ]


def _counts(reports: Mapping[str, Examination]) -> list[dict[str, str]]:
    """Rows per label; for a file that cannot be used as it is, the reason."""
    messages = []
    for name, report in reports.items():
        counts = list(report.counts().items())
        shown = ", ".join(f"{label} {count}" for label, count in counts[:8])
        more = f" and {len(counts) - 8} more labels" if len(counts) > 8 else ""
        if counts:
            text = f"{len(report.pairs)} rows: {shown}{more}"
            messages.append({"kind": "note", "title": f"{name.capitalize()}.", "text": text})
        for issue in report.issues:
            if issue.severity != "fixed":
                title = f"{name.capitalize()}: {_SEVERITIES[issue.severity]}."
                messages.append({"kind": "problem", "title": title, "text": str(issue)})
    return messages
