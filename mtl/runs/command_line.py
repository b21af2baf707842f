"""The command that does what a run on the page did."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from mtl.data.issues import Choice
from mtl.schema.config import PRESETS, TrainConfig
from mtl.schema.tasks import TASK_NAMES

_RENAMED: Final = {"time_limit_s": "time-limit"}


@dataclass(frozen=True, kw_only=True)
class Sources:
    """What a run read. `files` and `tests`: a file by the name of its task. `data`: a file with several label
    columns, of which `learn` names those that were learnt (none: all). `choices`: which columns and labels
    were chosen, by task. `start`: the model that it started from."""

    files: Mapping[str, str] = field(default_factory=dict)
    data: str | None = None
    learn: Sequence[str] = ()
    tests: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, Choice] = field(default_factory=dict)
    start: str | None = None
    corrections: str | None = None
    encoder: str | None = None


def command_line(config: TrainConfig, sources: Sources, out: str = "my-model") -> str:
    """`python -m mtl train ...`, quoted for a POSIX shell; of the settings only those that a preset has
    otherwise."""
    words = ["python", "-m", "mtl", "train"]
    if sources.data:
        words += ["--data", _path(sources.data)]
    if sources.learn:
        words += ["--learn", ",".join(sources.learn)]
    for name, file in sources.files.items():
        words += _file("task", name, file) if name not in TASK_NAMES else [f"--{name}", _path(file)]
    for name, file in sources.tests.items():
        words += _file("test", name, file) if name not in TASK_NAMES else [f"--test-{name}", _path(file)]
    for name, choice in sources.choices.items():
        words += _chosen(name, choice)
    if sources.corrections:
        words += ["--corrections", _path(sources.corrections)]
    words += _settings(config)
    if sources.start:
        words += ["--from", _path(sources.start)]
    if sources.encoder:
        words += ["--encoder", _path(sources.encoder)]
    return shlex.join([*words, "--out", _path(out)])


def _path(name: str) -> str:
    # A name that begins with a dash would be taken for an option.
    return f"./{name}" if name.startswith("-") else name


def _file(option: str, task: str, file: str) -> Sequence[str]:
    return [f"--{option}", f"{task}={file}"]


def _chosen(task: str, choice: Choice) -> Iterator[str]:
    columns = {"--text-column": choice.text_column, "--label-column": choice.label_column}
    for option, column in columns.items():
        if column is not None:
            yield f"{option}={task}:{column}"
    for cell, label in choice.labels:
        yield f"--label={task}:{cell}={label}"


def _settings(config: TrainConfig) -> Sequence[str]:
    """The shortest way to these settings: a preset, and what differs from it."""
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
