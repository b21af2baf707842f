"""Predictions of many texts as a CSV file, the same from the command line and from the page.

The first row names the columns; one row per text follows, in the order of the texts:

- `text`;
- for each task NAME of the model: `NAME`, its most probable label; `NAME_sure`, whether that label is
  probable enough to be told as an answer (`TaskPrediction.sure`); `NAME_p_LABEL` for each label, its
  probability in [0, 1] with six decimals;
- `out_of_distribution`: whether the text is unlike the training texts;
- `truncated`: whether the encoder read only the text's start.

Yes and no are written as True and False. The file is written chunk by chunk, so that memory stays flat.
"""

import csv
import ctypes
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TextIO

import pandas as pd

from mtl.model.multitask import MultiTaskModel
from mtl.schema.results import Prediction
from mtl.schema.tasks import Task

# A chunk is what may still have to end after Stop: well below a second of work.
_TEXTS: Final = 128
_CHARACTERS: Final = 8_000
_READ_AT_ONCE: Final = 5_000
SHOWN: Final = 200


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """Progress: `done` of `total` texts, their predicted labels counted by task; `eta_s`: seconds left."""

    done: int
    total: int
    eta_s: float
    counts: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which rows to show: those with these labels, by task name; a task that is not named may have any.

    `unsure` keeps only the rows in which a label is not sure, or whose text is out of distribution.
    """

    labels: Mapping[str, str] = field(default_factory=dict)
    unsure: bool = False


def label_texts(
    model: MultiTaskModel,
    texts: Sequence[str],
    out: TextIO,
    *,
    stopped: Callable[[], bool] = lambda: False,
    fast: bool = False,
) -> Iterator[Labelled]:
    """Writes the columns and a row per text to `out`; yields after each chunk, until `stopped`.

    Open a file with `newline=""`. `fast` computes in bfloat16 where that is native.
    """
    counts = {task.name: Counter[str]() for task in model.tasks}
    began = time.monotonic()
    writer = csv.DictWriter(out, columns(model.tasks), lineterminator="\n")
    writer.writeheader()
    done = 0
    for chunk in _chunks(texts):
        if stopped():
            return
        for prediction in model.predict(chunk, fast=fast):
            writer.writerow(_row(prediction))
            for name, task in prediction.tasks.items():
                counts[name][task.label] += 1
        out.flush()
        _give_back_memory()
        done += len(chunk)
        eta = (time.monotonic() - began) / done * (len(texts) - done)
        so_far = {name: dict(found) for name, found in counts.items()}
        yield Labelled(done=done, total=len(texts), eta_s=eta, counts=so_far)


def columns(tasks: Iterable[Task]) -> list[str]:
    """The columns of such a file for a model with these tasks."""
    names = ["text"]
    for task in tasks:
        names += [task.name, f"{task.name}_sure", *(f"{task.name}_p_{label}" for label in task.labels)]
    return [*names, "out_of_distribution", "truncated"]


def tasks_in(columns: Iterable[str]) -> list[str]:
    """The names of the tasks in the columns of such a file, in their order."""
    tasks: list[str] = []
    for column in columns:
        own = tasks and (column == f"{tasks[-1]}_sure" or column.startswith(f"{tasks[-1]}_p_"))
        if not own and column not in ("text", "out_of_distribution", "truncated"):
            tasks.append(column)
    return tasks


def filtered(file: Path, wanted: Filter) -> tuple[pd.DataFrame, int]:
    """The first `SHOWN` rows of such a file that pass, and how many pass. Raises ValueError if it is gone."""
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


def _passes(rows: pd.DataFrame, wanted: Filter) -> "pd.Series[bool]":
    passes = pd.Series(True, index=rows.index)
    for name, label in wanted.labels.items():
        passes &= rows[name].astype(str) == label if name in rows else False
    if wanted.unsure:
        sure = rows[[f"{name}_sure" for name in tasks_in(rows.columns)]].astype(bool).all(axis=1)
        passes &= ~(sure & ~rows["out_of_distribution"].astype(bool))
    return passes


def _row(prediction: Prediction) -> dict[str, Any]:
    row: dict[str, Any] = {"text": prediction.text}
    for name, task in prediction.tasks.items():
        row |= {name: task.label, f"{name}_sure": task.sure}
        row |= {f"{name}_p_{label}": round(p, 6) for label, p in task.scores.items()}
    return row | {"out_of_distribution": prediction.out_of_distribution, "truncated": prediction.truncated}


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


def _give_back_memory() -> None:
    """Returns free memory to the system: chunks of ever new sizes fragment glibc's heap, which then
    keeps 300 MB in 50,000 sentences."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # other C libraries on Linux have none
        if trim is not None:
            trim(0)
