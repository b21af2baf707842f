"""Small changes of a text that must not change what it means, and one that must: always the same ones."""

import re
from collections.abc import Callable
from typing import Final

_WORD: Final = re.compile(r"[^\W\d_]+")
_MARKS: Final = ".!?… "
_NAMES: Final = (
    "Anna", "Maria", "Emma", "Olivia", "Sarah", "Laura", "Fatima", "Aisha", "Mei", "Priya", "Julia", "Mary",
    "Linda", "Susan", "Alice", "Kate", "John", "James", "David", "Michael", "Robert", "Peter", "Paul", "Tom",
    "Ahmed", "Mohammed", "Ali", "Wei", "Raj", "Carlos", "Juan", "Pedro", "Ivan", "Max", "Ben", "Sam", "Mark",
)  # fmt: skip
_NAME: Final = re.compile(rf"\b({'|'.join(_NAMES)})\b")
# The negation of a verb is put after it; "not" that is there already is taken away.
_VERB: Final = re.compile(
    r"\b(is|are|was|were|am|can|could|will|would|should|must|may|might|has|have|had|does|do|did)\b", re.I
)
_NEGATED: Final = re.compile(r"(\bca)n['’]?t\b|(\bwo)n['’]t\b|n['’]t\b|(?<!\s)\s+not\b|\bnever\s+", re.I)
_I_THINK: Final = re.compile(
    r"\b(I|we|you|they)\s+(?=(like|love|enjoy|want|need|recommend|agree|know|think|believe)\b)", re.I
)


def typo(text: str) -> str:
    """Two letters inside the longest word change places."""
    longest = max(_WORD.finditer(text), key=lambda word: len(word.group()), default=None)
    if longest is None or len(longest.group()) < 4:
        return text
    start, word = longest.start(), longest.group()
    pairs = [at for at in range(1, len(word) - 2) if word[at] != word[at + 1]]
    if not pairs:
        return text
    at = start + pairs[len(pairs) // 2]
    return f"{text[:at]}{text[at + 1]}{text[at]}{text[at + 2 :]}"


def polite(text: str) -> str:
    """ "please" before the last mark, or at the end."""
    body = text.rstrip(_MARKS)
    return f"{body}, please{text[len(body) :].rstrip()}" if body else text


def other_name(text: str) -> str:
    """The next of a list of first names for each that the text holds."""
    return _NAME.sub(lambda name: _NAMES[(_NAMES.index(name.group()) + 1) % len(_NAMES)], text)


def negation(text: str) -> str:
    """ "not" after the first auxiliary verb, or taken away where it stands."""
    if _NEGATED.search(text):
        return _NEGATED.sub(lambda found: "can" if found[1] else "will" if found[2] else "", text, count=1)
    if _VERB.search(text):
        return _VERB.sub(r"\1 not", text, count=1)
    return _I_THINK.sub(r"\1 do not ", text, count=1)


HARMLESS: Final[dict[str, Callable[[str], str]]] = {
    "typo": typo,
    "polite": polite,
    "name": other_name,
    "lower case": str.lower,
}
CONTRARY: Final[dict[str, Callable[[str], str]]] = {"negation": negation}
