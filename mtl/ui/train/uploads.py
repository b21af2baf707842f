"""Files as the page reads them: each is parsed once, and the rows of each task are examined once."""

import threading
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cachetools import LRUCache, cached

from mtl.data.column_names import candidates, label_ranks
from mtl.data.examination import Examination, LabelledRows, examine
from mtl.data.issues import NO_CHOICE, Choice
from mtl.data.joint import LabelColumn, as_joint, label_columns
from mtl.data.table import Table, read_table
from mtl.schema.tasks import Task


@dataclass(frozen=True, kw_only=True)
class TaskSource:
    """Where the rows of a task come from: a file of its own, or one label column of a file with several.

    `columns`: all label columns that are learnt from that file.
    """

    task: str
    file: Path
    column: str | None = None
    columns: tuple[LabelColumn, ...] = ()


def row_count(file: Path) -> int:
    """How many rows a file has; 0 where it cannot be read."""
    try:
        return len(table_of(file).cells)
    except ValueError:
        return 0


def rows_at(file: Path, numbers: Sequence[int], most_columns: int) -> tuple[list[str], list[list[str]]]:
    """The names of the first columns, and the rows with these numbers: the number, then the cells. Lines
    above the header are no rows."""
    try:
        table = table_of(file)
    except ValueError:
        return [], []
    cells = table.cells.iloc[:, :most_columns]
    places = [(number, number - table.first_row) for number in numbers]
    rows = [[f"{n}", *map(str, cells.iloc[at])] for n, at in places if 0 <= at < len(cells)]
    return list(map(str, cells.columns)), rows


def _version(file: Path) -> Hashable:
    try:
        facts = file.stat()
    except OSError:  # reading it will say so
        return str(file)
    return str(file), facts.st_size, facts.st_mtime_ns


def _question(source: TaskSource, choice: Choice = NO_CHOICE) -> Hashable:
    return _version(source.file), source, choice


@cached(LRUCache(maxsize=16), key=_version, lock=threading.Lock())
def table_of(file: Path) -> Table:
    """The cells of a file. Raises ValueError where it cannot be read."""
    return read_table(file)


@cached(LRUCache(maxsize=64), key=_question, lock=threading.Lock())
def examined(source: TaskSource, choice: Choice = NO_CHOICE) -> Examination:
    """The rows of a task and the issues with them, as `examine` finds them."""
    try:
        table = table_of(source.file)
    except ValueError:
        return examine(source.file, source.task, choice)  # its issue says what is wrong
    if source.columns:
        table, choice = as_joint(table, source.columns), replace(choice, label_column=source.column)
    return examine(table, source.task, choice)


def rows_of(source: TaskSource, like: Task | None = None, choice: Choice = NO_CHOICE) -> LabelledRows:
    """The clean rows of a task. Raises ValueError, which names the file, where they cannot be used."""
    try:
        return examined(source, choice).rows(like)
    except ValueError as error:
        name, message = source.file.name, str(error)
        raise ValueError(message if name in message else f"{name}: {message}") from None


def joint_columns(file: Path, task: str) -> tuple[LabelColumn, ...]:
    """The label columns of a file that was given for a task, if it has several; else none.

    A file with a column of a general name, such as label, and none of the task's own name is about that
    task alone.
    """
    try:
        table = table_of(file)
    except ValueError:
        return ()
    columns = label_columns(table)
    own = any(column.task == task for column in columns)
    general = candidates(list(table.cells.columns), label_ranks(task))
    return columns if len(columns) > 1 and (own or not general) else ()
