"""Clean rows of one task as a CSV file, and a fingerprint that names them."""

import csv
import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from mtl.data.examination import LabelledRows
from mtl.model.whole import whole
from mtl.schema.tasks import Task


def write_rows(rows: LabelledRows, file: Path) -> None:
    """Writes the columns text and label."""
    labels = [rows.task.labels[label] for label in rows.labels]
    frame = pd.DataFrame({"text": rows.texts, "label": labels})
    with whole(file) as partial:
        frame.to_csv(partial, index=False, quoting=csv.QUOTE_ALL)


def read_rows(file: Path, task: Task) -> LabelledRows:
    """The inverse of `write_rows`. Raises ValueError for a label that the task does not have."""
    # These rows are clean already: the cells are taken as they are.
    cells = pd.read_csv(file, dtype=str, keep_default_na=False)
    labels = np.array([task.id_of(label) for label in cells["label"]], dtype=np.int64)
    return LabelledRows(task=task, texts=tuple(cells["text"]), labels=labels)


def fingerprint(rows: LabelledRows) -> str:
    """A sha256 of the texts with their labels. The order of the rows does not matter."""
    lines = sorted(
        f"{rows.task.labels[label]}\t{text}" for text, label in zip(rows.texts, rows.labels, strict=True)
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def fingerprints(rows: Sequence[LabelledRows]) -> dict[str, str]:
    """The fingerprint of each task's rows, by the name of the task."""
    return {task.task.name: fingerprint(task) for task in rows}
