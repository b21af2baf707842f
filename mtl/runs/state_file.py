"""The training state of a run as one safetensors file."""

import json
from pathlib import Path

import safetensors.torch

from mtl.training.state import SavedState


def save_state(state: SavedState, file: Path) -> None:
    """Writes what resuming needs. The file is replaced in one step."""
    partial = file.with_suffix(".partial")
    tensors = {name: tensor.contiguous() for name, tensor in state.tensors.items()}
    safetensors.torch.save_file(tensors, partial, metadata={"facts": json.dumps(state.facts)})
    partial.replace(file)


def load_state(file: Path) -> SavedState:
    """The inverse of `save_state`."""
    with safetensors.safe_open(file, framework="pt") as stream:
        facts = json.loads(stream.metadata()["facts"])
        return SavedState(facts=facts, tensors={n: stream.get_tensor(n) for n in stream.keys()})
