"""Whether the first row of a file names its columns or is already data."""

import re
from collections.abc import Sequence

from mtl.data.column_names import names_index, names_label, names_text
from mtl.schema.tasks import KNOWN_TASKS, plain_label

_SENTENCE_WORDS = 4
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")


def is_header(first: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Decided by known names, and by whether the first row is like the rows below it."""
    texts = [names_text(cell) for cell in first]
    labels = [names_label(cell) for cell in first]
    if names_both(first) or _counts_up(first):
        return True
    columns = [[row[i] for row in below if i < len(row)] for i in range(len(first))]
    if any(_is_value(cell, column) for cell, column in zip(first, columns, strict=True)):
        return False
    if any(texts) or any(labels) or any(map(names_index, first)):
        return True
    if all(len(cell.split()) < _SENTENCE_WORDS for cell in first):
        return True
    # Questions of a survey are sentences too; then the column of answers shows it.
    return len(first) > 1 and any(map(_repeats, columns))


def names_both(record: Sequence[str]) -> bool:
    """One field names texts, and another one labels."""
    labels = [names_label(cell) for cell in record]
    return any(names_text(cell) and any(labels[:i] + labels[i + 1 :]) for i, cell in enumerate(record))


def known_label(cell: str) -> bool:
    """A label that needs no other row to be understood."""
    plain = plain_label(cell)
    return any(known.label_of(plain) for known in KNOWN_TASKS.values())


def _counts_up(first: Sequence[str]) -> bool:
    # What pandas writes for columns without names.
    cells = [cell.strip() for cell in first if cell.strip()]
    return len(cells) > 1 and cells == [str(i) for i in range(len(cells))]


def _is_value(cell: str, column: Sequence[str]) -> bool:
    """The cell is one of the values of a column of labels or numbers."""
    given = cell.strip().casefold()
    values = [value.strip().casefold() for value in column if value.strip()]
    if not given or not values:
        return False
    if _NUMBER.fullmatch(given) or known_label(given):
        return all(map(_NUMBER.fullmatch, values)) or sum(map(known_label, values)) > len(values) / 2
    return given in values and _repeats(values)


def _repeats(column: Sequence[str]) -> bool:
    values = [value.strip().casefold() for value in column if value.strip()]
    return len(values) > 1 and len(set(values)) <= len(values) / 2
