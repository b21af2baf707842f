"""Where a run stands between two epochs, and how that is put away and taken up again."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from mtl.schema.events import scores_from_dict
from mtl.schema.results import TaskScores
from mtl.training.stage import Fit


@dataclass(frozen=True, kw_only=True)
class TrainerState:
    """Everything that resuming needs: facts as JSON types, and tensors by name."""

    facts: dict[str, Any]
    tensors: dict[str, Tensor]


@dataclass(frozen=True, kw_only=True)
class Best:
    """The best state so far: its epoch, selection loss, validation scores and tensors."""

    epoch: int
    selection: float
    scores: dict[str, TaskScores]
    tensors: dict[str, Tensor]


@dataclass
class Standing:
    """The trainer's own notebook. `stalled`: epochs in a row without a gain; `reason`: why the
    last stage ended; `macro_f1`: mean validation macro-F1 of the last epoch, which a goal is compared
    with."""

    stage: int = 0
    epoch: int = 0
    stage_epoch: int = 0
    lowest: float = float("inf")
    stalled: int = 0
    seconds: float = 0.0
    reason: str = ""
    macro_f1: float | None = None
    best: Best | None = None

    def begin_stage(self) -> None:
        self.stage_epoch = 0
        self.stalled = 0
        self.lowest = float("inf")

    def stage_epochs(self, epochs: int) -> int:
        """Epochs that were left when the current stage began."""
        return epochs - (self.epoch - self.stage_epoch)

    def note(self, selection: float, gain: float) -> None:
        """Counts an epoch as stalled unless it beats the stage's lowest loss by this fraction."""
        self.stalled = self.stalled + 1 if selection > self.lowest * (1 - gain) else 0
        self.lowest = min(self.lowest, selection)


def capture(standing: Standing, fit: Fit) -> TrainerState:
    """The state after an epoch."""
    assert standing.best is not None
    facts = {
        field.name: getattr(standing, field.name)
        for field in dataclasses.fields(Standing)
        if field.name != "best"
    }
    facts["best"] = {
        "epoch": standing.best.epoch,
        "selection": standing.best.selection,
        "scores": {name: dataclasses.asdict(s) for name, s in standing.best.scores.items()},
    }
    tensors = {
        **_prefixed("best", standing.best.tensors),
        **_prefixed("now", fit.model.snapshot(fit.stage.blocks)),
        **_prefixed("average", fit.averaged.snapshot(fit.stage.blocks)),
    }
    if fit.optimizer is not None:
        for number, moments in fit.optimizer.state_dict()["state"].items():
            copies = {name: tensor.detach().clone() for name, tensor in moments.items()}
            tensors |= _prefixed(f"optimizer.{number}", copies)
    return TrainerState(facts=facts, tensors=tensors)


def restore(state: TrainerState) -> Standing:
    """The notebook of a captured state."""
    facts = dict(state.facts)
    best = facts.pop("best")
    scores = {name: scores_from_dict(s) for name, s in best["scores"].items()}
    tensors = _under("best", state.tensors)
    return Standing(**facts, best=Best(**{**best, "scores": scores}, tensors=tensors))


def load_fit(fit: Fit, state: TrainerState) -> None:
    """Puts weights and optimiser back to where they were."""
    fit.model.load_state_dict(_under("now", state.tensors), strict=False)
    fit.averaged.load_state_dict(_under("average", state.tensors), strict=False)
    if fit.optimizer is None:
        return
    moments: dict[int, dict[str, Tensor]] = {}
    for name, tensor in _under("optimizer", state.tensors).items():
        number, key = name.split(".")
        moments.setdefault(int(number), {})[key] = torch.clone(tensor)
    groups = fit.optimizer.state_dict()["param_groups"]
    fit.optimizer.load_state_dict({"state": moments, "param_groups": groups})


def _prefixed(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {f"{prefix}.{name}": tensor for name, tensor in tensors.items()}


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    start = prefix + "."
    return {n.removeprefix(start): tensor for n, tensor in tensors.items() if n.startswith(start)}
