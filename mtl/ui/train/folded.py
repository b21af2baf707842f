"""The form of a run in one line, above its result."""

from typing import Any, Final

import gradio as gr

from mtl.runs.view import RunView
from mtl.ui.train.run_words import rows_of_run, strategy

_EXAMPLE: Final = "Example: the default model's own run"

LINE: Final = """<p>{{#each value}}<span title="{{this}}">{{this}}</span>{{/each}}</p>"""
LINE_CSS: Final = """
p { margin: 0; color: var(--body-text-color-subdued); overflow-wrap: anywhere; }
span + span::before { content: " · "; }
"""


class FoldedForm:
    """The line, and the button that opens the form again."""

    def __init__(self) -> None:
        with gr.Row(elem_id="folded-form", elem_classes="quiet"):
            self.line = gr.HTML([], html_template=LINE, css_template=LINE_CSS, elem_id="run-form", scale=0)
            self.change = gr.Button("Change and run again", size="sm", scale=0, elem_id="change")

    def render(self, view: RunView) -> dict[Any, Any]:
        """The run's data, strategy and rows, by component."""
        return {self.line: parts(view)}


def parts(view: RunView) -> list[str]:
    """What a run was asked to do, in a few words each."""
    return [
        *([] if view.id else [_EXAMPLE]),
        *(part for part in (view.source, strategy(view), rows_of_run(view)) if part),
    ]
