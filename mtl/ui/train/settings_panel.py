"""The settings of a run: what trains, for how long, how fast."""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import gradio as gr

from mtl.schema.config import PRESETS, RECOMMENDED, FreezeStrategy, TrainConfig, settings_in
from mtl.ui.downloads import download_js
from mtl.ui.errors import told_to_the_visitor
from mtl.ui.train.advanced_panel import MOST_ROWS, AdvancedPanel

_LAST: Final = "last"
_STRATEGIES: Final = [
    ("Everything frozen: only evaluate", FreezeStrategy.FROZEN.value),
    ("Heads only: takes seconds", FreezeStrategy.HEADS.value),
    ("Heads and last layers: minutes", _LAST),
    ("Gradual unfreezing: heads, then 2 layers, then 4", FreezeStrategy.GRADUAL.value),
    ("Everything: slow, needs many rows", FreezeStrategy.FULL.value),
]
_PRESETS: Final = [("Recommended", "recommended"), ("As in the report", "report")]
_MOST_EPOCHS: Final = 50
# Boxes that may stay empty. They are text boxes, because a number box shows "nothing" as 0.
_OPTIONAL: Final = ("head_lr", "encoder_lr", "goal", "time_limit_s")
# A file may hold them, the form does not.
_NOT_IN_THE_FORM: Final = ("weight_decay", "token_dropout")
_SETTINGS: Final = {field.name for field in dataclasses.fields(TrainConfig)} - {"freeze", *_NOT_IN_THE_FORM}


class SettingsPanel:
    """The form: `boxes` by the name of what they hold; `start_from` names the heads to begin with.

    In `kept` the browser remembers the form. `ready` becomes true when that has been read.
    """

    def __init__(self, num_layers: int, kept: gr.BrowserState) -> None:
        self._num_layers = num_layers
        usual = RECOMMENDED
        preset = gr.Radio(_PRESETS, value="recommended", label="Preset", elem_id="preset")
        strategy = gr.Radio(
            _STRATEGIES,
            value=usual.freeze.value,
            label="What trains",
            info="Unfrozen layers get a lower learning rate. Gradual unfreezing continues while it helps.",
            elem_id="strategy",
        )
        layers = gr.Slider(
            1,
            min(6, num_layers),
            value=2,
            step=1,
            label="How many of the last layers",
            visible=False,
            elem_id="last-layers",
        )
        epochs = gr.Slider(1, _MOST_EPOCHS, value=usual.epochs, step=1, label="Epochs", elem_id="epochs")
        with gr.Accordion("Advanced", open=False):
            advanced = AdvancedPanel()
            self.start_from = advanced.start_from
            with gr.Row():
                save = gr.Button("Save settings (JSON)", size="sm", elem_id="save-settings")
                load = gr.UploadButton(
                    "Load settings", file_types=[".json"], size="sm", elem_id="load-settings"
                )
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
        strategy.change(lambda s: gr.update(visible=s == _LAST), strategy, layers, show_progress="hidden")
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


def restored(kept: Any, num_layers: int) -> dict[str, Any]:
    """A form that the browser kept; empty where an older page wrote it, or somebody changed it."""
    try:
        usable = config_from(kept) and kept["strategy"] in dict(_STRATEGIES).values()
        if usable and 1 <= kept["layers"] <= num_layers and set(kept) == {"strategy", "layers", *_SETTINGS}:
            return dict(kept)
    except (TypeError, ValueError, AttributeError, LookupError):
        pass
    return {}


def config_from(form: Mapping[str, Any]) -> TrainConfig:
    """The form as a config; raises ValueError, naming the field that cannot be used."""
    fields = {name: value for name, value in form.items() if name not in ("strategy", "layers")}
    freeze = f"last-{form['layers']}" if form["strategy"] == _LAST else form["strategy"]
    for name in _OPTIONAL:
        fields[name] = _number(name, fields[name])
    for name in ("epochs", "batch_size", "seed"):
        if fields[name] is None:
            raise ValueError(f"{name} is empty: give a whole number")
        fields[name] = int(fields[name])
    return TrainConfig(freeze=FreezeStrategy(freeze), **fields)


def _number(name: str, typed: str | None) -> float | None:
    if typed is None or not typed.strip():
        return None
    try:
        return float(typed.replace(",", "."))
    except ValueError:
        raise ValueError(f"{name} is {typed!r}: give a number such as 0.001, or leave it empty") from None


def form_of(config: TrainConfig) -> dict[str, Any]:
    """A config as the form shows it; without `layers` where the strategy does not use it."""
    last = config.freeze.last
    freeze = {"strategy": _LAST, "layers": last} if last else {"strategy": config.freeze.value}
    fields = {name: getattr(config, name) for name in _SETTINGS}
    shown = {name: "" if fields[name] is None else f"{fields[name]!r}" for name in _OPTIONAL}
    return {**freeze, **fields, **shown}


def preset_of(form: Mapping[str, Any]) -> str | None:
    """The preset that the form holds, if any."""
    try:
        config = config_from(form)
    except ValueError:
        return None
    return next((name for name, preset in PRESETS.items() if preset == config), None)


def as_json(form: Mapping[str, Any]) -> str:
    """The settings as a file has them; a message on the page where they cannot be used."""
    with told_to_the_visitor():
        return json.dumps(config_from(form).to_dict(), indent=2)


def from_json(file: Path, num_layers: int) -> dict[str, Any]:
    """The form for the settings in a file; a message on the page where they do not fit in."""
    with told_to_the_visitor():
        config = TrainConfig.from_dict({**RECOMMENDED.to_dict(), **settings_in(file)})
        for name, limit in {"epochs": _MOST_EPOCHS, "batch_size": MOST_ROWS}.items():
            if getattr(config, name) > limit:
                raise ValueError(f"{name} is {getattr(config, name)}, and the form takes up to {limit}")
        for name in _NOT_IN_THE_FORM:
            if getattr(config, name) != getattr(RECOMMENDED, name):
                raise ValueError(f"{name} is not in the form: use train --config {file.name}")
        if (config.freeze.last or 0) > num_layers:
            raise ValueError(f"freeze is {config.freeze.value}, and the encoder has {num_layers} layers")
        return form_of(config)
