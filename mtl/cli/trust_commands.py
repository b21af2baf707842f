"""What the commands do that say how far to trust a model: a promise, the rows behind an answer, tests.

torch is imported when they run.
"""

import argparse
import dataclasses
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mtl.cli.commands import print_json
from mtl.cli.label_commands import embeddings_of
from mtl.cli.rows import choices_of, given_rows
from mtl.schema.tasks import clean_task_name

if TYPE_CHECKING:
    from mtl.data.examination import LabelledRows
    from mtl.evaluation.expectations import Outcome
    from mtl.evaluation.promise import Promised


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
    head = BecauseOfRows(rows, embeddings_of(rows.texts, encoder))
    found = head.explain(embeddings_of([arguments.text], encoder)[0])
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
