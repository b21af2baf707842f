"""The command that does what a run on the page did."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from mtl.data.issues import NO_CHOICE, Choice
from mtl.schema.config import PRESETS, TrainConfig
from mtl.schema.tasks import TASK_NAMES

_RENAMED: Final = {"time_limit_s": "time-limit"}


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Which files a run read.

    `files`, `tests`: by the name of the task. `data`: one file with a label column for each task in `learn`
    (empty: for each of its label columns). `choices`: by the name of the task, what was said about its
    columns and labels. `start`: the model it started from. `corrections`: a file of rows that only train.
    """

    files: Mapping[str, str] = field(default_factory=dict)
    data: str | None = None
    learn: Sequence[str] = ()
    tests: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, Choice] = field(default_factory=dict)
    start: str | None = None
    corrections: str | None = None
    encoder: str | None = None


def command_line(config: TrainConfig, sources: Sources, out: str = "my-model") -> str:
    """`python -m mtl train ...`, quoted for a POSIX shell. Settings that a preset has anyway are left out."""
    words = ["python", "-m", "mtl", "train"]
    if sources.data:
        words += ["--data", _path(sources.data)]
    if sources.learn:
        words += ["--learn", ",".join(sources.learn)]
    for name, file in sources.files.items():
        words += _file("", name, file)
    for name, file in sources.tests.items():
        words += _file("test", name, file)
    for name in (*sources.learn, *sources.files):
        words += _said(name, sources.choices.get(name, NO_CHOICE))
    if sources.corrections:
        words += ["--corrections", _path(sources.corrections)]
    words += _settings(config)
    if sources.start:
        words += ["--from", _path(sources.start)]
    if sources.encoder:
        words += ["--encoder", _path(sources.encoder)]
    return shlex.join([*words, "--out", _path(out)])


def _file(side: str, task: str, file: str) -> Sequence[str]:
    """`--sentiment FILE` or `--test-sentiment FILE` for a task with options of its own; for any other one
    `--task NAME=FILE` or `--test NAME=FILE`."""
    if task in TASK_NAMES:
        return [f"--{side}-{task}" if side else f"--{task}", _path(file)]
    return [f"--{side or 'task'}", f"{task}={file}"]


def _path(name: str) -> str:
    # A name that begins with a dash would be taken for an option.
    return f"./{name}" if name.startswith("-") else name


def _said(task: str, choice: Choice) -> Iterator[str]:
    columns = {"--text-column": choice.text_column, "--label-column": choice.label_column}
    for option, column in columns.items():
        if column is not None:
            yield f"{option}={task}:{column}"
    for cell, label in choice.labels:
        yield f"--label={task}:{cell}={label}"


def _settings(config: TrainConfig) -> Sequence[str]:
    """The shortest options for these settings: a preset, and what differs from it."""
    ways = []
    for name, preset in PRESETS.items():
        usual = preset.to_dict()
        changed = {key: value for key, value in config.to_dict().items() if value != usual[key]}
        # An option cannot take back what a preset sets.
        if None not in changed.values():
            words = [] if name == "recommended" else ["--preset", name]
            for key, value in changed.items():
                words += [f"--{_RENAMED.get(key, key).replace('_', '-')}", str(value)]
            ways.append(words)
    return min(ways, key=len)
