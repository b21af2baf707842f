"""What each command that trains nothing does; torch is imported only by those that need it."""

import argparse
import contextlib
import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtl.cli.rows import Given, choices_of
from mtl.schema.results import TaskScores
from mtl.schema.tasks import clean_task_name

if TYPE_CHECKING:
    from mtl.data.issues import Choice
    from mtl.data.joint import LabelColumn
    from mtl.data.table import Table
    from mtl.exports.export import Format
    from mtl.model.multitask import MultiTaskModel


def predict(texts: Sequence[str], model: Path | None, encoder: str | None, *, as_json: bool) -> None:
    """Labels and probabilities of some texts."""
    predictions = _model(model, encoder).predict(texts)
    if as_json:
        print_json([prediction.to_dict() for prediction in predictions])
        return
    for prediction in predictions:
        print(prediction.text)
        width = max(10, *(len(name) + 2 for name in prediction.tasks))
        for name, task in prediction.tasks.items():
            ranked = sorted(task.scores.items(), key=lambda item: -item[1])[:5]
            shown = "  ".join(f"{label} {p:.1%}" for label, p in ranked)
            unmet = prediction.unmet(name)
            told = unmet.otherwise if unmet else "ask a person" if task.abstains else None
            print(f"  {name:<{width}}" + (f"{told} ({shown})" if told else shown))
        if prediction.truncated:
            print("  only the start of this text was read: it is longer than the encoder's maximum")


def predict_csv(
    file: Path,
    column: str | None,
    out: Path | None,
    model: Path | None,
    encoder: str | None,
    *,
    as_json: bool,
) -> None:
    """Labels a file's column of texts; writes CSV (see `mtl.model.predictions`), or JSON, to `out` or
    standard output."""
    from tqdm import tqdm

    from mtl.data.columns import rows_with_texts
    from mtl.data.table import read_table
    from mtl.model.predictions import label_texts

    if out and not out.parent.is_dir():
        raise ValueError(f"cannot write {out}: there is no folder {out.parent}")
    texts, rows = rows_with_texts(read_table(file), column)
    loaded = _model(model, encoder)
    with contextlib.ExitStack() as stack:
        stream = stack.enter_context(out.open("w", newline="", encoding="utf-8")) if out else sys.stdout
        if as_json:
            predictions = loaded.predict(texts, fast=True)
            stream.write(json.dumps([prediction.to_dict() for prediction in predictions]) + "\n")
            return
        bar = stack.enter_context(tqdm(total=len(texts), unit="text"))
        for progress in label_texts(loaded, texts, stream, beside=rows, fast=True):
            bar.update(progress.done - bar.n)


def evaluate(given: Given, model: Path | None, encoder: str | None, *, stripped: bool, as_json: bool) -> None:
    """Scores of the model on labelled rows. Of a joint file, the tasks of the model count."""
    from mtl.data.joint import label_columns
    from mtl.evaluation.scoring import evaluate as score_rows

    if not given.sources and given.data is None:
        raise ValueError(
            "nothing to evaluate on: give --data FILE.csv, or --task NAME=FILE.csv for each task"
        )
    loaded = _model(model, encoder)
    own = [task.name for task in loaded.tasks]
    learn = None
    if given.data is not None:
        there = [column.task for column in label_columns(given.data, most=None)]
        learn = [name for name in there if name in own]
        if there and not learn and given.learn is None:
            raise _without_head(there[0], own)
    for name in (*given.sources, *(given.learn or ())):
        if name not in own:
            raise _without_head(name, own)
    rows = given.rows(like=loaded.tasks, learn=learn)
    scores = {task.task.name: score_rows(loaded, task, stripped=stripped) for task in rows}
    if as_json:
        print_json({name: dataclasses.asdict(task) for name, task in scores.items()})
        return
    for name, task in scores.items():
        _print_scores(name, task)


def _without_head(name: str, own: Sequence[str]) -> ValueError:
    return ValueError(f"the model has no {name} head: it has {', '.join(own)}")


def _print_scores(name: str, scores: TaskScores) -> None:
    from mtl.evaluation.metrics import accuracy_interval, macro_f1_interval

    accuracy, macro_f1 = accuracy_interval(scores), macro_f1_interval(scores)
    print(
        f"{name}: accuracy {scores.accuracy:.4f} (95% interval {accuracy.low:.4f} to {accuracy.high:.4f}), "
        f"macro-F1 {scores.macro_f1:.4f} (bootstrap {macro_f1.low:.4f} to {macro_f1.high:.4f}), "
        f"calibration error {scores.calibration_error:.4f}, {scores.rows:,} rows"
    )
    width = max(map(len, scores.labels)) + 2
    corner = "  true \\ predicted".ljust(width + 2)
    print(corner + "".join(label.rjust(width) for label in scores.labels))
    for label, counts in zip(scores.labels, scores.confusion, strict=True):
        print(f"  {label:<{len(corner) - 2}}" + "".join(str(count).rjust(width) for count in counts))


def embed(texts: Sequence[str], encoder: str | None, *, as_json: bool) -> None:
    """Sentence embeddings and their cosines."""
    from mtl.analysis.similarity import cosines, ranked_pairs
    from mtl.model.pretrained import load_encoder

    loaded = load_encoder(encoder)
    embeddings = loaded.encode(texts)
    matrix = cosines(embeddings)
    if as_json:
        print_json(
            {
                "dimension": loaded.dimension,
                "embeddings": embeddings.tolist(),
                "cosine": matrix.tolist(),
                "truncated": list(loaded.tokenize(texts).truncated),
            }
        )
        return
    print(f"{len(texts):,} texts, {loaded.dimension} dimensions, unit norm")
    for text, row in zip(texts, embeddings, strict=True):
        print(f"  {text}: {', '.join(f'{value:.4f}' for value in row[:6])}, ...")
    for text, cut in zip(texts, loaded.tokenize(texts).truncated, strict=True):
        if cut:
            print(f"  only the first {loaded.max_length} tokens were read of: {text[:60]} ...")
    for pair in ranked_pairs(matrix):
        print(f"  {pair.cosine:+.4f}  {texts[pair.first]}  |  {texts[pair.second]}")


def export(
    model: Path | None, encoder: str | None, format: "Format", out: Path, *, overwrite: bool, as_json: bool
) -> None:
    """Writes a model in another format, and says how far it agrees with the model."""
    from mtl.exports.export import export_model
    from mtl.runs.compared_texts import compared_texts
    from mtl.training.default import DEFAULT_MODEL

    loaded = _model(model, encoder)
    texts = compared_texts(model or DEFAULT_MODEL) or None
    made = export_model(loaded, format, out, texts, overwrite=overwrite)
    if as_json:
        print_json({**dataclasses.asdict(made), "path": str(made.path)})
        return
    print(f"{made.path}: {made.nbytes / 1e6:.1f} MB")
    for name, agreement in made.agreement.items():
        print(f"  {name} agrees with the model {agreement}")


def check(arguments: argparse.Namespace) -> None:
    """The issues in a file; an unusable file is an error. Without the name of a task: what a head could
    learn from the file, and the issues where that is one task only."""
    from mtl.data.joint import label_columns
    from mtl.data.table import read_table

    table = read_table(arguments.file)
    columns = label_columns(table, most=None)
    if arguments.task is not None:
        task = clean_task_name(arguments.task)
        choice = choices_of(arguments, [task, *(column.task for column in columns)])[task]
        _check(table, task, choice, {}, as_json=arguments.json)
        return
    if not columns:
        names = ", ".join(table.cells.columns)
        raise ValueError(
            f"{table.name} has no column of labels (its columns: {names}): name the task (--task NAME) and, "
            "where it is not clear, the column (--label-column COLUMN)"
        )
    listed = {"label_columns": [dataclasses.asdict(column) for column in columns]}
    if not arguments.json:
        _print_columns(table, columns)
    if len(columns) == 1:
        task = columns[0].task
        _check(table, task, choices_of(arguments, [task])[task], listed, as_json=arguments.json)
    elif arguments.json:
        print_json(listed)


def _print_columns(table: "Table", columns: Sequence["LabelColumn"]) -> None:
    print(f"{table.name}: {len(columns)} column{'s' if len(columns) > 1 else ''} of labels")
    width = max(len(column.task) for column in columns) + 2
    for column in columns:
        shown = ", ".join(column.labels[:8]) + (", ..." if len(column.labels) > 8 else "")
        print(
            f"  {column.task:<{width}}column {column.column!r}, {column.rows:,} rows, "
            f"{len(column.labels)} labels: {shown}"
        )


def _check(table: "Table", task: str, choice: "Choice", listed: dict[str, Any], *, as_json: bool) -> None:
    from mtl.data.examination import examine

    report = examine(table, task, choice)
    if as_json:
        print_json(
            {
                **listed,
                "task": task,
                "rows": len(report.pairs),
                "labels": report.counts(),
                "usable": report.usable,
                "issues": [dataclasses.asdict(issue) for issue in report.issues],
            }
        )
    else:
        print(f"{table.name}: {len(report.pairs):,} {task} rows can be used")
        for label, count in report.counts().items():
            print(f"  {count:>6}  {label}")
        for issue in report.issues:
            print(f"  {issue.severity}: {issue}")
    if not report.usable:
        report.rows()


def _model(source: Path | None, encoder: str | None) -> "MultiTaskModel":
    from mtl.model.checkpoint import load_model
    from mtl.model.pretrained import load_encoder
    from mtl.training.default import load_default

    loaded = load_encoder(encoder)
    return load_model(source, loaded) if source else load_default(loaded)


def print_json(value: Any) -> None:
    """One JSON value on a line of its own."""
    print(json.dumps(value), flush=True)
