"""A training run into a folder: what the command line and the page's worker both do."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pandas as pd
import safetensors.torch

from mtl.data.bundled import bundled_files, has_bundled_sentences
from mtl.data.examination import LabelledRows, load_rows
from mtl.data.sources import parts_for
from mtl.data.split import Split, TaskSplit
from mtl.evaluation.report import Yardsticks, task_reports, unseen
from mtl.model.archive import CARD, FACTS, HISTORY, SNIPPET, VERDICT, WEIGHTS
from mtl.model.card import card, snippet
from mtl.model.checkpoint import add_facts, load_model, model_facts, save_model
from mtl.model.encoder import Encoder
from mtl.model.multitask import MultiTaskModel
from mtl.schema.config import TrainConfig
from mtl.schema.events import (
    EpochEnd,
    Event,
    Progress,
    RunEnd,
    RunStarted,
    event_to_dict,
)
from mtl.schema.results import TaskReport, ValidationReport
from mtl.training.cache import EmbeddingCache
from mtl.training.default import DEFAULT_MODEL, load_default
from mtl.training.state import SavedState
from mtl.training.train import model_for
from mtl.training.trainer import Trainer

DEFAULT_NAME: Final = "the default model"
START_NAME: Final = "the model it started from"


@dataclass(frozen=True, kw_only=True)
class Job:
    """Everything a run needs. `tests`: rows that only judge its result; `corrections`: rows that only train.
    `rank`: see `save_model`."""

    rows: Sequence[LabelledRows]
    config: TrainConfig
    encoder: Encoder
    start: MultiTaskModel | None = None
    tests: Sequence[LabelledRows] = ()
    corrections: Sequence[LabelledRows] = ()
    rank: int | None = None


def trainer_for(
    job: Job, state: SavedState | None = None, remembered: EmbeddingCache | None = None
) -> Trainer:
    """The trainer of a job; with `state`, where it left off.

    Raises ValueError where the rows cannot be split, or no test row is new.
    """
    parts = parts_for(job.rows, job.config, job.corrections)
    check_tests(parts, job.tests)
    model = model_for(parts, job.config, job.encoder, job.start)
    return Trainer(model, parts, job.config, state=state, remembered=remembered)


def check_tests(parts: Split, tests: Sequence[LabelledRows]) -> None:
    """Raises ValueError where test rows cannot judge."""
    for test in tests:
        if test.task.name not in parts.tasks:
            raise ValueError(
                f"there are {test.task.name} test rows, but no {test.task.name} rows to train on"
            )
        unseen(test, parts)


def train_into(folder: Path, job: Job, trainer: Trainer, earlier: Sequence[Event] = ()) -> Iterator[Event]:
    """Passes the trainer's events on; before the last, the best epoch's model is in the folder and judged.

    `earlier` are the events of a resumed run before its break.
    """
    events = list(earlier)
    for event in trainer:
        if isinstance(event, RunEnd) and event.scores:
            model, tasks = trainer.best_model, dict[str, TaskReport]()
            facts = _facts(job, events, event, trainer.data)
            save_model(model, folder, facts, base=job.encoder, rank=job.rank)
            _explain(folder)
            if job.rank:
                model = load_model(folder, job.encoder)  # what is judged is what was saved
            yardsticks = _yardsticks(job, trainer)
            for name, task_report in task_reports(model, yardsticks):
                tasks[name] = task_report
                yield Progress(phase="evaluating", fraction=len(tasks) / len(yardsticks.data.tasks), epoch=0)
            verdict = ValidationReport(tasks=tasks)
            add_facts(folder, _scores(verdict))
            _explain(folder, verdict)
            history([e for e in events if isinstance(e, EpochEnd)]).to_csv(folder / HISTORY, index=False)
            yield verdict
            event = replace(event, model=str(folder))
        events.append(event)
        yield event


def _explain(folder: Path, verdict: ValidationReport | None = None) -> None:
    # Beside the model: its card, a script that uses it, and the verdict.
    facts = model_facts(folder)
    (folder / CARD).write_text(card(facts, verdict), "utf-8")
    (folder / SNIPPET).write_text(snippet(facts), "utf-8")
    if verdict:
        (folder / VERDICT).write_text(json.dumps(event_to_dict(verdict), indent=1) + "\n", "utf-8")


def _yardsticks(job: Job, trainer: Trainer) -> Yardsticks:
    data, encoder = trainer.data, trainer.base.encoder
    embeddings = trainer.embeddings
    if embeddings is None:
        embeddings = encoder.layer_embeddings(encoder.tokenize(data.texts), fast=True)
    tests = {test.task.name: test for test in job.tests}
    models = _baselines(job, data, tests)
    return Yardsticks(data=data, encoder=encoder, embeddings=embeddings, tests=tests, models=models)


def _baselines(job: Job, data: Split, tests: Mapping[str, LabelledRows]) -> dict[str, MultiTaskModel]:
    if job.start is not None:
        return {START_NAME: job.start}
    if not has_bundled_sentences():
        return {}
    # The default model has learnt its own sentences by heart: on them it would be no baseline.
    judging = {text for test in tests.values() for text in test.texts} | set(data.texts)
    own = {text for name, file in bundled_files().items() for text in load_rows(file, name).texts}
    if judging & own or job.encoder.fingerprint != model_facts(DEFAULT_MODEL)["encoder"]["sha256"]:
        return {}
    return {DEFAULT_NAME: load_default(job.encoder)}


def history(epochs: Sequence[EpochEnd]) -> pd.DataFrame:
    """One row per epoch: losses and scores."""
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


def is_model_folder(folder: Path) -> bool:
    """Whether a finished model lies there."""
    return (folder / WEIGHTS).is_file() and (folder / FACTS).is_file()


def save_state(state: SavedState, file: Path) -> None:
    """Writes what resuming needs into one safetensors file, whole or not at all."""
    partial = file.with_suffix(".partial")
    tensors = {name: tensor.contiguous() for name, tensor in state.tensors.items()}
    safetensors.torch.save_file(tensors, partial, metadata={"facts": json.dumps(state.facts)})
    partial.replace(file)


def load_state(file: Path) -> SavedState:
    """The inverse of `save_state`."""
    with safetensors.safe_open(file, framework="pt") as stream:
        facts = json.loads(stream.metadata()["facts"])
        return SavedState(facts=facts, tensors={n: stream.get_tensor(n) for n in stream.keys()})


def fingerprint(rows: LabelledRows) -> str:
    """A sha256 that names these texts with these labels, in whatever order."""
    lines = sorted(
        f"{rows.task.labels[label]}\t{text}" for text, label in zip(rows.texts, rows.labels, strict=True)
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def fingerprints(rows: Sequence[LabelledRows]) -> dict[str, str]:
    """The fingerprint of each task's rows, by its name."""
    return {task.task.name: fingerprint(task) for task in rows}


def _facts(job: Job, events: Sequence[Event], end: RunEnd, data: Split) -> dict[str, Any]:
    started = next((e for e in events if isinstance(e, RunStarted)), None)
    return {
        "config": started.config if started else {},
        "rows": started.rows if started else {},
        "data_sha256": fingerprints(job.rows),
        "rows_per_label": {name: _per_label(task) for name, task in data.tasks.items()},
        "notes": list(started.notes) if started else [],
        "status": end.status,
        "best_epoch": end.best_epoch,
    }


def _per_label(task: TaskSplit) -> dict[str, dict[str, int]]:
    sides = {
        "train": task.train.labels[: len(task.train) - task.copies],
        "validation": task.validation.labels,
    }
    return {
        label: {side: int((labels == number).sum()) for side, labels in sides.items()}
        for number, label in enumerate(task.task.labels)
    }


def _scores(verdict: ValidationReport) -> dict[str, Any]:
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
            for name, task in verdict.tasks.items()
        },
    }
