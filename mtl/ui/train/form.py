"""The parts of the Train tab that its buttons read, and those that they fill."""

import json
from dataclasses import dataclass
from typing import Any

import gradio as gr

from mtl.ui.train.bottom_bar import BottomBar, status
from mtl.ui.train.data_panel import DataPanel
from mtl.ui.train.folded import FoldedForm
from mtl.ui.train.held_out_panel import HeldOutPanel
from mtl.ui.train.run_panel import RunPanel
from mtl.ui.train.settings_panel import SettingsPanel
from mtl.ui.train.steps import Steps


def offer_corrections(corrections: list[Any] | None) -> Any:
    """The box that adds the visitor's corrections, ticked, if there are any."""
    count = len(corrections or [])
    rows = "row" if count == 1 else "rows"
    label = f"Train with my corrections too ({count:,} {rows}; none of them validates)"
    return gr.update(visible=count > 0, value=count > 0, label=label)


@dataclass(frozen=True, kw_only=True)
class Form:
    """Everything that Start reads. `correct`: whether the `corrections` train, too. `ready` becomes true when
    what was kept of the form has been filled in."""

    owner: gr.BrowserState
    corrections: gr.BrowserState
    correct: gr.Checkbox
    data: DataPanel
    tests: HeldOutPanel
    settings: SettingsPanel
    ready: gr.State

    @property
    def filled(self) -> list[Any]:
        """What a kept form fills."""
        return [*self.data.filled, *self.tests.inputs]

    @property
    def kept(self) -> set[Any]:
        """What is read to keep the data part."""
        return {self.owner, self.ready, *self.data.inputs, *self.tests.inputs}

    @property
    def planned(self) -> list[Any]:
        """What the plan depends on."""
        return [self.data.counted, *self.settings.inputs]

    @property
    def inputs(self) -> set[Any]:
        """All of it, for a listener that is given a dict."""
        own = {self.owner, self.corrections, self.correct, self.settings.start_from}
        return {*own, *self.planned, *self.data.inputs, *self.tests.inputs}


@dataclass(frozen=True, kw_only=True)
class Shown:
    """Everything that tells of the plan or of a run. `result`: the column that holds `panel`."""

    run_id: gr.State
    steps: Steps
    bar: BottomBar
    settings: SettingsPanel
    folded: FoldedForm
    result: gr.Column
    panel: RunPanel

    @property
    def planned(self) -> list[Any]:
        """What the plan fills."""
        own = [self.settings.strip, self.settings.boxes["strategy"], self.steps.stepper]
        return [*own, *self.bar.outputs]

    @property
    def followed(self) -> list[Any]:
        """What following a run fills."""
        own = {self.run_id, self.steps.stepper, self.folded.line, self.result}
        return [*own, *{*self.bar.outputs, *self.panel.outputs}]

    @property
    def starting(self) -> list[Any]:
        """What `start_js` gives values for."""
        return [self.steps.stepper, self.bar.status, self.bar.start, self.folded.line, self.result]

    @property
    def start_js(self) -> str:
        """JavaScript that shows that a run begins; of the run before it nothing is left."""
        starting = json.dumps(status("Starting ...", "", 0))
        wait = "{__type__: 'update', interactive: false}"
        return f"() => ['result', {starting}, {wait}, [], {{__type__: 'update', visible: false}}]"
