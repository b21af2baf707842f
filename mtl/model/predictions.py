"""Predictions of many texts as a CSV file, the same from the command line and from the page.

The first row names the columns; one row per text follows, in the order of the texts:

- the columns of the file that the texts come from, as they stand there; of texts without a file, `text`;
- for each task NAME of the model: `NAME`, its most probable label; `NAME_confidence`, the probability of
  that label; `NAME_sure`, whether it is probable enough to be told as an answer (`TaskPrediction.sure`;
  where a model makes a promise, it keeps it by these answers);
  `NAME_p_LABEL` for each label, its probability. Probabilities are in [0, 1] with six decimals;
- `out_of_distribution`: whether the text is unlike the training texts;
- `truncated`: whether the encoder read only the text's start.

A column of the file that is called as one of the model's becomes "NAME (given)". Yes and no are written
as True and False. The file is written chunk by chunk, so that memory stays flat.
"""

import csv
import ctypes
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, TextIO

import pandas as pd

from mtl.model.multitask import MultiTaskModel
from mtl.schema.formulas import guarded, unguarded
from mtl.schema.results import Prediction
from mtl.schema.tasks import Task

# A chunk is what may still have to end after Stop: well below a second of work.
_TEXTS: Final = 128
_CHARACTERS: Final = 8_000
# No chunk crosses the border of a part of a file (`mtl.cli.stream_commands`): in bfloat16 what is computed
# for a text depends on its chunk, and a file is to get the same answers, read whole or in parts.
TEXTS_PER_PART: Final = 2048
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
    `order`: as in the file, or by the lowest confidence in a row, the lowest first.
    """

    labels: Mapping[str, str] = field(default_factory=dict)
    unsure: bool = False
    order: Literal["file", "confidence"] = "file"


def label_texts(
    model: MultiTaskModel,
    texts: Sequence[str],
    out: TextIO,
    *,
    beside: pd.DataFrame | None = None,
    stopped: Callable[[], bool] = lambda: False,
    fast: bool = False,
    guard: bool = False,
) -> Iterator[Labelled]:
    """Writes the columns and a row per text to `out`; yields after each chunk, until `stopped`.

    `beside`: the columns of the texts' file, which are written before the model's. Open a file with
    `newline=""`. `fast` computes in bfloat16 where that is native. With `guard`, an apostrophe stands before
    what a spreadsheet would take for a formula (see `formulas`). Raises ValueError where the file has
    another number of rows.
    """
    own = pd.DataFrame({"text": list(texts)}) if beside is None else beside
    if len(own) != len(texts):
        raise ValueError(f"{len(texts)} texts and {len(own)} rows of their file: give a row per text")
    counts = {task.name: Counter[str]() for task in model.tasks}
    began = time.monotonic()
    writer = csv.writer(out, lineterminator="\n")
    written = guarded if guard else lambda cell: cell
    writer.writerow(map(written, columns(model.tasks, list(map(str, own.columns)))))
    cells = own.itertuples(index=False, name=None)
    done = 0
    for chunk in chunks_of(texts):
        if stopped():
            return
        for prediction in model.predict(chunk, fast=fast):
            writer.writerow(map(written, (*next(cells), *cells_of(prediction))))
            for name, task in prediction.tasks.items():
                counts[name][task.label] += 1
        out.flush()
        give_back_memory()
        done += len(chunk)
        eta = (time.monotonic() - began) / done * (len(texts) - done)
        so_far = {name: dict(found) for name, found in counts.items()}
        yield Labelled(done=done, total=len(texts), eta_s=eta, counts=so_far)


def columns(tasks: Iterable[Task], own: Sequence[str] = ("text",)) -> list[str]:
    """The columns of such a file for a model with these tasks; `own` are those of the texts' file."""
    made: list[str] = []
    for task in tasks:
        name = task.name
        made += [name, f"{name}_confidence", f"{name}_sure", *(f"{name}_p_{label}" for label in task.labels)]
    made += ["out_of_distribution", "truncated"]
    return [*given_columns(own, made), *made]


def given_columns(own: Sequence[str], made: Iterable[str]) -> list[str]:
    """What the columns of a file are called beside those that are `made`: of one name, all but one change."""
    taken, names = set(made), list[str]()
    for name in own:
        kinds = (f"{name} (given)", *(f"{name} (given {number})" for number in range(2, len(own) + 2)))
        free = next(kind for kind in (name, *kinds) if kind not in taken)
        names.append(free)
        taken.add(free)
    return names


def filtered(file: Path, tasks: Sequence[str], wanted: Filter) -> tuple[pd.DataFrame, int]:
    """The first `SHOWN` rows of such a file that pass, as text, and how many pass; `tasks` are those of the
    model. The index is the row's place in the file. Raises ValueError if the file is gone."""
    first = pd.DataFrame()
    passed = 0
    try:
        for part in pd.read_csv(file, chunksize=_READ_AT_ONCE, keep_default_na=False, dtype=str):
            part = part.rename(columns=unguarded)
            kept = part[_passes(part, tasks, wanted)]
            passed += len(kept)
            first = _first(pd.concat([first, kept]) if len(first) else kept, tasks, wanted)
    except FileNotFoundError:
        raise ValueError("this file has made room for newer ones: label the texts again") from None
    return first.map(unguarded), passed


def _passes(rows: pd.DataFrame, tasks: Sequence[str], wanted: Filter) -> "pd.Series[bool]":
    passes = pd.Series(True, index=rows.index)
    for name, label in wanted.labels.items():
        passes &= rows[name].map(unguarded) == label if name in rows else False
    if wanted.unsure:
        doubtful = (rows[[f"{name}_sure" for name in tasks]] != "True").any(axis=1)
        passes &= doubtful | (rows["out_of_distribution"] == "True")
    return passes


def _first(rows: pd.DataFrame, tasks: Sequence[str], wanted: Filter) -> pd.DataFrame:
    if wanted.order == "confidence":
        lowest = rows[[f"{name}_confidence" for name in tasks]].astype(float).min(axis=1)
        rows = rows.loc[lowest.sort_values(kind="stable").index]
    return rows.head(SHOWN)


def cells_of(prediction: Prediction) -> Iterator[Any]:
    """What stands in the columns of the model in the row of a prediction."""
    for task in prediction.tasks.values():
        yield from (task.label, round(task.confidence, 6), task.sure)
        yield from (round(p, 6) for p in task.scores.values())
    yield from (prediction.out_of_distribution, prediction.truncated)


def chunks_of(texts: Sequence[str]) -> Iterator[list[str]]:
    """The texts, so many at a time that a chunk is well below a second of work."""
    chunk: list[str] = []
    characters = 0
    for number, text in enumerate(texts, start=1):
        chunk.append(text)
        characters += len(text)
        if len(chunk) >= _TEXTS or characters >= _CHARACTERS or number % TEXTS_PER_PART == 0:
            yield chunk
            chunk, characters = [], 0
    if chunk:
        yield chunk


def give_back_memory() -> None:
    """Returns free memory to the system: chunks of ever new sizes fragment glibc's heap, which then
    keeps 300 MB in 50,000 sentences."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # other C libraries on Linux have none
        if trim is not None:
            trim(0)
