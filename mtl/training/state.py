"""Where a run is between two epochs, and how that is saved and taken up again."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor

from mtl.evaluation.metrics import mean_macro_f1
from mtl.schema.events import StageEnded, scores_from_dict
from mtl.schema.results import TaskScores
from mtl.training.freezing import share
from mtl.training.stage import Evaluation, Fit

PLATEAU_GAIN: Final = 0.01
PLATEAU_EPOCHS: Final = 2


@dataclass(frozen=True, kw_only=True)
class SavedState:
    """A TrainingState with the weights and the optimiser: facts as JSON types, and tensors by name."""

    facts: dict[str, Any]
    tensors: dict[str, Tensor]


@dataclass(frozen=True, kw_only=True)
class Best:
    """The best epoch so far: its number, selection loss, validation scores and tensors."""

    epoch: int
    selection: float
    scores: dict[str, TaskScores]
    tensors: dict[str, Tensor]


@dataclass
class TrainingState:
    """Where a run is, kept up to date while it trains.

    `stage` counts from 0; `epoch` counts all epochs, `stage_epoch` those of this stage. `lowest`: the lowest
    selection loss of this stage; `stalled`: epochs in a row that gained too little on it. `macro_f1`: the
    mean over the tasks at the last epoch. `reason`: why the last stage ended.
    """

    stage: int = 0
    epoch: int = 0
    stage_epoch: int = 0
    lowest: float = float("inf")
    stalled: int = 0
    macro_f1: float = 0.0
    seconds: float = 0.0
    reason: str = ""
    best: Best | None = None

    def begin_next_stage(self) -> None:
        self.stage += 1
        self.stage_epoch = 0
        self.stalled = 0
        self.lowest = float("inf")

    def stage_epochs(self, epochs: int, stages: int) -> int:
        """How many of a run's `epochs` the current one of its `stages` may take."""
        return share(epochs - (self.epoch - self.stage_epoch), stages - self.stage)

    def end_epoch(self, validation: Evaluation) -> None:
        """Counts an epoch: as stalled, unless it beats the stage's lowest loss by PLATEAU_GAIN."""
        self.epoch += 1
        self.stage_epoch += 1
        self.stalled = self.stalled + 1 if validation.selection > self.lowest * (1 - PLATEAU_GAIN) else 0
        self.lowest = min(self.lowest, validation.selection)
        self.macro_f1 = mean_macro_f1(list(validation.scores.values()))

    def beats_best(self, validation: Evaluation) -> bool:
        return self.best is None or validation.selection < self.best.selection

    def keep(self, validation: Evaluation, tensors: dict[str, Tensor]) -> None:
        """Makes the last epoch the best one."""
        self.best = Best(
            epoch=self.epoch, selection=validation.selection, scores=validation.scores, tensors=tensors
        )

    def stage_ended(self, name: str) -> StageEnded:
        """The event, for a stage of this name."""
        assert self.best is not None
        kept = self.best.epoch > self.epoch - self.stage_epoch or self.stage == 0
        outcome = (
            f"best epoch so far: {self.best.epoch}"
            if kept
            else f"no better than epoch {self.best.epoch}, so {name} is taken back"
        )
        return StageEnded(index=self.stage, kept=kept, reason=f"{self.reason}; {outcome}")


def save(state: TrainingState, fit: Fit) -> SavedState:
    """What resuming needs, as of the last finished epoch."""
    assert state.best is not None
    facts = {
        field.name: getattr(state, field.name)
        for field in dataclasses.fields(TrainingState)
        if field.name != "best"
    }
    facts["best"] = {
        "epoch": state.best.epoch,
        "selection": state.best.selection,
        "scores": {name: dataclasses.asdict(s) for name, s in state.best.scores.items()},
    }
    tensors = {
        **_prefixed("best", state.best.tensors),
        **_prefixed("now", fit.model.snapshot(fit.stage.owned)),
        **_prefixed("average", fit.averaged.snapshot(fit.stage.owned)),
    }
    if fit.optimizer is not None:
        for number, moments in fit.optimizer.state_dict()["state"].items():
            copies = {name: tensor.detach().clone() for name, tensor in moments.items()}
            tensors |= _prefixed(f"optimizer.{number}", copies)
    return SavedState(facts=facts, tensors=tensors)


def restore(saved: SavedState) -> TrainingState:
    """Where the run was; the inverse of `save`, but for what `restore_fit` does."""
    facts = dict(saved.facts)
    best = facts.pop("best")
    scores = {name: scores_from_dict(s) for name, s in best["scores"].items()}
    tensors = _under("best", saved.tensors)
    return TrainingState(**facts, best=Best(**{**best, "scores": scores}, tensors=tensors))


def restore_fit(fit: Fit, saved: SavedState) -> None:
    """Puts weights and optimiser back to where they were."""
    fit.model.load_state_dict(_under("now", saved.tensors), strict=False)
    fit.averaged.load_state_dict(_under("average", saved.tensors), strict=False)
    if fit.optimizer is None:
        return
    moments: dict[int, dict[str, Tensor]] = {}
    for name, tensor in _under("optimizer", saved.tensors).items():
        number, key = name.split(".")
        moments.setdefault(int(number), {})[key] = torch.clone(tensor)
    groups = fit.optimizer.state_dict()["param_groups"]
    fit.optimizer.load_state_dict({"state": moments, "param_groups": groups})


def _prefixed(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {f"{prefix}.{name}": tensor for name, tensor in tensors.items()}


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    start = prefix + "."
    return {n.removeprefix(start): tensor for n, tensor in tensors.items() if n.startswith(start)}
