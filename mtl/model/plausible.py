"""Whether numbers that come with a model from outside can be true: they are shown beside those of our own."""

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

import torch
from torch import Tensor

from mtl.schema.events import EpochEnd, Event, RunEnd, RunStarted, StageStarted
from mtl.schema.results import EvaluatedRow, TaskReport, TaskScores, ValidationReport

MOST_ROWS: Final = 1_000_000
MOST_EVENTS: Final = 5_000
_MOST_EPOCHS: Final = 1_000
_MOST_SECONDS: Final = 366 * 24 * 3600
_LONGEST_NUMBER: Final = 30
_ROUNDING: Final = 1e-6
# With weights of this size in the encoder, whose layer norms bring each layer's output back, and in the
# heads, an answer stays far below the largest float. Trained ones stay below 10 and 100.
_LARGEST_IN_ENCODER: Final = 1e3
_LARGEST: Final = 1e6
_SMALLEST_DIVISOR: Final = 1e-6
_DIVISORS: Final = (".temperature", ".deviation")
# Limits of a distribution may be as large as a float can be: nothing is excluded then.
_UNBOUNDED: Final = ("distribution.limit", "distribution.language_limit")


def parsed_json(raw: bytes | str) -> Any:
    """JSON as the standard has it. Raises ValueError for NaN, infinity, and a number of many digits."""
    return json.loads(raw, parse_float=_float, parse_int=_int, parse_constant=_float)


def _float(spelled: str) -> float:
    value = float(spelled)
    if not math.isfinite(value):
        raise ValueError(f"it holds {spelled[:_LONGEST_NUMBER]}, which is no number")
    return value


def _int(spelled: str) -> int:
    if len(spelled) > _LONGEST_NUMBER:
        raise ValueError(f"it holds a number of {len(spelled)} digits")
    return int(spelled)


def check_weights(tensors: Mapping[str, Tensor]) -> None:
    """Raises ValueError for weights that no training makes, and with which an answer would be no number."""
    for name, tensor in tensors.items():
        if not torch.isfinite(tensor).all():
            raise ValueError(f"{name} holds values that are not numbers")
        if name.endswith(_DIVISORS) and not (tensor > 0).all():
            raise ValueError(f"{name} divides, and holds values that are not above zero")
        if name.endswith(_DIVISORS) and not (tensor >= _SMALLEST_DIVISOR).all():
            raise ValueError(f"{name} divides, and holds values below {_SMALLEST_DIVISOR:g}")
        largest = _LARGEST_IN_ENCODER if name.startswith("encoder.") else _LARGEST
        if name not in _UNBOUNDED and not (tensor.abs() <= largest).all():
            raise ValueError(f"{name} holds values beyond {largest:g}: no training makes such")


def check_numbers(event: Event) -> None:
    """Raises ValueError, naming the number, unless those of an event or a report can be true."""
    for name, value, low, high in _ranges(event):
        if not low <= value <= high:
            raise ValueError(f"{name} is {value:g}: it must lie between {low:g} and {high:g}")


_Range = tuple[str, float, float, float]


def _ranges(event: Event) -> Iterator[_Range]:
    match event:
        case RunStarted():
            for counts in event.rows.values():
                yield from (("rows", rows, 0, MOST_ROWS) for rows in counts.values())
            yield "batches_per_epoch", event.batches_per_epoch, 0, MOST_ROWS
        case StageStarted():
            yield "head_lr", event.head_lr, 0, 1
            yield "encoder_lr", event.encoder_lr, 0, 1
        case EpochEnd():
            yield "epoch", event.epoch, 0, _MOST_EPOCHS
            yield "seconds", event.seconds, 0, _MOST_SECONDS
            for name, value in (*event.train.items(), *event.validation.items()):
                score = name.endswith(("_accuracy", "_macro_f1"))
                yield name, value, 0, 1 if score else math.inf
        case ValidationReport():
            for report in event.tasks.values():
                yield from _of_report(report)
        case RunEnd():
            yield "best_epoch", event.best_epoch, 0, _MOST_EPOCHS
            yield "seconds", event.seconds, 0, _MOST_SECONDS
            for scores in event.scores.values():
                yield from _of_scores(scores)


def _of_scores(scores: TaskScores) -> Iterator[_Range]:
    yield "rows", scores.rows, 0, MOST_ROWS
    for name in ("accuracy", "macro_f1", "calibration_error"):
        yield name, getattr(scores, name), 0, 1 + _ROUNDING
    labels = len(scores.labels)
    yield "the number of rows in confusion", len(scores.confusion), labels, labels
    for row in scores.confusion:
        yield "the number of columns in confusion", len(row), labels, labels
        yield from (("confusion", count, 0, scores.rows) for count in row)
    yield "the sum of confusion", sum(map(sum, scores.confusion)), scores.rows, scores.rows


def _of_report(report: TaskReport) -> Iterator[_Range]:
    yield from _of_scores(report.scores)
    if report.stripped:
        yield from _of_scores(report.stripped)
    for name in ("accuracy_interval", "macro_f1_interval"):
        interval = getattr(report, name)
        yield f"the start of {name}", interval.low, -_ROUNDING, 1
        yield f"the end of {name}", interval.high, interval.low, 1 + _ROUNDING
    yield "temperature", report.temperature, _SMALLEST_DIVISOR, 1 / _SMALLEST_DIVISOR
    yield "optimum_loss", report.optimum_loss, 0, math.inf
    yield "left_out", report.left_out, 0, MOST_ROWS
    for baseline in report.baselines:
        yield "the accuracy of a baseline", baseline.accuracy, 0, 1
        yield "the macro_f1 of a baseline", baseline.macro_f1, 0, 1 + _ROUNDING
        for gain in (baseline.gain, baseline.gain_interval.low, baseline.gain_interval.high):
            yield "gain", gain, -1 - _ROUNDING, 1 + _ROUNDING
    for label in report.by_label:
        yield "the rows of a label", label.rows, 0, report.scores.rows
        yield from ((n, getattr(label, n), 0, 1 + _ROUNDING) for n in ("precision", "recall", "f1"))
    yield from (_confidence(row) for row in (*report.wrong, *report.right))


def _confidence(row: EvaluatedRow) -> _Range:
    return "confidence", row.confidence, 0, 1 + _ROUNDING
