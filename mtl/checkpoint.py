"""Saving and loading a model: safetensors for weights, JSON for everything else, in a folder or zip.

A model names its encoder by fingerprint and carries only what training changed: the heads, and
the encoder blocks that moved.
"""

import importlib.metadata
import json
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, get_args

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from mtl.config import HeadInput
from mtl.encoder import Encoder
from mtl.heads import Head
from mtl.lowrank import compress, expand
from mtl.model import MultiTaskModel
from mtl.tasks import Task

FORMAT: Final = 2
WEIGHTS: Final = "model.safetensors"
FACTS: Final = "model.json"
HISTORY: Final = "history.csv"
# Far above any model of this kind; a bound on what an uploaded archive may unpack to.
MAX_BYTES: Final = 2**30

# What a damaged or foreign file makes the readers raise; zipfile's RuntimeError: a password.
_UNREADABLE: Final = (
    OSError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
    SafetensorError,
    UnicodeDecodeError,
    json.JSONDecodeError,
)


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
    safetensors.torch.save_file({n: t.contiguous() for n, t in tensors.items()}, folder / WEIGHTS)
    description = {
        "format": FORMAT,
        "encoder": {"name": model.encoder.name, "sha256": model.encoder.fingerprint},
        "changed_blocks": list(model.encoder.changed),
        "tasks": {task.name: list(task.labels) for task in model.tasks},
        "head_input": {head.task.name: head.head_input for head in model.head_list()},
        "versions": {name: importlib.metadata.version(name) for name in ("torch", "transformers")},
        **(facts or {}),
    }
    (folder / FACTS).write_text(json.dumps(description, indent=2) + "\n", "utf-8")
    return folder


def add_facts(folder: Path, facts: Mapping[str, Any]) -> None:
    """Adds to the JSON of a saved model."""
    description = {**model_facts(folder), **facts}
    (folder / FACTS).write_text(json.dumps(description, indent=2) + "\n", "utf-8")


def zip_model(folder: Path, archive: Path) -> Path:
    """Packs a saved model's folder into one zip file."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as stream:
        for file in sorted(path for path in folder.iterdir() if path.is_file()):
            stream.write(file, file.name)
    return archive


def load_model(source: Path | str, encoder: Encoder | None = None) -> MultiTaskModel:
    """Reads a model from a folder or zip; `encoder` defaults to the installed one.

    Raises ValueError where the source is no model, is damaged, or belongs to another encoder.
    """
    from mtl.loading import load_encoder

    path = Path(source)
    facts, tensors = _read(path)
    encoder = encoder or load_encoder()
    try:
        if facts["format"] != FORMAT:
            raise ValueError(f"it has format {facts['format']}, this program reads {FORMAT}")
        if facts["encoder"]["sha256"] != encoder.fingerprint:
            raise ValueError(
                f"it was trained on the encoder {facts['encoder']['name']!r}, which is not the one "
                f"in use ({encoder.name}); start with --encoder {facts['encoder']['name']}"
            )
        model = _fresh(facts, encoder)
        expected = model.snapshot(facts["changed_blocks"])
        tensors = expand(tensors, _named(encoder))
        _check_tensors(expected, tensors)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path.name} is not a model: {FACTS} is incomplete ({error})") from None
    except ValueError as error:
        raise ValueError(f"cannot use the model {path.name}: {error}") from None
    return model.restored(tensors)


def model_facts(source: Path | str) -> dict[str, Any]:
    """The JSON part of a saved model."""
    return _read(Path(source))[0]


def _named(encoder: Encoder) -> dict[str, Tensor]:
    return {f"encoder.{name}": tensor for name, tensor in encoder.state_dict().items()}


def _fresh(facts: dict[str, Any], encoder: Encoder) -> MultiTaskModel:
    heads = []
    for name, labels in facts["tasks"].items():
        head_input = facts["head_input"][name]
        if head_input not in get_args(HeadInput):
            raise ValueError(f"unknown head input {head_input!r}")
        heads.append(
            Head(
                Task(name, tuple(labels)),
                head_input,
                layers=encoder.num_layers + 1,
                dimension=encoder.dimension,
            )
        )
    blocks = facts["changed_blocks"]
    if not all(isinstance(b, int) and 0 <= b <= encoder.num_layers for b in blocks):
        raise ValueError(f"changed blocks {blocks} are not blocks of this encoder")
    return MultiTaskModel(encoder, heads)


def _check_tensors(expected: Mapping[str, Tensor], tensors: Mapping[str, Tensor]) -> None:
    if odd := sorted(set(expected) ^ set(tensors)):
        raise ValueError(f"{WEIGHTS} lacks or adds the tensor {odd[0]!r}")
    for name, tensor in tensors.items():
        if tensor.shape != expected[name].shape:
            raise ValueError(f"{name} has shape {tuple(tensor.shape)}, not {tuple(expected[name].shape)}")
        if not torch.isfinite(tensor).all():
            raise ValueError(f"{name} holds values that are not numbers")


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    try:
        if path.is_dir():
            raw = {name: (path / name).read_bytes() for name in (WEIGHTS, FACTS)}
        else:
            raw = _read_zip(path)
        facts = json.loads(raw[FACTS])
        return facts, safetensors.torch.load(raw[WEIGHTS])
    except FileNotFoundError:
        raise ValueError(f"{path} is not a model: no {WEIGHTS} and {FACTS} there") from None
    except _UNREADABLE as e:
        raise ValueError(f"{path.name} is not a model or is damaged ({e})") from None


def _read_zip(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        sizes = {info.filename: info.file_size for info in archive.infolist()}
        for name in (WEIGHTS, FACTS):
            if name not in sizes:
                raise ValueError(f"{path.name} is not a model: it holds no {name}")
            if sizes[name] > MAX_BYTES:
                raise ValueError(f"{path.name}: {name} is larger than any model ({sizes[name]} bytes)")
        return {name: archive.read(name) for name in (WEIGHTS, FACTS)}
