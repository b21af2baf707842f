"""A training run into a folder: what the command line and the page's worker both do."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import safetensors.torch

from mtl.api import model_for
from mtl.checkpoint import FACTS, HISTORY, WEIGHTS, save_model
from mtl.config import TrainConfig
from mtl.corpus.doctor import LabelledRows
from mtl.corpus.split import split
from mtl.encoder import Encoder
from mtl.model import MultiTaskModel
from mtl.records import EpochEnd, Event, RunEnd, RunStarted
from mtl.standing import TrainerState
from mtl.trainer import Trainer


@dataclass(frozen=True, kw_only=True)
class Job:
    """Everything a run needs."""

    rows: Sequence[LabelledRows]
    config: TrainConfig
    encoder: Encoder
    start: MultiTaskModel | None = None


def trainer_for(job: Job, state: TrainerState | None = None) -> Trainer:
    """The trainer of a job; with `state`, where it left off."""
    parts = split(job.rows, fraction=job.config.val_fraction, seed=job.config.seed)
    model = model_for(parts, job.config, job.encoder, job.start)
    return Trainer(model, parts, job.config, state=state)


def train_into(folder: Path, trainer: Trainer, earlier: Sequence[Event] = ()) -> Iterator[Event]:
    """Passes the trainer's events on; before the last one the model of the best epoch is in the folder.

    `earlier` are the events of a resumed run before its break.
    """
    events = list(earlier)
    for event in trainer:
        if isinstance(event, RunEnd) and event.scores:
            save_model(trainer.best_model, folder, _facts(events, event))
            history([e for e in events if isinstance(e, EpochEnd)]).to_csv(folder / HISTORY, index=False)
            event = replace(event, model=str(folder))
        events.append(event)
        yield event


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


def save_state(state: TrainerState, file: Path) -> None:
    """Writes what resuming needs into one safetensors file, whole or not at all."""
    partial = file.with_suffix(".partial")
    tensors = {name: tensor.contiguous() for name, tensor in state.tensors.items()}
    safetensors.torch.save_file(tensors, partial, metadata={"facts": json.dumps(state.facts)})
    partial.replace(file)


def load_state(file: Path) -> TrainerState:
    """The inverse of `save_state`."""
    with safetensors.safe_open(file, framework="pt") as stream:
        facts = json.loads(stream.metadata()["facts"])
        return TrainerState(facts=facts, tensors={n: stream.get_tensor(n) for n in stream.keys()})


def _facts(events: Sequence[Event], end: RunEnd) -> dict[str, Any]:
    started = next((e for e in events if isinstance(e, RunStarted)), None)
    return {
        "config": started.config if started else {},
        "rows": started.rows if started else {},
        "status": end.status,
        "best_epoch": end.best_epoch,
        "validation": {
            name: {"rows": s.rows, "accuracy": s.accuracy, "macro_f1": s.macro_f1}
            for name, s in end.scores.items()
        },
    }
