"""`predict` and `embed` on files that may be larger than memory: read, answered and written part by part."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mtl.data.places import Remote, about

if TYPE_CHECKING:
    from mtl.cli.answering import Answerer
    from mtl.data.parts import Form
    from mtl.data.stream import RowStream
    from mtl.model.encoder import Encoder
    from mtl.model.multitask import MultiTaskModel

# As in `mtl.model.predictions`, which takes torch to import.
ROWS_PER_PART: Final = 2048
# A smaller CSV file is read whole, by the reader that knows what spreadsheets make of one.
_WHOLE_BYTES: Final = 2**25
_PARQUET: Final = ".parquet"


def is_stream(arguments: argparse.Namespace) -> bool:
    """Whether a file is to be answered part by part. Raises ValueError where it lacks `--out`."""
    file, out = arguments.csv, arguments.out
    parts = any(
        path is not None and (isinstance(path, Remote) or path.suffix.lower() == _PARQUET)
        for path in (file, out)
    )
    asked = next((f"--{name}" for name in ("resume", "ray") if getattr(arguments, name)), None)
    large = isinstance(file, Path) and file.is_file() and file.stat().st_size > _WHOLE_BYTES
    if out is None and (asked or parts):
        raise ValueError(f"{asked or file.name} goes with --out FILE")
    return bool(asked) or parts or (large and out is not None)


def predict_file(arguments: argparse.Namespace) -> None:
    """Labels the texts of a file; the columns are those of `mtl.model.predictions`."""
    from mtl.cli.answering import predicting
    from mtl.data.stream import open_rows
    from mtl.model.checkpoint import load_model
    from mtl.training.default import load_default

    _check_options(arguments)
    rows = open_rows(arguments.csv, arguments.text_column)
    encoder = _encoder(arguments)
    model = load_model(arguments.model, encoder) if arguments.model else load_default(encoder)
    _answer(rows, predicting(model), arguments, encoder, model)


def embed_file(arguments: argparse.Namespace) -> None:
    """Embeds the texts of a file: its columns, then the numbers of each sentence embedding, in fp32."""
    from mtl.cli.answering import embedding
    from mtl.data.stream import open_rows

    _check_options(arguments)
    rows = open_rows(arguments.csv, arguments.text_column)
    encoder = _encoder(arguments)
    _answer(rows, embedding(encoder), arguments, encoder, None)


def _check_options(arguments: argparse.Namespace) -> None:
    if arguments.out is None:
        raise ValueError("a file goes with --out FILE")
    if arguments.json:
        raise ValueError("--json goes with texts, or with a small CSV file without --out and --resume")
    if arguments.ray:
        from mtl.cli.ray_cluster import asked_of_ray

        asked_of_ray(arguments)


def _encoder(arguments: argparse.Namespace) -> "Encoder":
    from mtl.model.pretrained import load_encoder

    # With Ray, the devices are those of its machines: this one may have none.
    return load_encoder(arguments.encoder, "cpu" if arguments.ray else None)


def _answer(
    rows: "RowStream",
    answerer: "Answerer",
    arguments: argparse.Namespace,
    encoder: "Encoder",
    model: "MultiTaskModel | None",
) -> None:
    from tqdm import tqdm

    from mtl.data.parts import Column, Form, Parts
    from mtl.data.stream import is_parquet
    from mtl.model.predictions import given_columns

    names = given_columns(rows.columns, [column.name for column in answerer.columns])
    types = rows.types or ("string",) * len(rows.columns)
    own = [Column(name=name, type=kind) for name, kind in zip(names, types, strict=True)]
    form = Form(columns=(*own, *answerer.columns), parquet=is_parquet(arguments.out))
    comes_from = {
        **about(rows.file),
        "text": rows.columns[rows.text],
        "rows_per_part": ROWS_PER_PART,
        "columns": [column.name for column in form.columns],
        "model": answerer.fingerprint,
    }
    parts = Parts(arguments.out, form, comes_from, resume=arguments.resume)
    if arguments.ray:
        from mtl.cli.ray_cluster import asked_of_ray
        from mtl.cli.ray_parts import Recipe, answered_by_ray

        recipe = Recipe.of(encoder, model, answerer.fingerprint, rows.text, form)
        made = answered_by_ray(rows, ROWS_PER_PART, parts.done, recipe, asked_of_ray(arguments))
    else:
        made = _answered_here(rows, parts.done, answerer, form)
    with tqdm(initial=parts.done * ROWS_PER_PART, unit="row") as bar:
        for count, part in made:
            parts.add(part)
            bar.update(count)
    parts.join()


def _answered_here(
    rows: "RowStream", skip: int, answerer: "Answerer", form: "Form"
) -> Iterator[tuple[int, bytes]]:
    from mtl.cli.answering import answered

    for part in rows.parts(ROWS_PER_PART, skip=skip):
        yield len(part), answered(part, rows.text, answerer, form)
