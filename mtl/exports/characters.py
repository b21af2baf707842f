"""What a BERT tokenizer makes of every single character, asked of the tokenizer itself.

Browsers and tokenizers know different versions of Unicode. A table that comes with the export lets both
agree on every character: what it becomes, and whether it stands alone.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final, Literal

Kind = Literal["", "removed", "space", "alone"]

_AT_ONCE: Final = 4096
# A sign that stays as it is and has no accent: it keeps apart the characters that are asked about.
_BETWEEN: Final = "a"
# Syllables are taken apart by arithmetic, which every browser does: 11,172 lines less.
_HANGUL: Final = range(0xAC00, 0xD7A4)
_SURROGATES: Final = range(0xD800, 0xE000)


@dataclass(frozen=True, kw_only=True)
class Characters:
    """`mapped`: what a character becomes, where it becomes another; lower case without accents, mostly.

    `kinds`: for each kind the ranges (first, last) of its characters: `removed` leaves nothing, `space` parts
    words, `alone` is a word of its own: punctuation, and ideographs. A kind is that of the result.
    """

    mapped: dict[str, str]
    kinds: dict[str, list[tuple[int, int]]]


def characters_of(tokenizer: Any) -> Characters:
    """The table of a fast tokenizer with BERT's normalizer and pre-tokenizer."""
    backend = tokenizer.backend_tokenizer
    mapped: dict[str, str] = {}
    found: list[Kind] = []
    points = [point for point in range(sys.maxunicode + 1) if point not in _SURROGATES]
    for start in range(0, len(points), _AT_ONCE):
        block = "".join(map(chr, points[start : start + _AT_ONCE]))
        for character, became in zip(block, _normalized(backend.normalizer, block), strict=True):
            if became.strip() not in ("", character) and ord(character) not in _HANGUL:
                mapped[character] = became.strip()
        found += _kinds(backend, block)
    kinds: dict[str, list[tuple[int, int]]] = {"removed": [], "space": [], "alone": []}
    place = 0
    for kind, run in groupby(found):
        length = len(list(run))
        if kind:
            kinds[kind].append((points[place], points[place + length - 1]))
        place += length
    return Characters(mapped=mapped, kinds=kinds)


def _normalized(normalizer: Any, block: str) -> Iterator[str]:
    """What each character becomes by itself."""
    # Between two line feeds, which become spaces, and two marks: nothing else gets there.
    framed = f"{_BETWEEN}\n".join(["", *block, ""])
    parts = normalizer.normalize_str(framed).split(f"{_BETWEEN} ")
    # "a\n" + c + "a\n": a character that is itself "a" or a space keeps its place, since only pairs split.
    yield from parts[1:-1]


def _kinds(backend: Any, block: str) -> Iterator[Kind]:
    """What each character is to the pre-tokenizer, after it was normalized."""
    for became in _normalized(backend.normalizer, block):
        if not became:
            yield "removed"
        elif not became.strip():
            yield "space"
        else:
            pieces = backend.pre_tokenizer.pre_tokenize_str(f"a{became.strip()}a")
            yield "alone" if len(pieces) > 1 or became != became.strip() else ""
