"""Answers that the visitor sets right: a small table that goes into the next run."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, TypedDict

import gradio as gr
import pandas as pd

from mtl.schema.tasks import TASK_NAMES
from mtl.ui.errors import told_to_the_visitor
from mtl.ui.models import DEFAULT, Models
from mtl.ui.predict.task_dropdowns import TaskDropdowns, chosen_labels

_MOST: Final = 500
# The browser makes the file: a download button would give what it was given before the click.
_DOWNLOAD: Final = """kept => {
    const rows = kept ?? [];
    const tasks = [...new Set(rows.flatMap(row => Object.keys(row.labels)))];
    const quoted = cell => '"' + String(cell ?? "").replaceAll('"', '""') + '"';
    const below = rows.map(row => [row.text, ...tasks.map(task => row.labels[task])]);
    const lines = [["text", ...tasks], ...below].map(row => row.map(quoted).join(","));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([lines.join("\\n") + "\\n"], {type: "text/csv"}));
    link.download = "corrections.csv";
    link.click();
}"""


class Correction(TypedDict):
    """A text and the labels that it should have, by the name of the task, as the browser keeps it."""

    text: str
    labels: dict[str, str]


class CorrectionsPanel:
    """The form and the table; in `kept` the browser remembers the corrections."""

    def __init__(self, models: Models, kept: gr.BrowserState) -> None:
        self._models = models
        self._kept = kept
        tasks = models.get("", DEFAULT).tasks
        with gr.Column(elem_id="corrections"):
            with gr.Row():
                self._labels = TaskDropdowns(tasks, title="{} should be", none="as it is", name="right")
            self._add = gr.Button("Add to my corrections", elem_id="add-correction")
            gr.Markdown(
                "Corrections stay in this browser. On the Train tab they join the training rows of the next "
                "run, never its validation rows. Cells can be edited; an empty one leaves its task out.",
                elem_classes="hint",
            )
            self._table = gr.Dataframe(
                _table([], [task.name for task in tasks]),
                interactive=True,
                show_label=False,
                wrap=True,
                max_height=300,
                row_count=1,
                elem_id="corrections-table",
            )
            with gr.Row():
                self._save = gr.Button("Download corrections (CSV)", size="sm")
                self._clear = gr.Button("Remove all", size="sm", elem_id="clear-corrections")

    def wire(self, text: gr.Textbox, model: gr.Dropdown, owner: gr.BrowserState) -> None:
        """A correction is of the sentence in `text`, in the labels of `model`."""
        quiet: dict[str, Any] = {"show_progress": "hidden"}
        whose = [owner, model]
        both: list[Any] = [self._table, self._kept]
        self._add.click(
            self.add, [self._kept, text, *whose, *self._labels.boxes], [*both, *self._labels.boxes], **quiet
        )
        self._table.input(edited, self._table, self._kept, **quiet)
        self._clear.click(self.clear, whose, both, **quiet)
        self._save.click(None, self._kept, None, js=_DOWNLOAD)
        model.change(self.fit, [self._kept, *whose], self.arrivals, **quiet)

    def arrive(self, kept: Any) -> dict[Any, Any]:
        """Updates of `arrivals` for a page that has just been opened."""
        return self.fit(kept, "", DEFAULT)

    @property
    def arrivals(self) -> list[Any]:
        """What `arrive` and `fit` update."""
        return [self._table, *self._labels.boxes]

    def fit(self, kept: Any, owner: str, key: str) -> dict[Any, Any]:
        """Updates of `arrivals` that offer the tasks of another model."""
        with told_to_the_visitor():
            tasks = self._models.get(owner or "", key).tasks
        rows = corrections_of(kept)
        table = _table(rows, [task.name for task in tasks])
        return {self._table: table, **self._labels.fitted(tasks)}

    def add(self, kept: Any, text: str, owner: str, key: str, *values: str) -> dict[Any, Any]:
        """One more correction; for a text that was corrected before, its new labels."""
        with told_to_the_visitor():
            tasks = self._models.get(owner or "", key).tasks
            names = [task.name for task in tasks]
            rows = added(corrections_of(kept), text.strip(), names, chosen_labels(names, values))
        return {self._table: _table(rows, names), self._kept: rows, **self._labels.fitted(tasks)}

    def clear(self, owner: str, key: str) -> dict[Any, Any]:
        """No correction any more."""
        with told_to_the_visitor():
            tasks = self._models.get(owner or "", key).tasks
        return {self._table: _table([], [task.name for task in tasks]), self._kept: []}


def added(
    rows: Sequence[Correction], text: str, tasks: Sequence[str], labels: dict[str, str]
) -> list[Correction]:
    """The corrections with one more. Of a text that is there already, labels of other tasks than these stay.

    Raises ValueError without a text or a label, and where there are 500 already.
    """
    if not text or not labels:
        raise ValueError("type a sentence and choose what it should be")
    others = [row for row in rows if row["text"] != text]
    if len(others) >= _MOST:
        raise ValueError(f"there are {_MOST} corrections already: download them and train on the CSV file")
    earlier = {
        task: label
        for row in rows
        if row["text"] == text
        for task, label in row["labels"].items()
        if task not in tasks
    }
    return [*others, Correction(text=text, labels={**earlier, **labels})]


def edited(table: pd.DataFrame) -> list[Correction]:
    """The rows of the edited table that have a text and a label."""
    text, *tasks = table.columns
    rows = []
    for cells in table.fillna("").astype(str).to_dict("records"):
        labels = {str(task): cells[task].strip() for task in tasks if cells[task].strip()}
        if cells[text].strip() and labels:
            rows.append(Correction(text=cells[text].strip(), labels=labels))
    return rows[:_MOST]


def corrections_of(kept: Any) -> list[Correction]:
    """What the browser kept as corrections; earlier versions kept lists [text, sentiment, intent]."""
    return [
        Correction(text=row["text"], labels=row["labels"])
        if isinstance(row, dict)
        else Correction(text=row[0], labels=_without_empty(row[1:]))
        for row in kept or []
    ]


def corrections_frame(kept: Any) -> pd.DataFrame | None:
    """What the browser kept as a table: the column text, and one for each task that has a label.

    None where it kept nothing.
    """
    rows = corrections_of(kept)
    return _table(rows, ()) if rows else None


def _without_empty(labels: Sequence[str]) -> dict[str, str]:
    return {task: label for task, label in zip(TASK_NAMES, labels, strict=False) if label}


def _table(rows: Sequence[Correction], tasks: Iterable[str]) -> pd.DataFrame:
    """A column for the texts, for each of these tasks, and for any other task that has a label."""
    names = dict.fromkeys([*tasks, *(task for row in rows for task in row["labels"])])
    cells = [[row["text"], *(row["labels"].get(name, "") for name in names)] for row in rows]
    return pd.DataFrame(cells, columns=["text", *names])
