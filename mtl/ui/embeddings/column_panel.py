"""A column of a CSV file, for the map, the search and the layers."""

from pathlib import Path
from typing import Any

import gradio as gr

from mtl.ui.embeddings.sources import NO_COLUMN, columns_of
from mtl.ui.errors import told_to_the_visitor


class ColumnPanel:
    """`inputs` are the file, the column of texts, and the column of labels; `upload` brings the file.

    The button is laid out where the panel is made, the columns in `lay_out`.
    """

    def __init__(self) -> None:
        self.upload = gr.UploadButton(
            "Your CSV", file_types=[".csv", ".tsv", ".txt"], min_width=0, elem_id="column-file"
        )
        self._file = gr.State(None)

    def lay_out(self) -> None:
        """The two columns; they are empty before there is a file."""
        self._text = gr.Dropdown([], label="Column of texts", elem_id="column-text")
        self._label = gr.Dropdown(
            [NO_COLUMN], value=NO_COLUMN, label="Column of labels", elem_id="column-label"
        )
        self.columns: list[Any] = [self._text, self._label]
        self.inputs: list[Any] = [self._file, *self.columns]

    def take(self, file: str) -> dict[Any, Any]:
        """Values of `inputs` for a file that was uploaded; the columns are guessed."""
        with told_to_the_visitor():
            try:
                columns, text, label = columns_of(file)
            except ValueError as error:
                raise ValueError(f"{Path(file).name}: {error}") from error
        return {
            self._file: file,
            self._text: gr.update(choices=columns, value=text),
            self._label: gr.update(choices=[NO_COLUMN, *columns], value=label),
        }
