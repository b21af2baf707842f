"""What `train` and `compare` do; torch is imported only when they run."""

import dataclasses
import signal
import sys
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtl.cli.commands import print_json
from mtl.cli.rows import Given
from mtl.schema.config import TrainConfig
from mtl.schema.events import (
    EpochEnd,
    Event,
    Progress,
    RunEnd,
    event_to_dict,
)
from mtl.schema.words import describe

if TYPE_CHECKING:
    from mtl.data.examination import LabelledRows
    from mtl.model.encoder import Encoder
    from mtl.runs.job import Job
    from mtl.training.processes import Processes
    from mtl.training.sweep import Result
    from mtl.training.trainer import Trainer


def train(
    given: Given,
    *,
    corrections: Path | None,
    config: TrainConfig,
    start: Path | None,
    encoder: str | None,
    out: Path,
    overwrite: bool,
    resume: bool,
    rank: int | None,
    as_json: bool,
) -> None:
    """Trains into a folder, with a progress bar, or as one JSON object per event."""
    from mtl.model.checkpoint import load_model
    from mtl.model.pretrained import load_encoder
    from mtl.runs.job import Job
    from mtl.runs.remembered import remembered
    from mtl.runs.state_file import state_of_first
    from mtl.runs.stopped import taken_up
    from mtl.runs.store import default_folder
    from mtl.runs.train_into import trainer_for
    from mtl.training.processes import joined

    if rank is not None and rank < 1:
        raise ValueError(f"rank is {rank}: use a whole number from 1")
    with _saying_who_is_lost(out), joined() as processes:
        if processes.first:
            _check_folder(out, used=overwrite or resume)
        loaded = load_encoder(encoder)
        base = load_model(start, loaded) if start else None
        rows = given.rows(like=base.tasks if base else ())
        job = Job(
            rows=rows,
            config=config,
            start=str(start) if start else None,
            tests=given.test_rows(rows),
            corrections=_corrections(corrections, rows) if corrections else (),
            credit=given.credit,
            rank=rank,
        )
        state, earlier = taken_up(out, job) if resume and processes.first else (None, ())
        # Several processes go through the encoding in step: one must not be done before the others begin.
        cache = remembered(default_folder()) if processes.alone else None
        trainer = trainer_for(job, loaded, state_of_first(state, processes), cache, processes)
        _train_job(out, job, trainer, loaded, earlier, processes, as_json=as_json)


def _check_folder(out: Path, *, used: bool) -> None:
    if out.exists() and not out.is_dir():
        raise ValueError(f"{out} is a file: give a folder")
    if out.is_dir() and any(out.iterdir()) and not used:
        raise ValueError(f"{out} is not empty: choose another folder, or add --overwrite")


def _train_job(
    out: Path,
    job: "Job",
    trainer: "Trainer",
    encoder: "Encoder",
    earlier: Sequence[Event],
    processes: "Processes",
    *,
    as_json: bool,
) -> None:
    from mtl.runs.stopped import keeping
    from mtl.runs.train_into import train_into

    with _stopping_on_signals(trainer, processes):
        if not processes.first:
            deque(trainer, maxlen=0)  # it only computes: the first process says and writes all
            return
        out.mkdir(parents=True, exist_ok=True)
        events = train_into(out, job, trainer, encoder, earlier)
        kept = keeping(out, job, trainer, events, earlier, each_epoch=not processes.alone)
        end = _print_events(kept) if as_json else _show_events(kept, job.config.epochs)
    if end.status == "failed":
        raise ValueError(end.reason)


def compare(
    given: Given,
    *,
    configs: Mapping[str, TrainConfig],
    encoder: str | None,
    as_json: bool,
) -> None:
    """Trains in several ways on the same rows and split, and prints one table."""
    from mtl.data.sources import parts_for
    from mtl.model.pretrained import load_encoder
    from mtl.runs.train_into import check_tests
    from mtl.training.sweep import Result
    from mtl.training.sweep import compare as try_all

    rows = given.rows()
    tests = given.test_rows(rows)
    for config in configs.values():
        check_tests(parts_for(rows, config), tests)  # fails now, not after the first training
    table = []
    for name, event in try_all(configs, rows, load_encoder(encoder), tests):
        if isinstance(event, Result):
            table.append(event)
        elif isinstance(event, EpochEnd):
            print(f"{name}: {describe(event)}", file=sys.stderr)
    if as_json:
        print_json([dataclasses.asdict(result) for result in table])
    else:
        lines = [_line(result) for result in table]
        for cells in (list(lines[0]), ["---"] * len(lines[0]), *(line.values() for line in lines)):
            print(f"| {' | '.join(map(str, cells))} |")


def _corrections(file: Path, rows: Sequence["LabelledRows"]) -> list["LabelledRows"]:
    from mtl.data.sources import corrected_rows, unread_corrections
    from mtl.data.table import read_table

    table = read_table(file)
    found = corrected_rows(table, rows)
    for name in unread_corrections(table, rows):
        print(f"{file.name}: column {name!r} is not read, no {name} head is trained", file=sys.stderr)
    return found


def _line(result: "Result") -> dict[str, Any]:
    scores = {
        task: f"{result.scores[task].accuracy:.3f} ({interval.low:.3f} to {interval.high:.3f})"
        for task, interval in result.accuracy_intervals.items()
    }
    train, validation = result.losses
    return {
        "": result.name,
        **scores,
        "loss, training": f"{train:.3f}",
        "loss, validation": f"{validation:.3f}",
        "best epoch": result.best_epoch,
        "parameters": f"{result.parameters:,}",
        "seconds": f"{result.seconds:.0f}",
    }


@contextmanager
def _saying_who_is_lost(out: Path) -> Iterator[None]:
    from mtl.runs.stopped import can_be_resumed
    from mtl.training.processes import ProcessLost

    try:
        yield
    except ProcessLost as lost:
        remedy = (
            f"{out} holds what was trained up to the last finished epoch, go on with --resume"
            if can_be_resumed(out)
            else "go on with --resume if process 0 had finished an epoch, else start again"
        )
        raise ValueError(f"{lost}. The run ends: {remedy}") from lost


@contextmanager
def _stopping_on_signals(trainer: "Trainer", processes: "Processes") -> Iterator[None]:
    # Ctrl-C ends the run within a batch, and the best epoch is still saved.
    before = signal.signal(signal.SIGINT, lambda *_: trainer.stop())
    if not processes.alone:
        # So torchrun ends its processes, also where one is lost. It stays so: they have yet to say that.
        signal.signal(signal.SIGTERM, lambda *_: trainer.stop())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _print_events(events: Iterator[Event]) -> RunEnd:
    last: Event | None = None
    for last in events:
        if not isinstance(last, Progress):
            print_json(event_to_dict(last))
    assert isinstance(last, RunEnd)
    return last


def _show_events(events: Iterator[Event], epochs: int) -> RunEnd:
    from tqdm import tqdm

    last: Event | None = None
    with tqdm(total=epochs, unit="epoch", bar_format="{l_bar}{bar}| {postfix}") as bar:
        for last in events:
            if isinstance(last, Progress):
                at = last.epoch - 1 + last.fraction if last.phase == "training" else bar.n
                bar.update(at - bar.n)
                eta = "" if last.eta_s is None else f", {last.eta_s:.0f} s to go"
                bar.set_postfix_str(f"{last.phase} {last.fraction:.0%}{eta}")
                continue
            if isinstance(last, EpochEnd):
                bar.update(last.epoch - bar.n)
            tqdm.write(describe(last), file=sys.stdout)
    assert isinstance(last, RunEnd)
    return last
