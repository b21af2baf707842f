"""Texts of a file -> texts to train on: what is repaired in them, and what is only noted."""

import html
import re
from collections.abc import Callable, Sequence
from typing import Final

from mtl.data.issues import Issue
from mtl.schema.formulas import unguarded

_LONG_WORDS: Final = 190

_PLAIN: Final = re.compile(r"[ -%'-;>?A-Za-z\[\]_]*")
_TAG: Final = re.compile(
    r"</?(?:br|p|b|i|u|a|em|strong|div|span|ul|ol|li|h[1-6]|img|font|table|tbody|tr|td|th|blockquote|code|pre|"
    r"sup|sub|hr)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_BREAKING: Final = re.compile(
    r"</?(?:br|p|div|li|ul|ol|tr|td|th|h[1-6]|hr|table|blockquote)\b", re.IGNORECASE
)
_SPACES: Final = re.compile(r" {2,}")
_ENTITY: Final = re.compile(r"&(?:[a-z][a-z0-9]{1,30}|#\d{1,7}|#x[0-9a-f]{1,6});", re.IGNORECASE)
# It begins only where spaces do, or many of them would take time with the square of their number.
_BREAK: Final = re.compile(r"(?<!\s)[^\S\r\n\t\v\f\x85\u2028\u2029]*+[\r\n\t\v\f\x85\u2028\u2029]\s*+")
# Control characters, soft hyphens, zero-width characters and marks of direction; U+200D joins emoji.
_INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_EMOJI: Final = re.compile("[\u2600-\u27bf\u2b50\u2b55\U0001f000-\U0001faff]")
_FORMULA: Final = re.compile(r"=[A-Za-z(+\-\"@]|[+\-@][_.0-9]*[A-Za-z][A-Za-z_.0-9]*[(|!]")


def _byte(character: str) -> bytes:
    try:
        return character.encode("cp1252")
    except UnicodeEncodeError:
        return character.encode("latin-1")


def _cp1252(first: int, last: int) -> str:
    # The five bytes that Windows-1252 leaves open usually survive as control characters.
    return re.escape("".join(bytes([b]).decode("cp1252", "ignore") or chr(b) for b in range(first, last + 1)))


_REST: Final = _cp1252(0x80, 0xBF)
# Only what no text means: "Spaß“" and "café…" are letters before a mark, not garbled ones.
_MOJIBAKE: Final = re.compile(f"\xc3(?![“”])[{_REST}]|\xc2[\x80-\xbf]|â[€„œ¤][{_REST}]|ðŸ[{_REST}]{{2}}")


def _decoded_again(found: re.Match[str]) -> str:
    try:
        return b"".join(map(_byte, found.group())).decode("utf-8")
    except UnicodeError:
        return found.group()


def _repaired(text: str) -> str:
    return _MOJIBAKE.sub(_decoded_again, text)


def _unescaped(text: str) -> str:
    try:
        return html.unescape(text)
    except ValueError:  # a number with thousands of digits, which Python does not read
        return text


def _without_html(text: str) -> str:
    bare = text
    for _ in range(3):  # what went through several programs is escaped several times
        bare = _unescaped(bare) if _ENTITY.search(bare) else bare
    untagged = _TAG.sub(lambda tag: " " if _BREAKING.match(tag.group()) else "", bare)
    return untagged if untagged == text else _SPACES.sub(" ", untagged)


def _visible(text: str) -> str:
    return _INVISIBLE.sub("", text)


def _on_one_line(text: str) -> str:
    return _BREAK.sub(" ", text)


_CHANGES: Final[tuple[tuple[str, Callable[[str], str], str, str], ...]] = (
    ("mojibake", _repaired, "letters garbled by a wrong encoding", "repaired"),
    ("html", _without_html, "HTML", "tags are removed and entities such as &amp; are read"),
    ("line_break", _on_one_line, "a line break or tab within the text", "read as a space"),
    ("control", _visible, "invisible or control characters", "removed"),
)
_NOTES: Final[tuple[tuple[str, Callable[[str], object], str, str], ...]] = (
    (
        "lost",
        lambda text: "\ufffd" in text,
        "a letter that was lost when the file was written",
        "kept as \ufffd",
    ),
    ("emoji", _EMOJI.search, "emoji", "kept; the encoder knows few of them"),
    ("formula", _FORMULA.match, "a text like a formula", "kept as plain text, here and in downloads"),
)


def clean_texts(texts: Sequence[str], rows: Sequence[int]) -> tuple[list[str], tuple[Issue, ...]]:
    """Stripped texts without markup and invisible characters; `rows` are their row numbers."""
    found: dict[str, list[int]] = {kind: [] for kind, *_ in (*_CHANGES, *_NOTES)}
    found["long"] = []
    clean = []
    for raw, row in zip(texts, rows, strict=True):
        text = unguarded(raw.strip())
        if not _PLAIN.fullmatch(text) or text[:1] in ("=", "+", "-", "@"):
            text, kinds = _clean(text)
            for kind in kinds:
                found[kind].append(row)
        if len(text) > _LONG_WORDS and len(text.split()) > _LONG_WORDS:
            found["long"].append(row)
        clean.append(text)
    about = {kind: (what, action) for kind, _, what, action in (*_CHANGES, *_NOTES)}
    about["long"] = (
        f"more than {_LONG_WORDS} words",
        "kept; probably only its start is read (the first 256 word pieces)",
    )
    return clean, tuple(
        Issue(kind=kind, severity="fixed", what=about[kind][0], action=about[kind][1], rows=tuple(numbers))
        for kind, numbers in found.items()
        if numbers
    )


def _clean(text: str) -> tuple[str, list[str]]:
    kinds = []
    for kind, change, *_ in _CHANGES:
        changed = change(text).strip()
        if changed != text:
            kinds.append(kind)
        text = changed
    return text, kinds + [kind for kind, test, *_ in _NOTES if test(text)]
