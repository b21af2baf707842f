"""Answers that the visitor sets right: a small table that goes into the next run."""

from collections.abc import Sequence
from typing import Any, Final

import gradio as gr
import pandas as pd

from mtl.schema.tasks import TASK_NAMES
from mtl.ui.models import Models

COLUMNS: Final = ["text", *TASK_NAMES]
_RIGHT: Final = ("as it is", "")
_MOST: Final = 500
# The browser makes the file: a download button would give what it was given before the click.
_DOWNLOAD: Final = """rows => {
    const quoted = cell => '"' + String(cell ?? "").replaceAll('"', '""') + '"';
    const lines = [["text", "sentiment", "intent"], ...(rows ?? [])].map(row => row.map(quoted).join(","));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([lines.join("\\n") + "\\n"], {type: "text/csv"}));
    link.download = "corrections.csv";
    link.click();
}"""


class CorrectionsPanel:
    """`kept` is where the browser remembers the rows, as lists of cells."""

    def __init__(self, models: Models, kept: gr.BrowserState) -> None:
        self._models = models
        self._kept = kept
        with gr.Column(elem_id="corrections"):
            with gr.Row():
                self._labels = [
                    gr.Dropdown(
                        [_RIGHT], value="", label=f"{name.capitalize()} should be", elem_id=f"right-{name}"
                    )
                    for name in TASK_NAMES
                ]
                self._add = gr.Button("Add to my corrections", elem_id="add-correction")
            gr.Markdown(
                "Corrections stay in this browser. On the Train tab they join the training rows of the next "
                "run, never its validation rows. Cells can be edited; an empty one leaves its task out.",
                elem_classes="hint",
            )
            self._table = gr.Dataframe(
                _frame([]),
                interactive=True,
                show_label=False,
                wrap=True,
                max_height=300,
                row_count=1,
                column_count=len(COLUMNS),
                elem_id="corrections-table",
            )
            with gr.Row():
                self._save = gr.Button("Download corrections (CSV)", size="sm")
                self._clear = gr.Button("Remove all", size="sm", elem_id="clear-corrections")

    def wire(self, text: gr.Textbox, model: gr.Dropdown, owner: gr.BrowserState) -> None:
        """Corrections are of what `text` says under the labels of `model`."""
        quiet: dict[str, Any] = {"show_progress": "hidden"}
        both = [self._table, self._kept]
        self._add.click(add, [self._kept, text, *self._labels], [*both, *self._labels], **quiet)
        self._table.input(lambda table: clean(table), self._table, self._kept, **quiet)
        self._clear.click(lambda: (_frame([]), []), None, both, **quiet)
        self._save.click(None, self._kept, None, js=_DOWNLOAD)
        model.change(self._choices, [owner, model], self._labels, **quiet)

    def arrive(self, kept: Any) -> tuple[Any, ...]:
        """For a page that has just been opened: values for `arrivals`."""
        return (_frame(kept or []), *self._choices("", "default"))

    @property
    def arrivals(self) -> list[Any]:
        """What `arrive` fills."""
        return [self._table, *self._labels]

    def _choices(self, owner: str, key: str) -> tuple[Any, ...]:
        try:
            labels = {task.name: task.labels for task in self._models.get(owner, key).tasks}
        except ValueError:
            labels = {}
        return tuple(
            gr.update(
                choices=[_RIGHT, *((label, label) for label in labels.get(name, ()))],
                value="",
                visible=name in labels or not labels,
            )
            for name in TASK_NAMES
        )


def add(kept: Any, text: str, *labels: str) -> tuple[Any, ...]:
    """One more row, or the row of that text with its new labels."""
    if not text.strip() or not any(labels):
        raise gr.Error("Type a sentence and choose what it should be.", print_exception=False)
    earlier = [row for row in kept or [] if row[0] != text.strip()]
    if len(earlier) >= _MOST:
        raise gr.Error(f"That is {_MOST} corrections: train on a CSV of them.", print_exception=False)
    rows = [*earlier, [text.strip(), *labels]]
    return (_frame(rows), rows, *[""] * len(labels))


def clean(table: pd.DataFrame) -> list[list[str]]:
    """The rows of the edited table that say something."""
    rows = [[str(cell).strip() for cell in row] for row in table.fillna("").values.tolist()]
    return [row for row in rows if row[0] and any(row[1:])][:_MOST]


def _frame(rows: Sequence[Sequence[str]]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=COLUMNS)


def corrections_frame(kept: Any) -> pd.DataFrame | None:
    """What the browser kept as a table: the column text, and one for each task. None where it is empty."""
    rows = [
        {"text": row["text"], **row["labels"]}
        if isinstance(row, dict)
        else dict(zip(COLUMNS, row, strict=True))
        for row in kept or []
    ]
    return pd.DataFrame(rows, dtype=object).fillna("") if rows else None
