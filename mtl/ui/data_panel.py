"""Where the rows of a run come from: bundled sentences, the report's, or the visitor's files."""

from pathlib import Path
from typing import Any, Final

import gradio as gr
import pandas as pd

from mtl.api import BUNDLED, REPORT_DATA, labelled_rows
from mtl.corpus.doctor import Examination, LabelledRows, examine
from mtl.corpus.reader import read_table
from mtl.model import MultiTaskModel
from mtl.tasks import INTENT, SENTIMENT, TASK_NAMES
from mtl.ui.templates import MESSAGES, MESSAGES_CSS

OWN: Final = "My CSV files"
BUNDLED_CHOICE: Final = "Bundled sentences"
REPORT_CHOICE: Final = "The report's 100 + 100"
TEMPLATE: Final = Path(__file__).parents[2] / "data" / "template.csv"
_PREVIEW_ROWS: Final = 5


class DataPanel:
    """The choice, the two file boxes, and what the reader found. `inputs` go into `sources`."""

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
                "Columns **text,label**; or one file with **text,sentiment,intent** in either box. "
                "One task alone is fine. Sentiment is negative / positive; intent takes any 2 to 200 "
                "labels. English works best.",
                elem_classes="hint file-note",
            )
            gr.DownloadButton("Download a template CSV", str(TEMPLATE), size="sm")
        self.inputs = [choice, sentiment, intent]
        counts = gr.HTML(
            _summary(BUNDLED_CHOICE, None, None)[0],
            html_template=MESSAGES,
            css_template=MESSAGES_CSS,
            elem_id="data-summary",
        )
        with gr.Accordion("Look at the rows", open=False):
            preview = gr.Dataframe(
                _summary(BUNDLED_CHOICE, None, None)[1],
                interactive=False,
                wrap=True,
                max_height=260,
                show_label=False,
            )
        choice.change(lambda c: gr.update(visible=c == OWN), choice, boxes, show_progress="hidden")
        for change in (choice.change, sentiment.change, intent.change):
            change(_summary, self.inputs, [counts, preview], show_progress="hidden")


def sources(
    choice: str, sentiment: str | None, intent: str | None, *, start: MultiTaskModel | None = None
) -> list[LabelledRows]:
    """The clean rows that a choice means. Raises ValueError with what is wrong and how to mend it."""
    files = _files(choice, sentiment, intent)
    if not files:
        raise ValueError("no file yet: upload a sentiment CSV, an intent CSV, or both")
    return labelled_rows(**files, start=start)


def _files(choice: str, sentiment: str | None, intent: str | None) -> dict[str, Path]:
    if choice != OWN:
        return dict(BUNDLED if choice == BUNDLED_CHOICE else REPORT_DATA)
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


def _summary(choice: str, sentiment: str | None, intent: str | None) -> tuple[Any, Any]:
    reports = {name: examine(file, name) for name, file in _files(choice, sentiment, intent).items()}
    messages = [m for name, report in reports.items() for m in _messages(name, report)]
    rows = [
        (name, text, label)
        for name, report in reports.items()
        for text, label in report.pairs[:_PREVIEW_ROWS]
    ]
    return messages, pd.DataFrame(rows, columns=["task", "text", "label"])


def _messages(name: str, report: Examination) -> list[dict[str, str]]:
    counts = list(report.counts().items())
    shown = ", ".join(f"{label} {count}" for label, count in counts[:8])
    more = f" and {len(counts) - 8} more labels" if len(counts) > 8 else ""
    messages = []
    if report.usable:
        text = f"{len(report.pairs)} rows: {shown}{more}"
        messages.append({"kind": "note", "title": f"{name.capitalize()}.", "text": text})
    for finding in report.findings:
        fatal = finding.severity == "fatal"
        title = f"{name.capitalize()}: {'cannot be used.' if fatal else 'fixed by itself.'}"
        kind = "problem" if fatal else "note"
        messages.append({"kind": kind, "title": title, "text": str(finding)})
    return messages
