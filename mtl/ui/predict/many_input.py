"""What is to be labelled: pasted lines, or a file whose column of texts is chosen with a preview."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten
from typing import Any, Final

import gradio as gr
import pandas as pd

from mtl.data.columns import likely_text_column, rows_with_texts
from mtl.data.table import Table, read_table
from mtl.schema.limits import limits
from mtl.ui.errors import told_to_the_visitor
from mtl.ui.predict.templates import PREVIEW, PREVIEW_CSS

_PREVIEW_ROWS: Final = 4
_CELL_CHARACTERS: Final = 80
_FIRST: Final = """Stop sending me these emails.
Thank you for the quick delivery!
Where can I change my address?
Fix this broken app now.
The parcel is on the second shelf."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Given:
    """Texts, and the file that they come from: its columns, and which of them holds the texts."""

    texts: Sequence[str]
    beside: pd.DataFrame
    text: int


class ManyInput:
    """The box of lines, the file, its column of texts, and the first rows; `parts` go to `given`."""

    def __init__(self) -> None:
        with gr.Row():
            lines = gr.Textbox(
                _FIRST, label="Sentences, one per line", lines=6, max_lines=6, scale=7, elem_id="many-lines"
            )
            self._file = gr.File(
                label=f"Or a CSV file, up to {limits().rows:,} rows",
                file_types=[".csv", ".tsv", ".txt"],
                height=170,
                scale=4,
                elem_id="many-file",
            )
        self._column = gr.Dropdown(label="Column of texts", visible=False, elem_id="many-column")
        self._preview = gr.HTML(
            visible=False, html_template=PREVIEW, css_template=PREVIEW_CSS, elem_id="many-preview"
        )
        self.parts = [lines, self._file, self._column]
        both = [self._column, self._preview]
        self._file.change(self.look, self._file, both, show_progress="hidden")
        self._column.input(self.choose, self.parts[1:], self._preview, show_progress="hidden")

    def look(self, file: str | None) -> dict[Any, Any]:
        """The columns of a file that has just been chosen, and its first rows."""
        if file is None:
            return {part: gr.update(visible=False) for part in (self._column, self._preview)}
        with told_to_the_visitor():
            table = read_table(Path(file))
        chosen = likely_text_column(table)
        names = [
            (shown or f"column {place}", name)
            for place, (shown, name) in enumerate(zip(table.header, table.cells.columns, strict=True), 1)
        ]
        return {
            self._column: gr.update(choices=names, value=chosen, visible=True),
            self._preview: gr.update(value=preview(table, chosen), visible=True),
        }

    def choose(self, file: str | None, column: str) -> dict[Any, Any]:
        """The first rows, in which another column stands out."""
        if file is None:
            return {self._preview: gr.skip()}
        with told_to_the_visitor():
            return {self._preview: preview(read_table(Path(file)), column)}


def given(lines: str, file: str | None, column: str | None) -> Given:
    """What is to be labelled. Raises ValueError where that is nothing, too much, or cannot be read."""
    if file:
        table = read_table(Path(file))
        chosen = column if column and column in table.cells.columns else likely_text_column(table)
        texts, beside = rows_with_texts(table, chosen)
        place = list(table.cells.columns).index(chosen)
    else:
        texts = [line.strip() for line in lines.splitlines() if line.strip()]
        beside, place = pd.DataFrame({"text": texts}), 0
    if not texts:
        raise ValueError("There is nothing to label: paste sentences, one per line, or choose a CSV file")
    if len(texts) > limits().rows:
        raise limits().refusal("rows", f"There are {len(texts):,} rows", "split the file")
    return Given(texts=texts, beside=beside, text=place)


def preview(table: Table, chosen: str) -> dict[str, Any]:
    """The first rows of a file, as data for the template `PREVIEW`."""
    kinds = ["chosen" if name == chosen else "" for name in table.cells.columns]
    rows = [table.header, *table.cells.head(_PREVIEW_ROWS).itertuples(index=False, name=None)]
    header, *below = [
        [
            {"text": shorten(cell, _CELL_CHARACTERS, placeholder="..."), "kind": kind}
            for cell, kind in zip(row, kinds, strict=True)
        ]
        for row in rows
    ]
    return {"columns": header, "rows": below}
