"""What lies beside a model's weights: facts, card, script, validation report, events, history."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from mtl.data.split import Split, TaskSplit
from mtl.model.archive import CARD, EVENTS, FACTS, HISTORY, REPORT, SNIPPET, WEIGHTS
from mtl.model.card import card, snippet
from mtl.model.files import add_facts, model_facts
from mtl.model.whole import write_whole
from mtl.runs.job import Job
from mtl.runs.rows_file import fingerprints
from mtl.schema.events import EpochEnd, Event, RunEnd, RunStarted, event_to_dict
from mtl.schema.results import ValidationReport


def is_model_folder(folder: Path) -> bool:
    """Whether a saved model lies there."""
    return (folder / WEIGHTS).is_file() and (folder / FACTS).is_file()


def run_facts(job: Job, events: Sequence[Event], end: RunEnd, data: Split) -> dict[str, Any]:
    """What model.json says about the run that made the model, apart from its scores."""
    started = next((e for e in events if isinstance(e, RunStarted)), None)
    return {
        "config": started.config if started else {},
        "rows": started.rows if started else {},
        "data_sha256": fingerprints(job.rows),
        "rows_per_label": {name: _per_label(task) for name, task in data.tasks.items()},
        "notes": [*(started.notes if started else ()), *([job.credit] if job.credit else [])],
        "status": end.status,
        "best_epoch": end.best_epoch,
    }


def write_card(folder: Path, report: ValidationReport | None = None) -> None:
    """Writes the model card and the script; without a report the card says that there is none."""
    facts = model_facts(folder)
    write_whole(folder / CARD, card(facts, report))
    write_whole(folder / SNIPPET, snippet(facts))


def write_course(folder: Path, report: ValidationReport, events: Sequence[Event]) -> None:
    """Writes how the training went, from RunStarted to RunEnd, and what the result is worth.

    The scores of the report also go into model.json and onto the card.
    """
    add_facts(folder, _scores(report))
    write_card(folder, report)
    write_whole(folder / REPORT, json.dumps(event_to_dict(report), indent=1) + "\n")
    # The model travels: the path of the folder where it was made stays behind.
    told = [replace(event, model=None) if isinstance(event, RunEnd) else event for event in events]
    lines = [json.dumps(event_to_dict(event)) + "\n" for event in told]
    write_whole(folder / EVENTS, "".join(lines))
    epochs = history([e for e in events if isinstance(e, EpochEnd)])
    write_whole(folder / HISTORY, epochs.to_csv(index=False))


def history(epochs: Sequence[EpochEnd]) -> pd.DataFrame:
    """Losses and scores, one row per epoch, for people: stages count from 1, numbers are rounded."""
    return pd.DataFrame(
        [
            {
                "epoch": e.epoch,
                "stage": e.stage + 1,
                "best": e.best,
                **{f"train_{name}": value for name, value in e.train.items()},
                **{f"validation_{name}": value for name, value in e.validation.items()},
                "selection": e.selection,
                "seconds": e.seconds,
                "head_lr": e.head_lr,
                "encoder_lr": e.encoder_lr,
                "parameters": e.parameters,
            }
            for e in epochs
        ]
    ).round(6)


def _per_label(task: TaskSplit) -> dict[str, dict[str, int]]:
    sides = {
        "train": task.train.labels[: len(task.train) - task.copies],
        "validation": task.validation.labels,
    }
    return {
        label: {side: int((labels == number).sum()) for side, labels in sides.items()}
        for number, label in enumerate(task.task.labels)
    }


def _scores(report: ValidationReport) -> dict[str, Any]:
    return {
        "scores": {
            name: {
                "source": task.source,
                "rows": task.scores.rows,
                "accuracy": task.scores.accuracy,
                "accuracy_interval": [task.accuracy_interval.low, task.accuracy_interval.high],
                "macro_f1": task.scores.macro_f1,
                "calibration_error": task.scores.calibration_error,
                "temperature": task.temperature,
            }
            for name, task in report.tasks.items()
        },
    }
