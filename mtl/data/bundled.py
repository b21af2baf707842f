"""The project's own sentences, in its data folder. An installed package comes without them."""

from pathlib import Path
from typing import Final

from mtl.schema.tasks import KNOWN_TASKS, known_task

_DATA: Final = Path(__file__).parents[2] / "data"
PARAPHRASES: Final = _DATA / "paraphrases.csv"
TEMPLATE: Final = _DATA / "template.csv"
LANGUAGES: Final = _DATA / "languages.csv"


def bundled_files() -> dict[str, Path]:
    """The file of each task that has bundled sentences, by the task's name."""
    return {name: _DATA / known.bundled for name, known in KNOWN_TASKS.items() if known.bundled}


def default_files() -> dict[str, Path]:
    """What the default model is trained on: the bundled files, and that of each task that theirs need."""
    needs = [known_task(name).needs for name in bundled_files()]
    return bundled_files() | {need.task: _DATA / f"{need.task}.csv" for need in needs if need}


def source_report_files() -> dict[str, Path]:
    """The 100 sentences for each task of the source report, by the task's name."""
    return {name: _DATA / known.source_report for name, known in KNOWN_TASKS.items() if known.source_report}


def has_bundled_sentences() -> bool:
    """Whether the project's data folder is at hand."""
    return all(file.is_file() for file in default_files().values())
