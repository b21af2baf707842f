"""One table with several label columns: which of them a head could learn, and as which task."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from mtl.data.column_names import TEXT_RANKS, candidates, names_measure, own_ranks, plain
from mtl.data.columns import filled, index_columns, like_labels
from mtl.data.issues import NO_CHOICE, Choice
from mtl.data.labels import read_labels
from mtl.data.scales import number_in, stars_in
from mtl.data.table import Table
from mtl.schema.limits import limits
from mtl.schema.tasks import KNOWN_TASKS, MAX_TASKS, clean_task_name, known_task, plain_label

# Names of a column that say that labels stand in it, and not which.
_NAMELESS: Final = frozenset(("label", "labels"))
# More numbers than this are measured, not chosen from.
_MOST_NUMBERS: Final = 10
# Free text does not repeat; long labels do, at least this often.
_REPEATED: Final = 10
_DATE_OR_TIME: Final = re.compile(
    r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([T ].*)?|\d{1,2}:\d\d(:\d\d)?( ?[ap]m)?", re.I
)


@dataclass(frozen=True)
class LabelColumn:
    """A column of a table as a task. `labels`: the most frequent first, as far as their meaning is clear;
    `rows`: rows with a cell in this column."""

    column: str
    task: str
    labels: tuple[str, ...]
    rows: int


def label_columns(table: Table, most: int | None = MAX_TASKS) -> tuple[LabelColumn, ...]:
    """The columns that a head could learn: those named as known tasks first, then those with a few labels
    that repeat. Row numbers, free text, dates, measured numbers and a column of one value are none."""
    found = list(_columns_by_task(table).items())[:most]
    return tuple(label_column(table, column, task) for task, column in found)


def label_column(table: Table, column: str, task: str) -> LabelColumn:
    """A column that was chosen for a task. Raises ValueError where the table has no such column."""
    name = " ".join(column.casefold().split())
    if name not in table.cells.columns:
        names = ", ".join(table.cells.columns)
        raise ValueError(f"{table.name} has no column {column!r}; its columns: {names}")
    cells = table.cells[name].tolist()
    labels, _ = read_labels(task, cells, range(len(cells)), name, NO_CHOICE, blank_is_fine=True)
    frequent = tuple(label for label, _ in Counter(filter(None, labels)).most_common())
    return LabelColumn(name, task, frequent, sum(bool(cell.strip()) for cell in cells))


def choice_for(choice: Choice | Mapping[str, Choice], task: str) -> Choice:
    """What was chosen for a task, where a choice is for all tasks or by the name of a task."""
    return choice if isinstance(choice, Choice) else choice.get(task, NO_CHOICE)


def as_joint(table: Table, columns: Sequence[LabelColumn]) -> Table:
    """The same table for `examine`: a row may lack a label of some of these tasks, and no column of
    another of them is called unread."""
    return replace(table, label_columns=tuple(column.column for column in columns))


def chosen_columns(
    table: Table, learn: Sequence[str] | None, choice: Choice | Mapping[str, Choice]
) -> list[LabelColumn]:
    """The label columns that are learnt: all, or those in `learn`, by the name of a task or column.

    Raises ValueError, which lists them, where there are none or too many, or one is not there.
    """
    there = label_columns(table, most=None)
    listed = ", ".join(column.column for column in there)
    if learn is not None:
        columns = [_named(table, name, there, choice) for name in learn]
    elif len(there) == 1 and there[0].column in _NAMELESS:
        raise ValueError(
            f"{table.name} has one column of labels, {there[0].column!r}, which names no task: give the file "
            f"by the name of its task (--task NAME={table.name}), or give the column that name"
        )
    else:
        columns = [_chosen(table, column, choice) for column in there]
    if not columns:
        names = ", ".join(table.cells.columns)
        raise ValueError(
            f"{table.name} has no column of labels (its columns: {names}): give a file by the name of its "
            "task, and say which column to read (--task NAME=FILE --label-column NAME:COLUMN)"
        )
    if len(columns) > MAX_TASKS:
        raise ValueError(
            f"{table.name} has {len(columns)} columns of labels ({listed}): at most {MAX_TASKS} are learnt "
            "at once, choose some of them (--learn A,B)"
        )
    for place, column in enumerate(columns):
        for other in columns[:place]:
            if column.column == other.column:
                raise ValueError(
                    f"the column {column.column!r} of {table.name} is read twice, for {other.task} and for "
                    f"{column.task}: choose one of them (--learn)"
                )
    return columns


def _named(
    table: Table, name: str, there: Sequence[LabelColumn], choice: Choice | Mapping[str, Choice]
) -> LabelColumn:
    task = clean_task_name(name)
    for column in there:
        if task in (column.task, column.column):
            return _chosen(table, column, choice)
    if (chosen := choice_for(choice, task).label_column) is not None:
        return label_column(table, chosen, task)
    found = ", ".join(column.task for column in there) or "none"
    raise ValueError(f"{table.name} has no label column for {name!r}: it has {found}")


def _chosen(table: Table, column: LabelColumn, choice: Choice | Mapping[str, Choice]) -> LabelColumn:
    chosen = choice_for(choice, column.task).label_column
    return column if chosen is None else label_column(table, chosen, column.task)


def _columns_by_task(table: Table) -> dict[str, str]:
    index = index_columns(table)
    free = [name for name in table.cells.columns if name and name not in index]
    texts = candidates(free, TEXT_RANKS)
    values = {name: filled(table, name) for name in free if name not in texts}
    found: dict[str, str] = {}
    for task in KNOWN_TASKS:
        named = [name for name in _named_for(task, list(values)) if _fits(task, name, values[name])]
        if named:
            found[task] = named[0]
            del values[named[0]]
    for name, cells in values.items():
        task_name = task_named(name)
        if task_name and not names_measure(name) and _chosen_from_few(cells):
            found.setdefault(task_name, name)
    return found


def _named_for(task: str, names: Sequence[str]) -> list[str]:
    named = [name for rank in own_ranks(task) for name in names if plain(name) in rank]
    return named or [name for name in candidates(names, [{plain(task)}]) if not names_measure(name)]


def _fits(task: str, name: str, values: Sequence[str]) -> bool:
    """Whether a column may hold the labels of the known task that its name stands for."""
    if plain(name) == plain(task):
        return len(set(values)) > 1
    known, distinct = known_task(task), {plain_label(value) for value in values}
    meant = not known.closed or any(
        known.label_of(cell) or number_in(cell) is not None or stars_in(cell) for cell in distinct
    )
    return meant and len(distinct) > 1 and like_labels(values, task) and not _measured(values)


def _chosen_from_few(values: Sequence[str]) -> bool:
    distinct = {value.casefold() for value in values}
    if not 2 <= len(distinct) <= min(limits().labels, len(values) / 2):
        return False
    if all(map(_DATE_OR_TIME.fullmatch, distinct)) or _measured(values):
        return False
    return like_labels(values, "") or len(distinct) * _REPEATED <= len(values)


def _measured(values: Sequence[str]) -> bool:
    numbers = {number_in(plain_label(value)) for value in values}
    if None in numbers:
        return False
    # Halves are stars.
    return len(numbers) > _MOST_NUMBERS or any(number % 0.5 for number in numbers if number is not None)


def task_named(column: str) -> str | None:
    """The name of the task that a column's name stands for, or None where it can be none."""
    try:
        return clean_task_name(column)
    except ValueError:
        return None
