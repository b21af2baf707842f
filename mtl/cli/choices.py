"""What the command line may say about a file: its columns, and what its labels mean."""

import argparse
from collections.abc import Sequence
from typing import Any

from mtl.data.issues import Choice
from mtl.schema.tasks import TASK_NAMES


def add_choice(parser: argparse.ArgumentParser) -> None:
    """Flags for what a file leaves open; each value may begin with `sentiment:` or `intent:`."""
    group = parser.add_argument_group(
        "what a file leaves open",
        "for one of two files, put its task before the value, as in --label-column sentiment:mood",
    )
    given: dict[str, Any] = {"action": "append", "default": []}
    group.add_argument("--text-column", metavar="NAME", help="holds the texts", **given)
    group.add_argument("--label-column", metavar="NAME", help="holds the labels", **given)
    group.add_argument(
        "--label", metavar="CELL=LABEL", help="what a label means; CELL= leaves its rows out", **given
    )


def choices_of(arguments: argparse.Namespace) -> dict[str, Choice]:
    """The choice for each task."""
    return {
        task: Choice(
            text_column=_last(_for_task(arguments.text_column, task)),
            label_column=_last(_for_task(arguments.label_column, task)),
            labels=tuple(map(_meaning, _for_task(arguments.label, task))),
        )
        for task in TASK_NAMES
    }


def _for_task(values: Sequence[str], task: str) -> list[str]:
    mine = []
    for value in values:
        named, colon, rest = value.partition(":")
        if not colon or named not in TASK_NAMES:
            mine.append(value)
        elif named == task:
            mine.append(rest)
    return mine


def _last(values: Sequence[str]) -> str | None:
    return values[-1] if values else None


def _meaning(value: str) -> tuple[str, str]:
    cell, equals, label = value.rpartition("=")
    if not equals or not cell.strip():
        raise ValueError(f"--label is {value!r}: give it as CELL=LABEL, or CELL= to leave rows out")
    return cell, label
