"""Rows that only evaluate a run's result."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from mtl.data.examination import LabelledRows
from mtl.ui.templates import MESSAGES, MESSAGES_CSS
from mtl.ui.train.task_files import TaskFiles
from mtl.ui.train.uploads import TaskSource, examined, rows_of


class HeldOutPanel:
    """The boxes for files of test rows, and what was read from them; `read` tells the file of each task."""

    def __init__(self) -> None:
        gr.Markdown(
            "Test rows choose nothing: without them the result is measured on the rows that chose the epoch.",
            elem_classes="hint",
        )
        self._files = TaskFiles("test")
        found = gr.HTML([], html_template=MESSAGES, css_template=MESSAGES_CSS, elem_id="test-summary")
        self.inputs = self._files.inputs
        self.changes = self._files.changes
        gr.on(
            self.changes,
            lambda values: describe_tests(self.read(values)),
            set(self.inputs),
            found,
            show_progress="hidden",
        )

    def fill(self, files: Mapping[str, Path]) -> dict[Any, Any]:
        """Files that were kept, by component."""
        return self._files.fill(files)

    def read(self, values: Mapping[Any, Any]) -> dict[str, Path]:
        """The file of each task that has test rows; `values` are those of a set of components."""
        return self._files.read(values)


def describe_tests(files: Mapping[str, Path]) -> list[dict[str, str]]:
    """What the reader found in the file of each task, as messages."""
    messages = []
    for name, file in files.items():
        report = examined(TaskSource(task=name, file=file))
        counts = ", ".join(f"{label} {count:,}" for label, count in list(report.counts().items())[:8])
        text = f"{len(report.pairs):,} rows: {counts}"
        messages.append({"kind": "note", "title": f"{name.capitalize()} test.", "text": text})
        for issue in report.issues:
            kind = "note" if issue.severity == "fixed" or issue.only_training else "problem"
            messages.append({"kind": kind, "title": "", "text": str(issue)})
    return messages


def rows_of_tests(files: Mapping[str, Path], rows: Sequence[LabelledRows]) -> list[LabelledRows]:
    """The clean test rows, in the labels of the rows to train on. Raises ValueError, naming the file."""
    tasks = {row.task.name: row.task for row in rows}
    return [rows_of(TaskSource(task=name, file=file), tasks.get(name)) for name, file in files.items()]
