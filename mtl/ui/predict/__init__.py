"""The Predict tab: a model's tasks for a sentence while it is typed, and why it answers so."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import gradio as gr

from mtl.ui.errors import told_to_the_visitor
from mtl.ui.face import HEADLINE
from mtl.ui.models import DEFAULT, Models
from mtl.ui.predict.answers import Answers
from mtl.ui.predict.cards import cards, waiting
from mtl.ui.predict.corrections_panel import CorrectionsPanel
from mtl.ui.predict.marks import marks
from mtl.ui.predict.panels import TYPING, Panels
from mtl.ui.predict.sentence import Sentence
from mtl.ui.predict.surprises import Surprises
from mtl.ui.predict.templates import CARDS, CARDS_CSS

_FIRST: Final = "Great screen, but could you tell me why it keeps turning off?"


@dataclass(frozen=True, kw_only=True)
class PredictTab:
    """The parts that other tabs reach: the box of text, the choice of model, a model's file, corrections,
    the buttons that lead to Train, and the arguments of a listener that answers once more."""

    text: gr.Textbox
    model: gr.Dropdown
    upload: gr.UploadButton
    corrections: CorrectionsPanel
    to_train: Sequence[gr.Button]
    answering: dict[str, Any]


def build(models: Models, owner: gr.BrowserState, kept: gr.BrowserState) -> PredictTab:
    """Lays the tab out; in `kept` the browser remembers corrections."""
    answers = Answers(models)
    first = answers.answer("", DEFAULT, _FIRST)
    with gr.Row(elem_id="predict-head"):
        gr.Markdown(f"## {HEADLINE}", elem_classes="hero", container=False)
        model = gr.Dropdown(
            models.choices(""),
            value=DEFAULT,
            label="Model",
            show_label=False,
            container=False,
            elem_id="predict-model",
        )
    sentence = Sentence(_FIRST, marks(_FIRST, first))
    shown = gr.HTML(cards(first), html_template=CARDS, css_template=CARDS_CSS, elem_id="answers")
    surprises = Surprises()
    surprises.wire(sentence.text, model)

    def answer(text: str, key: str, owner: str) -> dict[Any, Any]:
        with told_to_the_visitor():
            if not text.strip():
                return {shown: waiting(models.get(owner or "", key).tasks), sentence.marks: marks(text, None)}
            found = answers.answer(owner, key, text)
        return {shown: cards(found), sentence.marks: marks(text, found)}

    answering: dict[str, Any] = {
        "fn": answer,
        "inputs": [sentence.text, model, owner],
        "outputs": [shown, sentence.marks],
        **TYPING,
    }
    answered = [change(**answering) for change in (sentence.text.change, model.change)]
    panels = Panels(answers, sentence.text, model, owner, kept)
    panels.wire(answered)
    return PredictTab(
        text=sentence.text,
        model=model,
        upload=panels.upload,
        corrections=panels.corrections,
        to_train=panels.to_train,
        answering=answering,
    )
