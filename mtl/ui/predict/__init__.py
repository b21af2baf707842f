"""The Predict tab: a model's tasks for a sentence while it is typed, and why it answers so."""

from dataclasses import dataclass
from typing import Any, Final

import gradio as gr
from gradio.events import Dependency

from mtl.ui.errors import told_to_the_visitor
from mtl.ui.links import link_button
from mtl.ui.models import DEFAULT, Models
from mtl.ui.predict.answers import Answers
from mtl.ui.predict.cards import cards, waiting
from mtl.ui.predict.corrections_panel import CorrectionsPanel
from mtl.ui.predict.many import ManyPanel
from mtl.ui.predict.nearest_panel import NearestPanel
from mtl.ui.predict.source_report import SENTENCES, source_report
from mtl.ui.predict.what_if import TwoModelsPanel, WhatIfPanel
from mtl.ui.predict.why import WhyPanel
from mtl.ui.templates import BARS, BARS_CSS

_FIRST: Final = "Great screen, but could you tell me why it keeps turning off?"
_TYPING: Final[dict[str, Any]] = {
    "trigger_mode": "always_last",
    "show_progress": "hidden",
    "concurrency_limit": 2,
}


@dataclass(frozen=True, kw_only=True)
class PredictTab:
    """The parts that other tabs reach: the box of text, the choice of model, a model's file, corrections."""

    text: gr.Textbox
    model: gr.Dropdown
    upload: gr.UploadButton
    corrections: CorrectionsPanel


def build(models: Models, owner: gr.BrowserState, kept: gr.BrowserState) -> PredictTab:
    """Lays the tab out; in `kept` the browser remembers corrections."""
    text, model, upload = _inputs(models)
    answers = Answers(models)

    def answer(text: str, key: str, owner: str) -> list[dict[str, Any]]:
        with told_to_the_visitor():
            if not text.strip():
                return waiting(models.get(owner or "", key).tasks)
            return cards(*answers.prediction(owner, key, text))

    bars = gr.HTML(answer(_FIRST, DEFAULT, ""), html_template=BARS, css_template=BARS_CSS, elem_id="answers")
    answered = [
        change(answer, [text, model, owner], bars, **_TYPING) for change in (text.change, model.change)
    ]
    panels = _Panels(answers, text, model, owner, kept)
    panels.wire(answered, models, owner)
    return PredictTab(text=text, model=model, upload=upload, corrections=panels.corrections)


def _inputs(models: Models) -> tuple[gr.Textbox, gr.Dropdown, gr.UploadButton]:
    with gr.Row():
        text = gr.Textbox(
            _FIRST,
            label="Type a sentence",
            info="In English: the encoder knows no other language well. The answers follow as you type.",
            lines=3,
            max_length=20_000,
            scale=7,
            elem_id="predict-text",
        )
        with gr.Column(scale=4, min_width=280):
            model = gr.Dropdown(
                models.choices(""),
                value=DEFAULT,
                label="Model",
                info="Your own runs and uploads appear here.",
                elem_id="predict-model",
            )
            upload = gr.UploadButton(
                "Use a model that you downloaded (zip)",
                file_types=[".zip"],
                size="sm",
                elem_id="upload-model",
            )
    gr.Markdown("The report's sentences:", elem_classes="hint")
    with gr.Row(elem_classes="examples-row"):
        for sentence, _, _ in SENTENCES:
            gr.Button(sentence, size="sm").click(
                lambda sentence=sentence: sentence, None, text, show_progress="hidden"
            )
        link_button("predict", text)
    return text, model, upload


class _Panels:
    """The inner tabs. Only the open one follows the typing, and only after the answers are shown."""

    def __init__(
        self,
        answers: Answers,
        text: gr.Textbox,
        model: gr.Dropdown,
        owner: gr.BrowserState,
        kept: gr.BrowserState,
    ) -> None:
        given = (answers, text, model, owner)
        models = answers.models
        self._open = gr.State("why")
        with gr.Tabs(elem_id="predict-panels"):
            with gr.Tab("Why", id="why") as why_tab:
                why, near = WhyPanel(*given), NearestPanel(models, text)
            with gr.Tab("What if", id="what-if") as what_if_tab:
                what_if = WhatIfPanel(*given)
            with gr.Tab("Two models", id="two") as two_tab:
                self._two = TwoModelsPanel(*given)
            with gr.Tab("Set it right", id="correct") as correct_tab:
                self.corrections = CorrectionsPanel(models, kept)
                self.corrections.wire(text, model, owner)
            with gr.Tab("Many sentences", id="many") as many_tab:
                ManyPanel(models, model, owner)
            with gr.Tab("The report", id="the-report") as report_tab:
                source_report(models)
        self._tabs = (why_tab, what_if_tab, two_tab, correct_tab, many_tab, report_tab)
        self._two_tab = two_tab
        self._following: dict[str, list[Any]] = {
            "why": [why, near],
            "what-if": [what_if],
            "two": [self._two],
        }

    def wire(self, answered: list[Dependency], models: Models, owner: gr.BrowserState) -> None:
        """Follows the events after which the answers are new, and shows a panel when it is opened."""
        panels = [panel for following in self._following.values() for panel in following]
        # One event for all panels, so that a key press costs one request.
        following: dict[str, Any] = {
            "fn": self._follow,
            "inputs": {self._open, *(part for panel in panels for part in panel.inputs)},
            "outputs": [part for panel in panels for part in panel.outputs],
            **_TYPING,
        }
        opened = [
            tab.select(lambda name=tab.id: name, None, self._open, show_progress="hidden")
            for tab in self._tabs
        ]
        for event in (*answered, *opened):
            event.then(**following)
        self._two_tab.select(
            lambda owner: gr.update(choices=models.choices(owner or "")),
            owner,
            self._two.other,
            show_progress="hidden",
        )

    def _follow(self, given: dict[Any, Any]) -> dict[Any, Any]:
        """Updates of the open panel. `given` are the values of all panels' inputs."""
        panels = self._following.get(given[self._open], [])
        return {
            part: update
            for panel in panels
            for part, update in panel.show(*(given[box] for box in panel.inputs)).items()
        } or {self._two.table: gr.skip()}
