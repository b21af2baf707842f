"""The settings of a run: what trains, for how long, how fast."""

import html
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import gradio as gr

from mtl.schema.config import PRESETS, RECOMMENDED, FreezeStrategy, TrainConfig, settings_in
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
_FIELDS: Final = (
    "epochs",
    "head_input",
    "batch_size",
    "head_lr",
    "encoder_lr",
    "seed",
    "val_fraction",
    "goal",
    "time_limit_s",
    "schedule",
    "class_weights",
    "augmentation",
)


_MOST_EPOCHS: Final = 50
# The browser makes the file: a download button would give what it was given before the click.
_DOWNLOAD: Final = """text => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], {type: "application/json"}));
    link.download = "settings.json";
    link.click();
}"""

# Boxes that may stay empty. They are text boxes, because a number box shows "nothing" as 0.
_OPTIONAL: Final = ("head_lr", "encoder_lr", "goal", "time_limit_s")


class SettingsPanel:
    """The form. `inputs` go into `config_from`; `start_from` names the heads to begin with; in `kept` the
    browser remembers the form, and `ready` becomes true when it was read."""

    def __init__(self, num_layers: int, kept: gr.BrowserState) -> None:
        usual = RECOMMENDED
        preset = gr.Radio(_PRESETS, value="recommended", label="Preset", elem_id="preset")
        strategy = gr.Radio(
            _STRATEGIES,
            value=usual.freeze.value,
            label="What trains",
            info="Unfrozen layers get a lower learning rate. Gradual goes on only while it helps.",
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
        boxes = {"epochs": epochs, **advanced.boxes}
        fields = [boxes[name] for name in _FIELDS]
        self.inputs: list[Any] = [strategy, layers, *fields]
        # What was set comes back after a reload; boxes that just appear must not overwrite it before.
        self.ready = gr.State(False)
        gr.on(
            [box.change for box in self.inputs],
            lambda ready, *values: (list(values) if ready else gr.skip(), _preset_of(values)),
            [self.ready, *self.inputs],
            [kept, preset],
            show_progress="hidden",
            trigger_mode="always_last",
        )
        strategy.change(lambda s: gr.update(visible=s == _LAST), strategy, layers, show_progress="hidden")
        preset.input(lambda name: _values(PRESETS[name]), preset, self.inputs, show_progress="hidden")
        save.click(_as_json, self.inputs, saved, show_progress="hidden").success(
            None, saved, None, js=_DOWNLOAD
        )
        load.upload(
            lambda file: _from_json(Path(file), num_layers), load, self.inputs, show_progress="hidden"
        )


def restored(kept: Any, num_layers: int) -> list[Any]:
    """That the form is ready, and the form as it was left; as it is where nothing sensible was kept."""
    try:
        strategy, layers, *_ = kept
        if config_from(kept) and strategy in dict(_STRATEGIES).values() and 1 <= layers <= num_layers:
            return [True, *kept]
    except (TypeError, ValueError, AttributeError):
        pass  # kept by an older page, or tampered with
    return [True] + [gr.skip()] * (len(_FIELDS) + 2)


def config_from(values: Sequence[Any]) -> TrainConfig:
    """The form's values as a config; raises ValueError naming the field that is off."""
    strategy, layers, *rest = values
    freeze = f"last-{layers}" if strategy == _LAST else strategy
    fields = dict(zip(_FIELDS, rest, strict=True))
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


def _values(config: TrainConfig) -> list[Any]:
    """A config as the form shows it."""
    last = config.freeze.last
    fields = {name: getattr(config, name) for name in _FIELDS}
    shown = {name: "" if fields[name] is None else f"{fields[name]!r}" for name in _OPTIONAL}
    freeze = [_LAST, last] if last else [config.freeze.value, gr.skip()]
    return [*freeze, *{**fields, **shown}.values()]


def _preset_of(values: Sequence[Any]) -> str | None:
    """The preset that the form holds, if any."""
    try:
        config = config_from(values)
    except ValueError:
        return None
    return next((name for name, preset in PRESETS.items() if preset == config), None)


def _as_json(*values: Any) -> str:
    try:
        return json.dumps(config_from(values).to_dict(), indent=2)
    except ValueError as error:
        raise _refused(error) from error


def _from_json(file: Path, num_layers: int) -> list[Any]:
    try:
        config = TrainConfig.from_dict({**RECOMMENDED.to_dict(), **settings_in(file)})
        most = {"epochs": _MOST_EPOCHS, "batch_size": MOST_ROWS}
        for name, limit in most.items():
            if getattr(config, name) > limit:
                raise ValueError(f"{name} is {getattr(config, name)}, and the form takes up to {limit}")
        for name in ("weight_decay", "token_dropout"):
            if getattr(config, name) != getattr(RECOMMENDED, name):
                raise ValueError(f"{name} has no place in the form: use train --config {file.name}")
        if (config.freeze.last or 0) > num_layers:
            raise ValueError(f"freeze is {config.freeze.value}, and the encoder has {num_layers} layers")
    except ValueError as error:
        raise _refused(error) from error
    return _values(config)


def _refused(error: ValueError) -> gr.Error:
    return gr.Error(html.escape(str(error)), duration=None, print_exception=False)
