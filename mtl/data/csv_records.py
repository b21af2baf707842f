"""Text of a file -> its records, each a list of fields."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final, NamedTuple

from mtl.data.column_names import names_label, names_text
from mtl.data.header import known_label
from mtl.data.issues import Issue, Unusable, too_large, too_many_rows
from mtl.schema.limits import limits

# From the one that is least likely to stand in a text.
_SEPARATORS: Final = ("\t", "|", ";", ",")
_NOTHING: Final = "\x1f"
_SAMPLE: Final = 20_000
# A title and a header may stand above the rows that count.
_ABOVE: Final = 100
_LINE: Final = re.compile(r"[^\r\n]*+(?:\r\n?|\n)|[^\r\n]++")


class Records(NamedTuple):
    """`before`: lines above the first record."""

    records: list[list[str]]
    before: int
    separator: str
    issues: tuple[Issue, ...]


class _Broken(Exception):
    """The record that begins in this row cannot be read."""

    def __init__(self, row: int, reason: str) -> None:
        super().__init__(reason)
        self.row, self.reason = row, reason


def records_of(text: str, name: str) -> Records:
    """The records of a file, blank ones included. Raises ValueError, naming the row, for stray quotes
    that allow more than one reading."""
    before = 0
    stated = re.match(r"sep=([^\w\s\"]|\t)\r?\n?", text)  # a line that Excel writes and hides
    if stated:
        text, before = text[stated.end() :], 1
    separator = stated.group(1) if stated else _separator(text)
    try:
        return Records(_parsed(text, name, separator), before, separator, ())
    except _Broken as broken:
        return Records(*_in_another_way(text, name, broken, before, separator))


def _in_another_way(
    text: str, name: str, broken: _Broken, before: int, separator: str
) -> tuple[list[list[str]], int, str, tuple[Issue, ...]]:
    row = broken.row + before
    spaced = re.sub(rf'"[ ]+(?={re.escape(separator)}|[\r\n])', '"', text)
    readings: tuple[tuple[str, dict[str, Any], str], ...] = (
        (spaced, {}, "spaces after a closing quote are ignored"),
        (text, {"escapechar": "\\"}, 'a backslash before a double quote is read as one (\\")'),
        (text, {"quoting": csv.QUOTE_NONE}, "all quotes are read as part of the text"),
    )
    for body, options, action in readings:
        try:
            records = _parsed(body, name, separator, **options)
        except _Broken:
            continue
        if len({len(record) for record in records if any(record)}) == 1:
            if options.get("quoting") == csv.QUOTE_NONE:
                records = [list(map(_unwrapped, record)) for record in records]
            found = Issue(
                kind="quotes",
                severity="fixed",
                what=f"a stray double quote ({broken.reason})",
                action=action,
                rows=(row,),
            )
            return records, before, separator, (found,)
    raise Unusable(
        "quotes",
        f"{name} is not a proper CSV file: a stray double quote ({broken.reason})",
        "put a text that holds the separator into double quotes, and double each quote inside it",
        (row,),
    )


def _parsed(text: str, name: str, separator: str, **options: Any) -> list[list[str]]:
    # Only where it matters: a text with the separator in it is put together again with its spaces.
    spaced = f'{separator} "' in text
    reader = csv.reader(
        _lines(text, name), delimiter=separator, skipinitialspace=spaced, strict=True, **options
    )
    records: list[list[str]] = []
    most = limits()
    try:
        # One by one: how many were read says where it broke, and nobody waits for a file that is too long.
        for record in reader:
            records.append(record)
            if len(records) > most.rows + _ABOVE:
                raise too_many_rows(name, f"more than {most.rows:,}")
            if len(record) > most.columns:
                what = f"{name} has a row of {len(record):,} columns"
                raise too_large(what, "columns", "keep the columns of texts and labels", (len(records),))
    except csv.Error as error:
        raise _Broken(len(records) + 1, str(error)) from None
    return records


def _lines(text: str, name: str) -> Iterator[str]:
    for number, line in enumerate(_LINE.finditer(text), 1):
        if line.end() - line.start() > limits().row_characters:
            what = f"{name} has a line of {line.end() - line.start():,} characters"
            raise too_large(what, "row_characters", "shorten its text", (number,))
        yield line.group()


def _unwrapped(field: str) -> str:
    stripped = field.strip()
    if len(stripped) > 1 and stripped[0] == stripped[-1] == '"':
        return stripped[1:-1].replace('""', '"')
    return field


def _separator(text: str) -> str:
    head = text.lstrip("\r\n")[:_SAMPLE]
    if len(text) > _SAMPLE:
        head = head[: max(head.rfind("\n"), head.rfind("\r")) + 1] or head
    first = re.split(r"[\r\n]", head)[0]
    if names_text(first) and not any(separator in first for separator in _SEPARATORS):
        return _NOTHING  # a single column: its texts may hold anything
    return max(_SEPARATORS, key=lambda separator: _fit(head, separator))


def _fit(head: str, separator: str) -> tuple[bool, float]:
    """How well a separator suits: known names in the first row; then the share of rows with the usual
    number of fields, and of rows that begin or end with a known label."""
    reader = csv.reader(io.StringIO(head, newline=""), delimiter=separator, skipinitialspace=True)
    try:
        records = [record for record in islice(reader, 200) if any(map(str.strip, record))]
    except csv.Error:
        return False, 0.0
    split = [record for record in records if len(record) > 1]
    if not split:
        return False, 0.0
    usual = Counter(map(len, split)).most_common(1)[0][1]
    ends = sum(known_label(record[0]) or known_label(record[-1]) for record in split)
    names = [name for name in records[0] if names_text(name) or names_label(name)]
    return len(records[0]) > 1 and bool(names), (usual + ends) / len(records)
