"""Bytes of a file -> its text."""

import codecs
from typing import Final

from mtl.data.issues import Issue, Unusable

_MAGIC: Final = {
    b"PK\x03\x04": "an Excel workbook or another zip archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "a gzip archive",
}
_SAVE: Final = "save its rows as CSV and use that file"
_TEXT_CONTROLS: Final = b"\t\n\r\x0b\x0c\x1a\x1b"


def decode(raw: bytes, name: str) -> tuple[str, tuple[Issue, ...]]:
    """UTF-8 or UTF-16, with or without a byte order mark; else Windows-1252.

    Raises ValueError, naming the file, for something else than text.
    """
    for magic, thing in _MAGIC.items():
        if raw.startswith(magic):
            raise Unusable("not_csv", f"{name} is {thing}, not a text file", _SAVE)
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", errors="replace"), ()
    if encoding := _utf_16(raw[:4096]):
        return raw.decode(encoding, errors="replace"), (_read_as("UTF-16 without a byte order mark"),)
    head = raw[:4096]
    controls = sum(byte < 32 or byte == 127 for byte in head) - sum(map(head.count, _TEXT_CONTROLS))
    if controls > len(head) / 12:
        raise Unusable("not_csv", f"{name} is not a text file", _SAVE)
    try:
        return raw.decode("utf-8-sig"), ()
    except UnicodeDecodeError:
        text = "\n".join(map(_line, raw.removeprefix(codecs.BOM_UTF8).split(b"\n")))
        return text, (_read_as("Windows-1252, at least in part"),)


def _line(line: bytes) -> str:
    # Line by line, because files that were put together from several hold both.
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace")


def _utf_16(head: bytes) -> str | None:
    for encoding, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[::2])):
        if head.count(0) == zeros.count(0) > len(head) / 4:
            return encoding
    return None


def _read_as(encoding: str) -> Issue:
    return Issue(
        kind="encoding",
        severity="fixed",
        what="the file is not UTF-8",
        action=f"it is read as {encoding}; look at some accented letters in the preview",
    )
