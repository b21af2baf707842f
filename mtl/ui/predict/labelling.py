"""Labels many texts into a CSV file, with flat memory: chunk by chunk, each written before the next."""

import csv
import ctypes
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from mtl.model.multitask import MultiTaskModel
from mtl.schema.results import Prediction
from mtl.schema.tasks import TASK_NAMES

# A chunk is what may still have to end after Stop: well below a second of work.
_TEXTS: Final = 128
_CHARACTERS: Final = 8_000
_READ_AT_ONCE: Final = 5_000
SHOWN: Final = 200


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """How far it is: `done` of `total` texts, labels counted by task; `eta_s` in seconds."""

    done: int
    total: int
    eta_s: float
    counts: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which rows to show; `labels` by task, a task without one is free. `unsure`: only where a task is."""

    labels: Mapping[str, str]
    unsure: bool = False


def label_texts(
    model: MultiTaskModel, texts: Sequence[str], file: Path, stopped: Callable[[], bool]
) -> Iterator[Labelled]:
    """Writes a row per text to `file`, in order, until the end or until `stopped`; tells after each chunk."""
    counts = {task.name: Counter[str]() for task in model.tasks}
    began = time.monotonic()
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, _columns(model))
        writer.writeheader()
        done = 0
        for chunk in _chunks(texts):
            if stopped():
                return
            for prediction in model.predict(chunk):
                writer.writerow(_row(prediction))
                for name, task in prediction.tasks.items():
                    counts[name][task.label] += 1
            stream.flush()
            _give_back_memory()
            done += len(chunk)
            eta = (time.monotonic() - began) / done * (len(texts) - done)
            frozen = {name: dict(found) for name, found in counts.items()}
            yield Labelled(done=done, total=len(texts), eta_s=eta, counts=frozen)


def filtered(file: Path, wanted: Filter) -> tuple[pd.DataFrame, int]:
    """The first rows of such a file that pass, and how many pass. Raises ValueError if it is gone."""
    first: list[pd.DataFrame] = []
    passed = 0
    try:
        for part in pd.read_csv(file, chunksize=_READ_AT_ONCE, keep_default_na=False):
            kept = part[_passes(part, wanted)]
            first.append(kept.head(max(0, SHOWN - passed)))
            passed += len(kept)
    except FileNotFoundError:
        raise ValueError("this file has made room for newer ones: label the texts again") from None
    return (pd.concat(first) if first else pd.DataFrame()), passed


def _give_back_memory() -> None:
    """Chunks of ever new sizes leave glibc's heap in pieces, which it keeps: 300 MB in 50,000 sentences."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # other C libraries on Linux have none
        if trim is not None:
            trim(0)


def _passes(rows: pd.DataFrame, wanted: Filter) -> "pd.Series[bool]":
    passes = pd.Series(True, index=rows.index)
    for name, label in wanted.labels.items():
        passes &= rows[name].astype(str) == label if name in rows else False
    if wanted.unsure:
        sure = rows[[f"{name}_sure" for name in TASK_NAMES if name in rows]].astype(bool).all(axis=1)
        passes &= ~(sure & ~rows["out_of_distribution"].astype(bool))
    return passes


def _chunks(texts: Sequence[str]) -> Iterator[list[str]]:
    chunk: list[str] = []
    characters = 0
    for text in texts:
        chunk.append(text)
        characters += len(text)
        if len(chunk) >= _TEXTS or characters >= _CHARACTERS:
            yield chunk
            chunk, characters = [], 0
    if chunk:
        yield chunk


def _columns(model: MultiTaskModel) -> list[str]:
    columns = ["text"]
    for task in model.tasks:
        columns += [task.name, f"{task.name}_sure", *(f"{task.name}_p_{label}" for label in task.labels)]
    return [*columns, "out_of_distribution", "truncated"]


def _row(prediction: Prediction) -> dict[str, Any]:
    row: dict[str, Any] = {"text": prediction.text}
    for name, task in prediction.tasks.items():
        row |= {name: task.label, f"{name}_sure": task.sure}
        row |= {f"{name}_p_{label}": round(p, 6) for label, p in task.scores.items()}
    return row | {"out_of_distribution": prediction.out_of_distribution, "truncated": prediction.truncated}
