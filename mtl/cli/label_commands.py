"""What the commands do that look at rows: wrong labels, rows worth a label, what more rows would bring.

torch is imported when they run.
"""

import argparse
import dataclasses
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mtl.cli.commands import print_json
from mtl.cli.rows import choices_of, given_rows
from mtl.schema.tasks import clean_task_name

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mtl.data.examination import LabelledRows
    from mtl.data.issues import Choice
    from mtl.evaluation.forecast import Forecast
    from mtl.model.encoder import Encoder


def check_labels(arguments: argparse.Namespace) -> None:
    """The rows of a file that are probably labelled wrong, the most suspicious first."""
    from mtl.data.examination import examine
    from mtl.data.table import read_table
    from mtl.evaluation.suspects import suspects
    from mtl.model.pretrained import load_encoder
    from mtl.runs.second_look import words_for

    table = read_table(arguments.file)
    task, choice = _task_of_file(table, arguments)
    report = examine(table, task, choice)
    rows = report.rows()
    encoder = load_encoder(arguments.encoder)
    found = suspects(rows, embeddings_of(rows.texts, encoder))
    listed = [
        {
            "row": report.numbers[suspect.row],
            "text": suspect.text,
            "label": suspect.label,
            "suggested": suspect.suggested,
            "probability": suspect.probability,
        }
        for suspect in found
    ]
    if arguments.json:
        print_json({"suspects": listed})
        return
    print(f"{table.name}: {len(found):,} of {len(rows.texts):,} {task} rows are probably labelled wrong")
    for suspect, words in zip(found, words_for(encoder, found), strict=True):
        print(f"  row {report.numbers[suspect.row]}: {suspect.text}")
        by = f" by {', '.join(repr(word.text) for word in words)}" if words else ""
        sure = f"{suspect.probability:.0%}"
        print(f"    is {suspect.label}, looks like {suspect.suggested} ({sure}){by}, as do:")
        for text in suspect.neighbours:
            print(f"      {text}")


def _task_of_file(table: Any, arguments: argparse.Namespace) -> tuple[str, "Choice"]:
    from mtl.data.joint import label_columns

    columns = label_columns(table, most=None)
    names = [column.task for column in columns]
    if arguments.task is None and len(columns) != 1:
        found = f"has {len(columns)} columns of labels ({', '.join(names)})" if columns else "names no task"
        raise ValueError(f"{table.name} {found}: say which labels to look at (--task NAME)")
    task = clean_task_name(arguments.task) if arguments.task is not None else names[0]
    return task, choices_of(arguments, [task, *names])[task]


def suggest(arguments: argparse.Namespace) -> None:
    """The texts of a file that are worth a label next."""
    from mtl.analysis.suggest import suggest as choose
    from mtl.data.columns import rows_with_texts
    from mtl.data.joint import label_columns
    from mtl.data.table import read_table
    from mtl.model.checkpoint import load_model
    from mtl.model.pretrained import load_encoder

    if arguments.task is not None and arguments.model is None:
        raise ValueError("--task goes with --model: without a model, texts are chosen for any task")
    table = read_table(arguments.file)
    texts, _ = rows_with_texts(table, arguments.text_column)
    if labels := [column.column for column in label_columns(table, most=None)]:
        print(f"{table.name} has labels ({', '.join(labels)}): they are not read", file=sys.stderr)
    encoder = load_encoder(arguments.encoder)
    knows = load_model(arguments.model, encoder) if arguments.model else encoder
    task = None if arguments.task is None else clean_task_name(arguments.task)
    try:
        found = choose(texts, knows, arguments.count, task=task)
    except ValueError as error:
        raise ValueError(f"{table.name}: {error}") from None
    listed = [{"row": table.first_row + one.row, "text": one.text, "why": one.why} for one in found]
    if arguments.json:
        print_json(listed)
        return
    for one in listed:
        print(f"row {one['row']}: {one['text']}\n  {one['why']}")


def forecast(arguments: argparse.Namespace) -> None:
    """How accurate a head would be with 2 and 4 times the rows, by task."""
    from mtl.evaluation.forecast import forecast as foresee
    from mtl.model.pretrained import load_encoder

    rows, encoder = given_rows(arguments).rows(), load_encoder(arguments.encoder)
    found = {task.task.name: foresee(task, embeddings_of(task.texts, encoder)) for task in rows}
    if arguments.json:
        print_json({name: _as_json(made) for name, made in found.items()})
        return
    for task in rows:
        _print_forecast(task, found[task.task.name])


def _as_json(made: "Forecast") -> dict[str, Any]:
    listed = dataclasses.asdict(made)
    reason = listed.pop("reason")
    return listed if reason is None else {**listed, "reason": reason}


def _print_forecast(task: "LabelledRows", made: "Forecast") -> None:
    print(f"{task.task.name}: {len(task.texts):,} rows")
    for point in made.points:
        print(f"  {point.rows:>7,} rows train  {point.accuracy:.1%}")
    for seen in made.forecast:
        print(f"  {seen.rows:>7,} rows would  {seen.accuracy:.1%} ({seen.low:.1%} to {seen.high:.1%})")
    if made.reason is not None:
        print(f"  cannot tell what more would bring: {made.reason}")


def embeddings_of(texts: Sequence[str], encoder: "Encoder") -> "NDArray[np.float32]":
    """Layer embeddings (text, layer, dim), computed as fast as this machine can."""
    found: NDArray[np.float32] = encoder.layer_embeddings(encoder.tokenize(texts), fast=True).numpy()
    return found
