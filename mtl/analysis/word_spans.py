"""Which characters of a text each word, and each word piece that the encoder reads, stands for."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from mtl.analysis.attribution import Piece, Reading, Word
from mtl.model.encoder import Encoder, Tokens

# BERT's tokenizer parts "don't", "well-known" and "3.5" at every mark and "..." into dots; to a
# reader each is one word. "?!" stays two: its marks mean different things. A search begins only where a
# word does: from each letter of a long one it would take time with the square of its length.
_ONE_WORD: Final = re.compile(r"(?<!\w)\w++(?:(?:['’-]|(?<=\d)[.,:](?=\d))\w++)++|([^\w\s])\1+")


def read(encoder: Encoder, texts: Sequence[str]) -> tuple[Tokens, list[Reading]]:
    """The tokens of some texts, as `Encoder.tokenize` gives them, and the words they stand for.

    A word is what the tokenizer takes as one, and where a reader sees one word, several of these
    together ("don't", "3.5", "..."). An emoji and the letters it touches are one unknown piece.
    """
    tokens, unknown = encoder.tokenize(texts), encoder.tokenizer.unk_token
    if not texts:
        return tokens, []
    found = encoder.tokenizer(list(texts), return_offsets_mapping=True, verbose=False)
    readings = []
    for row, text in enumerate(texts):
        pieces = _pieces(text, found.tokens(row), found["offset_mapping"][row], unknown)
        # Of a text that is too long, the encoder keeps the start and its last token, [SEP].
        kept = pieces[1 : len(tokens.ids[row]) - 1]
        numbers = found.word_ids(row)[1 : len(kept) + 1]
        words = tuple(_words(text, kept, numbers))
        cut = words[-1].end if tokens.truncated[row] else None
        readings.append(Reading(text=text, words=words, cut=cut))
    return tokens, readings


def _pieces(
    text: str, spellings: Sequence[str], offsets: Sequence[tuple[int, int]], unknown: str
) -> list[Piece]:
    return [
        Piece(
            spelling=spelling,
            start=start,
            end=_with_marks(text, end) if end else end,
            unknown=spelling == unknown,
        )
        for spelling, (start, end) in zip(spellings, offsets, strict=True)
    ]


def _with_marks(text: str, end: int) -> int:
    # The tokenizer drops accents that follow their letter; on screen they are part of it.
    while end < len(text) and unicodedata.category(text[end]) in ("Mn", "Cf"):
        end += 1
    return end


def _words(text: str, pieces: Sequence[Piece], numbers: Sequence[int]) -> Iterator[Word]:
    """`numbers`: which of the tokenizer's own words each piece belongs to."""
    one_word = {place: match.start() for match in _ONE_WORD.finditer(text) for place in range(*match.span())}
    starts: dict[int, int] = {}  # where each of the tokenizer's words begins
    for piece, number in zip(pieces, numbers, strict=True):
        starts.setdefault(number, piece.start)

    def beginning(position: int) -> int:
        start = starts[numbers[position]]
        return one_word.get(start, start)

    for _, positions in groupby(range(len(pieces)), key=beginning):
        first, *others = positions
        own = tuple(pieces[position] for position in (first, *others))
        start, end = own[0].start, own[-1].end
        yield Word(text=text[start:end], start=start, end=end, first=first + 1, pieces=own)
