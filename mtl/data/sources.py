"""From the files or frames of several tasks to rows, and from rows to a split."""

from collections.abc import Mapping, Sequence

import pandas as pd

from mtl.data.augmentation import augmented
from mtl.data.corrections import with_corrections
from mtl.data.examination import LabelledRows, Source, load_rows
from mtl.data.issues import NO_CHOICE, Choice
from mtl.data.split import Split, split
from mtl.data.table import read_table
from mtl.schema.config import TrainConfig
from mtl.schema.tasks import TASK_NAMES, Task


def labelled_rows(
    sources: Mapping[str, Source],
    *,
    data: Source | None = None,
    like: Sequence[Task] = (),
    choice: Choice | Mapping[str, Choice] = NO_CHOICE,
) -> list[LabelledRows]:
    """Clean rows of each task: a source by the task's name, or one source with several label columns.

    With `like`, the labels are those of these tasks (a model's). `choice` says which columns hold what,
    and what labels mean, for all tasks or by the name of a task. Raises ValueError for rows that cannot
    be used.
    """
    given = dict(sources)
    if data is not None:
        if given:
            raise ValueError("give one file with both tasks, or a file per task, but not both")
        given = dict.fromkeys(TASK_NAMES, data)
    if not given:
        raise ValueError("nothing to train on: give sentiment rows, intent rows, or both")
    likes = {task.name: task for task in like}
    if likes and (missing := [name for name in given if name not in likes]):
        raise ValueError(f"the model to start from has no {missing[0]} head: start without it")
    choices = dict.fromkeys(given, choice) if isinstance(choice, Choice) else choice
    return [
        load_rows(source, name, likes.get(name), choices.get(name, NO_CHOICE))
        for name, source in given.items()
    ]


def parts_for(
    rows: Sequence[LabelledRows], config: TrainConfig, corrections: Sequence[LabelledRows] = ()
) -> Split:
    """Training and validation rows as the settings want them; `corrections` only train."""
    parts = split(rows, fraction=config.val_fraction, seed=config.seed)
    return augmented(with_corrections(parts, corrections), config.augmentation)


def corrected_rows(source: Source, rows: Sequence[LabelledRows]) -> list[LabelledRows]:
    """Corrections from columns text, sentiment and intent (a cell may be empty), in the labels of the rows
    that they go with. Raises ValueError for a label that is not among those, and where nothing is in it."""
    table = source if isinstance(source, pd.DataFrame) else read_table(source).cells
    found = []
    for task in (row.task for row in rows):
        if task.name in table.columns:
            own = table[table[task.name].fillna("").str.strip() != ""]
            if len(own):
                found.append(load_rows(own[["text", task.name]], task.name, task))
    if not found:
        raise ValueError(f"there are no corrections of {' or '.join(row.task.name for row in rows)}")
    return found
