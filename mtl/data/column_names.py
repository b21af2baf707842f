"""Names of columns: which of them say that texts or labels stand below."""

import re
from collections.abc import Collection, Sequence
from typing import Final

from mtl.schema.tasks import KNOWN_TASKS, known_task

Ranks = Sequence[Collection[str]]

_TEXT: Final = frozenset(
    "sentence review utterance content message comment body tweet question query document phrase post "
    "feedback input transcript prompt request reviewtext tweettext sentences reviews texts utterances "
    "contents messages comments tweets questions queries posts".split()
)
_HEADLINE: Final = frozenset("title headline subject summary description".split())
_GENERIC: Final = frozenset("labels class category target y tag annotation gold classes categories".split())
_STARS: Final = frozenset("rating ratings stars star starrating overall".split())

# With one of these words a name is about a text or label, and no name of one.
_MEASURES: Final = frozenset("id ids confidence probability prob count length date time timestamp".split())
_ABOUT: Final = _MEASURES | {"reason", "source", "lang"}

_NOT_COMPARED: Final = re.compile(r" \(\d+\)$|[\s_.:\-'\"]+")
_BETWEEN_WORDS: Final = re.compile(r"[\W\d_]+")

# From the best to the weakest; names in one rank are equally good.
TEXT_RANKS: Final[Ranks] = ({"text"}, _TEXT, _HEADLINE)
INDEX_NAMES: Final = frozenset("id idx index no nr number row rowid rownumber unnamed0 #".split())


def plain(name: str) -> str:
    """A name as it is compared: "Review_Text ", "reviewtext" and a second one, "reviewtext (2)"."""
    return _NOT_COMPARED.sub("", name.casefold())


def own_ranks(task_name: str) -> Ranks:
    """Names that only this task's column of labels has."""
    best, *weaker = known_task(task_name).column_names or (frozenset[str](),)
    return ({plain(task_name), *best}, *weaker)


def label_ranks(task_name: str) -> Ranks:
    """Names that this task's column of labels may have."""
    best, *weaker = own_ranks(task_name)
    return (best, {"label"}, *weaker, _GENERIC)


def candidates(names: Sequence[str], ranks: Ranks) -> list[str]:
    """The names of the best rank that occurs; last, those with a known word in them ("airline_sentiment")."""
    for rank in ranks:
        if found := [name for name in names if plain(name) in rank]:
            return found
    telling: set[str] = set().union(*ranks) - _GENERIC - _HEADLINE - {"act", "overall", "input"}
    return [name for name in names if telling & (words := _words(name)) and not words & _ABOUT]


def _words(name: str) -> set[str]:
    return set(_BETWEEN_WORDS.split(name.casefold()))


def names_text(name: str) -> bool:
    return any(plain(name) in rank for rank in TEXT_RANKS)


def names_label(name: str) -> bool:
    return any(plain(name) in rank for task in KNOWN_TASKS for rank in label_ranks(task))


def names_measure(name: str) -> bool:
    """The column holds numbers, dates or identifiers of rows, and no labels."""
    return bool(_MEASURES & _words(name))


def names_stars(name: str) -> bool:
    return bool(_STARS & {plain(name), *_words(name)})


def names_index(name: str) -> bool:
    return plain(name) in INDEX_NAMES
