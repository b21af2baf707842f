"""A file of rows -> a table of text cells, whatever wrote it."""

import io
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pandas as pd

_SEPARATORS: Final = (",", ";", "\t", "|")


@dataclass(frozen=True)
class Table:
    """Cells as text. Column names are lower-cased and stripped; row i of `cells` is row i +
    `first_row` of the file, as a spreadsheet counts."""

    name: str
    cells: pd.DataFrame
    first_row: int = 2


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
    body = text.lstrip("\r\n")
    try:
        cells = _parse(body)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, pd.errors.ParserWarning) as error:
        raise ValueError(
            f"{path.name} is not a proper CSV file ({str(error).strip()}). Put a text that holds "
            "the separator into double quotes."
        ) from None
    return replace(table_from_frame(cells, path.name), first_row=2 + _lines_before(text, body))


def table_from_frame(frame: pd.DataFrame, name: str = "the data frame") -> Table:
    """A pandas frame as a table of text cells."""
    cells = frame.fillna("").astype(str)
    cells.columns = [str(column).strip().casefold() for column in frame.columns]
    return Table(name, cells)


def _parse(text: str) -> pd.DataFrame:
    with warnings.catch_warnings():
        # pandas would drop the last fields of rows that have too many.
        warnings.simplefilter("error", pd.errors.ParserWarning)
        return pd.read_csv(
            io.StringIO(text, newline=""),
            sep=_separator(text),
            dtype=str,
            keep_default_na=False,
            skip_blank_lines=False,
            index_col=False,
        )


def _lines_before(text: str, body: str) -> int:
    return len(text[: len(text) - len(body)].splitlines())


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
