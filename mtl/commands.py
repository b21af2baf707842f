"""What each command of the command line does; torch is imported only by those that need it."""

import dataclasses
import json
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtl.config import TrainConfig
from mtl.corpus.findings import NO_CHOICE, Choice
from mtl.records import EpochEnd, Event, Prediction, Progress, RunEnd, event_to_dict

if TYPE_CHECKING:
    from mtl.model import MultiTaskModel
    from mtl.trainer import Trainer

_ROWS_AT_ONCE = 2048


def train(
    *,
    sources: Mapping[str, Path | None],
    tests: Mapping[str, Path | None],
    choice: Mapping[str, Choice],
    config: TrainConfig,
    start: Path | None,
    encoder: str | None,
    out: Path,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Trains into a folder, with a progress bar, or as one JSON object per event."""
    from mtl.api import labelled_rows
    from mtl.checkpoint import load_model
    from mtl.corpus.doctor import load_rows
    from mtl.loading import load_encoder
    from mtl.training import Job, train_into, trainer_for

    if out.exists() and not out.is_dir():
        raise ValueError(f"{out} is a file: give a folder")
    if out.is_dir() and any(out.iterdir()) and not overwrite:
        raise ValueError(f"{out} is not empty: choose another folder, or add --overwrite")
    loaded = load_encoder(encoder)
    base = load_model(start, loaded) if start else None
    rows = labelled_rows(**sources, start=base, choice=choice)
    likes = {task.task.name: task.task for task in rows}
    judging = [
        load_rows(file, name, likes.get(name), choice.get(name, NO_CHOICE))
        for name, file in tests.items()
        if file
    ]
    job = Job(rows=rows, config=config, encoder=loaded, start=base, tests=judging)
    trainer = trainer_for(job)
    out.mkdir(parents=True, exist_ok=True)
    with _stopping_on_interrupt(trainer):
        events = train_into(out, job, trainer)
        end = _print_events(events) if as_json else _show_events(events, config.epochs)
    if end.status == "failed":
        raise ValueError(end.reason)


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
            _print_json(event_to_dict(last))
    assert isinstance(last, RunEnd)
    return last


def _show_events(events: Iterator[Event], epochs: int) -> RunEnd:
    from tqdm import tqdm

    from mtl.words import describe

    last: Event | None = None
    with tqdm(total=epochs, unit="epoch", bar_format="{l_bar}{bar}| {postfix}") as bar:
        for last in events:
            if isinstance(last, Progress):
                at = last.epoch - 1 + last.fraction if last.phase == "training" else last.epoch - 1
                bar.update(at - bar.n)
                eta = "" if last.eta_s is None else f", {last.eta_s:.0f} s to go"
                bar.set_postfix_str(f"{last.phase} {last.fraction:.0%}{eta}")
                continue
            if isinstance(last, EpochEnd):
                bar.update(last.epoch - bar.n)
            tqdm.write(describe(last), file=sys.stdout)
    assert isinstance(last, RunEnd)
    return last


def predict(texts: Sequence[str], model: Path | None, encoder: str | None, *, as_json: bool) -> None:
    """Labels and probabilities of some texts."""
    predictions = _model(model, encoder).predict(texts)
    if as_json:
        _print_json([prediction.to_dict() for prediction in predictions])
        return
    for prediction in predictions:
        print(prediction.text)
        for name, task in prediction.tasks.items():
            ranked = sorted(task.scores.items(), key=lambda item: -item[1])[:5]
            print(f"  {name:<10}" + "  ".join(f"{label} {p:.1%}" for label, p in ranked))
        if prediction.truncated:
            print("  only the start of this text was read: it is longer than the encoder's maximum")


def predict_csv(
    file: Path, out: Path | None, model: Path | None, encoder: str | None, *, as_json: bool
) -> None:
    """Labels a file's column of texts; writes CSV, or JSON, to `out` or standard output."""
    import pandas as pd
    from tqdm import tqdm

    from mtl.corpus.columns import column_of_texts
    from mtl.corpus.reader import read_table

    if out and not out.parent.is_dir():
        raise ValueError(f"cannot write {out}: there is no folder {out.parent}")
    texts = column_of_texts(read_table(file))
    loaded = _model(model, encoder)
    predictions: list[Prediction] = []
    for start in tqdm(range(0, len(texts), _ROWS_AT_ONCE), unit="batch", disable=as_json):
        predictions += loaded.predict(texts[start : start + _ROWS_AT_ONCE], fast=True)
    if as_json:
        text = json.dumps([prediction.to_dict() for prediction in predictions]) + "\n"
    else:
        text = pd.DataFrame([_flat(p) for p in predictions]).to_csv(index=False)
    if out:
        out.write_text(text, "utf-8")
    else:
        sys.stdout.write(text)


def evaluate(
    sources: Mapping[str, Path | None],
    choice: Mapping[str, Choice],
    model: Path | None,
    encoder: str | None,
    *,
    stripped: bool,
    as_json: bool,
) -> None:
    """Scores of the model on labelled rows."""
    from mtl.api import labelled_rows
    from mtl.evaluation import evaluate as score_rows
    from mtl.metrics import intervals

    if not any(sources.values()):
        raise ValueError("nothing to evaluate on: give --sentiment FILE.csv, --intent FILE.csv or both")
    loaded = _model(model, encoder)
    tasks = labelled_rows(**sources, start=loaded, choice=choice)
    scores = {rows.task.name: score_rows(loaded, rows, stripped=stripped) for rows in tasks}
    if as_json:
        _print_json({name: dataclasses.asdict(task) for name, task in scores.items()})
        return
    for name, task in scores.items():
        accuracy, macro_f1 = intervals(task)
        print(
            f"{name}: accuracy {task.accuracy:.4f} (95% interval {accuracy.low:.4f} to {accuracy.high:.4f}), "
            f"macro-F1 {task.macro_f1:.4f} ({macro_f1.low:.4f} to {macro_f1.high:.4f}), "
            f"calibration error {task.calibration_error:.4f}, {task.rows} rows"
        )
        width = max(map(len, task.labels)) + 2
        print("  true \\ said".ljust(width + 2) + "".join(label.rjust(width) for label in task.labels))
        for label, counts in zip(task.labels, task.confusion, strict=True):
            print(f"  {label:<{width}}" + "".join(str(count).rjust(width) for count in counts))


def embed(texts: Sequence[str], encoder: str | None, *, as_json: bool) -> None:
    """Sentence embeddings and their cosines."""
    from mtl.loading import load_encoder
    from mtl.similarity import cosines, ranked_pairs

    loaded = load_encoder(encoder)
    embeddings = loaded.encode(texts)
    matrix = cosines(embeddings)
    if as_json:
        _print_json(
            {
                "dimension": loaded.dimension,
                "embeddings": embeddings.tolist(),
                "cosine": matrix.tolist(),
                "truncated": list(loaded.tokenize(texts).truncated),
            }
        )
        return
    print(f"{len(texts)} texts, {loaded.dimension} dimensions, unit norm")
    for text, row in zip(texts, embeddings, strict=True):
        print(f"  {text}: {', '.join(f'{value:.4f}' for value in row[:6])}, ...")
    for text, cut in zip(texts, loaded.tokenize(texts).truncated, strict=True):
        if cut:
            print(f"  only the first {loaded.max_length} tokens were read of: {text[:60]} ...")
    for pair in ranked_pairs(matrix):
        print(f"  {pair.cosine:+.4f}  {texts[pair.first]}  |  {texts[pair.second]}")


def check(file: Path, task: str, choice: Choice, *, as_json: bool) -> None:
    """What the reader thinks of a file; an unusable one is an error."""
    from mtl.corpus.doctor import examine

    report = examine(file, task, choice)
    if as_json:
        _print_json(
            {
                "task": task,
                "rows": len(report.pairs),
                "labels": report.counts(),
                "usable": report.usable,
                "findings": [dataclasses.asdict(finding) for finding in report.findings],
            }
        )
    else:
        print(f"{file.name}: {len(report.pairs)} {task} rows can be used")
        for label, count in report.counts().items():
            print(f"  {count:>6}  {label}")
        for finding in report.findings:
            print(f"  {finding.severity}: {finding}")
    if not report.usable:
        report.rows()


def _model(source: Path | None, encoder: str | None) -> "MultiTaskModel":
    from mtl.api import load_default
    from mtl.checkpoint import load_model
    from mtl.loading import load_encoder

    loaded = load_encoder(encoder)
    return load_model(source, loaded) if source else load_default(loaded)


def _flat(prediction: Prediction) -> dict[str, Any]:
    row: dict[str, Any] = {"text": prediction.text}
    for name, task in prediction.tasks.items():
        row[name] = task.label
        row |= {f"{name}_{label}": round(p, 6) for label, p in task.scores.items()}
    return row


def _print_json(value: Any) -> None:
    print(json.dumps(value), flush=True)
