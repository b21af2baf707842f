"""Numbers, stars and scales in a column of labels that rate something."""

import re
from collections.abc import Collection
from typing import Final, Literal

from mtl.schema.tasks import KnownTask

Scale = Literal["binary", "three-way", "stars", "open"]

_NUMBER: Final = re.compile(r"[+-]?\d{1,6}(?:[.,]\d{1,6})?")
_OUT_OF_FIVE: Final = re.compile(
    r"([1-5](?:[.,]\d)?)\s*(?:stars?|\*|/\s*5(?:[.,]0)?|out of (?:5|five)(?: stars?)?)"
)
_STAR_SIGNS: Final = re.compile(r"(?:[★⭐]\ufe0f?){1,5}[☆]{0,4}")


def number_in(cell: str) -> float | None:
    return float(cell.replace(",", ".")) if _NUMBER.fullmatch(cell) else None


def stars_in(cell: str) -> float | None:
    """Stars that say so themselves: "4 stars", "4/5", "★★★★"."""
    if _STAR_SIGNS.fullmatch(cell):
        return float(sum(map(cell.count, "★⭐")))
    found = _OUT_OF_FIVE.fullmatch(cell)
    return float(found.group(1).replace(",", ".")) if found else None


def scale_of(numbers: Collection[float], *, named_stars: bool) -> Scale:
    """What the numbers of a column are: {0, 1}, {-1, 0, 1}, 1 to 5 stars, or anybody's guess."""
    values = set(numbers)
    in_five = all(1 <= value <= 5 for value in values)
    if in_five and max(values) >= 3 and named_stars:
        return "stars"
    if in_five and max(values) >= 4 and len(values) >= 3:
        return "stars"
    if values == {-1, 0, 1}:
        return "three-way"
    if (values <= {0, 1} or values <= {-1, 1}) and not (named_stars and values == {1}):
        return "binary"
    return "open"


def label_of_stars(stars: float, known: KnownTask) -> str:
    """Empty for the middle."""
    low, high = known.labels
    return low if stars <= 2 else high if stars >= 4 else ""


def suggestion(cell: str, numbers: Collection[float], known: KnownTask) -> str:
    """What a cell of unknown meaning probably means; empty where nobody can tell."""
    number = number_in(cell)
    if number is None or len(numbers) < 2 or not known.rated:
        return next((label for label, guesses in known.guesses.items() if cell in guesses), "")
    place = (number - min(numbers)) / (max(numbers) - min(numbers))
    low, high = known.labels
    return low if place <= 0.4 else high if place >= 0.6 else ""
