"""Rows of a file that may be larger than memory, CSV or Parquet, read part by part."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import islice
from typing import Any, Final

import pandas as pd

from mtl.data.columns import text_column_in
from mtl.data.places import Place, opened
from mtl.data.table import table_from_frame

PARQUET: Final = ".parquet"
_SEPARATORS: Final = "\t|;,"
_MISSING: Final = "Parquet needs the extra [parquet], which is not installed: run  pip install pyarrow"

Row = tuple[Any, ...]


@dataclass(frozen=True, kw_only=True)
class RowStream:
    """The rows of a file, its columns in their order. `text`: the place of the column of texts. `types`: the
    Arrow types of the columns of a Parquet file, else None."""

    file: Place
    columns: tuple[str, ...]
    text: int
    separator: str = ","
    types: tuple[Any, ...] | None = None

    def parts(self, rows: int, skip: int = 0) -> Iterator[list[Row]]:
        """The rows, so many at a time, after the first `skip` parts. Raises ValueError, naming the row, where
        they cannot be read."""
        found = _parquet_rows(self.file, rows) if self.types else _csv_rows(self.file, self)
        after = islice(found, skip * rows, None)
        while part := list(islice(after, rows)):
            yield part


def is_parquet(file: Place) -> bool:
    """Whether a file is Parquet by its name. Raises ValueError where the library for it is not there."""
    if file.suffix.lower() != PARQUET:
        return False
    if find_spec("pyarrow") is None:
        raise ValueError(_MISSING)
    return True


def open_rows(file: Place, column: str | None = None) -> RowStream:
    """The rows of a Parquet file, or of a CSV file in UTF-8 with the names of its columns in the first line.

    `column` holds the texts; by default the one that is called as texts are. Raises ValueError where the file
    cannot be read, or has no such column.
    """
    try:
        return _open_parquet(file, column) if is_parquet(file) else _open_csv(file, column)
    except OSError as error:
        raise ValueError(f"cannot read {file}: {error.strerror or error}") from None


def _open_csv(file: Place, column: str | None) -> RowStream:
    with _lines(file) as stream:
        try:
            line = stream.readline()
            names = max((next(csv.reader([line], delimiter=s), []) for s in _SEPARATORS), key=len)
        except UnicodeDecodeError:
            raise _not_utf8(file) from None
    separator = next(s for s in _SEPARATORS if next(csv.reader([line], delimiter=s), []) == names)
    return RowStream(file=file, columns=tuple(names), text=_place(file, names, column), separator=separator)


def _open_parquet(file: Place, column: str | None) -> RowStream:
    import pyarrow
    import pyarrow.parquet

    try:
        with opened(file) as stream:
            schema = pyarrow.parquet.read_schema(stream)
    except pyarrow.ArrowInvalid as error:
        raise ValueError(f"{file.name} is no Parquet file: {error}") from None
    names = list(schema.names)
    return RowStream(
        file=file, columns=tuple(names), text=_place(file, names, column), types=tuple(schema.types)
    )


def _place(file: Place, names: list[str], column: str | None) -> int:
    table = table_from_frame(pd.DataFrame(columns=names), file.name)
    return list(table.cells.columns).index(text_column_in(table, column))


def _csv_rows(file: Place, stream: RowStream) -> Iterator[Row]:
    width = len(stream.columns)
    with _lines(file) as lines:
        reader = csv.reader(lines, delimiter=stream.separator, strict=True)
        try:
            next(reader)
            for fields in reader:
                if not fields:
                    continue
                if len(fields) != width:
                    raise ValueError(
                        f"{file.name}: line {reader.line_num} ends a row of {len(fields)} fields, where the "
                        f"first line names {width}: put a text that holds the separator into double quotes"
                    )
                yield tuple(fields)
        except UnicodeDecodeError:
            raise _not_utf8(file) from None
        except csv.Error as error:
            raise ValueError(f"{file.name}: line {reader.line_num} cannot be read: {error}") from None


def _parquet_rows(file: Place, rows: int) -> Iterator[Row]:
    import pyarrow.parquet

    with opened(file) as stream, pyarrow.parquet.ParquetFile(stream) as found:
        for batch in found.iter_batches(batch_size=rows):
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _lines(file: Place) -> io.TextIOWrapper:
    return io.TextIOWrapper(opened(file), encoding="utf-8-sig", newline="")


def _not_utf8(file: Place) -> ValueError:
    return ValueError(
        f"{file.name} is not UTF-8, as a file that is read in parts has to be: save it as UTF-8"
    )
