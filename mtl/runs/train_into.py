"""Running a job: from its rows to a model in a folder, with the report on what it is worth.

The command line and the page's training process both run jobs with these functions.
"""

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

from mtl.data.bundled import default_files, has_bundled_sentences
from mtl.data.examination import LabelledRows, load_rows
from mtl.data.sources import parts_for
from mtl.data.split import Split
from mtl.evaluation.earlier import beside_earlier
from mtl.evaluation.report import Yardsticks, task_reports, unseen
from mtl.model.checkpoint import load_model, save_model
from mtl.model.encoder import Encoder
from mtl.model.files import model_facts
from mtl.model.multitask import MultiTaskModel
from mtl.model.provenance import model_report
from mtl.runs.artifacts import run_facts, write_card, write_course
from mtl.runs.job import Job
from mtl.schema.config import TrainConfig
from mtl.schema.events import Event, Progress, RunEnd
from mtl.schema.results import TaskReport, TaskScores, ValidationReport
from mtl.training.default import DEFAULT_MODEL, load_default
from mtl.training.embedding_cache import EmbeddingCache
from mtl.training.memory import Need, check_memory, memory, need, sizes_of
from mtl.training.processes import ALONE, Processes
from mtl.training.state import SavedState
from mtl.training.train import model_for
from mtl.training.trainer import Trainer

DEFAULT_NAME: Final = "the default model"
START_NAME: Final = "the model it started from"


def trainer_for(
    job: Job,
    encoder: Encoder,
    state: SavedState | None = None,
    remembered: EmbeddingCache | None = None,
    processes: Processes = ALONE,
) -> Trainer:
    """The trainer of a job; with `state`, it goes on where it left off. `processes` share it.

    Raises ValueError where the rows cannot be split, no test row is new, the memory does not suffice, or
    the model to start from cannot be used.
    """
    parts = parts_for(job.rows, job.config, job.corrections)
    check_tests(parts, job.tests)
    check_memory(need_of(parts, job.config, encoder), memory(), now=True)
    start = load_model(job.start, encoder) if job.start else None
    model = model_for(parts, job.config, encoder, start)
    return Trainer(model, parts, job.config, state=state, remembered=remembered, processes=processes)


def need_of(parts: Split, config: TrainConfig, encoder: Encoder) -> Need:
    """The memory that a run takes."""
    return need(sizes_of(parts), config, layers=encoder.num_layers, width=encoder.dimension)


def check_tests(parts: Split, tests: Sequence[LabelledRows]) -> None:
    """Raises ValueError where test rows cannot be used: their task is not trained, or no row is new."""
    for test in tests:
        if test.task.name not in parts.tasks:
            raise ValueError(
                f"there are {test.task.name} test rows, but no {test.task.name} rows to train on"
            )
        unseen(test, parts)


def train_into(
    folder: Path, job: Job, trainer: Trainer, encoder: Encoder, earlier: Sequence[Event] = ()
) -> Iterator[Event]:
    """Yields the trainer's events. Before the last one, saves the final model and evaluates it.

    `earlier` are the events of a resumed run before its break. A run that evaluated no epoch leaves
    no model.
    """
    events = list(earlier)
    for event in trainer:
        if isinstance(event, RunEnd) and event.scores:
            final = trainer.final_model
            facts = run_facts(job, events, event, trainer.data)
            save_model(final, folder, facts, base=encoder, rank=job.rank)
            write_card(folder)
            if job.rank:  # the saved model is an approximation: the report is about what was saved
                final = load_model(folder, encoder)
            model = trainer.best_model if trainer.trained_again else final
            clock = _Clock(began=time.monotonic(), before_s=event.seconds, expected_s=job.expected_s)
            yield clock.progress(0.0)
            report = yield from _evaluated(model, _yardsticks(job, trainer, encoder, final), clock)
            report = _beside_earlier(report, job)
            scores = event.scores | _validation_scores(report)
            event = replace(event, model=str(folder), scores=scores, seconds=clock.elapsed_s)
            write_course(folder, report, [*events, report, event])
            yield report
        if not isinstance(event, Progress):
            events.append(event)
        yield event


@dataclass(frozen=True, kw_only=True)
class _Clock:
    """The time of an evaluation. It `began` after `before_s` of a run that may take `expected_s` in all."""

    began: float
    before_s: float
    expected_s: float | None

    @property
    def elapsed_s(self) -> float:
        """Seconds of the whole run so far."""
        return self.before_s + time.monotonic() - self.began

    def progress(self, fraction: float) -> Progress:
        """Of the evaluation; what it still takes is told by its own pace, at first by what was expected."""
        elapsed = self.elapsed_s
        if fraction:
            eta_s: float | None = (elapsed - self.before_s) * (1 - fraction) / fraction
        else:
            eta_s = None if self.expected_s is None else max(0.0, self.expected_s - elapsed)
        return Progress(phase="evaluating", fraction=fraction, epoch=0, eta_s=eta_s, elapsed_s=elapsed)


def _evaluated(
    model: MultiTaskModel, yardsticks: Yardsticks, clock: _Clock
) -> Generator[Progress, None, ValidationReport]:
    reports: dict[str, TaskReport] = {}
    for fraction, so_far in task_reports(model, yardsticks):
        reports = so_far
        yield clock.progress(fraction)
    return ValidationReport(tasks=reports)


def _beside_earlier(report: ValidationReport, job: Job) -> ValidationReport:
    """The report with what the job's earlier model got right, while that is still there."""
    try:
        earlier = model_report(job.earlier) if job.earlier else None
    except (OSError, ValueError):  # it was deleted meanwhile
        return report
    labels = "label was" if job.relabelled == 1 else "labels were"
    return beside_earlier(report, earlier, f"{job.relabelled} {labels} corrected") if earlier else report


def _validation_scores(report: ValidationReport) -> dict[str, TaskScores]:
    return {name: task.scores for name, task in report.tasks.items() if task.source == "validation"}


def _yardsticks(job: Job, trainer: Trainer, encoder: Encoder, final: MultiTaskModel) -> Yardsticks:
    data, base = trainer.data, trainer.base
    embeddings = trainer.embeddings
    if embeddings is None:  # of a resumed run
        embeddings = base.encoder.layer_embeddings(base.encoder.tokenize(data.texts), fast=True)
    tests = {test.task.name: test for test in job.tests}
    models = {START_NAME: base} if job.start else _default_baseline(encoder, data, tests)
    return Yardsticks(
        data=data, encoder=base.encoder, embeddings=embeddings, tests=tests, models=models, final=final
    )


def _default_baseline(
    encoder: Encoder, data: Split, tests: Mapping[str, LabelledRows]
) -> dict[str, MultiTaskModel]:
    """The default model, where it belongs to this encoder and was not trained on these very rows."""
    if not has_bundled_sentences():
        return {}
    evaluated = {text for test in tests.values() for text in test.texts} | set(data.texts)
    if evaluated & _default_texts() or encoder.fingerprint != model_facts(DEFAULT_MODEL)["encoder"]["sha256"]:
        return {}
    return {DEFAULT_NAME: load_default(encoder)}


@cache
def _default_texts() -> frozenset[str]:
    return frozenset(text for name, file in default_files().items() for text in load_rows(file, name).texts)
