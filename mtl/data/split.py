"""Clean rows of several tasks -> training and validation rows; a text never stands on both sides."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from mtl.data.examination import LabelledRows
from mtl.data.near_duplicates import groups
from mtl.schema.tasks import Task

Label = tuple[str, int]  # name of a task, id of one of its labels
Labels = tuple[Label, ...]

NOTHING_TO_TRAIN_ON: Final = (
    "nothing to train on: give a file of rows for a task, or one with several label columns"
)


@dataclass(frozen=True, kw_only=True)
class Part:
    """Some rows of a task: positions in `Split.texts` and label ids, both (row,)."""

    rows: NDArray[np.int64]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, kw_only=True)
class TaskSplit:
    """The rows of one task on both sides; the last `copies` training rows are augmented copies."""

    task: Task
    train: Part
    validation: Part
    copies: int = 0


@dataclass(frozen=True, kw_only=True)
class Split:
    """Distinct texts, and per task name the rows that refer to them.

    `near_duplicates`: texts that nearly repeat another one, and stay on its side. `corrections`: corrected
    rows, all of them on the training side.
    """

    texts: tuple[str, ...]
    tasks: dict[str, TaskSplit]
    near_duplicates: int = 0
    corrections: int = 0


def split(tasks: Sequence[LabelledRows], *, fraction: float, seed: int) -> Split:
    """Stratified by the labels of every task: `fraction` of the texts validates, the rest trains.

    Near-duplicates (see `groups`), other spellings of a text and a text that serves several tasks stay on
    one side. A label that occurs in two or more groups of texts is on both sides; one that occurs in a
    single group only trains. Raises ValueError where a label has fewer than two rows.
    """
    if not tasks:
        raise ValueError(NOTHING_TO_TRAIN_ON)
    labels_of: dict[str, dict[str, int]] = {}
    for rows in tasks:
        _check_counts(rows)
        for text, label in zip(rows.texts, rows.labels, strict=True):
            labels_of.setdefault(text, {})[rows.task.name] = int(label)
    texts = tuple(labels_of)
    position = {text: index for index, text in enumerate(texts)}
    group = groups(texts)
    validating = _validating([tuple(labels.items()) for labels in labels_of.values()], group, fraction, seed)
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
            f"all {len(rows.texts):,} {rows.task.name} rows have the same label: add rows of another label"
        )


def _validating(
    labels_of: Sequence[Labels], group: NDArray[np.int64], fraction: float, seed: int
) -> NDArray[np.bool_]:
    """Which texts validate, (text,); each is given as its labels and its group."""
    _, firsts = np.unique(group, return_index=True)
    held = np.zeros(len(firsts), dtype=bool)
    # A group goes where its first text goes, and counts as one row of its label.
    of_group = [labels_of[first] for first in firsts]
    bearers = _bearers(labels_of, group)
    # A label that occurs in one group only must be trained on.
    alone = {number for numbers in bearers.values() if len(numbers) == 1 for number in numbers}
    free = [number for number in range(len(firsts)) if number not in alone]
    for task in sorted({name for labels in labels_of for name, _ in labels}):
        members = [i for i in free if {name for name, _ in of_group[i]} == {task}]
        strata = [label for i in members for _, label in of_group[i]]
        held[_stratified(np.array(members, dtype=np.int64), strata, fraction, seed)] = True
    joint = [i for i in free if len({name for name, _ in of_group[i]}) > 1]
    held[
        _iteratively_stratified(np.array(joint, dtype=np.int64), [of_group[i] for i in joint], fraction, seed)
    ] = True
    return _on_both_sides(held, bearers)[group]


def _bearers(labels_of: Iterable[Labels], group: NDArray[np.int64]) -> dict[Label, list[int]]:
    """For each label, the groups with a text of this label."""
    bearers: dict[Label, dict[int, None]] = {}
    for labels, number in zip(labels_of, group.tolist(), strict=True):
        for label in labels:
            bearers.setdefault(label, {})[number] = None
    return {label: list(numbers) for label, numbers in bearers.items()}


def _stratified(
    members: NDArray[np.int64], strata: Sequence[int], fraction: float, seed: int
) -> NDArray[np.int64]:
    """Those of the members that validate, where each has one label."""
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


def _iteratively_stratified(
    members: NDArray[np.int64], labels_of: Sequence[Labels], fraction: float, seed: int
) -> NDArray[np.int64]:
    """Those of the members that validate, where each has labels of several tasks.

    Combinations of labels are too rare to be strata. So the members of the rarest label are divided first,
    while there is most choice, and each goes to the side that is less full of all its labels (iterative
    stratification after Sechidis, Tsoumakas and Vlahavas 2011).
    """
    counts = Counter(label for labels in labels_of for label in labels)
    bearing: dict[Label, list[int]] = {label: [] for label in counts}
    for place in np.random.default_rng(seed).permutation(len(members)).tolist():
        for label in labels_of[place]:
            bearing[label].append(place)
    shares = (1 - fraction, fraction)  # of training and validation
    taken = {label: [0, 0] for label in counts}
    validates: dict[int, bool] = {}
    for label in sorted(counts, key=lambda label: (counts[label], label)):
        for place in bearing[label]:
            if place in validates:
                continue
            full = [
                sum(taken[own][side] / counts[own] for own in labels_of[place]) / shares[side]
                for side in (0, 1)
            ]
            validates[place] = full[1] < full[0]
            for own in labels_of[place]:
                taken[own][validates[place]] += 1
    return members[[place for place, held in validates.items() if held]]


def _on_both_sides(held: NDArray[np.bool_], bearers: Mapping[Label, Sequence[int]]) -> NDArray[np.bool_]:
    """With a group moved for each label that is missing on one side, where no other label goes missing by
    that."""
    held = held.copy()
    labels_of: dict[int, list[Label]] = {}
    for label, numbers in bearers.items():
        for number in numbers:
            labels_of.setdefault(number, []).append(label)
    on_side = {
        label: [int((held[n] == side).sum()) for side in (False, True)] for label, n in bearers.items()
    }
    for label, numbers in sorted(bearers.items(), key=lambda item: (len(item[1]), item[0])):
        for side in (False, True):
            if len(numbers) < 2 or on_side[label][side]:
                continue
            spare = [n for n in numbers if all(on_side[other][not side] > 1 for other in labels_of[n])]
            for number in spare[:1]:
                held[number] = side
                for other in labels_of[number]:
                    on_side[other][side] += 1
                    on_side[other][not side] -= 1
    return held
