"""Clean rows of one or two tasks -> training and validation rows; a text never stands on both sides."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from mtl.data.examination import LabelledRows
from mtl.data.near_duplicates import groups
from mtl.schema.tasks import Task


@dataclass(frozen=True, kw_only=True)
class Part:
    """Some rows of a task: positions in `Split.texts` and label ids, both (row,)."""

    rows: NDArray[np.int64]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, kw_only=True)
class TaskSplit:
    """The rows of one task on both sides; the last `copies` training rows are stripped copies."""

    task: Task
    train: Part
    validation: Part
    copies: int = 0


@dataclass(frozen=True, kw_only=True)
class Split:
    """Distinct texts, and per task name the rows that refer to them.

    `near_duplicates`: texts that nearly repeat another, and stand on its side. `corrections`: rows that
    somebody set right, all of them on the training side.
    """

    texts: tuple[str, ...]
    tasks: dict[str, TaskSplit]
    near_duplicates: int = 0
    corrections: int = 0


def split(tasks: Sequence[LabelledRows], *, fraction: float, seed: int) -> Split:
    """Stratified by label: `fraction` of the texts validates, the rest trains.

    Near-duplicates (see `groups`), other spellings of a text and a text that serves both tasks stay on one
    side. Raises ValueError where a label has fewer than two rows.
    """
    if not tasks:
        raise ValueError("nothing to train on: give sentiment rows, intent rows, or both")
    labels_of: dict[str, dict[str, int]] = {}
    for rows in tasks:
        _check_counts(rows)
        for text, label in zip(rows.texts, rows.labels, strict=True):
            labels_of.setdefault(text, {})[rows.task.name] = int(label)
    texts = tuple(labels_of)
    position = {text: index for index, text in enumerate(texts)}
    group = groups(texts)
    validating = _validating(list(labels_of.values()), group, fraction, seed)
    result = {}
    for rows in tasks:
        places = np.array([position[text] for text in rows.texts], dtype=np.int64)
        held = validating[places]
        result[rows.task.name] = TaskSplit(
            task=rows.task,
            train=Part(rows=places[~held], labels=rows.labels[~held]),
            validation=Part(rows=places[held], labels=rows.labels[held]),
        )
    return Split(texts=texts, tasks=result, near_duplicates=len(texts) - len(np.unique(group)))


def _check_counts(rows: LabelledRows) -> None:
    for label, count in rows.counts().items():
        if count == 1:
            raise ValueError(
                f"{rows.task.name} label {label!r} has a single row: one row cannot both train and "
                "validate. Add rows with this label or remove it."
            )
    if sum(count > 0 for count in rows.counts().values()) < 2:
        raise ValueError(
            f"all {len(rows.texts)} {rows.task.name} rows have the same label: add rows of another label"
        )


def _validating(
    labels_of: Sequence[dict[str, int]], group: NDArray[np.int64], fraction: float, seed: int
) -> NDArray[np.bool_]:
    """Which texts validate, (text,); each is given as its label id per task it serves, and its group."""
    _, firsts = np.unique(group, return_index=True)
    chosen = np.zeros(len(firsts), dtype=bool)
    # A group goes where its first text goes, and counts as one row of its label.
    of_group = [labels_of[first] for first in firsts]
    bearers: dict[tuple[str, int], set[int]] = {}
    for labels, number in zip(labels_of, group.tolist(), strict=True):
        for label in labels.items():
            bearers.setdefault(label, set()).add(number)
    # A label that one group alone bears must be trained on.
    alone = {number for numbers in bearers.values() if len(numbers) == 1 for number in numbers}
    for served in sorted({tuple(labels) for labels in of_group}):
        members = [i for i, one in enumerate(of_group) if tuple(one) == served and i not in alone]
        strata = _strata([of_group[i] for i in members], fraction)
        chosen[_held_out(np.array(members), strata, fraction, seed)] = True
    return chosen[group]


def _strata(labels: Sequence[dict[str, int]], fraction: float) -> list[str]:
    # By the labels of all tasks where their combination is frequent enough to be divided, else by
    # the last task's (intent), which has more of them.
    combined = [" ".join(map(str, label.values())) for label in labels]
    frequent = Counter(combined)
    return [key if frequent[key] >= 1 / fraction else key.split()[-1] for key in combined]


def _held_out(
    members: NDArray[np.int64], strata: Sequence[str], fraction: float, seed: int
) -> NDArray[np.int64]:
    counts = Counter(strata)
    divisible = [i for i, stratum in enumerate(strata) if counts[stratum] > 1]
    kinds = len({strata[i] for i in divisible})
    if kinds == 0:
        return members[:0]
    # scikit-learn wants room for every stratum on both sides.
    held = min(max(kinds, round(len(divisible) * fraction)), len(divisible) - kinds)
    _, validation = train_test_split(
        members[divisible],
        test_size=held,
        stratify=[strata[i] for i in divisible],
        random_state=seed,
    )
    chosen: NDArray[np.int64] = validation
    return chosen
