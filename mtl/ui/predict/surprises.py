"""Sentences that show what the model can do and cannot, each with a line that says what to notice."""

import json
from typing import Final, NamedTuple

import gradio as gr


class Surprise(NamedTuple):
    """An example: what its button says, the sentence, and what to notice."""

    title: str
    sentence: str
    line: str


SURPRISES: Final = (
    Surprise(
        "No question mark",
        "could you tell me where the station is",
        "No capital, no mark, and still a question: \u201ccould you\u201d gives it away.",
    ),
    Surprise(
        "Not bad at all",
        "Not bad at all!",
        "Two negative words make a positive sentence: each word is read in the light of the others.",
    ),
    Surprise(
        "Sarcasm",
        "Sure, because waiting two hours is exactly what I wanted.",
        "Fooled: the model reads \u201cexactly what I wanted\u201d and misses the wink.",
    ),
    Surprise(
        "Two feelings",
        "The view was lovely, but the room was filthy.",
        "\u201clovely\u201d (dotted) speaks against the answer; what follows \u201cbut\u201d outweighs it.",
    ),
    Surprise(
        "A plain fact",
        "Water boils at 100 degrees.",
        "A fact holds no feeling: a choice between negative and positive says nothing about it.",
    ),
    Surprise(
        "An emoji",
        "My new phone is \U0001f44e",
        "The thumb says it all, and the model cannot read it: most emoji are missing from its vocabulary.",
    ),
)
LEGEND: Final = "Tinted words speak for an answer, dotted ones against it. Point at a word for its numbers."

_LINE: Final = "{{#if value}}<div class='line'>{{value}}</div>{{/if}}"
_LINE_CSS: Final = """
min-height: 30px;
.line { border-left: 3px solid var(--accent); padding: 2px 0 2px 12px; font-size: var(--text-m);
        color: var(--body-text-color-subdued); }
"""


class Surprises:
    """The row of buttons, and the line below it. Any other text in the box clears the line."""

    def __init__(self) -> None:
        with gr.Row(elem_classes="pills", elem_id="surprises"):
            self._buttons = [gr.Button(surprise.title, size="sm", min_width=0) for surprise in SURPRISES]
        self._line = gr.HTML(LEGEND, html_template=_LINE, css_template=_LINE_CSS, elem_id="to-notice")

    def wire(self, text: gr.Textbox, model: gr.Dropdown) -> None:
        """A press puts the sentence into the box."""
        for button, surprise in zip(self._buttons, SURPRISES, strict=True):
            given = json.dumps([surprise.sentence, surprise.line])
            button.click(None, None, [text, self._line], js=f"() => {given}")
        for changed in (text.input, model.input):
            changed(None, None, self._line, js="() => ''")
