"""The settings in the form -> a config, and back; as a file, and as the browser kept them."""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from mtl.schema.config import PRESETS, RECOMMENDED, FreezeStrategy, TrainConfig, settings_in
from mtl.ui.errors import told_to_the_visitor
from mtl.ui.train.advanced_panel import MOST_ROWS
from mtl.ui.train.strategies import LAST, STRATEGIES

MOST_EPOCHS: Final = 50
# Boxes that may stay empty. They are text boxes, because a number box shows "nothing" as 0.
_OPTIONAL: Final = ("head_lr", "encoder_lr", "goal", "time_limit_s")
# A file may hold them, the form does not.
_NOT_IN_THE_FORM: Final = ("weight_decay", "token_dropout")
_SETTINGS: Final = {field.name for field in dataclasses.fields(TrainConfig)} - {"freeze", *_NOT_IN_THE_FORM}


def restored(kept: Any, num_layers: int) -> dict[str, Any]:
    """A form that the browser kept; empty where an older page wrote it, or somebody changed it."""
    try:
        usable = config_from(kept) and kept["strategy"] in STRATEGIES
        if usable and 1 <= kept["layers"] <= num_layers and set(kept) == {"strategy", "layers", *_SETTINGS}:
            return dict(kept)
    except (TypeError, ValueError, AttributeError, LookupError):
        pass
    return {}


def config_from(form: Mapping[str, Any]) -> TrainConfig:
    """The form as a config; raises ValueError, naming the field that cannot be used."""
    fields = {name: value for name, value in form.items() if name not in ("strategy", "layers")}
    freeze = f"last-{form['layers']}" if form["strategy"] == LAST else form["strategy"]
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
    freeze = {"strategy": LAST, "layers": last} if last else {"strategy": config.freeze.value}
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
        for name, limit in {"epochs": MOST_EPOCHS, "batch_size": MOST_ROWS}.items():
            if getattr(config, name) > limit:
                raise ValueError(f"{name} is {getattr(config, name)}, and the form takes up to {limit}")
        for name in _NOT_IN_THE_FORM:
            if getattr(config, name) != getattr(RECOMMENDED, name):
                raise ValueError(f"{name} is not in the form: use train --config {file.name}")
        if (config.freeze.last or 0) > num_layers:
            raise ValueError(f"freeze is {config.freeze.value}, and the encoder has {num_layers} layers")
        return form_of(config)
