"""What `train` and `compare` do; torch is imported only when they run."""

import dataclasses
import signal
import sys
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
    from mtl.runs.stopped import keep_state, taken_up
    from mtl.runs.store import default_folder
    from mtl.runs.train_into import train_into, trainer_for

    if rank is not None and rank < 1:
        raise ValueError(f"rank is {rank}: use a whole number from 1")
    if out.exists() and not out.is_dir():
        raise ValueError(f"{out} is a file: give a folder")
    if out.is_dir() and any(out.iterdir()) and not (overwrite or resume):
        raise ValueError(f"{out} is not empty: choose another folder, or add --overwrite")
    loaded = load_encoder(encoder)
    base = load_model(start, loaded) if start else None
    rows = given.rows(like=base.tasks if base else ())
    tests = given.test_rows(rows)
    job = Job(
        rows=rows,
        config=config,
        start=str(start) if start else None,
        tests=tests,
        corrections=_corrections(corrections, rows) if corrections else (),
        credit=given.credit,
        rank=rank,
    )
    state, earlier = taken_up(out, job) if resume else (None, ())
    trainer = trainer_for(job, loaded, state, remembered(default_folder()))
    out.mkdir(parents=True, exist_ok=True)
    with _stopping_on_interrupt(trainer):
        events = train_into(out, job, trainer, loaded, earlier)
        end = _print_events(events) if as_json else _show_events(events, config.epochs)
    keep_state(out, trainer, end)
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
def _stopping_on_interrupt(trainer: "Trainer") -> Iterator[None]:
    # Ctrl-C ends the run within a batch, and the best epoch is still saved.
    before = signal.signal(signal.SIGINT, lambda *_: trainer.stop())
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
