"""A file of rows -> a table of text cells, whatever wrote it."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd

_SEPARATORS: Final = (",", ";", "\t", "|")


@dataclass(frozen=True)
class Table:
    """Cells as text. Column names are lower-cased and stripped; row i of `cells` is row i + 2 of the file."""

    name: str
    cells: pd.DataFrame


def read_table(file: Path | str) -> Table:
    """Reads a CSV file: UTF-8 (with or without BOM), UTF-16 or Windows-1252; comma, semicolon, tab or pipe.

    Raises ValueError, naming the file and the row, where it cannot be read.
    """
    path = Path(file)
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror}. Check the path.") from None
    text = _decode(raw)
    if not text.strip():
        raise ValueError(f"{path.name} is empty: it needs a header such as text,label and rows below it")
    try:
        cells = pd.read_csv(
            io.StringIO(text, newline=""),
            sep=_separator(text),
            dtype=str,
            keep_default_na=False,
            skip_blank_lines=False,
            index_col=False,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise ValueError(
            f"{path.name} is not a proper CSV file ({str(error).strip()}). Put a text that holds "
            "the separator into double quotes."
        ) from None
    return table_from_frame(cells, path.name)


def table_from_frame(frame: pd.DataFrame, name: str = "the data frame") -> Table:
    """A pandas frame as a table of text cells."""
    cells = frame.fillna("").astype(str)
    cells.columns = [str(column).strip().casefold() for column in frame.columns]
    return Table(name, cells)


def _decode(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def _separator(text: str) -> str:
    header = text.lstrip().splitlines()[0]
    return max(_SEPARATORS, key=header.count)
