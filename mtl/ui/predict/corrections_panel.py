"""Answers that the visitor sets right: a small table that goes into the next run."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, TypedDict

import gradio as gr
import pandas as pd

from mtl.schema.formulas import guarded
from mtl.schema.limits import limits
from mtl.schema.tasks import TASK_NAMES
from mtl.ui.downloads import download_js
from mtl.ui.errors import told_to_the_visitor
from mtl.ui.models import DEFAULT, Models
from mtl.ui.predict.task_dropdowns import TaskDropdowns, chosen_labels

_NO_CORRECTIONS: Final = "The corrections that this browser keeps cannot be read: press Remove all"


class Correction(TypedDict):
    """A text and the labels that it should have, by the name of the task, as the browser keeps it."""

    text: str
    labels: dict[str, str]


class CorrectionsPanel:
    """The form and the table; in `kept` the browser remembers the corrections. `train` leads to Train."""

    def __init__(self, models: Models, kept: gr.BrowserState) -> None:
        self._models = models
        self.kept = kept
        tasks = models.get("", DEFAULT).tasks
        with gr.Column(elem_id="corrections"):
            with gr.Row():
                self._labels = TaskDropdowns(tasks, title="{} should be", none="as it is", name="right")
            self._add = gr.Button("Add to my corrections", elem_id="add-correction")
            gr.Markdown(
                "Corrections stay in this browser and join the training rows of your next run.",
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
                self.train = gr.Button("Train with the corrections", variant="primary", size="sm")
                self._save = gr.Button("Download corrections (CSV)", size="sm")
                self._clear = gr.Button("Remove all", size="sm", elem_id="clear-corrections")
            self._saved = gr.Textbox(visible=False)

    def wire(self, text: gr.Textbox, model: gr.Dropdown, owner: gr.BrowserState) -> None:
        """A correction is of the sentence in `text`, in the labels of `model`."""
        quiet: dict[str, Any] = {"show_progress": "hidden"}
        whose = [owner, model]
        self._add.click(
            self.add,
            [self.kept, text, *whose, *self._labels.boxes],
            [*self.changed, *self._labels.boxes],
            **quiet,
        )
        self._table.input(edited, self._table, self.kept, **quiet)
        self._clear.click(self.clear, whose, self.changed, **quiet)
        self._save.click(as_csv, self.kept, self._saved, **quiet).then(
            None, self._saved, None, js=download_js("corrections.csv", "text/csv")
        )
        model.change(self.fit, [self.kept, *whose], self.arrivals, **quiet)

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
        updates = self.with_one_more(kept, text, owner, key, *values)
        return {**updates, **self._labels.fitted(self._models.get(owner or "", key).tasks)}

    @property
    def changed(self) -> list[Any]:
        """What `with_one_more` updates."""
        return [self._table, self.kept]

    def with_one_more(self, kept: Any, text: str, owner: str, key: str, *values: str) -> dict[Any, Any]:
        """Updates of `changed`: the corrections and one more, in the labels of this model's tasks."""
        with told_to_the_visitor():
            names = [task.name for task in self._models.get(owner or "", key).tasks]
            rows = added(corrections_of(kept), text.strip(), names, chosen_labels(names, values))
        return {self._table: _table(rows, names), self.kept: rows}

    def clear(self, owner: str, key: str) -> dict[Any, Any]:
        """No correction any more."""
        with told_to_the_visitor():
            tasks = self._models.get(owner or "", key).tasks
        return {self._table: _table([], [task.name for task in tasks]), self.kept: []}


def added(
    rows: Sequence[Correction], text: str, tasks: Sequence[str], labels: dict[str, str]
) -> list[Correction]:
    """The corrections with one more. Of a text that is there already, labels of other tasks than these stay.

    Raises ValueError without a text or a label, and where there are 500 already.
    """
    if not text or not labels:
        raise ValueError("Type a sentence and choose what it should be")
    others = [row for row in rows if row["text"] != text]
    if len(others) >= (most := limits().corrections):
        raise ValueError(f"There are {most} corrections already: download them and train on the CSV file")
    earlier = {
        task: label
        for row in rows
        if row["text"] == text
        for task, label in row["labels"].items()
        if task not in tasks
    }
    return [*others, Correction(text=text, labels={**earlier, **labels})]


def edited(table: pd.DataFrame) -> list[Correction]:
    """The rows of the edited table that have a text and a label. Raises ValueError for another table."""
    if not len(table.columns) or len(set(table.columns)) < len(table.columns):
        raise ValueError("The table of corrections has other columns than it should: reload the page")
    text, *tasks = table.columns
    rows = []
    for cells in table.fillna("").astype(str).to_dict("records"):
        labels = {str(task): cells[task].strip() for task in tasks if cells[task].strip()}
        if cells[text].strip() and labels:
            rows.append(Correction(text=cells[text].strip(), labels=labels))
    return rows[: limits().corrections]


def corrections_of(kept: Any) -> list[Correction]:
    """What the browser kept as corrections; earlier versions kept lists [text, sentiment, intent].

    Raises ValueError for anything else, and for more corrections than the limit.
    """
    rows = kept or []
    if not isinstance(rows, list):
        raise ValueError(_NO_CORRECTIONS)
    if len(rows) > limits().corrections:
        raise limits().refusal("corrections", f"There are {len(rows):,}", "train on a CSV file")
    return [_correction(row) for row in rows]


def _correction(row: Any) -> Correction:
    if isinstance(row, list) and all(isinstance(cell, str) for cell in row) and row:
        return Correction(text=row[0], labels=_without_empty(row[1:]))
    text, labels = (row.get("text"), row.get("labels")) if isinstance(row, dict) else (None, None)
    if not isinstance(text, str) or not isinstance(labels, dict):
        raise ValueError(_NO_CORRECTIONS)
    if not all(isinstance(cell, str) for pair in labels.items() for cell in pair):
        raise ValueError(_NO_CORRECTIONS)
    return Correction(text=text, labels=labels)


def corrections_frame(kept: Any) -> pd.DataFrame | None:
    """What the browser kept as a table: the column text, and one for each task that has a label.

    None where it kept nothing.
    """
    rows = corrections_of(kept)
    return _table(rows, ()) if rows else None


def as_csv(kept: Any) -> str:
    """The corrections as the text of a CSV file."""
    table = _table(corrections_of(kept), ()).map(guarded)
    return table.rename(columns=guarded).to_csv(index=False, lineterminator="\n")


def _without_empty(labels: Sequence[str]) -> dict[str, str]:
    return {task: label for task, label in zip(TASK_NAMES, labels, strict=False) if label}


def _table(rows: Sequence[Correction], tasks: Iterable[str]) -> pd.DataFrame:
    """A column for the texts, for each of these tasks, and for any other task that has a label."""
    names = dict.fromkeys([*tasks, *(task for row in rows for task in row["labels"])])
    cells = [[row["text"], *(row["labels"].get(name, "") for name in names)] for row in rows]
    return pd.DataFrame(cells, columns=["text", *names])
