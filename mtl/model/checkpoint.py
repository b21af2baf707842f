"""Saving and loading a model: safetensors for weights, JSON for everything else, in a folder or zip.

A model names its encoder by fingerprint and carries only what training changed: the heads, and
the encoder blocks that moved.
"""

import importlib.metadata
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final, get_args

import safetensors.torch
from torch import Tensor

from mtl.model.archive import FACTS, WEIGHTS, forget_model
from mtl.model.encoder import Encoder
from mtl.model.files import content, explained, model_facts, reading
from mtl.model.heads import Head
from mtl.model.hub import on_disk
from mtl.model.low_rank import compress, expand
from mtl.model.multitask import MultiTaskModel
from mtl.model.plausible import check_weights
from mtl.model.tensors import save_tensors
from mtl.model.whole import whole, write_whole
from mtl.schema.config import HeadInput
from mtl.schema.results import Promise
from mtl.schema.tasks import MAX_TASKS, Kind, Task, task_of

FORMAT: Final = 2
# Beside its tensors a safetensors file holds their names and shapes.
_HEADER_BYTES: Final = 2**20

# What earlier versions called some tensors.
_FORMER_PREFIXES: Final = {"familiarity.": "distribution."}
# What earlier versions did not save: the tensors of a model that does not know its texts' language.
_OPTIONAL: Final = tuple(f"distribution.language_{part}" for part in ("weights", "offset", "limit"))


def save_model(
    model: MultiTaskModel,
    folder: Path | str,
    facts: Mapping[str, Any] | None = None,
    *,
    base: Encoder | None = None,
    rank: int | None = None,
) -> Path:
    """Writes a model into a folder (made if missing); `facts` (settings, scores) go into the JSON.

    With `rank`, moved layers are kept as a difference of this rank from the encoder `base`.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tensors = model.snapshot(model.encoder.changed)
    if base is not None and rank is not None:
        tensors = compress(tensors, _named(base), rank)
    forget_model(folder)
    with whole(folder / WEIGHTS) as file:
        save_tensors(tensors, file)
    description = {
        "format": FORMAT,
        "encoder": {"name": model.encoder.name, "sha256": model.encoder.fingerprint},
        "changed_blocks": list(model.encoder.changed),
        "tasks": {task.name: list(task.labels) for task in model.tasks},
        "kinds": {task.name: task.kind for task in model.tasks},
        "head_input": {head.task.name: head.head_input for head in model.head_list()},
        "versions": {name: importlib.metadata.version(name) for name in ("torch", "transformers")},
        **promised_facts(model.promises),
        **(facts or {}),
    }
    # They are written last: a folder without them is no model.
    write_whole(folder / FACTS, json.dumps(description, indent=2) + "\n")
    return folder


def load_model(source: Path | str, encoder: Encoder | None = None) -> MultiTaskModel:
    """Reads a model from a folder, a zip or the Hub ("hf://user/name", "hf://user/name@revision"); `encoder`
    defaults to the installed one.

    Raises ValueError where the source is no model, is damaged, holds what does not belong there, or
    belongs to another encoder.
    """
    from mtl.model.pretrained import load_encoder

    path = on_disk(source)
    facts = model_facts(path)
    encoder = encoder or load_encoder()
    with explained(path):
        _check_facts(facts, encoder)
        model = _fresh(facts, encoder)
        expected = model.snapshot(facts["changed_blocks"])
    # What the facts ask for bounds what is read at all.
    limit = sum(tensor.nbytes for tensor in expected.values()) + _HEADER_BYTES
    with reading(path):
        tensors = _current(safetensors.torch.load(content(path, WEIGHTS, limit)))
    with explained(path):
        former = {name: expected[name] for name in _OPTIONAL} if tensors.keys().isdisjoint(_OPTIONAL) else {}
        tensors = expand({**former, **tensors}, _named(encoder))
        _check_tensors(expected, tensors)
        if not 0 <= int(tensors["distribution.layer"]) <= encoder.num_layers:
            raise ValueError(f"distribution.layer is {int(tensors['distribution.layer'])}: no such layer")
        promises = _promises(facts)
    return model.restored(tensors).promising(promises)


def promised_facts(promises: Mapping[str, Promise]) -> dict[str, Any]:
    """What the JSON of a model says of its promises; nothing where it makes none."""
    return {"promises": {name: asdict(made) for name, made in promises.items()}} if promises else {}


def _promises(facts: dict[str, Any]) -> dict[str, Promise]:
    given = facts.get("promises", {})
    if odd := sorted(given.keys() - facts["tasks"].keys()):
        raise ValueError(f"it makes a promise for {odd[0]!r}, and has no such task")
    return {name: Promise(**made) for name, made in given.items()}


def _check_facts(facts: dict[str, Any], encoder: Encoder) -> None:
    if facts["format"] != FORMAT:
        raise ValueError(f"it has format {facts['format']}, this program reads {FORMAT}")
    if facts["encoder"]["sha256"] != encoder.fingerprint:
        raise ValueError(
            f"it was trained on the encoder {facts['encoder']['name']!r}, which is not the one "
            f"in use ({encoder.name}); start with --encoder {facts['encoder']['name']}"
        )
    if not facts["tasks"]:
        raise ValueError("it has no task")
    if (count := len(facts["tasks"])) > MAX_TASKS:
        raise ValueError(f"it has {count} tasks, where {MAX_TASKS} are the most")


def _current(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    current = {}
    for name, tensor in tensors.items():
        for former, now in _FORMER_PREFIXES.items():
            name = now + name.removeprefix(former) if name.startswith(former) else name
        current[name] = tensor
    return current


def _named(encoder: Encoder) -> dict[str, Tensor]:
    return {f"encoder.{name}": tensor.cpu() for name, tensor in encoder.state_dict().items()}


def _fresh(facts: dict[str, Any], encoder: Encoder) -> MultiTaskModel:
    heads = []
    for name, labels in facts["tasks"].items():
        if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
            raise ValueError(f"the labels of {name} are not all texts")
        head_input = facts["head_input"][name]
        if head_input not in get_args(HeadInput):
            raise ValueError(f"unknown head input {head_input!r}")
        heads.append(
            Head(
                _task(facts, name, labels),
                head_input,
                layers=encoder.num_layers + 1,
                dimension=encoder.dimension,
            )
        )
    blocks = facts["changed_blocks"]
    if not _are_blocks(blocks, encoder):
        raise ValueError(f"changed blocks {blocks} are not blocks of this encoder")
    return MultiTaskModel(encoder, heads)


def _are_blocks(blocks: Any, encoder: Encoder) -> bool:
    known = set(range(encoder.num_layers + 1))
    return isinstance(blocks, list) and all(type(b) is int and b in known for b in blocks[: len(known) + 1])


def _task(facts: dict[str, Any], name: str, labels: Sequence[str]) -> Task:
    task = task_of(name, labels)
    # Earlier versions wrote no kinds.
    kind = facts.get("kinds", {}).get(name, task.kind)
    if kind not in get_args(Kind):
        raise ValueError(f"the kind of {name} is {kind!r}: it must be one of {', '.join(get_args(Kind))}")
    return replace(task, kind=kind)


def _check_tensors(expected: Mapping[str, Tensor], tensors: Mapping[str, Tensor]) -> None:
    if odd := sorted(set(expected) ^ set(tensors)):
        raise ValueError(f"{WEIGHTS} lacks or adds the tensor {odd[0]!r}")
    for name, tensor in tensors.items():
        wanted = expected[name]
        if tensor.shape != wanted.shape:
            raise ValueError(f"{name} has shape {tuple(tensor.shape)}, not {tuple(wanted.shape)}")
        if tensor.dtype != wanted.dtype:
            raise ValueError(f"{name} has the type {tensor.dtype}, not {wanted.dtype}")
    check_weights(tensors)
