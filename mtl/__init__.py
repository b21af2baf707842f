"""One sentence encoder, two heads: embeddings, predictions and training, from Python."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mtl.model.checkpoint import load_model, save_model
    from mtl.model.pretrained import load_encoder
    from mtl.schema.config import PRESETS, FreezeStrategy, TrainConfig
    from mtl.training.default import load_default
    from mtl.training.train import train
    from mtl.training.trainer import Trainer

__all__ = [
    "PRESETS",
    "FreezeStrategy",
    "TrainConfig",
    "Trainer",
    "load_default",
    "load_encoder",
    "load_model",
    "save_model",
    "train",
]

_HOMES = {
    "mtl.training.default": ("load_default",),
    "mtl.training.train": ("train",),
    "mtl.model.checkpoint": ("load_model", "save_model"),
    "mtl.schema.config": ("PRESETS", "FreezeStrategy", "TrainConfig"),
    "mtl.model.pretrained": ("load_encoder",),
    "mtl.training.trainer": ("Trainer",),
}


def __getattr__(name: str) -> Any:
    # torch takes seconds to import: only what is asked for is loaded (PEP 562).
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(module), name)
    raise AttributeError(f"module 'mtl' has no attribute {name!r}")
