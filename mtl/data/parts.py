"""A table that is written part by part, so that a killed writer goes on after the last whole part."""

import csv
import io
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from mtl.data.places import Place, write
from mtl.data.stream import Row

_MANIFEST: Final = "about.json"


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column that is written. `type`: Arrow's, by its name in pyarrow ("string") or as an object. `spread`:
    its values are lists of so many numbers, which CSV has in columns of their own."""

    name: str
    type: Any
    spread: int = 0


@dataclass(frozen=True, kw_only=True)
class Form:
    """The columns of a table that is written part by part, and whether as Parquet or as CSV."""

    columns: tuple[Column, ...]
    parquet: bool

    def part(self, rows: Sequence[Row]) -> bytes:
        """Some rows as a part of the file: Parquet of its own, or lines of CSV."""
        if self.parquet:
            return self._parquet(rows)
        spread = [bool(column.spread) for column in self.columns]
        return _lines(
            [
                [
                    cell
                    for value, many in zip(row, spread, strict=True)
                    for cell in (value if many else [value])
                ]
                for row in rows
            ]
        )

    def header(self) -> bytes:
        """The first line of a CSV file."""
        names = [
            name
            for column in self.columns
            for name in (
                [f"{column.name}_{i}" for i in range(column.spread)] if column.spread else [column.name]
            )
        ]
        return _lines([names])

    def schema(self) -> Any:
        """The columns of a Parquet file, as Arrow names them."""
        import pyarrow

        def of(column: Column) -> Any:
            if column.spread:
                return pyarrow.list_(pyarrow.float32(), column.spread)
            return getattr(pyarrow, column.type)() if isinstance(column.type, str) else column.type

        return pyarrow.schema([(column.name, of(column)) for column in self.columns])

    def _parquet(self, rows: Sequence[Row]) -> bytes:
        import pyarrow
        import pyarrow.parquet

        schema, content = self.schema(), io.BytesIO()
        values = zip(*rows, strict=True)
        arrays = [pyarrow.array(list(v), kind) for v, kind in zip(values, schema.types, strict=True)]
        pyarrow.parquet.write_table(pyarrow.Table.from_arrays(arrays, schema=schema), content)
        return content.getvalue()


class Parts:
    """Parts of the file `out` in a folder, until they are joined. The folder lies beside the file; of a file
    at an address, where the command runs. It is made with the first part."""

    def __init__(self, out: Place, form: Form, about: Mapping[str, Any], *, resume: bool) -> None:
        """`about`: what the parts come from. Raises ValueError where the parts of another writer are there,
        or, without `resume`, any."""
        self._out, self._form = out, form
        beside = out.parent if isinstance(out, Path) else Path()
        self._folder = beside / (out.name + ".parts")
        if not beside.is_dir():
            raise ValueError(f"cannot write {out}: there is no folder {beside}")
        self._manifest = json.dumps(about, sort_keys=True)
        if self._folder.is_dir():
            self._check(resume)
        self.done = 0
        while self._part(self.done).is_file():
            self.done += 1

    def add(self, part: bytes) -> None:
        """Writes the next part, as the form makes it, in one step."""
        self._begin()
        partial = self._folder / "partial"
        partial.write_bytes(part)
        partial.replace(self._part(self.done))
        self.done += 1

    def join(self) -> None:
        """Makes the parts into one file, in one step, and deletes them."""
        self._begin()
        joined = self._folder / "joined"
        if self._form.parquet:
            self._join_parquet(joined)
        else:
            with joined.open("wb") as stream:
                stream.write(self._form.header())
                for number in range(self.done):
                    _append(stream, self._part(number))
        if isinstance(self._out, Path):
            joined.replace(self._out)
        else:
            with joined.open("rb") as stream:
                write(self._out, stream)
        shutil.rmtree(self._folder)

    def _begin(self) -> None:
        if not self._folder.is_dir():
            self._folder.mkdir()
            (self._folder / _MANIFEST).write_text(self._manifest, "utf-8")

    def _check(self, resume: bool) -> None:
        if not resume:
            raise ValueError(
                f"{self._folder} holds the parts of a run that was killed: add --resume, or delete the folder"
            )
        kept = self._folder / _MANIFEST
        if not kept.is_file() or kept.read_text("utf-8") != self._manifest:
            raise ValueError(
                f"{self._folder} comes from another file, model or setting: delete the folder to begin anew"
            )

    def _part(self, number: int) -> Path:
        return self._folder / f"{number:08}"

    def _join_parquet(self, file: Path) -> None:
        import pyarrow.parquet

        with pyarrow.parquet.ParquetWriter(file, self._form.schema()) as writer:
            for number in range(self.done):
                writer.write_table(pyarrow.parquet.read_table(self._part(number)))


def _lines(rows: Sequence[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8")


def _append(stream: BinaryIO, part: Path) -> None:
    with part.open("rb") as content:
        shutil.copyfileobj(content, stream)
