"""Trainer: one run, as a stream of events."""

import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

import numpy as np
import torch
from torch import Tensor

from mtl.data.split import Split
from mtl.evaluation.metrics import mean_macro_f1
from mtl.model.multitask import MultiTaskModel
from mtl.schema.config import TrainConfig
from mtl.schema.events import (
    EpochEnd,
    Event,
    Phase,
    Progress,
    RunEnd,
    RunStatus,
    StageEnded,
    StageStarted,
)
from mtl.training.batches import steps_per_epoch
from mtl.training.cache import Activations, Recollection
from mtl.training.freezing import HEADS, Stage, rates, stages
from mtl.training.plan import run_started, stage_started
from mtl.training.stage import Evaluation, Fit, losses_with_sum
from mtl.training.state import Best, Standing, TrainerState, capture, load_fit, restore

PLATEAU_GAIN: Final = 0.01
PLATEAU_EPOCHS: Final = 2
IMBALANCE: Final = 3.0
# Enough steps to fit linear heads before layers are unfrozen, and the most passes over few rows.
HEAD_FIT_STEPS: Final = 2000
HEAD_FIT_EPOCHS: Final = 10
PROGRESS_EVERY_S: Final = 0.25


class _RunEnds(Exception):
    """Ends the run from within; carries its last event's status and reason."""

    def __init__(self, status: RunStatus, reason: str) -> None:
        super().__init__(reason)
        self.status: RunStatus = status
        self.reason = reason


class Trainer:
    """Trains a fork of a model; iterate it for events. The given model does not change.

    `stop()`, from any thread, ends the run within a batch with the best epoch so far. `state()`
    is the last finished epoch; a Trainer made with it goes on as if there had been no break.
    `fast` computes in bfloat16 where that is native; `cache` remembers what frozen layers
    computed, `remembered` does so from run to run.
    """

    def __init__(
        self,
        model: MultiTaskModel,
        data: Split,
        config: TrainConfig,
        *,
        state: TrainerState | None = None,
        fast: bool = True,
        cache: bool = True,
        remembered: Recollection | None = None,
    ) -> None:
        wanted, has = [t.task for t in data.tasks.values()], list(model.tasks)
        if wanted != has:
            raise ValueError(f"the model's tasks {has} are not the data's {wanted}")
        self.base = model.fork()
        self.data = data
        self._config = config
        self._fast = fast
        self._cache = cache
        self._remembered = remembered
        self._stages = stages(config.freeze, model.encoder.num_layers)
        self._sizes = {name: len(task.train) for name, task in data.tasks.items()}
        self._steps = steps_per_epoch(self._sizes, config.batch_size)
        self._class_weights = class_weights(data, config)
        self._tokens = model.encoder.tokenize(data.texts)
        self._stop = threading.Event()
        self._state = state
        self._standing = restore(state) if state else Standing()
        self._resuming = state is not None
        self._began = 0.0
        self._latest: Fit | None = None
        # Layer embeddings (text, layer, dim) under the given model; None in a run that was resumed.
        self.embeddings: Tensor | None = None

    @property
    def best_model(self) -> MultiTaskModel:
        """The model of the best epoch so far; RuntimeError before there is one."""
        if self._standing.best is None:
            raise RuntimeError("the run ended before any state of the model was evaluated")
        return self.base.restored(self._standing.best.tensors)

    @property
    def latest_model(self) -> MultiTaskModel:
        """The model as of the last EpochEnd, best or not; RuntimeError before there is one."""
        if self._latest is None:
            raise RuntimeError("no epoch has ended yet")
        return self.base.restored(self._latest.averaged.snapshot(self._latest.stage.blocks))

    def stop(self) -> None:
        """Asks the run to end; what is best so far is kept."""
        self._stop.set()

    def state(self) -> TrainerState | None:
        """What resuming needs, as of the last finished epoch; None before epoch 1."""
        return self._state

    def __iter__(self) -> Iterator[Event]:
        self._began = time.monotonic() - self._standing.seconds
        if not self._resuming:
            yield run_started(self.base, self.data, self._config, self._tokens, self._class_weights)
        status: RunStatus = "finished"
        reason = ""
        try:
            yield from self._all_stages()
            reason = self._standing.reason
        except _RunEnds as end:
            status, reason = end.status, end.reason
        best = self._standing.best
        yield RunEnd(
            status=status,
            best_epoch=best.epoch if best else 0,
            scores=best.scores if best else {},
            seconds=time.monotonic() - self._began,
            reason=reason,
        )

    def _all_stages(self) -> Iterator[Event]:
        standing = self._standing
        while standing.stage < len(self._stages):
            yield from self._one_stage(self._stages[standing.stage])
            if standing.epoch >= self._config.epochs:
                break
            standing.stage += 1
            standing.begin_stage()

    def _one_stage(self, stage: Stage) -> Iterator[Event]:
        standing = self._standing
        start = self.base.restored(standing.best.tensors) if standing.best else self.base
        model = start.fork(stage.blocks)
        if not self._resuming:
            yield self._stage_started(model)
        entry = stage.entry(model.encoder.num_layers)
        activations = Activations(
            start.encoder,
            self._tokens,
            entry,
            fast=self._fast,
            cache=self._cache,
            remembered=self._remembered,
        )
        yield from self._follow("encoding", activations.fill())
        if standing.best is None:
            self._fit_to_rows(model, activations)
            if stage.blocks:
                yield from self._fit_heads(model, activations)
        epochs = standing.stage_epochs(self._config.epochs)
        fit = self._fit(model, activations, stage, epochs, self._config)
        if standing.best is None:
            yield self._epoch_zero(fit)
        if self._resuming and self._state:
            load_fit(fit, self._state)
        self._resuming = False
        if stage.heads:
            yield from self._epochs(fit)
            yield self._stage_ended(stage)
        else:
            standing.reason = "nothing trains: the model was evaluated as it is"

    def _fit_to_rows(self, model: MultiTaskModel, activations: Activations) -> None:
        # What is learnt from the rows before any step: the heads' scaling, and what is familiar.
        self.embeddings = activations.pooled
        tasks = self.data.tasks
        for name, task in tasks.items():
            model.head(name).fit_scaling(activations.pooled[task.train.rows])
        training = np.unique(np.concatenate([task.train.rows for task in tasks.values()]))
        held_out = np.unique(np.concatenate([task.validation.rows for task in tasks.values()]))
        layers = model.encoder.num_layers
        unmoved = min(max(0, stage.entry(layers)) for stage in self._stages)
        model.distribution.fit(activations.pooled[training], activations.pooled[held_out], unmoved)

    def _stage_started(self, model: MultiTaskModel) -> StageStarted:
        return stage_started(
            model,
            self._stages,
            self._standing.stage,
            config=self._config,
            rows=max(self._sizes.values()),
            cache=self._cache,
            reason=self._standing.reason,
        )

    def _fit(
        self,
        model: MultiTaskModel,
        activations: Activations,
        stage: Stage,
        epochs: int,
        config: TrainConfig,
    ) -> Fit:
        index = 0 if stage is HEADS else self._standing.stage
        return Fit(
            model,
            self.data,
            activations,
            stage=stage,
            rates=rates(config, stage, index, max(self._sizes.values())),
            config=config,
            epochs=epochs,
            class_weights=self._class_weights,
        )

    def _fit_heads(self, model: MultiTaskModel, activations: Activations) -> Iterator[Event]:
        # Random heads on top of moving layers would first teach the layers nonsense. The rate is
        # what suits heads alone, whatever was asked for beside moving layers.
        config = replace(self._config, head_lr=None, schedule="cosine")
        epochs = max(1, min(HEAD_FIT_EPOCHS, round(HEAD_FIT_STEPS / self._steps)))
        fit = self._fit(model, activations.below_heads(), HEADS, epochs, config)
        for number in range(epochs):
            fractions = fit.epoch(number, number, {})
            yield from self._follow("fitting heads", ((number + fraction) / epochs for fraction in fractions))

    def _epoch_zero(self, fit: Fit) -> EpochEnd:
        train, validation = fit.evaluate(validation=False), fit.evaluate()
        return self._epoch_end(fit, losses_with_sum(train.losses), validation, seconds=0.0)

    def _epochs(self, fit: Fit) -> Iterator[Event]:
        standing = self._standing
        self._check_goal()  # of a run that was cut off after it had reached its goal
        while standing.epoch < self._config.epochs:
            if standing.stalled >= PLATEAU_EPOCHS and len(self._stages) > 1:
                standing.reason = (
                    f"validation loss gained under {PLATEAU_GAIN:.0%} for {PLATEAU_EPOCHS} epochs"
                )
                return
            began, losses = time.monotonic(), dict[str, float]()
            epoch = fit.epoch(standing.epoch + 1, standing.stage_epoch, losses)
            yield from self._follow("training", epoch)
            standing.epoch += 1
            standing.stage_epoch += 1
            validation = fit.evaluate()
            seconds = time.monotonic() - began
            yield self._epoch_end(fit, losses_with_sum(losses), validation, seconds=seconds)
            self._check_goal()
        standing.reason = "all epochs done"

    def _epoch_end(
        self, fit: Fit, train: dict[str, float], validation: Evaluation, *, seconds: float
    ) -> EpochEnd:
        standing, selection = self._standing, validation.selection
        self._latest = fit
        best = standing.best is None or selection < standing.best.selection
        if best:
            validation = fit.calibrate(validation)
            standing.best = Best(
                epoch=standing.epoch,
                selection=selection,
                scores=validation.scores,
                tensors=fit.averaged.snapshot(fit.stage.blocks),
            )
        if standing.epoch:
            standing.note(selection, PLATEAU_GAIN)
            standing.seconds = time.monotonic() - self._began
            standing.macro_f1 = mean_macro_f1(list(validation.scores.values()))
            self._state = capture(standing, fit)
        return EpochEnd(
            stage=standing.stage,
            epoch=standing.epoch,
            train=train,
            validation=validation.flat(),
            selection=selection,
            best=best,
            seconds=seconds,
            head_lr=fit.rates.head if fit.stage.heads else 0.0,
            encoder_lr=fit.rates.encoder if fit.stage.blocks else 0.0,
            parameters=fit.parameters,
        )

    def _stage_ended(self, stage: Stage) -> StageEnded:
        standing = self._standing
        assert standing.best is not None
        first = standing.epoch - standing.stage_epoch
        kept = standing.best.epoch > first or standing.stage == 0
        outcome = (
            f"best epoch so far: {standing.best.epoch}"
            if kept
            else f"no better than epoch {standing.best.epoch}, so {stage.name} is taken back"
        )
        return StageEnded(index=standing.stage, kept=kept, reason=f"{standing.reason}; {outcome}")

    def _check_goal(self) -> None:
        goal, reached = self._config.goal, self._standing.macro_f1
        if goal is not None and reached is not None and reached >= goal:
            raise _RunEnds("finished", f"goal reached: mean validation macro-F1 {reached:.3f} >= {goal:g}")

    def _follow(self, phase: Phase, fractions: Iterable[float]) -> Iterator[Progress]:
        """Drives a stretch of work: now and then a Progress, and an end when one is asked for."""
        began = told = time.monotonic()
        try:
            for fraction in fractions:
                now = time.monotonic()
                if now - told >= PROGRESS_EVERY_S:
                    told = now
                    yield Progress(
                        phase=phase,
                        fraction=fraction,
                        epoch=self._standing.epoch + 1,
                        eta_s=(now - began) * (1 - fraction) / fraction,
                        elapsed_s=now - self._began,
                    )
                self._check_end(now)
        except FloatingPointError as error:
            raise _RunEnds("failed", f"{error}: try lower learning rates") from error

    def _check_end(self, now: float) -> None:
        limit = self._config.time_limit_s
        if self._stop.is_set():
            raise _RunEnds("stopped", "stopped by the user; the best epoch is kept")
        if limit is not None and now - self._began > limit:
            raise _RunEnds("stopped", f"time limit of {limit:g} s reached; the best epoch is kept")


def class_weights(data: Split, config: TrainConfig) -> dict[str, Tensor]:
    """Per task, one weight per label (square root of inverse frequency), where they are on."""
    weights = {}
    for name, task in data.tasks.items():
        counts = np.bincount(task.train.labels, minlength=len(task.task.labels))
        present = counts[counts > 0]
        uneven = present.max() > IMBALANCE * present.min()
        if config.class_weights == "on" or (config.class_weights == "auto" and uneven):
            inverse = len(task.train) / (len(present) * np.maximum(counts, 1))
            weights[name] = torch.tensor(np.sqrt(inverse), dtype=torch.float32)
    return weights
