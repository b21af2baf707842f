"""A sweep: several settings trained on the same split."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mtl.data.examination import LabelledRows
from mtl.data.sources import parts_for
from mtl.evaluation.metrics import accuracy_interval
from mtl.evaluation.report import unseen
from mtl.evaluation.scoring import evaluate
from mtl.model.encoder import Encoder
from mtl.schema.config import TrainConfig
from mtl.schema.events import (
    EpochEnd,
    Event,
    RunEnd,
    StageStarted,
)
from mtl.schema.results import Interval, TaskScores
from mtl.training.embedding_cache import EmbeddingCache
from mtl.training.train import model_for
from mtl.training.trainer import Trainer


@dataclass(frozen=True, kw_only=True)
class Result:
    """How a training with certain settings ended.

    `scores` and `accuracy_intervals`: by task, on test rows where there are some, else on validation rows.
    `losses`: combined training and validation loss of the best epoch in nats. `parameters`: the most that
    trained at once.
    """

    name: str
    scores: dict[str, TaskScores]
    accuracy_intervals: dict[str, Interval]
    losses: tuple[float, float]
    best_epoch: int
    parameters: int
    seconds: float


def compare(
    configs: Mapping[str, TrainConfig],
    rows: Sequence[LabelledRows],
    encoder: Encoder,
    tests: Sequence[LabelledRows] = (),
) -> Iterator[tuple[str, Event | Result]]:
    """Trains with one configuration after the other; yields its events, then its result, with its name.

    Raises ValueError where a run ends without a model."""
    remembered = EmbeddingCache()
    for name, config in configs.items():
        parts = parts_for(rows, config)
        trainer = Trainer(model_for(parts, config, encoder), parts, config, remembered=remembered)
        events = []
        for event in trainer:
            events.append(event)
            yield name, event
        scores = _end(events).scores
        for test in tests:
            scores = {**scores, test.task.name: evaluate(trainer.final_model, unseen(test, parts))}
        yield name, _result(name, events, scores)


def _result(name: str, events: Sequence[Event], scores: dict[str, TaskScores]) -> Result:
    end = _end(events)
    best = next(e for e in events if isinstance(e, EpochEnd) and e.epoch == end.best_epoch)
    return Result(
        name=name,
        scores=scores,
        accuracy_intervals={task: accuracy_interval(one) for task, one in scores.items()},
        losses=(best.train["combined"], best.validation["combined"]),
        best_epoch=end.best_epoch,
        parameters=max((e.parameters for e in events if isinstance(e, StageStarted)), default=0),
        seconds=end.seconds,
    )


def _end(events: Sequence[Event]) -> RunEnd:
    end = events[-1]
    assert isinstance(end, RunEnd)
    if not end.scores:
        raise ValueError(end.reason)
    return end
