"""Trainer: one run, as a stream of events."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Final

from torch import Tensor

from mtl.data.split import Split
from mtl.model.multitask import MultiTaskModel
from mtl.schema.config import FreezeStrategy, TrainConfig
from mtl.schema.events import EpochEnd, Event, RunEnd, RunStatus, StageEnded, StageStarted
from mtl.training.all_rows import (
    NAME,
    NOTE,
    REASON,
    all_rows,
    calibrated,
    ends_with_all_rows,
    fractions,
)
from mtl.training.auto import longest, most_labels, settled
from mtl.training.auto import reason as auto_reason
from mtl.training.batches import steps_per_epoch
from mtl.training.cache import Activations
from mtl.training.clock import Clock, RunEnds
from mtl.training.contrastive import ContrastiveFit
from mtl.training.embedding_cache import EmbeddingCache
from mtl.training.freezing import HEADS, Stage, planned, rates
from mtl.training.losses import class_weights, losses_with_sum
from mtl.training.plan import run_started, stage_started
from mtl.training.preparation import fit_inputs_of_all, head_fit_epochs
from mtl.training.processes import ALONE, Processes
from mtl.training.shared_fit import SharedFit, check_same, check_shareable, shared_note
from mtl.training.stage import Fit
from mtl.training.state import (
    PLATEAU_EPOCHS,
    PLATEAU_GAIN,
    SavedState,
    TrainingState,
    restore,
    restore_fit,
    save,
)

NOTHING_KEPT: Final = "Stopped before the first epoch; there is nothing to keep."


class Trainer:
    """Trains a fork of a model; iterate it for events. The given model does not change.

    `stop()`, from any thread, ends the run within a batch with the best epoch so far. `state()`
    is the last finished epoch; a Trainer made with it goes on as if there had been no break.
    `fast` computes in bfloat16 where that is native; `cache` keeps what frozen layers compute from
    epoch to epoch, `remembered` from run to run. `once`: leaves out the second training, with all rows,
    that a strategy for few rows ends with. `processes` share the run: each iterates a Trainer of the same
    model, data and settings, and only the first one's has the embeddings. Raises ValueError where model and
    data differ in tasks, or several processes cannot share the strategy.
    """

    def __init__(
        self,
        model: MultiTaskModel,
        data: Split,
        config: TrainConfig,
        *,
        state: SavedState | None = None,
        fast: bool = True,
        cache: bool = True,
        remembered: EmbeddingCache | None = None,
        once: bool = False,
        processes: Processes = ALONE,
    ) -> None:
        wanted, has = [t.task for t in data.tasks.values()], list(model.tasks)
        if wanted != has:
            raise ValueError(f"the model's tasks {has} are not the data's {wanted}")
        self.base = model.fork()
        self.data = data
        # Layer embeddings (text, layer, dim) under the given model; None in a run that was resumed.
        self.embeddings: Tensor | None = None
        self._fast = fast
        self._cache = cache
        self._remembered = remembered
        sizes = {name: len(task.train) for name, task in data.tasks.items()}
        self._longest = longest(data)
        self._asked = config
        self._config = settled(config, self._longest, most_labels(data))
        self._second = ends_with_all_rows(self._config) and not once
        self._final: MultiTaskModel | None = None
        self._stages = planned(self._config, model.encoder.num_layers)
        self._steps = steps_per_epoch(sizes, config.batch_size)
        self._class_weights = class_weights(data, config)
        self._tokens = model.encoder.tokenize(data.texts)
        self._processes = processes
        check_shareable(self._stages, processes)
        self._clock = Clock(config.time_limit_s, processes)
        self._state = restore(state) if state else TrainingState()
        self._saved = state
        self._resuming = state is not None
        self._latest: Fit | None = None

    @property
    def best_model(self) -> MultiTaskModel:
        """The model of the best epoch so far; RuntimeError before there is one."""
        if self._state.best is None:
            raise RuntimeError("the run ended before any state of the model was evaluated")
        return self.base.restored(self._state.best.tensors)

    @property
    def trained_again(self) -> bool:
        """Whether the run ended with a second training, with all rows."""
        return self._final is not None

    @property
    def final_model(self) -> MultiTaskModel:
        """The model to hand over: where the run ended with a training on all rows, that one, else the best.

        Only the best one's scores were measured on rows that it had not seen.
        """
        return self._final or self.best_model

    @property
    def latest_model(self) -> MultiTaskModel:
        """The model as of the last EpochEnd, best or not; RuntimeError before there is one."""
        if self._latest is None:
            raise RuntimeError("no epoch has ended yet")
        return self.base.restored(self._latest.averaged.snapshot(self._latest.stage.owned))

    def stop(self) -> None:
        """Asks the run to end; what is best so far is kept."""
        self._clock.stop()

    def state(self) -> SavedState | None:
        """What resuming needs, as of the last finished epoch; None before epoch 1."""
        return self._saved

    def __iter__(self) -> Iterator[Event]:
        self._clock.start(self._state.seconds)
        check_same(self.base, self.data, self._config, self._processes)
        if not self._resuming:
            yield run_started(
                self.base, self.data, self._config, self._tokens, self._class_weights, self._decided()
            )
        status: RunStatus = "finished"
        try:
            yield from self._all_stages()
            reason = self._state.reason
            if self._second and self._state.best:
                yield from self._with_all_rows()
        except RunEnds as end:
            status, reason = end.status, end.reason
        self._processes.part()
        best = self._state.best
        if best is None and status == "stopped":
            reason = NOTHING_KEPT
        yield RunEnd(
            status=status,
            best_epoch=best.epoch if best else 0,
            scores=best.scores if best else {},
            seconds=self._clock.elapsed_s,
            reason=reason,
        )

    def _all_stages(self) -> Iterator[Event]:
        while self._state.stage < len(self._stages):
            yield from self._one_stage(self._stages[self._state.stage])
            if self._state.epoch >= self._config.epochs:
                break
            self._state.begin_next_stage()

    def _with_all_rows(self) -> Iterator[Event]:
        assert self._state.best is not None
        epochs, index = self._state.best.epoch, len(self._stages)
        again = Trainer(
            self.base, all_rows(self.data), self._config, fast=self._fast, cache=self._cache, once=True
        )
        # It begins as the run did; all of it is told as one stage.
        yield replace(self._stage_started(self.base, 0, epochs), index=index, name=NAME, reason=REASON)
        yield from self._clock.follow("training", epochs, fractions(again, epochs))
        self._final = calibrated(again.latest_model, like=self.best_model)
        yield StageEnded(index=index, kept=True, reason="all rows have trained")

    def _decided(self) -> tuple[str, ...]:
        """What was decided from the number of rows, in sentences."""
        auto = self._asked.freeze is FreezeStrategy.AUTO
        return (
            *([auto_reason(self._longest, most_labels(self.data))] if auto else []),
            *([NOTE] if self._second else []),
            *shared_note(self._processes),
        )

    def _one_stage(self, stage: Stage) -> Iterator[Event]:
        state = self._state
        start = self.base.restored(state.best.tensors) if state.best else self.base
        model = start.fork(stage.blocks)
        if not self._resuming:
            yield self._stage_started(model, state.stage, self._stage_epochs() if stage.trains else 0)
        activations = self._activations(start, stage)
        encoding = self._processes.in_step(activations.fill())
        yield from self._clock.follow("encoding", state.epoch + 1, encoding)
        if state.best is None:
            self.embeddings = fit_inputs_of_all(
                model, self.data, activations.pooled, self._unmoved(), self._processes
            )
            if stage.blocks and stage.heads:
                yield from self._fit_heads(model, activations)
        fit = self._fit(model, activations, stage, self._stage_epochs(), self._config)
        if state.best is None:
            yield self._evaluated(fit, fit.evaluate(validation=False).losses, began=None)
        if self._resuming and self._saved:
            restore_fit(fit, self._saved)
        self._resuming = False
        if stage.trains:
            yield from self._epochs(fit)
            yield state.stage_ended(stage.name)
        else:
            state.reason = "nothing trains: the model was evaluated as it is"

    def _epochs(self, fit: Fit) -> Iterator[Event]:
        state = self._state
        while not self._stage_is_over():
            began, losses = time.monotonic(), dict[str, float]()
            steps = fit.epoch(state.epoch + 1, state.stage_epoch, losses)
            yield from self._clock.follow("training", state.epoch + 1, steps)
            yield self._evaluated(fit, losses, began)

    def _evaluated(self, fit: Fit, losses: dict[str, float], began: float | None) -> EpochEnd:
        """Ends an epoch with these training losses: evaluates it and keeps it if it is the best so far.

        `began`: when it did; None: it is epoch 0, the model before any step.
        """
        state, validation = self._state, fit.evaluate()
        seconds = 0.0 if began is None else time.monotonic() - began
        if began is not None:
            state.end_epoch(validation)
        # The rounds of a contrastive stage are one schedule: what counts is where it ends.
        if best := fit.stage.contrastive or state.beats_best(validation):
            validation = fit.calibrate(validation)
            state.keep(validation, fit.averaged.snapshot(fit.stage.owned))
        self._latest = fit
        if began is not None:
            state.seconds = self._clock.elapsed_s
            self._saved = save(state, fit)
        return EpochEnd(
            stage=state.stage,
            epoch=state.epoch,
            train=losses_with_sum(losses),
            validation=validation.flat(),
            selection=validation.selection,
            best=best,
            seconds=seconds,
            head_lr=fit.rates.head if fit.stage.heads else 0.0,
            encoder_lr=fit.rates.encoder if fit.stage.blocks else 0.0,
            parameters=fit.parameters,
        )

    def _stage_is_over(self) -> bool:
        """Whether the stage has no epoch left to train, for a reason that the state then holds.

        Raises RunEnds where the goal is reached. A resumed run asks this before its first step: the
        last epoch before the break may have reached the goal.
        """
        state, goal = self._state, self._config.goal
        if goal is not None and state.epoch > 0 and state.macro_f1 >= goal:
            reached = f"goal reached: mean validation macro-F1 {state.macro_f1:.3f} >= {goal:g}"
            raise RunEnds("finished", reached)
        contrastive, own = self._stages[state.stage].contrastive, self._stage_epochs()
        if contrastive and state.stage_epoch >= own:
            state.reason = "the encoder has learned to pull sentences of one label together"
        elif state.epoch >= self._config.epochs:
            state.reason = "all epochs done"
        elif state.stage_epoch >= own:
            state.reason = f"its share of {own} epoch{'' if own == 1 else 's'} is done"
        elif not contrastive and state.stalled >= PLATEAU_EPOCHS and len(self._stages) > 1:
            state.reason = f"validation loss gained under {PLATEAU_GAIN:.0%} for {PLATEAU_EPOCHS} epochs"
        else:
            return False
        return True

    def _fit_heads(self, model: MultiTaskModel, activations: Activations) -> Iterator[Event]:
        # Random heads on top of moving layers would first teach the layers nonsense. The rate is
        # what suits heads alone, whatever was asked for beside moving layers.
        config = replace(self._config, head_lr=None, schedule="cosine")
        epochs = head_fit_epochs(self._steps)
        fit = self._fit(model, activations.below_heads(), HEADS, epochs, config)
        for number in range(epochs):
            fractions = ((number + done) / epochs for done in fit.epoch(number, number, {}))
            yield from self._clock.follow("fitting heads", self._state.epoch + 1, fractions)

    def _fit(
        self, model: MultiTaskModel, activations: Activations, stage: Stage, epochs: int, config: TrainConfig
    ) -> Fit:
        index = 0 if stage is HEADS else self._state.stage
        kind: Callable[..., Fit] = ContrastiveFit if stage.contrastive else Fit
        if not self._processes.alone:
            kind = partial(SharedFit, self._processes, self._tokens.lengths)
        return kind(
            model,
            self.data,
            activations,
            stage=stage,
            rates=rates(config, stage, index, self._longest),
            config=config,
            epochs=epochs,
            class_weights=self._class_weights,
        )

    def _activations(self, start: MultiTaskModel, stage: Stage) -> Activations:
        return Activations(
            start.encoder,
            self._processes.own(self._tokens),
            stage.entry(start.encoder.num_layers),
            fast=self._fast,
            cache=self._cache,
            remembered=self._remembered,
        )

    def _stage_started(self, model: MultiTaskModel, index: int, epochs: int) -> StageStarted:
        return stage_started(
            model,
            self._stages,
            index,
            config=self._config,
            epochs=epochs,
            rows=self._longest,
            cache=self._cache,
            reason=self._state.reason,
        )

    def _stage_epochs(self) -> int:
        """How many epochs the current stage may take."""
        return self._state.stage_epochs(self._config.epochs, len(self._stages))

    def _unmoved(self) -> int:
        """The highest layer that no stage moves."""
        layers = self.base.encoder.num_layers
        return min(max(0, stage.entry(layers)) for stage in self._stages)
