"""The Predict tab: sentiment and intent of a sentence while it is typed."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import gradio as gr
from gradio.events import Dependency

from mtl.ui.links import link_button
from mtl.ui.models import DEFAULT, Models
from mtl.ui.predict.answers import REPORT, cards, report, waiting
from mtl.ui.predict.corrections_panel import CorrectionsPanel
from mtl.ui.predict.many import ManyPanel
from mtl.ui.predict.what_if import TwoModelsPanel, WhatIfPanel
from mtl.ui.predict.why import WhyPanel
from mtl.ui.templates import BARS, BARS_CSS

_FIRST: Final = "Great screen, but could you tell me why it keeps turning off?"


@dataclass(frozen=True, kw_only=True)
class PredictTab:
    """The parts that other tabs reach: the box of text, the choice of model, a model's file, corrections."""

    text: gr.Textbox
    model: gr.Dropdown
    upload: gr.UploadButton
    corrections: CorrectionsPanel


def build(models: Models, owner: gr.BrowserState, kept: gr.BrowserState) -> PredictTab:
    """Lays the tab out; in `kept` the browser remembers corrections."""
    with gr.Row():
        text = gr.Textbox(
            _FIRST,
            label="Type a sentence",
            info="In English: the encoder knows no other language well. Both answers follow as you type.",
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
        for sentence, _, _ in REPORT:
            gr.Button(sentence, size="sm").click(
                lambda sentence=sentence: sentence, None, text, show_progress="hidden"
            )
        link_button("predict", text)

    def answer(text: str, key: str, owner: str) -> Any:
        try:
            chosen = models.get(owner or "", key)
        except ValueError as error:
            raise gr.Error(str(error), print_exception=False) from error
        if not text.strip():
            return [waiting(task.name) for task in chosen.tasks]
        began = time.perf_counter()
        prediction = chosen.predict([text])[0]
        return cards(prediction, time.perf_counter() - began)

    bars = gr.HTML(answer(_FIRST, DEFAULT, ""), html_template=BARS, css_template=BARS_CSS, elem_id="answers")
    answered = [
        change(
            answer,
            [text, model, owner],
            bars,
            trigger_mode="always_last",
            show_progress="hidden",
            concurrency_limit=2,
        )
        for change in (text.change, model.change)
    ]
    corrections = _panels(models, text, model, owner, kept, answered)
    return PredictTab(text=text, model=model, upload=upload, corrections=corrections)


def _panels(
    models: Models,
    text: gr.Textbox,
    model: gr.Dropdown,
    owner: gr.BrowserState,
    kept: gr.BrowserState,
    answered: Sequence[Dependency],
) -> CorrectionsPanel:
    """The inner tabs. Only the open one follows the typing, and only after the answers are shown."""
    opened = gr.State("why")
    with gr.Tabs(elem_id="predict-panels"):
        with gr.Tab("Why", id="why") as why_tab:
            why = WhyPanel(models, text, model, owner)
        with gr.Tab("What if", id="what-if") as what_if_tab:
            what_if = WhatIfPanel(models, text, model, owner)
        with gr.Tab("Two models", id="two") as two_tab:
            two = TwoModelsPanel(models, text, model, owner)
        with gr.Tab("Set it right", id="correct") as correct_tab:
            corrections = CorrectionsPanel(models, kept)
            corrections.wire(text, model, owner)
        with gr.Tab("Many sentences", id="many") as many_tab:
            ManyPanel(models, model, owner)
        with gr.Tab("The report", id="the-report") as report_tab:
            report(models)

    # (panel, what it shows, from what, where); one event for all, so that a key press costs one request.
    parts: list[tuple[str, Callable[..., Any], list[Any], list[Any]]] = [
        ("why", why.show, why.inputs, why.outputs),
        ("why", why.near, why.near_inputs, [why.nearest]),
        ("what-if", what_if.show, what_if.inputs, [what_if.output]),
        ("two", two.show, two.inputs, [two.output]),
    ]

    def follow(panel: str, *given: Any) -> list[Any]:
        values, shown = iter(given), list[Any]()
        for name, show, inputs, outputs in parts:
            own = list(islice(values, len(inputs)))
            if name != panel:
                shown += [gr.skip()] * len(outputs)
            elif len(outputs) == 1:
                shown.append(show(*own))
            else:
                shown += show(*own)
        return shown

    names = {
        "why": why_tab,
        "what-if": what_if_tab,
        "two": two_tab,
        "correct": correct_tab,
        "many": many_tab,
        "the-report": report_tab,
    }
    selected = [
        tab.select(lambda name=name: name, None, opened, show_progress="hidden")
        for name, tab in names.items()
    ]
    inputs = [opened, *(part for _, _, inputs, _ in parts for part in inputs)]
    outputs = [part for _, _, _, outputs in parts for part in outputs]
    for before in (*answered, *selected):
        before.then(
            follow,
            inputs,
            outputs,
            trigger_mode="always_last",
            show_progress="hidden",
            concurrency_limit=2,
        )
    two_tab.select(
        lambda owner: gr.update(choices=models.choices(owner or "")), owner, two.other, show_progress="hidden"
    )
    return corrections
