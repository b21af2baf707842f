"""`predict` and `embed` on files that may be larger than memory: read, answered and written part by part."""

import argparse
import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from mtl.data.parts import Column
    from mtl.data.stream import RowStream
    from mtl.model.multitask import MultiTaskModel

ROWS_PER_PART: Final = 2048
# A smaller CSV file is read whole, by the reader that knows what spreadsheets make of one.
_WHOLE_BYTES: Final = 2**25
_PARQUET: Final = ".parquet"

_Answer = Callable[[list[str]], Iterable[tuple[Any, ...]]]


def is_stream(file: Path, out: Path | None, *, resume: bool) -> bool:
    """Whether a file is to be answered part by part. Raises ValueError where it is, and `out` is missing."""
    parquet = any(path is not None and path.suffix.lower() == _PARQUET for path in (file, out))
    large = file.is_file() and file.stat().st_size > _WHOLE_BYTES
    if out is None and (resume or parquet):
        raise ValueError(f"{'--resume' if resume else file.name} goes with --out FILE")
    return resume or parquet or (large and out is not None)


def predict_file(arguments: argparse.Namespace) -> None:
    """Labels the texts of a file; the columns are those of `mtl.model.predictions`."""
    from mtl.data.parts import Column
    from mtl.data.stream import open_rows
    from mtl.model.checkpoint import load_model
    from mtl.model.predictions import cells_of, chunks_of, columns
    from mtl.model.pretrained import load_encoder
    from mtl.training.default import load_default

    _check_output(arguments)
    rows = open_rows(arguments.csv, arguments.text_column)
    encoder = load_encoder(arguments.encoder)
    model = load_model(arguments.model, encoder) if arguments.model else load_default(encoder)

    def answer(texts: list[str]) -> Iterator[tuple[Any, ...]]:
        for chunk in chunks_of(texts):
            yield from (tuple(cells_of(prediction)) for prediction in model.predict(chunk, fast=True))

    kinds = [
        *(
            kind
            for task in model.tasks
            for kind in ("string", "float64", "bool_", *("float64" for _ in task.labels))
        ),
        *("bool_", "bool_"),
    ]
    names = columns(model.tasks, rows.columns)
    made = [
        Column(name=name, type=kind) for name, kind in zip(names[len(rows.columns) :], kinds, strict=True)
    ]
    _answer(rows, names, made, answer, arguments, _fingerprint(model))


def embed_file(arguments: argparse.Namespace) -> None:
    """Embeds the texts of a file: its columns, then the numbers of each sentence embedding, in fp32."""
    from mtl.data.parts import Column
    from mtl.data.stream import open_rows
    from mtl.model.predictions import chunks_of, given_columns
    from mtl.model.pretrained import load_encoder

    _check_output(arguments)
    rows = open_rows(arguments.csv, arguments.text_column)
    loaded = load_encoder(arguments.encoder)

    def answer(texts: list[str]) -> Iterator[tuple[Any, ...]]:
        for chunk in chunks_of(texts):
            yield from (([round(x, 7) for x in row],) for row in loaded.encode(chunk).tolist())

    names = given_columns(rows.columns, ["embedding"])
    made = [Column(name="embedding", type=None, spread=loaded.dimension)]
    _answer(rows, [*names, "embedding"], made, answer, arguments, loaded.fingerprint)


def _check_output(arguments: argparse.Namespace) -> None:
    if arguments.out is None:
        raise ValueError("a file goes with --out FILE")
    if arguments.json:
        raise ValueError("--json goes with texts, or with a small CSV file without --out and --resume")


def _answer(
    rows: "RowStream",
    names: list[str],
    made: "list[Column]",
    answer: _Answer,
    arguments: argparse.Namespace,
    model: str,
) -> None:
    from tqdm import tqdm

    from mtl.data.parts import Column, Parts
    from mtl.model.predictions import give_back_memory

    types = rows.types or ("string",) * len(rows.columns)
    own = [Column(name=name, type=kind) for name, kind in zip(names, types, strict=False)]
    about = {**_about(rows), "columns": names, "model": model}
    parts = Parts(arguments.out, [*own, *made], about, resume=arguments.resume)
    with tqdm(initial=parts.done * ROWS_PER_PART, unit="row") as bar:
        for part in rows.parts(ROWS_PER_PART, skip=parts.done):
            texts = [_text(row[rows.text]) for row in part]
            parts.add([(*row, *cells) for row, cells in zip(part, answer(texts), strict=True)])
            give_back_memory()
            bar.update(len(part))
    parts.join()


def _about(rows: "RowStream") -> dict[str, Any]:
    status = rows.file.stat()
    read = {"text": rows.columns[rows.text], "rows_per_part": ROWS_PER_PART}
    return {"file": str(rows.file.resolve()), "bytes": status.st_size, "changed": status.st_mtime_ns, **read}


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell)


def _fingerprint(model: "MultiTaskModel") -> str:
    digest = hashlib.sha256(model.encoder.fingerprint.encode())
    for tensor in model.snapshot(model.encoder.changed).values():
        digest.update(tensor.numpy().tobytes())
    return digest.hexdigest()
