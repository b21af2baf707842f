"""Rows by the name of a data set on the command line: `--dataset`."""

import argparse
import sys
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from mtl.data.issues import Choice
from mtl.schema.tasks import clean_task_name

if TYPE_CHECKING:
    from mtl.data.table import Table

# Names of a column that say that labels stand in it, and not which.
_NAMELESS: Final = ("label", "labels", "label_text")


@dataclass(frozen=True, kw_only=True)
class DatasetSource:
    """The table of a data set. `task`: what its labels are for; None where it has several label columns.
    `credit`: its licence, and what to cite."""

    table: "Table"
    task: str | None
    choice: Choice
    credit: str


def add_dataset(group: Any) -> None:
    """Options for rows by the name of a data set."""
    group.add_argument(
        "--dataset",
        metavar="NAME",
        help="sst2, trec, banking77, an id of the Hugging Face Hub, or a folder; needs the extra [datasets]",
    )
    group.add_argument("--split", default="train", metavar="NAME", help="of --dataset (default: %(default)s)")


def dataset_source(arguments: argparse.Namespace) -> DatasetSource:
    """What --dataset names; licence and citation go to standard error. Raises ValueError where it is not to
    be had."""
    from mtl.data.benchmarks import named_rows
    from mtl.data.joint import label_columns

    rows = named_rows(arguments.dataset, arguments.split)
    print(rows, file=sys.stderr)
    credit = f"{rows}"
    text = [*arguments.text_column, rows.text][0]
    label = [*arguments.label_column, rows.label][0]
    if label is None:
        there = label_columns(rows.table, most=None)
        if len(there) > 1:
            return DatasetSource(table=rows.table, task=None, choice=Choice(text_column=text), credit=credit)
        label = there[0].column if there else None
    task = rows.task or _task(arguments.dataset, label)
    choice = Choice(text_column=text, label_column=label)
    return DatasetSource(table=rows.table, task=task, choice=choice, credit=credit)


def _task(dataset: str, label: str | None) -> str:
    short = PurePosixPath(dataset).name
    return clean_task_name(short if label is None or label.casefold() in _NAMELESS else label)
