"""Table -> clean labelled rows, and a finding for everything that was changed or left out."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mtl.corpus.reader import Table, read_table, table_from_frame
from mtl.tasks import TASK_NAMES, Task, clean_label, task_for

Severity = Literal["fixed", "fatal"]
Source = Path | str | pd.DataFrame

MAX_ROWS: Final = 100_000


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What the reader noticed. `rows` are row numbers as a spreadsheet shows them (the header is 1);
    `only_training`: the rows could still test a model."""

    severity: Severity
    what: str
    rows: tuple[int, ...] = ()
    only_training: bool = False

    def __str__(self) -> str:
        if not self.rows:
            return self.what
        shown = ", ".join(map(str, self.rows[:8])) + (", ..." if len(self.rows) > 8 else "")
        return f"row{'s' if len(self.rows) > 1 else ''} {shown}: {self.what}"


@dataclass(frozen=True, kw_only=True)
class LabelledRows:
    """Clean rows of one task: distinct texts with their label ids (row,)."""

    task: Task
    texts: tuple[str, ...]
    labels: NDArray[np.int64]

    def counts(self) -> dict[str, int]:
        """Rows per label."""
        counts = np.bincount(self.labels, minlength=len(self.task.labels))
        return {label: int(n) for label, n in zip(self.task.labels, counts, strict=True)}


@dataclass(frozen=True, kw_only=True)
class Examination:
    """What the reader thinks of one file: clean (text, label) pairs in file order, and findings."""

    task_name: str
    pairs: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]

    @property
    def usable(self) -> bool:
        return not any(finding.severity == "fatal" for finding in self.findings)

    def counts(self) -> dict[str, int]:
        """Rows per label, most frequent first."""
        return dict(Counter(label for _, label in self.pairs).most_common())

    def rows(self, like: Task | None = None) -> LabelledRows:
        """The clean rows; with `like`, in the labels of a task that a model already has.

        Raises ValueError where nothing can be trained or tested on, or a label is not in `like`.
        """
        for finding in self.findings:
            if finding.severity == "fatal" and not (like and finding.only_training):
                raise ValueError(str(finding))
        task = like or task_for(self.task_name, (label for _, label in self.pairs))
        unknown = sorted({label for _, label in self.pairs} - set(task.labels))
        if unknown:
            raise ValueError(
                f"{task.name} label {unknown[0]!r} is not one of the model's labels "
                f"({', '.join(task.labels)}). Use a model trained on these labels, or fresh heads."
            )
        labels = np.array([task.id_of(label) for _, label in self.pairs], dtype=np.int64)
        return LabelledRows(task=task, texts=tuple(text for text, _ in self.pairs), labels=labels)


def examine(source: Source, task_name: str) -> Examination:
    """Reads the rows of one task from a file or frame with a column `text` and a column `label`
    (or named as the task). Unreadable files become a fatal finding."""
    try:
        table = table_from_frame(source) if isinstance(source, pd.DataFrame) else read_table(source)
        texts, raw = _columns(table, task_name)
    except ValueError as error:
        return Examination(
            task_name=task_name, pairs=(), findings=(Finding(severity="fatal", what=str(error)),)
        )
    partial = set(TASK_NAMES) <= set(table.cells.columns)
    findings: list[Finding] = []
    rows = _labelled(
        task_name, list(zip(texts, raw, strict=True)), table.first_row, findings, blank_is_fine=partial
    )
    rows = _distinct(rows, findings)
    pairs = tuple((text, label) for _, text, label in rows)
    findings += _fatal(table.name, task_name, pairs)
    return Examination(task_name=task_name, pairs=pairs, findings=tuple(findings))


def load_rows(source: Source, task_name: str, like: Task | None = None) -> LabelledRows:
    """The clean rows of a file or frame; raises ValueError, naming it, where it cannot be used."""
    try:
        return examine(source, task_name).rows(like)
    except ValueError as error:
        name = "the data frame" if isinstance(source, pd.DataFrame) else Path(source).name
        message = str(error)
        raise ValueError(message if name in message else f"{name}: {message}") from None


def _columns(table: Table, task_name: str) -> tuple[Sequence[str], Sequence[str]]:
    names = list(table.cells.columns)
    label = task_name if task_name in names else "label"
    for needed in ("text", label):
        if names.count(needed) != 1:
            state = "has no" if needed not in names else "has more than one"
            raise ValueError(
                f"{table.name} {state} column {needed!r} (its columns: {', '.join(names[:8])}). "
                "Name the columns text,label in the first row."
            )
    if len(table.cells) > MAX_ROWS:
        raise ValueError(
            f"{table.name} has {len(table.cells):,} rows; at most {MAX_ROWS:,} are read. "
            "Take a random part of them."
        )
    return table.cells["text"].tolist(), table.cells[label].tolist()


_Row = tuple[int, str, str]  # row number in the file, text, clean label


def _labelled(
    task_name: str,
    cells: Sequence[tuple[str, str]],
    first_row: int,
    findings: list[Finding],
    *,
    blank_is_fine: bool,
) -> list[_Row]:
    rows: list[_Row] = []
    empty: list[int] = []
    unlabelled: list[int] = []
    unknown: dict[str, list[int]] = {}
    for number, (text, cell) in enumerate(cells, start=first_row):
        stripped, label = text.strip(), clean_label(task_name, cell)
        if not stripped:
            empty.append(number)
        elif not cell.strip():
            unlabelled.append(number)
        elif label is None:
            unknown.setdefault(cell.strip(), []).append(number)
        else:
            rows.append((number, stripped, label))
    if empty:
        findings.append(Finding(severity="fixed", what="no text; left out", rows=tuple(empty)))
    if unlabelled and not blank_is_fine:
        findings.append(Finding(severity="fixed", what="no label; left out", rows=tuple(unlabelled)))
    for cell, numbers in unknown.items():
        what = f"{task_name} label {cell!r} is not known (use negative or positive)"
        findings.append(Finding(severity="fatal", what=what, rows=tuple(numbers)))
    return rows


def _distinct(rows: Sequence[_Row], findings: list[Finding]) -> list[_Row]:
    labels: dict[str, set[str]] = {}
    for _, text, label in rows:
        labels.setdefault(text, set()).add(label)
    seen: set[str] = set()
    kept: list[_Row] = []
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
    if repeated:
        what = "the same text and label as an earlier row; left out"
        findings.append(Finding(severity="fixed", what=what, rows=tuple(repeated)))
    if disputed:
        what = "one text with several labels; left out, keep the right one to use it"
        findings.append(Finding(severity="fixed", what=what, rows=tuple(disputed)))
    return kept


def _fatal(file_name: str, task_name: str, pairs: Sequence[tuple[str, str]]) -> list[Finding]:
    if not pairs:
        return [Finding(severity="fatal", what=f"{file_name} has no row with a {task_name} label")]
    try:
        task_for(task_name, (label for _, label in pairs))
    except ValueError as error:
        return [Finding(severity="fatal", what=str(error), only_training=True)]
    return []
