"""A file of rows -> a table of text cells, whatever wrote it."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import pandas as pd

from mtl.data.csv_records import records_of
from mtl.data.decoding import decode
from mtl.data.header import is_header, names_both
from mtl.data.issues import Issue, Unusable, too_large
from mtl.schema.limits import limits

FRAME_NAME: Final = "the data frame"

_LOOKED_AT: Final = 1000
_LONGEST_NUMBER: Final = 16
_TITLE_LINES: Final = 20
_BLANK: Final = ' \t\r\n,;|"\ufeff'
_OTHER_FORMATS: Final = {
    '{"': "JSON",
    "[{": "JSON",
    "<!doctype": "a web page",
    "<html": "a web page",
    "<?xml": "XML",
}


@dataclass(frozen=True)
class Table:
    """Cells as text. Column names are lower-cased, stripped and distinct; row i of `cells` is row i +
    `first_row` of the file, as a spreadsheet counts. `ragged`: the fields of rows that have too many,
    whose cells are not to be trusted (see `mended`). `label_columns`: the columns that serve several tasks
    (see `joint`). `header`: the columns' names as the file spells them."""

    name: str
    cells: pd.DataFrame
    first_row: int = 2
    separator: str = ","
    ragged: Mapping[int, Sequence[str]] = field(default_factory=dict)
    issues: tuple[Issue, ...] = ()
    label_columns: tuple[str, ...] = ()
    header: tuple[str, ...] = ()


def read_table(file: Path | str) -> Table:
    """Reads a CSV file: UTF-8 (with or without BOM), UTF-16 or Windows-1252; comma, semicolon, tab or pipe;
    with a header or without.

    Raises ValueError, naming the file and the row, where it cannot be read.
    """
    path = Path(file)
    try:
        if (size := path.stat().st_size) > limits().upload_bytes:
            raise too_large(
                f"{path.name} has {size / 2**20:,.1f} MB", "upload_bytes", "take a part of its rows"
            )
        raw = path.read_bytes()
    except OSError as error:
        raise Unusable("missing", f"cannot read {path}: {error.strerror}", "check the path") from None
    text, decoding = decode(raw, path.name)
    if not text.strip(_BLANK):
        raise _empty(path.name)
    begin = text.lstrip()[:9].casefold()
    for start, thing in _OTHER_FORMATS.items():
        if begin.startswith(start):
            raise Unusable("not_csv", f"{path.name} is {thing}, not a CSV file", "save its rows as CSV")
    records, before, separator, quoting = records_of(text, path.name)
    above, title = _above(records, before)
    if above == len(records):
        raise _empty(path.name)
    table = _table(path.name, records[above:], before + above, separator)
    return replace(table, issues=(*decoding, *quoting, *title, *table.issues))


def table_from_frame(frame: pd.DataFrame, name: str = FRAME_NAME) -> Table:
    """A pandas frame as a table of text cells."""
    cells = frame.astype(object).where(frame.notna(), "").astype(str)
    cells.columns = _distinct(list(map(str, frame.columns)))
    return Table(name, cells, header=tuple(map(str, frame.columns)))


def mended(table: Table, text: str, is_label: Callable[[str], bool], label: str) -> Table:
    """Rows with too many fields, put together again: the text held the separator. A row stays ragged
    where its label would not be one."""
    names = list(table.cells.columns)
    at, label_at = names.index(text), names.index(label)
    rows = table.cells.to_numpy().tolist()
    left: dict[int, Sequence[str]] = {}
    for position, fields in table.ragged.items():
        more = len(fields) - len(names)
        whole = table.separator.join(fields[at : at + more + 1])
        row = [*fields[:at], whole, *fields[at + more + 1 :]]
        if is_label(row[label_at]):
            rows[position] = row
        else:
            left[position] = fields
    return replace(table, cells=pd.DataFrame(rows, columns=names, dtype=object), ragged=left)


def _above(records: Sequence[Sequence[str]], before: int) -> tuple[int, tuple[Issue, ...]]:
    """How many records stand above the first one that counts: blank ones, and a title above a header."""
    blank = next((i for i, record in enumerate(records) if any(map(str.strip, record))), len(records))
    for position, record in enumerate(records[:_TITLE_LINES]):
        if names_both(record) and position > blank:
            what, rows = "lines above the header", tuple(range(before + blank + 1, before + position + 1))
            return position, (Issue(kind="title", severity="fixed", what=what, action="not read", rows=rows),)
        if len(_trimmed(record)) > 1:
            break
    return blank, ()


def _empty(name: str) -> Unusable:
    return Unusable("empty", f"{name} is empty", "it needs a header such as text,label and rows below it")


def _table(name: str, records: list[list[str]], before: int, separator: str) -> Table:
    first, below = _trimmed(records[0]), records[1:]
    if is_header(first, below[:_LOOKED_AT]):
        width = len(first)
        if _numbered_without_a_name(width, below):
            first = ["", *first]
        names, header, rows, issues = _distinct(first), first, below, list[Issue]()
    else:
        widths = Counter(len(_trimmed(record)) for record in records[:_LOOKED_AT])
        names = [f"column {i + 1}" for i in range(max(widths, key=lambda w: (w > 1, widths[w])))]
        header, rows, issues = names, records, [_no_header(names)]
    width = len(names)
    ragged = {
        position: record
        for position, record in enumerate(rows)
        if len(record) > width and any(map(str.strip, record[width:]))
    }
    cells = [r if len(r) == width else (r + [""] * (width - len(r)))[:width] for r in rows]
    return Table(
        name=name,
        cells=pd.DataFrame(cells, columns=names, dtype=object),
        first_row=before + (1 if rows is records else 2),
        separator=separator,
        ragged=ragged,
        issues=tuple(issues),
        header=tuple(name.strip(" \t\ufeff") for name in header),
    )


def _trimmed(record: Sequence[str]) -> list[str]:
    """Without the empty fields at the end that spreadsheets leave."""
    end = len(record)
    while end > 1 and not record[end - 1].strip():
        end -= 1
    return list(record[:end])


def _distinct(names: Sequence[str]) -> list[str]:
    seen: Counter[str] = Counter()
    distinct = []
    for name in names:
        clean = " ".join(name.strip(" \t\ufeff\"'").casefold().split())
        seen[clean] += 1
        distinct.append(clean if seen[clean] == 1 else f"{clean} ({seen[clean]})")
    return distinct


def _numbered_without_a_name(width: int, rows: Sequence[Sequence[str]]) -> bool:
    # What R writes: row numbers in a first column that the header leaves out.
    full = [row for row in rows[:_LOOKED_AT] if any(map(str.strip, row))]
    numbers = [row[0].strip() for row in full]
    return (
        len(full) > 1
        and all(len(row) == width + 1 for row in full)
        and all(number.isdecimal() and len(number) < _LONGEST_NUMBER for number in numbers)
        and all(int(b) == int(a) + 1 for a, b in zip(numbers, numbers[1:], strict=False))
    )


def _no_header(names: Sequence[str]) -> Issue:
    return Issue(
        kind="no_header",
        severity="fixed",
        what="the first row is already data",
        action=f"the columns are called {', '.join(map(repr, names))}",
    )
