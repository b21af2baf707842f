"""What the commands do that say how far to trust rows and models; torch is imported when they run."""

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
    from mtl.evaluation.expectations import Outcome
    from mtl.evaluation.forecast import Forecast
    from mtl.evaluation.promise import Promised
    from mtl.model.encoder import Encoder


def check_labels(arguments: argparse.Namespace) -> None:
    """The rows of a file that are probably labelled wrong, the most suspicious first."""
    from mtl.data.examination import examine
    from mtl.data.table import read_table
    from mtl.evaluation.suspects import suspects
    from mtl.model.pretrained import load_encoder

    table = read_table(arguments.file)
    task, choice = _task_of_file(table, arguments)
    report = examine(table, task, choice)
    rows = report.rows()
    found = suspects(rows, _embeddings(rows.texts, load_encoder(arguments.encoder)))
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
    for suspect in found:
        print(f"  row {report.numbers[suspect.row]}: {suspect.text}")
        print(f"    is {suspect.label}, looks like {suspect.suggested} ({suspect.probability:.0%}), as do:")
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
    from mtl.data.table import read_table
    from mtl.model.checkpoint import load_model
    from mtl.model.pretrained import load_encoder

    if arguments.task is not None and arguments.model is None:
        raise ValueError("--task goes with --model: without a model, texts are chosen for any task")
    table = read_table(arguments.file)
    texts, _ = rows_with_texts(table, arguments.text_column)
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
    found = {task.task.name: foresee(task, _embeddings(task.texts, encoder)) for task in rows}
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


def promise(arguments: argparse.Namespace) -> None:
    """The threshold from which an accuracy is promised; with `--save` the model keeps it."""
    from mtl.data.examination import load_rows
    from mtl.evaluation.promise import answered, promised
    from mtl.model.checkpoint import load_model, promised_facts
    from mtl.model.files import add_facts
    from mtl.model.pretrained import load_encoder

    model = load_model(arguments.model, load_encoder(arguments.encoder))
    task = _named(arguments.task, [task.name for task in model.tasks])
    choice = choices_of(arguments, [each.name for each in model.tasks])[task]
    rows = load_rows(arguments.csv, task, model.head(task).task, choice)
    places = _unseen(arguments, rows)
    texts = tuple(rows.texts[place] for place in places)
    confidences, right = answered(model, dataclasses.replace(rows, texts=texts, labels=rows.labels[places]))
    found = promised(confidences, right, arguments.at_least, arguments.confidence)
    if arguments.json:
        keys = ("possible", "threshold", "coverage", "rows_needed")
        print_json({key: getattr(found, key) for key in keys})
    else:
        print(_told(task, found))
    if arguments.save:
        add_facts(arguments.model, promised_facts({**model.promises, task: found.promise()}))


def _named(name: str | None, there: Sequence[str]) -> str:
    if name is None and len(there) > 1:
        raise ValueError(f"there are {len(there)} tasks ({', '.join(there)}): say which")
    task = there[0] if name is None else clean_task_name(name)
    if task not in there:
        raise ValueError(f"there is no task {task}, only {', '.join(there)}")
    return task


def _unseen(arguments: argparse.Namespace, rows: "LabelledRows") -> list[int]:
    """Places of the rows that the model did not learn from, as far as it is known."""
    from mtl.runs.learnt_texts import learnt_texts

    learnt = learnt_texts(arguments.model)
    unseen = [place for place, text in enumerate(rows.texts) if text not in learnt]
    if seen := len(rows.texts) - len(unseen):
        what = f"{seen:,} of the {len(rows.texts):,} rows trained this model or chose its epoch"
        if not unseen:
            raise ValueError(f"{what}: a promise takes rows that it has not seen")
        print(f"{what}: they are left out", file=sys.stderr)
    return unseen


def _told(task: str, found: "Promised") -> str:
    what = (
        f"at least {found.at_least:.1%} of the {task} answers are right ({found.confidence:.0%} confidence)"
    )
    if found.possible:
        return (
            f"promised: {what} from a probability of {found.threshold:.3f} on. "
            f"{found.coverage:.1%} of {found.rows:,} rows are answered, the others are for a person"
        )
    if found.rows_needed is None:
        return f"not promised: {what}. At no threshold are the answers of this model right often enough"
    return f"not promised: {what}. {found.rows:,} rows are too few, about {found.rows_needed:,} could do"


def because(arguments: argparse.Namespace) -> None:
    """Which rows speak for and against the answer of the best head on the frozen encoder."""
    from mtl.evaluation.because import BecauseOfRows
    from mtl.model.pretrained import load_encoder

    by_name = {task.task.name: task for task in given_rows(arguments).rows()}
    rows = by_name[_named(arguments.about, list(by_name))]
    encoder = load_encoder(arguments.encoder)
    head = BecauseOfRows(rows, _embeddings(rows.texts, encoder))
    found = head.explain(_embeddings([arguments.text], encoder)[0])
    shares = found.shares[: arguments.count]
    if arguments.json:
        listed = dataclasses.asdict(found) | {"shares": [dataclasses.asdict(share) for share in shares]}
        print_json({"task": rows.task.name, **listed})
        return
    print(f"{rows.task.name}: {found.label} {found.probability:.1%} (logit {found.logit:+.3f})")
    print(f"  {found.bias:+.3f}  whatever the text")
    for share in shares:
        print(f"  {share.share:+.3f}  {share.label}: {share.text}")
    rest = sum(share.share for share in found.shares[arguments.count :])
    print(f"  {rest:+.3f}  the other {len(found.shares) - len(shares):,} rows")


def test(arguments: argparse.Namespace) -> int:
    """Checks a file of expectations: 0 where all hold, 1 where one is broken."""
    from mtl.evaluation.expectations import check_expectations, read_expectations
    from mtl.model.checkpoint import load_model
    from mtl.model.pretrained import load_encoder

    encoder = load_encoder(arguments.encoder)
    model = load_model(arguments.model, encoder)
    expected = read_expectations(arguments.file, model.tasks)
    outcomes = check_expectations(model, expected)
    broken = [one for one in outcomes if not one.holds]
    since: dict[str, list[Outcome]] = {}
    if arguments.before:
        before = check_expectations(load_model(arguments.before, encoder), expected)
        pairs = list(zip(before, outcomes, strict=True))
        since = {
            "newly_broken": [now for then, now in pairs if then.holds and not now.holds],
            "newly_mended": [now for then, now in pairs if now.holds and not then.holds],
        }
    if arguments.json:
        found = {"broken": broken, **since}
        listed = {name: [_outcome(one) for one in some] for name, some in found.items()}
        print_json({"expectations": len(outcomes), **listed})
    else:
        print(
            f"{arguments.file.name}: {len(outcomes) - len(broken):,} of {len(outcomes):,} expectations hold"
        )
        for name, some in {"broken": broken, **since}.items():
            for one in some:
                said = one.answer if one.other_answer is None else f"{one.answer}, then {one.other_answer}"
                print(f"  {name.replace('_', ' ')}: {one.expectation}; the model says {said}")
    return 1 if broken else 0


def _outcome(one: "Outcome") -> dict[str, Any]:
    expected = dataclasses.asdict(one.expectation)
    kind = expected.pop("kind")
    return {**expected, "expect": kind, "answer": one.answer, "other_answer": one.other_answer}


def _embeddings(texts: Sequence[str], encoder: "Encoder") -> "NDArray[np.float32]":
    found: NDArray[np.float32] = encoder.layer_embeddings(encoder.tokenize(texts), fast=True).numpy()
    return found
