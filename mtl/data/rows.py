"""Cells of two columns -> numbered rows with a text and a label each."""

from collections.abc import Sequence

from mtl.data.cleaning import clean_texts
from mtl.data.columns import Columns
from mtl.data.issues import Choice, Issue, too_many_rows
from mtl.data.labels import read_labels
from mtl.data.table import Table, mended
from mtl.schema.limits import limits
from mtl.schema.tasks import KNOWN_TASKS, known_task, plain_label

Row = tuple[int, str, str]  # row number in the file, text, clean label
Issues = tuple[Issue, ...]


def labelled(table: Table, columns: Columns, task_name: str, choice: Choice) -> tuple[list[Row], Issues]:
    """All rows with a text and a label. Raises ValueError for more rows than are read."""
    if len(table.cells) > limits().rows:
        raise too_many_rows(table.name, f"{len(table.cells):,}")
    table, issues = _mended(table, columns, task_name)
    cells = table.cells[columns.label].tolist()
    numbers = range(table.first_row, table.first_row + len(cells))
    texts, found = clean_texts(table.cells[columns.text].tolist(), numbers)
    issues += found
    empty = [number for number, text in zip(numbers, texts, strict=True) if not text]
    repeated = [
        number
        for number, text, cell in zip(numbers, texts, cells, strict=True)
        if (text.casefold(), cell.strip().casefold()) == (columns.text, columns.label)
    ]
    issues += _left_out("no_text", "no text", empty) + _left_out("header", "the header again", repeated)
    skipped = {*empty, *repeated, *(table.first_row + position for position in table.ragged)}
    kept = [row for row in zip(numbers, texts, cells, strict=True) if row[0] not in skipped]
    labels, found = read_labels(
        task_name,
        [cell for *_, cell in kept],
        [number for number, *_ in kept],
        columns.label,
        choice,
        blank_is_fine=_serves_several_tasks(table),
    )
    rows = [(number, text, label) for (number, text, _), label in zip(kept, labels, strict=True) if label]
    return rows, issues + found


def _serves_several_tasks(table: Table) -> bool:
    # Then a row may have labels of some of them only.
    return len(table.label_columns) > 1 or sum(name in KNOWN_TASKS for name in table.cells.columns) > 1


def _mended(table: Table, columns: Columns, task_name: str) -> tuple[Table, Issues]:
    if not table.ragged:
        return table, ()
    sound = set(range(len(table.cells))) - set(table.ragged)
    cells, own = table.cells[columns.label], known_task(task_name)
    known = {plain_label(cells.iloc[position]) for position in sound} - {""}

    def is_label(cell: str) -> bool:
        return plain_label(cell) in known or own.label_of(plain_label(cell)) is not None

    whole = mended(table, columns.text, is_label, columns.label)
    rows = tuple(table.first_row + position for position in table.ragged if position not in whole.ragged)
    broken = tuple(table.first_row + position for position in whole.ragged)
    issues = []
    if rows:
        what = f"more fields than columns: the text holds {table.separator!r} without double quotes around it"
        issues.append(
            Issue(kind="fields", severity="fixed", what=what, action="put together again", rows=rows)
        )
    if broken:
        what = f"more fields than the {len(table.cells.columns)} columns"
        action = "put a text that holds the separator into double quotes"
        issues.append(Issue(kind="fields", severity="fatal", what=what, action=action, rows=broken))
    return whole, tuple(issues)


def distinct(rows: Sequence[Row]) -> tuple[list[Row], Issues]:
    """Rows without repeated texts, and without texts that have several labels."""
    labels: dict[str, set[str]] = {}
    for _, text, label in rows:
        labels.setdefault(text, set()).add(label)
    seen: set[str] = set()
    kept: list[Row] = []
    repeated: list[int] = []
    disputed: list[int] = []
    for row in rows:
        number, text, _ = row
        if len(labels[text]) > 1:
            disputed.append(number)
        elif text in seen:
            repeated.append(number)
        else:
            seen.add(text)
            kept.append(row)
    several = "one text with several labels"
    return kept, (
        *_left_out("duplicate", "the same text and label as an earlier row", repeated),
        *_left_out("disputed", several, disputed, "left out, keep the right one to use it"),
    )


def _left_out(kind: str, what: str, rows: Sequence[int], action: str = "left out") -> Issues:
    return (Issue(kind=kind, severity="fixed", what=what, action=action, rows=tuple(rows)),) if rows else ()
