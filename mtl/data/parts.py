"""A table that is written part by part, so that a killed writer goes on after the last whole part."""

import csv
import io
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from mtl.data.stream import Row, is_parquet

_MANIFEST: Final = "about.json"


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column that is written. `type`: Arrow's, by its name in pyarrow ("string") or as an object. `spread`:
    its values are lists of so many numbers, which CSV has in columns of their own."""

    name: str
    type: Any
    spread: int = 0


class Parts:
    """Parts of `out`, a CSV or Parquet file, in a folder beside it, until they are joined."""

    def __init__(
        self, out: Path, columns: Sequence[Column], about: Mapping[str, Any], *, resume: bool
    ) -> None:
        """`about`: what the parts come from. Raises ValueError where the parts of another writer are there,
        or, without `resume`, any."""
        self._out, self._columns = out, columns
        self._parquet = is_parquet(out)
        self._folder = out.with_name(out.name + ".parts")
        if not out.parent.is_dir():
            raise ValueError(f"cannot write {out}: there is no folder {out.parent}")
        manifest = json.dumps(about, sort_keys=True)
        if self._folder.is_dir():
            self._check(manifest, resume)
        else:
            self._folder.mkdir()
            (self._folder / _MANIFEST).write_text(manifest, "utf-8")
        self.done = 0
        while self._part(self.done).is_file():
            self.done += 1

    def add(self, rows: Sequence[Row]) -> None:
        """Writes the next part in one step."""
        partial = self._folder / "partial"
        if self._parquet:
            self._write_parquet(rows, partial)
        else:
            partial.write_bytes(self._csv(rows))
        partial.replace(self._part(self.done))
        self.done += 1

    def join(self) -> None:
        """Makes the parts into one file, in one step, and deletes them."""
        partial = self._folder / "joined"
        if self._parquet:
            self._join_parquet(partial)
        else:
            with partial.open("wb") as stream:
                stream.write(self._header())
                for number in range(self.done):
                    _append(stream, self._part(number))
        partial.replace(self._out)
        shutil.rmtree(self._folder)

    def _check(self, manifest: str, resume: bool) -> None:
        if not resume:
            raise ValueError(
                f"{self._folder} holds the parts of a run that was killed: add --resume, or delete the folder"
            )
        kept = self._folder / _MANIFEST
        if not kept.is_file() or kept.read_text("utf-8") != manifest:
            raise ValueError(
                f"{self._folder} comes from another file, model or setting: delete the folder to begin anew"
            )

    def _part(self, number: int) -> Path:
        return self._folder / f"{number:08}"

    def _header(self) -> bytes:
        names = [
            name
            for column in self._columns
            for name in (
                [f"{column.name}_{i}" for i in range(column.spread)] if column.spread else [column.name]
            )
        ]
        return _lines([names])

    def _csv(self, rows: Sequence[Row]) -> bytes:
        spread = [bool(column.spread) for column in self._columns]
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

    def _schema(self) -> Any:
        import pyarrow

        def of(column: Column) -> Any:
            if column.spread:
                return pyarrow.list_(pyarrow.float32(), column.spread)
            return getattr(pyarrow, column.type)() if isinstance(column.type, str) else column.type

        return pyarrow.schema([(column.name, of(column)) for column in self._columns])

    def _write_parquet(self, rows: Sequence[Row], file: Path) -> None:
        import pyarrow
        import pyarrow.parquet

        schema = self._schema()
        values = zip(*rows, strict=True)
        arrays = [pyarrow.array(list(v), kind) for v, kind in zip(values, schema.types, strict=True)]
        pyarrow.parquet.write_table(pyarrow.Table.from_arrays(arrays, schema=schema), file)

    def _join_parquet(self, file: Path) -> None:
        import pyarrow.parquet

        with pyarrow.parquet.ParquetWriter(file, self._schema()) as writer:
            for number in range(self.done):
                writer.write_table(pyarrow.parquet.read_table(self._part(number)))


def _lines(rows: Sequence[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8")


def _append(stream: BinaryIO, part: Path) -> None:
    with part.open("rb") as content:
        shutil.copyfileobj(content, stream)
