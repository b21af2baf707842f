"""Rows that only judge a run's result."""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from mtl.data.examination import LabelledRows, examine, load_rows
from mtl.schema.tasks import TASK_NAMES
from mtl.ui.templates import MESSAGES, MESSAGES_CSS


class TestPanel:
    """Two file boxes and what was read from them. `inputs` go into `rows_of_tests`."""

    __test__ = False  # no test, whatever its name

    def __init__(self) -> None:
        with gr.Accordion("Test rows, if you have some", open=False, elem_id="test-rows"):
            gr.Markdown(
                "Without them the validation rows judge the result, and they also chose the epoch. Test rows "
                "choose nothing. They are read like the others; those that also train do not count.",
                elem_classes="hint",
            )
            with gr.Row():
                self.inputs = [
                    gr.File(
                        label=f"{name.capitalize()} test CSV",
                        file_types=[".csv", ".tsv", ".txt"],
                        height=130,
                        min_width=160,
                        elem_id=f"{name}-test-file",
                    )
                    for name in TASK_NAMES
                ]
            found = gr.HTML([], html_template=MESSAGES, css_template=MESSAGES_CSS, elem_id="test-summary")
        for box in self.inputs:
            box.change(describe_tests, self.inputs, found, show_progress="hidden")


def describe_tests(*files: str | None) -> list[dict[str, str]]:
    """What the reader found in the files, as messages."""
    messages = []
    for name, file in zip(TASK_NAMES, files, strict=True):
        if not file:
            continue
        report = examine(file, name)
        counts = ", ".join(f"{label} {count}" for label, count in list(report.counts().items())[:8])
        text = f"{len(report.pairs)} rows: {counts}"
        messages.append({"kind": "note", "title": f"{name.capitalize()} test.", "text": text})
        for issue in report.issues:
            kind = "note" if issue.severity == "fixed" or issue.only_training else "problem"
            messages.append({"kind": kind, "title": "", "text": str(issue)})
    return messages


def rows_of_tests(files: Sequence[Any], rows: Sequence[LabelledRows]) -> list[LabelledRows]:
    """The clean test rows, in the labels of the rows to train on. Raises ValueError, naming the file."""
    tasks = {row.task.name: row.task for row in rows}
    given = {name: file for name, file in zip(TASK_NAMES, files, strict=True) if file}
    return [load_rows(file, name, tasks.get(name)) for name, file in given.items()]
