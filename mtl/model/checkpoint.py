"""Saving and loading a model: safetensors for weights, JSON for everything else, in a folder or zip.

A model names its encoder by fingerprint and carries only what training changed: the heads, and
the encoder blocks that moved.
"""

import importlib.metadata
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, get_args

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from mtl.model.archive import EVENTS, FACTS, FORMER_REPORT, LIMITS, REPORT, WEIGHTS, members, read_member
from mtl.model.encoder import Encoder
from mtl.model.heads import Head
from mtl.model.low_rank import compress, expand
from mtl.model.multitask import MultiTaskModel
from mtl.schema.config import HeadInput, TrainConfig
from mtl.schema.events import EpochEnd, Event, RunEnd, RunStarted, event_from_dict
from mtl.schema.results import ValidationReport
from mtl.schema.tasks import MAX_TASKS, Kind, Task, task_of

FORMAT: Final = 2
# Beside its tensors a safetensors file holds their names and shapes.
_HEADER_BYTES: Final = 2**20

# What earlier versions called some tensors.
_FORMER_PREFIXES: Final = {"familiarity.": "distribution."}

_DIVISORS: Final = (".temperature", ".deviation")

# What a damaged or foreign file makes the readers raise; zipfile's RuntimeError: one it cannot read,
# the JSON reader's: one nested too deeply.
_UNREADABLE: Final = (
    OSError,
    EOFError,
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
        "kinds": {task.name: task.kind for task in model.tasks},
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


def load_model(source: Path | str, encoder: Encoder | None = None) -> MultiTaskModel:
    """Reads a model from a folder or zip; `encoder` defaults to the installed one.

    Raises ValueError where the source is no model, is damaged, holds what does not belong there, or
    belongs to another encoder.
    """
    from mtl.model.pretrained import load_encoder

    path = Path(source)
    facts = model_facts(path)
    encoder = encoder or load_encoder()
    with _facts_explained(path):
        _check_facts(facts, encoder)
        model = _fresh(facts, encoder)
        expected = model.snapshot(facts["changed_blocks"])
    # What the facts ask for bounds what is read at all.
    limit = sum(tensor.nbytes for tensor in expected.values()) + _HEADER_BYTES
    with _reading(path):
        tensors = _current(safetensors.torch.load(_content(path, WEIGHTS, limit)))
    with _facts_explained(path):
        tensors = expand(tensors, _named(encoder))
        _check_tensors(expected, tensors)
        if not 0 <= int(tensors["distribution.layer"]) <= encoder.num_layers:
            raise ValueError(f"distribution.layer is {int(tensors['distribution.layer'])}: no such layer")
    return model.restored(tensors)


def model_facts(source: Path | str) -> dict[str, Any]:
    """The JSON part of a saved model."""
    path = Path(source)
    with _reading(path):
        facts: dict[str, Any] = json.loads(_content(path, FACTS, LIMITS[FACTS]))
    return facts


def model_report(source: Path | str) -> ValidationReport | None:
    """The validation report that lies beside a saved model; None where there is none.

    Raises ValueError where it is no report, or is about other tasks or labels than the model's.
    """
    path = Path(source)
    facts = model_facts(path)
    with _reading(path):
        name = REPORT if REPORT in (there := _names(path)) else FORMER_REPORT
        values = json.loads(_content(path, name, LIMITS[name])) if name in there else None
    if name not in there:
        return None
    with _facts_explained(path):
        report = _event(values)
        if not isinstance(report, ValidationReport):
            raise ValueError(f"its {name} holds no validation report")
        _check_event(report, facts["tasks"], name)
    return report


def model_events(source: Path | str) -> tuple[Event, ...]:
    """The events of the run that made a saved model, from RunStarted to RunEnd; empty where it has none.

    Raises ValueError where they are no such events, or are about other tasks or labels than the model's.
    """
    path = Path(source)
    facts = model_facts(path)
    with _reading(path):
        if EVENTS not in _names(path):
            return ()
        lines = _content(path, EVENTS, LIMITS[EVENTS]).decode("utf-8").split("\n")
        values = [json.loads(line) for line in lines if line]
    with _facts_explained(path):
        events = tuple(event for value in values if (event := _event(value)))
        if len(events) < len(values):
            raise ValueError(f"its {EVENTS} holds a line that is no event")
        if not events or not isinstance(events[0], RunStarted) or not isinstance(events[-1], RunEnd):
            raise ValueError(f"its {EVENTS} does not lead from the start of a run to its end")
        for event in events:
            _check_event(event, facts["tasks"], EVENTS)
    return events


def _event(values: Any) -> Event | None:
    try:
        return event_from_dict(values)
    except (ValueError, LookupError, TypeError):
        return None


def _check_event(event: Event, tasks: Mapping[str, list[str]], name: str) -> None:
    """Raises ValueError unless an event is about these tasks, with these labels."""
    about: Mapping[str, Sequence[str]] = tasks
    match event:
        case RunStarted():
            TrainConfig.from_dict(event.config)
            about = event.labels if event.labels.keys() == event.rows.keys() else {}
            if any(not {"train", "validation"} <= counts.keys() for counts in event.rows.values()):
                raise ValueError(f"its {name} lacks numbers of rows")
        case ValidationReport():
            about = {task: report.scores.labels for task, report in event.tasks.items()}
        case RunEnd():
            about = {task: scores.labels for task, scores in event.scores.items()}
        case EpochEnd():
            losses = {"combined", *tasks}
            scores = {f"{task}_{score}" for task in tasks for score in ("accuracy", "macro_f1")}
            if event.train.keys() != losses or event.validation.keys() != losses | scores:
                raise ValueError(f"its {name} is about other tasks or labels")
    if {task: list(labels) for task, labels in about.items()} != tasks:
        raise ValueError(f"its {name} is about other tasks or labels")


def _names(path: Path) -> set[str]:
    return set(members(path)) if path.is_file() else {file.name for file in path.iterdir()}


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise ValueError(f"{path} is not a model: no {WEIGHTS} and {FACTS} there") from None
    except _UNREADABLE as error:
        raise ValueError(f"{path.name} is not a model or is damaged ({error})") from None


@contextmanager
def _facts_explained(path: Path) -> Iterator[None]:
    try:
        yield
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path.name} is not a model: {FACTS} is incomplete ({error})") from None
    except ValueError as error:
        raise ValueError(f"cannot use the model {path.name}: {error}") from None


def _content(path: Path, name: str, limit: int) -> bytes:
    if path.is_dir():
        return (path / name).read_bytes()
    try:
        return read_member(path, name, limit)
    except ValueError as error:
        raise ValueError(f"{path.name} is not a model: {error}") from None


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
    return {f"encoder.{name}": tensor for name, tensor in encoder.state_dict().items()}


def _fresh(facts: dict[str, Any], encoder: Encoder) -> MultiTaskModel:
    heads = []
    for name, labels in facts["tasks"].items():
        if not all(isinstance(label, str) for label in labels):
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
    if not all(isinstance(b, int) and 0 <= b <= encoder.num_layers for b in blocks):
        raise ValueError(f"changed blocks {blocks} are not blocks of this encoder")
    return MultiTaskModel(encoder, heads)


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
        if not torch.isfinite(tensor).all():
            raise ValueError(f"{name} holds values that are not numbers")
        if name.endswith(_DIVISORS) and not (tensor > 0).all():
            raise ValueError(f"{name} divides, and holds values that are not above zero")
