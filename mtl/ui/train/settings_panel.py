"""Step 2: how much of the encoder moves, for how long, and what that means for every block."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import gradio as gr

from mtl.schema.config import PRESETS, RECOMMENDED
from mtl.ui.downloads import download_js
from mtl.ui.folds import Folds
from mtl.ui.train.advanced_panel import AdvancedPanel
from mtl.ui.train.plan_panel import plan_strip
from mtl.ui.train.settings_form import MOST_EPOCHS, as_json, form_of, from_json, preset_of, restored
from mtl.ui.train.strategies import LAST, strategy_cards

_PRESETS: Final = [("Recommended", "recommended"), ("A setting that cannot learn", "report")]
_FOLDS: Final = {"advanced": "Advanced", "presets": "Presets", "file": "Save or load"}


class SettingsPanel:
    """The form: `boxes` by the name of what they hold; `start_from` names the heads to begin with; `strip`
    shows the plan.

    In `kept` the browser remembers the form. `ready` becomes true when that has been read.
    """

    def __init__(self, num_layers: int, kept: gr.BrowserState) -> None:
        self._num_layers = num_layers
        usual = RECOMMENDED
        strategy = gr.Radio(
            strategy_cards(),
            value=usual.freeze.value,
            label="How much should move?",
            elem_id="strategy",
        )
        with gr.Row(elem_id="how-long"):
            epochs = gr.Slider(1, MOST_EPOCHS, value=usual.epochs, step=1, label="Epochs", elem_id="epochs")
            layers = gr.Slider(
                1,
                min(6, num_layers),
                value=2,
                step=1,
                label="How many of the last layers",
                visible=False,
                elem_id="last-layers",
            )
        self.strip = plan_strip()
        folds = Folds(_FOLDS, "how-folds")
        with folds.panel("advanced"):
            advanced = AdvancedPanel()
            self.start_from = advanced.start_from
        with folds.panel("presets"):
            preset = gr.Radio(
                _PRESETS,
                value="recommended",
                label="Preset",
                info="The second one moves heads a hundred times too slowly, and its loss stays flat.",
                elem_id="preset",
            )
        with folds.panel("file"), gr.Row():
            save = gr.Button("Save settings (JSON)", size="sm", elem_id="save-settings")
            load = gr.UploadButton("Load settings", file_types=[".json"], size="sm", elem_id="load-settings")
        folds.wire()
        saved = gr.Textbox(visible=False)
        self.boxes: dict[str, Any] = {
            "strategy": strategy,
            "layers": layers,
            "epochs": epochs,
            **advanced.boxes,
        }
        self.inputs = list(self.boxes.values())
        # What was set comes back after a reload; boxes that just appear must not overwrite it before.
        self.ready = gr.State(False)

        def keep(values: Mapping[Any, Any]) -> dict[Any, Any]:
            form = self.read(values)
            return {kept: form if values[self.ready] else gr.skip(), preset: preset_of(form)}

        gr.on(
            [box.change for box in self.inputs],
            keep,
            {self.ready, *self.inputs},
            [kept, preset],
            show_progress="hidden",
            trigger_mode="always_last",
        )
        strategy.change(lambda s: gr.update(visible=s == LAST), strategy, layers, show_progress="hidden")
        preset.input(
            lambda name: self._fill(form_of(PRESETS[name])), preset, self.inputs, show_progress="hidden"
        )
        save.click(
            lambda values: as_json(self.read(values)), set(self.inputs), saved, show_progress="hidden"
        ).success(None, saved, None, js=download_js("settings.json", "application/json"))
        load.upload(
            lambda file: self._fill(from_json(Path(file), num_layers)),
            load,
            self.inputs,
            show_progress="hidden",
        )

    def read(self, values: Mapping[Any, Any]) -> dict[str, Any]:
        """What the boxes hold, by name; `values` are those of a set of components."""
        return {name: values[box] for name, box in self.boxes.items()}

    def restore(self, kept: Any) -> dict[Any, Any]:
        """The form as it was left, by component; nothing but `ready` where nothing usable was kept."""
        return {self.ready: True, **self._fill(restored(kept, self._num_layers))}

    def _fill(self, form: Mapping[str, Any]) -> dict[Any, Any]:
        return {self.boxes[name]: value for name, value in form.items()}

    def show_times(self, times: Mapping[str, str], layers: int, auto: str) -> dict[Any, Any]:
        """The strategies with the time that each will take, and what Auto means here, by component."""
        return {self.boxes["strategy"]: gr.update(choices=strategy_cards(times, layers, auto))}
