"""The training state of a run as one safetensors file."""

import json
from pathlib import Path

import safetensors

from mtl.model.tensors import save_tensors
from mtl.model.whole import whole
from mtl.training.processes import Processes
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


def state_of_first(state: SavedState | None, processes: Processes) -> SavedState | None:
    """The first process's state, in all processes of a run. A collective call."""
    if processes.alone:
        return state
    facts = json.loads(processes.bytes_of_first(json.dumps(state and state.facts).encode()))
    if facts is None:
        return None
    tensors = {name: tensor.contiguous() for name, tensor in state.tensors.items()} if state else {}
    content = processes.bytes_of_first(safetensors.torch.save(tensors))
    return SavedState(facts=facts, tensors=safetensors.torch.load(content))
