"""What the Predict tab offers beside the answers: a row of quiet buttons, and the panel that each opens."""

from collections.abc import Iterable
from typing import Any, Final

import gradio as gr
from gradio.events import Dependency

from mtl.ui.export_choice import ExportChoice
from mtl.ui.folds import Folds
from mtl.ui.links import link_button
from mtl.ui.predict.answers import Answers
from mtl.ui.predict.because_panel import BecausePanel
from mtl.ui.predict.corrections_panel import CorrectionsPanel
from mtl.ui.predict.many import ManyPanel
from mtl.ui.predict.nearest_panel import NearestPanel
from mtl.ui.predict.what_if import TwoModelsPanel, WhatIfPanel
from mtl.ui.predict.why import WhyPanel

TYPING: Final[dict[str, Any]] = {
    "trigger_mode": "always_last",
    "show_progress": "hidden",
    "concurrency_limit": 2,
}
_TITLES: Final = {
    "why": "Why, in numbers",
    "what-if": "What if",
    "two": "Compare two models",
    "many": "Many sentences",
    "correct": "Correct this answer",
}


class Panels:
    """Only the open panel follows the typing, and only after the answers are shown."""

    def __init__(
        self,
        answers: Answers,
        text: gr.Textbox,
        model: gr.Dropdown,
        owner: gr.BrowserState,
        kept: gr.BrowserState,
    ) -> None:
        given = (answers, text, model, owner)
        with gr.Row(elem_id="quiet-row"):
            self._folds = Folds(_TITLES, "predict-folds")
            with gr.Row(elem_classes="quiet"):
                self.upload = gr.UploadButton(
                    "Use a downloaded model",
                    file_types=[".zip"],
                    size="sm",
                    scale=0,
                    min_width=0,
                    elem_id="upload-model",
                )
                exports = ExportChoice("export-model")
                link_button("predict", text)
        exports.wire(answers.models, owner, model)
        with self._folds.panel("why"):
            why = WhyPanel(*given)
            rows = BecausePanel(answers.models, text, model, owner, why.task, why.label)
            near = NearestPanel(answers.models, text)
        with self._folds.panel("what-if"):
            what_if = WhatIfPanel(*given)
        with self._folds.panel("two"):
            self._two = TwoModelsPanel(*given)
        with self._folds.panel("correct"):
            self.corrections = CorrectionsPanel(answers.models, kept)
            self.corrections.wire(text, model, owner)
        with self._folds.panel("many"):
            many = ManyPanel(answers.models, self.corrections)
            many.wire(model, owner)
        self.to_train = [self.corrections.train, many.train]
        self._following: dict[str, list[Any]] = {
            "why": [why, rows, near],
            "what-if": [what_if],
            "two": [self._two],
        }

    def wire(self, answered: Iterable[Dependency]) -> None:
        """Follows the events after which the answers are new, and shows a panel when it is opened."""
        panels = [panel for following in self._following.values() for panel in following]
        # One event for all panels, so that a key press costs one request.
        following: dict[str, Any] = {
            "fn": self._follow,
            "inputs": {self._folds.open, *(part for panel in panels for part in panel.inputs)},
            "outputs": [part for panel in panels for part in panel.outputs],
            **TYPING,
        }
        for event in (*answered, *self._folds.wire()):
            event.then(**following)

    def _follow(self, given: dict[Any, Any]) -> dict[Any, Any]:
        """Updates of the open panel. `given` are the values of all panels' inputs."""
        panels = self._following.get(given[self._folds.open], [])
        return {
            part: update
            for panel in panels
            for part, update in panel.show(*(given[box] for box in panel.inputs)).items()
        } or {self._two.table: gr.skip()}
