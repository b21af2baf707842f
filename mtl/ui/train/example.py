"""What the tab shows before the first run: how the default model was trained."""

from functools import cache
from typing import Final

import pandas as pd

from mtl.model.archive import HISTORY
from mtl.model.checkpoint import model_facts, model_report
from mtl.runs.view import RunView
from mtl.schema.events import (
    EpochEnd,
    Event,
    RunEnd,
    RunStarted,
)
from mtl.training.batches import steps_per_epoch
from mtl.training.default import DEFAULT_MODEL

_SIDES: Final = ("train", "validation")


@cache
def example() -> RunView:
    """The run of the default model, read from what its training wrote beside it."""
    facts, verdict = model_facts(DEFAULT_MODEL), model_report(DEFAULT_MODEL)
    epochs, rows = _epochs(), facts["rows"]
    started = RunStarted(
        config=facts["config"],
        rows=rows,
        labels={name: tuple(labels) for name, labels in facts["tasks"].items()},
        parameters=epochs[-1].parameters,
        batches_per_epoch=steps_per_epoch(
            {name: sides["train"] for name, sides in rows.items()}, facts["config"]["batch_size"]
        ),
        notes=tuple(facts["notes"]),
    )
    end = RunEnd(
        status="finished",
        best_epoch=facts["best_epoch"],
        scores={name: task.scores for name, task in verdict.tasks.items()} if verdict else {},
        seconds=sum(epoch.seconds for epoch in epochs),
        reason="all epochs done",
    )
    events: list[Event] = [started, *epochs, *([verdict] if verdict else []), end]
    return RunView(
        id="", state="finished", position=0, events=tuple(events), progress=None, model=DEFAULT_MODEL
    )


def _epochs() -> list[EpochEnd]:
    """The inverse of `mtl.training.history`."""
    table = pd.read_csv(DEFAULT_MODEL / HISTORY)
    return [
        EpochEnd(
            stage=int(row["stage"]) - 1,
            epoch=int(row["epoch"]),
            best=bool(row["best"]),
            selection=float(row["selection"]),
            seconds=float(row["seconds"]),
            head_lr=float(row["head_lr"]),
            encoder_lr=float(row["encoder_lr"]),
            parameters=int(row["parameters"]),
            **{side: _side(row, f"{side}_") for side in _SIDES},
        )
        for _, row in table.iterrows()
    ]


def _side(row: "pd.Series[float]", prefix: str) -> dict[str, float]:
    return {str(n).removeprefix(prefix): float(v) for n, v in row.items() if str(n).startswith(prefix)}
