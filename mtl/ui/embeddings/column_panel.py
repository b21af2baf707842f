"""A column of a CSV file, for the map, the search and the layers."""

from pathlib import Path
from typing import Any

import gradio as gr

from mtl.ui.embeddings.sources import MOST_ROWS, NO_COLUMN, columns_of
from mtl.ui.errors import told_to_the_visitor


class ColumnPanel:
    """`inputs` are the file, the column of texts, and `label`, the column of labels."""

    def __init__(self) -> None:
        with gr.Accordion("Or a CSV column, for the map, the search and the layers", open=False):
            file = gr.File(
                label="CSV", file_types=[".csv", ".tsv", ".txt"], height=150, elem_id="column-file"
            )
            with gr.Row():
                text = gr.Dropdown([], label="Column of texts", elem_id="column-text")
                self.label = gr.Dropdown(
                    [NO_COLUMN], value=NO_COLUMN, label="Column of labels", elem_id="column-label"
                )
            gr.Markdown(
                f"Any encoding and separator; up to {MOST_ROWS:,} rows. Choose *A CSV column* below.",
                elem_classes="hint",
            )
        self.inputs: list[Any] = [file, text, self.label]
        file.change(_columns, file, [text, self.label], show_progress="hidden")


def _columns(file: str | None) -> tuple[Any, Any]:
    if not file:
        return gr.update(choices=[], value=None), gr.update(choices=[NO_COLUMN], value=NO_COLUMN)
    with told_to_the_visitor():
        try:
            columns, text, label = columns_of(file)
        except ValueError as error:
            raise ValueError(f"{Path(file).name}: {error}") from error
    return gr.update(choices=columns, value=text), gr.update(choices=[NO_COLUMN, *columns], value=label)
