"""The training state of a run as one safetensors file."""

import json
from pathlib import Path

import safetensors

from mtl.model.tensors import save_tensors
from mtl.model.whole import whole
from mtl.training.state import SavedState


def save_state(state: SavedState, file: Path) -> None:
    """Writes what resuming needs. The file is replaced in one step."""
    with whole(file) as partial:
        save_tensors(state.tensors, partial, {"facts": json.dumps(state.facts)})


def load_state(file: Path) -> SavedState:
    """The inverse of `save_state`. Raises ValueError for a file that it did not write."""
    try:
        with safetensors.safe_open(file, framework="pt") as stream:
            facts = json.loads(stream.metadata()["facts"])
            return SavedState(facts=facts, tensors={n: stream.get_tensor(n) for n in stream.keys()})
    except (OSError, safetensors.SafetensorError, ValueError, LookupError, TypeError) as error:
        raise ValueError(f"the saved state cannot be read ({error}): start the run again") from None
