"""Table -> clean labelled rows, and an issue for everything that was changed or left out."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mtl.data.columns import find_columns
from mtl.data.issues import NO_CHOICE, Choice, Issue, Unusable
from mtl.data.rows import Issues, Row, distinct, labelled
from mtl.data.table import FRAME_NAME, Table, read_table, table_from_frame
from mtl.schema.tasks import LabelCountError, Task, task_for

Source = Path | str | pd.DataFrame | Table


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
    """What the reader made of one file: clean (text, label) pairs to train on, in file order, and
    issues. `rare`: pairs whose label has no second row; they can only test a model. `numbers`: the row
    of each pair in the file, as issues count."""

    task_name: str
    pairs: tuple[tuple[str, str], ...]
    issues: tuple[Issue, ...]
    rare: tuple[tuple[str, str], ...] = ()
    numbers: tuple[int, ...] = ()

    @property
    def usable(self) -> bool:
        return all(issue.severity == "fixed" for issue in self.issues)

    def counts(self) -> dict[str, int]:
        """Rows per label, most frequent first."""
        return dict(Counter(label for _, label in self.pairs).most_common())

    def rows(self, like: Task | None = None) -> LabelledRows:
        """The clean rows; with `like`, in the labels of a task that a model already has.

        Raises ValueError where nothing can be trained or tested on, or a label is not in `like`.
        """
        for issue in self.issues:
            if issue.severity != "fixed" and not (like and issue.only_training):
                raise ValueError(f"{issue}{_HOW.get(issue.kind, '')}")
        pairs = self.pairs + self.rare if like else self.pairs
        task = like or task_for(self.task_name, (label for _, label in pairs))
        unknown = sorted({label for _, label in pairs} - set(task.labels))
        if unknown:
            raise ValueError(
                f"{task.name} label {unknown[0]!r} is not one of the model's labels "
                f"({', '.join(task.labels)}). Use a model trained on these labels, or fresh heads."
            )
        labels = np.array([task.id_of(label) for _, label in pairs], dtype=np.int64)
        return LabelledRows(task=task, texts=tuple(text for text, _ in pairs), labels=labels)


_HOW: Final = {
    "text_column": " (--text-column NAME)",
    "label_column": " (--label-column NAME)",
    "labels": " (--label 'CELL=LABEL', once for each)",
}


def table_of(source: Source) -> Table:
    """The table of a file or frame. Raises ValueError where it cannot be read."""
    if isinstance(source, Table):
        return source
    return table_from_frame(source) if isinstance(source, pd.DataFrame) else read_table(source)


def name_of(source: Source) -> str:
    """What messages call a file or frame."""
    if isinstance(source, Table):
        return source.name
    return FRAME_NAME if isinstance(source, pd.DataFrame) else Path(source).name


def examine(source: Source, task_name: str, choice: Choice = NO_CHOICE) -> Examination:
    """Reads the rows of one task. What cannot be read becomes a fatal issue."""
    issues: Issues = ()
    try:
        table = table_of(source)
        issues += table.issues
        columns, found = find_columns(table, task_name, choice)
        issues += found
        if columns is None:
            return Examination(task_name=task_name, pairs=(), issues=issues)
        rows, found = labelled(table, columns, task_name, choice)
        issues += found
    except Unusable as unusable:
        return Examination(task_name=task_name, pairs=(), issues=(*issues, unusable.issue))
    rows, found = distinct(rows)
    issues += found
    alone: Collection[str] = ()
    if all(issue.severity == "fixed" for issue in issues):
        alone, found = _trainable(table.name, task_name, rows)
        issues += found
    return Examination(
        task_name=task_name,
        pairs=tuple((text, label) for _, text, label in rows if label not in alone),
        issues=issues,
        rare=tuple((text, label) for _, text, label in rows if label in alone),
        numbers=tuple(number for number, _, label in rows if label not in alone),
    )


def load_rows(
    source: Source, task_name: str, like: Task | None = None, choice: Choice = NO_CHOICE
) -> LabelledRows:
    """The clean rows of one task. Raises ValueError, which names the source, where it cannot be used."""
    try:
        return examine(source, task_name, choice).rows(like)
    except ValueError as error:
        name, message = name_of(source), str(error)
        raise ValueError(message if name in message else f"{name}: {message}") from None


def _trainable(
    file_name: str, task_name: str, rows: Sequence[Row]
) -> tuple[Collection[str], tuple[Issue, ...]]:
    """Labels that cannot be trained on because they have a single row, and the issues of the labels."""
    counts = Counter(label for *_, label in rows)
    alone = {label: number for number, _, label in rows if counts[label] == 1}
    names = f"{task_name} label {' and '.join(map(repr, list(alone)[:6]))}"
    single = Issue(
        kind="single_row",
        severity="fixed",
        what=f"{names} has a single row: one row cannot both train and validate",
        action="left out of training",
        rows=tuple(alone.values()),
        only_training=True,
    )
    if not rows:
        what, action = f"{file_name} has no row with a {task_name} label", "add labelled rows"
        return (), (Issue(kind="no_rows", severity="fatal", what=what, action=action),)
    try:
        task_for(task_name, counts)
    except LabelCountError as error:
        return (), (_hopeless("label_count", error.what, error.remedy),)
    if len(counts) == 1:
        what = f"all {len(rows):,} {task_name} rows have the same label, {next(iter(counts))!r}"
        return (), (_hopeless("one_class", what, "add rows of another label"),)
    if alone and len(counts) - len(alone) < 2:
        action = "add rows with this label or remove it"
        return (), (replace(single, severity="fatal", action=action),)
    return alone, (single,) if alone else ()


def _hopeless(kind: str, what: str, action: str) -> Issue:
    return Issue(kind=kind, severity="fatal", what=what, action=action, only_training=True)
