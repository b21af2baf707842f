"""Rows by the name of a data set on the command line: `--dataset`."""

import argparse
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mtl.data.issues import Choice

if TYPE_CHECKING:
    from mtl.data.table import Table


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

    rows = named_rows(arguments.dataset, arguments.split)
    print(rows, file=sys.stderr)
    task, label = rows.learnt(arguments.dataset, next(iter(arguments.label_column), None))
    choice = Choice(text_column=next(iter(arguments.text_column), rows.text), label_column=label)
    return DatasetSource(table=rows.table, task=task, choice=choice, credit=f"{rows}")
