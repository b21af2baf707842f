"""Numbers, stars and scales in a column of sentiment labels."""

import re
from collections.abc import Collection
from typing import Final, Literal

Scale = Literal["binary", "three-way", "stars", "open"]

_NUMBER: Final = re.compile(r"[+-]?\d{1,6}(?:[.,]\d{1,6})?")
_OUT_OF_FIVE: Final = re.compile(
    r"([1-5](?:[.,]\d)?)\s*(?:stars?|\*|/\s*5(?:[.,]0)?|out of (?:5|five)(?: stars?)?)"
)
_STAR_SIGNS: Final = re.compile(r"(?:[★⭐]\ufe0f?){1,5}[☆]{0,4}")
_SUGGESTED: Final = {
    "negative": "label_0 __label__1 no n f poor awful terrible worst unhappy angry anger sad sadness fear "
    "dislike hate disgust",
    "positive": "label_1 __label__2 yes y t fine great excellent best happy joy like love amazing",
}


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


def label_of_stars(stars: float) -> str:
    """Empty for the middle."""
    return "negative" if stars <= 2 else "positive" if stars >= 4 else ""


def suggestion(cell: str, numbers: Collection[float]) -> str:
    """What an open label probably means; empty where nobody can tell."""
    number = number_in(cell)
    if number is None or len(numbers) < 2:
        return next((label for label, words in _SUGGESTED.items() if cell in words.split()), "")
    low, high = min(numbers), max(numbers)
    place = (number - low) / (high - low)
    return "negative" if place <= 0.4 else "positive" if place >= 0.6 else ""
