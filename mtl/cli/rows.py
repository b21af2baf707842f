"""The rows that a command line names: files by task, their columns, and what their labels mean."""

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtl.cli.dataset_rows import DatasetSource, add_dataset, dataset_source
from mtl.data.issues import NO_CHOICE, Choice
from mtl.schema.tasks import KNOWN_TASKS, Task, clean_task_name

if TYPE_CHECKING:
    from mtl.data.examination import LabelledRows
    from mtl.data.table import Table

TaskFile = tuple[str, Path]


@dataclass(frozen=True, kw_only=True)
class Given:
    """Files of rows, read when they are asked for. `learn`: which label columns of `data` are learnt.
    `credit`: licence of the rows, and what to cite; "" where they are the user's own."""

    sources: Mapping[str, "Path | Table"]
    tests: Mapping[str, Path]
    data: "Table | None"
    learn: Sequence[str] | None
    choice: Mapping[str, Choice]
    credit: str = ""

    def rows(self, like: Sequence[Task] = (), learn: Sequence[str] | None = None) -> list["LabelledRows"]:
        """The rows of each task, as `labelled_rows` reads them."""
        from mtl.data.sources import labelled_rows

        learn = self.learn if self.learn is not None else learn
        return labelled_rows(self.sources, data=self.data, learn=learn, like=like, choice=self.choice)

    def test_rows(self, rows: Sequence["LabelledRows"]) -> list["LabelledRows"]:
        """The test rows, in the labels of the rows that train."""
        from mtl.data.examination import load_rows

        likes = {task.task.name: task.task for task in rows}
        return [
            load_rows(file, name, likes.get(name), self.choice.get(name, NO_CHOICE))
            for name, file in self.tests.items()
        ]


def add_rows(parser: argparse.ArgumentParser) -> None:
    """Options for labelled rows, and for what their files leave open."""
    group = parser.add_argument_group("rows", "CSV files; any of these options may stand beside the others")
    group.add_argument(
        "--data", type=Path, metavar="CSV", help="a column of texts and a label column for each task"
    )
    group.add_argument("--learn", metavar="A,B", help="of --data: only these label columns")
    _add_files(group, "tasks", "--task", "--", "rows of one task: a column of texts and one of labels")
    add_dataset(group)
    add_choice(parser)


def add_tests(parser: argparse.ArgumentParser) -> None:
    """Options for test rows."""
    group = parser.add_argument_group("test rows", "the result is evaluated on them; they never train")
    _add_files(group, "tests", "--test", "--test-", "test rows of one task")


def add_choice(parser: argparse.ArgumentParser) -> None:
    """Options for what a file leaves open; each value may begin with the name of a task and a colon."""
    group = parser.add_argument_group(
        "what a file leaves open",
        "for one task of several, put its name before the value, as in --label-column topic:kind",
    )
    given: dict[str, Any] = {"action": "append", "default": []}
    group.add_argument("--text-column", metavar="NAME", help="holds the texts", **given)
    group.add_argument("--label-column", metavar="NAME", help="holds the labels", **given)
    group.add_argument(
        "--label", metavar="CELL=LABEL", help="what a label means; CELL= leaves its rows out", **given
    )


def given_rows(arguments: argparse.Namespace) -> Given:
    """What the options of `add_rows` and `add_tests` say. Raises ValueError for a task that is given twice,
    and for a joint file that cannot be read."""
    data, named = None, set[str]()
    if arguments.data is not None:
        from mtl.data.joint import label_columns
        from mtl.data.table import read_table

        data = read_table(arguments.data)
        named = {column.task for column in label_columns(data, most=None)}
    learn = None if arguments.learn is None else [name.strip() for name in arguments.learn.split(",")]
    sources = _once(arguments.tasks, "--task")
    tests = _once(getattr(arguments, "tests", []), "--test")
    tasks = {*named, *sources, *tests, *map(clean_task_name, learn or ())}
    given = Given(sources=sources, tests=tests, data=data, learn=learn, choice=choices_of(arguments, tasks))
    return _with_dataset(given, dataset_source(arguments)) if arguments.dataset else given


def _with_dataset(given: Given, source: DatasetSource) -> Given:
    if source.task is None:
        if given.data is not None:
            raise ValueError("--dataset has several columns of labels: choose one with --label-column")
        return replace(given, data=source.table, credit=source.credit)
    if source.task in given.sources:
        raise ValueError(f"{source.task} is given twice, by --dataset and by --task: leave one out")
    return replace(
        given,
        sources={**given.sources, source.task: source.table},
        choice={**given.choice, source.task: source.choice},
        credit=source.credit,
    )


def choices_of(arguments: argparse.Namespace, tasks: Iterable[str]) -> dict[str, Choice]:
    """The choice for each of these tasks and of the known ones."""
    names = {*tasks, *KNOWN_TASKS}
    return {
        task: Choice(
            text_column=_last(_for_task(arguments.text_column, task, names)),
            label_column=_last(_for_task(arguments.label_column, task, names)),
            labels=tuple(map(_meaning, _for_task(arguments.label, task, names))),
        )
        for task in names
    }


def _add_files(group: Any, dest: str, flag: str, prefix: str, what: str) -> None:
    given: dict[str, Any] = {"action": "append", "dest": dest, "default": []}
    group.add_argument(flag, type=_task_file, metavar="NAME=CSV", help=f"{what}; may be repeated", **given)
    for name in KNOWN_TASKS:
        spelled = f"{prefix}{name.replace(' ', '-')}"
        group.add_argument(
            spelled, type=_file_of(name), metavar="CSV", help=f"short for {flag} {name}=CSV", **given
        )


def _task_file(value: str) -> TaskFile:
    name, equals, file = value.partition("=")
    if not equals or not file.strip():
        raise argparse.ArgumentTypeError(f"{value!r} names no task: give it as NAME=FILE.csv")
    try:
        return clean_task_name(name), Path(file)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _file_of(name: str) -> Callable[[str], TaskFile]:
    return lambda file: (name, Path(file))


def _once(files: Sequence[TaskFile], flag: str) -> dict[str, Path]:
    by_task = dict(files)
    for name in by_task:
        several = [str(file) for task, file in files if task == name]
        if len(several) > 1:
            raise ValueError(f"{flag} gives {name} {len(several)} times: {', '.join(several)}; give it once")
    return by_task


def _for_task(values: Sequence[str], task: str, names: set[str]) -> list[str]:
    mine = []
    for value in values:
        named, colon, rest = value.partition(":")
        name = named.strip().casefold()
        if not colon or name not in names:
            mine.append(value)
        elif name == task:
            mine.append(rest)
    return mine


def _last(values: Sequence[str]) -> str | None:
    return values[-1] if values else None


def _meaning(value: str) -> tuple[str, str]:
    cell, equals, label = value.rpartition("=")
    if not equals or not cell.strip():
        raise ValueError(f"--label is {value!r}: give it as CELL=LABEL, or CELL= to leave rows out")
    return cell, label
