"""A column of a CSV file, for the map, the search and the layers."""

import html
from pathlib import Path
from typing import Any

import gradio as gr

from mtl.ui.embeddings.sources import MOST_ROWS, NO_COLUMN, columns_of


class ColumnPanel:
    """`inputs` are the file, the column of texts and the column of labels."""

    def __init__(self) -> None:
        with gr.Accordion("Or a CSV column, for the map, the search and the layers", open=False):
            file = gr.File(
                label="CSV", file_types=[".csv", ".tsv", ".txt"], height=150, elem_id="column-file"
            )
            with gr.Row():
                text = gr.Dropdown([], label="Column of texts", elem_id="column-text")
                label = gr.Dropdown(
                    [NO_COLUMN], value=NO_COLUMN, label="Column of labels", elem_id="column-label"
                )
            gr.Markdown(
                f"Any encoding and separator; up to {MOST_ROWS:,} rows. Choose *A CSV column* below.",
                elem_classes="hint",
            )
        self.inputs: list[Any] = [file, text, label]
        file.change(_columns, file, [text, label], show_progress="hidden")


def _columns(file: str | None) -> tuple[Any, Any]:
    if not file:
        return gr.update(choices=[], value=None), gr.update(choices=[NO_COLUMN], value=NO_COLUMN)
    try:
        columns, text, label = columns_of(file)
    except ValueError as error:
        message = f"{Path(file).name}: {error}"
        raise gr.Error(html.escape(message), duration=None, print_exception=False) from error
    return gr.update(choices=columns, value=text), gr.update(choices=[NO_COLUMN, *columns], value=label)
