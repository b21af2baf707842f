"""Sentences without what gives their form away: capitals and the final mark."""

from dataclasses import replace
from typing import Final

from mtl.data.examination import LabelledRows

_FINAL_MARKS: Final = " \t\n.!?…\"')”’"


def without_final_marks(text: str) -> str:
    """Without final punctuation; a text of marks alone stays as it is."""
    return text.rstrip(_FINAL_MARKS) or text


def strip_text(text: str) -> str:
    """Lower-cased and without final punctuation; a text of marks alone stays as it is."""
    return without_final_marks(text.lower())


def strip(rows: LabelledRows) -> LabelledRows:
    """The same rows, each text stripped."""
    return replace(rows, texts=tuple(map(strip_text, rows.texts)))
