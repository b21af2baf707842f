"""Which column holds the texts and which the labels: as chosen, by name, or by what stands in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import pandas as pd

from mtl.data.column_names import (
    TEXT_RANKS,
    candidates,
    label_ranks,
    names_index,
    names_label,
    names_text,
    own_ranks,
)
from mtl.data.issues import Choice, Issue, Unusable
from mtl.data.table import Table
from mtl.schema.limits import limits
from mtl.schema.tasks import KNOWN_TASKS, known_task, plain_label

Role = Literal["text", "label"]

_LOOKED_AT: Final = 2000
_PROSE_WORDS: Final = 3
_LABEL_WORDS: Final = 4


@dataclass(frozen=True)
class Columns:
    """Names of the two columns that are read."""

    text: str
    label: str


def find_columns(table: Table, task_name: str, choice: Choice) -> tuple[Columns | None, tuple[Issue, ...]]:
    """The columns, or None where they have to be chosen. Raises ValueError for a chosen column that is
    not there, and where there is nothing to choose from."""
    names = list(table.cells.columns)
    text, label = (_chosen(table, name) for name in (choice.text_column, choice.label_column))
    index = [name for name in index_columns(table) if name not in (text, label)]
    free = [name for name in names if name not in index]
    texts = [text] if text else candidates([n for n in free if n != label], TEXT_RANKS)
    foreign = _of_another_task(free, task_name)
    others = [name for name in free if name not in texts and name not in foreign]
    labels = [label] if label else candidates(others, label_ranks(task_name))
    known = bool(texts), bool(labels)
    if not labels:
        labels = [name for name in others if like_labels(filled(table, name), task_name)]
    if not texts:
        texts = _by_content(table, [name for name in others if name not in labels])
    if len(texts) == len(labels) == 1 and texts != labels:
        columns = Columns(texts[0], labels[0])
        return columns, (*_recognised(columns, names, *known), *_ignored(table, columns, index))
    if texts and texts == labels:
        what = f"column {text!r} cannot hold the texts and the labels"
        raise Unusable("no_column", what, "name two columns")
    sure = [name for found in (texts, labels) if len(found) == 1 for name in found]
    return None, tuple(
        _question(table, role, found, [name for name in free if name not in [*sure, *foreign]])
        for role, found in (("text", texts), ("label", labels))
        if len(found) != 1
    )


def text_column(table: Table) -> str:
    """The column of texts in a file that needs no labels, found by name. Raises ValueError where there is
    none, or more than one."""
    found = candidates(list(table.cells.columns), TEXT_RANKS)
    if len(found) != 1:
        what = f"{table.name} has {'several columns' if found else 'no column'} of texts ({_list(table)})"
        raise Unusable("no_column", what, "name the column of the texts text")
    return found[0]


def text_column_in(table: Table, column: str | None = None) -> str:
    """The column of texts: the one that was chosen, else as `text_column`."""
    return _chosen(table, column) or text_column(table)


def rows_with_texts(table: Table, column: str | None = None) -> tuple[list[str], pd.DataFrame]:
    """The texts of a file that needs no labels, and all its columns under the names that they have there.

    Without a `column`, the one that is called as texts are. Raises ValueError where they cannot be read.
    """
    chosen = text_column_in(table, column)
    if table.ragged:
        what = f"{table.name} has more fields than columns"
        rows = tuple(table.first_row + position for position in table.ragged)
        raise Unusable("fields", what, "put a text that holds the separator into double quotes", rows)
    texts: list[str] = table.cells[chosen].tolist()
    return texts, table.cells.set_axis(list(table.header), axis=1)


def likely_text_column(table: Table) -> str:
    """The column that a reader would take for the texts: by its name, else by the longest cells."""
    names = list(table.cells.columns)
    named = candidates(names, TEXT_RANKS)

    def letters(name: str) -> int:
        return sum(map(len, filled(table, name)))

    return max(named or names, key=letters)


def _chosen(table: Table, name: str | None) -> str | None:
    if name is None:
        return None
    clean = " ".join(name.casefold().split())
    if clean not in table.cells.columns:
        raise Unusable("no_column", f"{table.name} has no column {name!r}", _list(table))
    return clean


def _list(table: Table) -> str:
    names = list(table.cells.columns)
    return f"its columns: {', '.join(names[:8])}{', ...' if len(names) > 8 else ''}"


def filled(table: Table, name: str) -> list[str]:
    """The first cells of a column, without the empty ones."""
    values = (str(value).strip() for value in table.cells[name].head(_LOOKED_AT))
    return [value for value in values if value]


def index_columns(table: Table) -> list[str]:
    """The columns that hold row numbers, or nothing at all."""
    return [name for name in table.cells.columns if _is_index(table, name)]


def _is_index(table: Table, name: str) -> bool:
    if names_text(name) or names_label(name):
        return False
    values = filled(table, name)
    if not values or names_index(name):
        return True
    if not all(value.isdecimal() and len(value) < 16 for value in values):
        return False
    steps = {int(b) - int(a) for a, b in zip(values, values[1:], strict=False)}
    return not name or (len(values) > 2 and steps == {1})


def _of_another_task(names: Sequence[str], task_name: str) -> list[str]:
    mine = candidates(names, label_ranks(task_name))
    others = [own_ranks(other) for other in KNOWN_TASKS if other != task_name]
    return [name for name in names if name not in mine and any(candidates([name], ranks) for ranks in others)]


def like_labels(values: Sequence[str], task_name: str) -> bool:
    """Whether these cells may be labels: known ones of the task, or a few short ones that repeat."""
    distinct, known = {value.casefold() for value in values}, known_task(task_name)
    if not distinct:
        return False
    if all(known.label_of(plain_label(value)) for value in distinct):
        return True
    few = 2 <= len(distinct) <= min(limits().labels, len(values) / 2)
    return few and max(len(value.split()) for value in distinct) <= _LABEL_WORDS


def _by_content(table: Table, names: Sequence[str]) -> list[str]:
    prose = [name for name in names if _is_prose(filled(table, name))]
    return prose or list(names if len(names) == 1 else [])


def _is_prose(values: Sequence[str]) -> bool:
    words = sum(len(value.split()) for value in values)
    return words >= _PROSE_WORDS * len(values) and len(set(values)) > len(values) / 2


def _recognised(
    columns: Columns, names: Sequence[str], text_by_name: bool, label_by_name: bool
) -> list[Issue]:
    return [
        Issue(
            kind=f"{role}_column",
            severity="fixed",
            what=f"no column is named as {'text' if role == 'text' else 'label'}",
            action=f"{name!r} is read as the {role}, going by what stands in it",
            options=tuple(names),
        )
        for role, name, by_name in (
            ("text", columns.text, text_by_name),
            ("label", columns.label, label_by_name),
        )
        if not by_name
    ]


def _ignored(table: Table, columns: Columns, index: Sequence[str]) -> list[Issue]:
    issues = []
    read = {columns.text, columns.label, *KNOWN_TASKS, *table.label_columns}
    unread = [name for name in table.cells.columns if name not in read]
    numbers = [name for name in index if name in unread and filled(table, name)]
    others = [name for name in unread if name not in index]
    for kind, names, thing in (
        ("index_column", numbers, ": row numbers or the like"),
        ("other_columns", others, ""),
    ):
        if names:
            what = f"column{'s' if len(names) > 1 else ''} {_named(names)}{thing}"
            issues.append(Issue(kind=kind, severity="fixed", what=what, action="not read"))
    return issues


def _named(names: Sequence[str]) -> str:
    return ", ".join(repr(name) if name else "without a name" for name in names[:8])


def _question(table: Table, role: str, found: Sequence[str], names: Sequence[str]) -> Issue:
    options = tuple(found or names)
    if not options or len(table.cells.columns) < 2:
        what = f"{table.name} has no column of {role}s ({_list(table)})"
        raise Unusable("no_column", what, "name the columns text,label in the first row")
    several = f"{len(found)} columns may hold the {role}: " if found else f"no column is clearly the {role}: "
    return Issue(
        kind=f"{role}_column",
        severity="choice",
        what=several + ", ".join(map(repr, options[:8])),
        action=f"say which one holds the {role}",
        options=options,
    )
