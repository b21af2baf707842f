"""The project's own sentences, in its data folder. An installed package comes without them."""

from pathlib import Path
from typing import Final

from mtl.schema.tasks import KNOWN_TASKS

_DATA: Final = Path(__file__).parents[2] / "data"
PARAPHRASES: Final = _DATA / "paraphrases.csv"
TEMPLATE: Final = _DATA / "template.csv"


def bundled_files() -> dict[str, Path]:
    """The file of each task that has bundled sentences, by the task's name."""
    return {name: _DATA / known.bundled for name, known in KNOWN_TASKS.items() if known.bundled}


def source_report_files() -> dict[str, Path]:
    """The 100 sentences for each task of the source report, by the task's name."""
    return {name: _DATA / known.source_report for name, known in KNOWN_TASKS.items() if known.source_report}


def has_bundled_sentences() -> bool:
    """Whether the project's data folder is at hand."""
    return all(file.is_file() for file in bundled_files().values())
