"""From the files or frames of several tasks to rows, and from rows to a split."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mtl.data.augmentation import augmented
from mtl.data.columns import text_column
from mtl.data.corrections import with_corrections
from mtl.data.examination import LabelledRows, Source, load_rows, name_of, table_of
from mtl.data.issues import NO_CHOICE, Choice
from mtl.data.joint import as_joint, choice_for, chosen_columns, task_named
from mtl.data.split import NOTHING_TO_TRAIN_ON, Split, split
from mtl.data.table import Table
from mtl.schema.config import TrainConfig
from mtl.schema.tasks import MAX_TASKS, Task, clean_task_name


def labelled_rows(
    sources: Mapping[str, Source],
    *,
    data: Source | None = None,
    learn: Sequence[str] | None = None,
    like: Sequence[Task] = (),
    choice: Choice | Mapping[str, Choice] = NO_CHOICE,
) -> list[LabelledRows]:
    """Clean rows of each task: of `data`, with a task for each of its label columns (see `label_columns`)
    or for those in `learn`, and of a source for each further task, by the task's name.

    With `like`, the labels are those of these tasks (a model's). `choice` says which columns hold what,
    and what labels mean, for all tasks or by the name of a task. Raises ValueError for rows that cannot
    be used, and for a task that is given twice.
    """
    given = {clean_task_name(name): (source, choice_for(choice, name)) for name, source in sources.items()}
    if len(given) < len(sources):
        raise ValueError(f"two of the tasks {', '.join(sources)} have one name: give each task once")
    if data is not None:
        table = table_of(data)
        columns = chosen_columns(table, learn, choice)
        for column in columns:
            if column.task in given:
                raise ValueError(
                    f"{column.task} is given twice, in the column {column.column!r} of {table.name} and in "
                    f"{name_of(given[column.task][0])}: leave one out (--learn chooses among columns)"
                )
        joint = as_joint(table, columns)
        own = {c.task: (joint, replace(choice_for(choice, c.task), label_column=c.column)) for c in columns}
        given = {**own, **given}
    elif learn:
        raise ValueError("--learn chooses among the label columns of one file: give it with --data")
    _check_names(list(given), like)
    likes = {task.name: task for task in like}
    return [load_rows(source, name, likes.get(name), chosen) for name, (source, chosen) in given.items()]


def _check_names(names: Sequence[str], like: Sequence[Task]) -> None:
    if not names:
        raise ValueError(NOTHING_TO_TRAIN_ON)
    if len(names) > MAX_TASKS:
        raise ValueError(f"there are {len(names)} tasks ({', '.join(names)}): give at most {MAX_TASKS}")
    known = [task.name for task in like]
    if known and (missing := [name for name in names if name not in known]):
        raise ValueError(
            f"the model to start from has no {missing[0]} head (it has {', '.join(known)}): start without it"
        )


def parts_for(
    rows: Sequence[LabelledRows], config: TrainConfig, corrections: Sequence[LabelledRows] = ()
) -> Split:
    """Training and validation rows as the settings want them; `corrections` only train."""
    parts = split(rows, fraction=config.val_fraction, seed=config.seed)
    return augmented(with_corrections(parts, corrections), config.augmentation)


def corrected_rows(source: Source, rows: Sequence[LabelledRows]) -> list[LabelledRows]:
    """Corrections from a column of texts and one column for each task (a cell may be empty), in the labels
    of the rows that they go with.

    Columns of other tasks are not read (see `unread_corrections`). Raises ValueError for a source without
    a column of texts, for a label that is not among those of its task, and where nothing is corrected.
    """
    table = table_of(source)
    text, filled = text_column(table), _corrected_columns(table)
    found = [
        load_rows(table, task.name, task, Choice(text_column=text, label_column=filled[task.name]))
        for task in (row.task for row in rows)
        if task.name in filled
    ]
    if not found:
        others = f", only of {' and '.join(filled)}" if filled else ""
        raise ValueError(f"there are no corrections of {' or '.join(row.task.name for row in rows)}{others}")
    return found


def unread_corrections(source: Source, rows: Sequence[LabelledRows]) -> tuple[str, ...]:
    """The tasks that a source corrects and these rows do not train."""
    trained = {row.task.name for row in rows}
    return tuple(task for task in _corrected_columns(table_of(source)) if task not in trained)


def _corrected_columns(table: Table) -> dict[str, str]:
    """By the name of a task its column, where that holds anything."""
    text = text_column(table)
    columns = [name for name in table.cells.columns if name != text and table.cells[name].str.strip().any()]
    return {task: column for column in columns if (task := task_named(column))}
