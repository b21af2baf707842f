"""`python -m mtl.data.named_fetch NAME SPLIT FILE`: a data set into a CSV file; see `named_file`.

Rows are streamed: nothing is fetched beyond a limit, and nothing but the file is kept.
"""

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from mtl.data.benchmarks import BENCHMARKS, NamedRows, named, told
from mtl.schema.limits import limits

# What is asked before anything is fetched answers within this, or not at all.
_ANSWERS_WITHIN_S: Final = 10.0
_MEMORY: Final = 3 * 2**30
_TABLES: Final = ("csv", "json", "parquet", "arrow", "text")
_SMALLER: Final = "take a smaller one, or a part of it with --dataset and --split on the command line"


def main() -> None:
    """Prints, as JSON, what `NamedFile` holds, or the error."""
    _, name, split, file = sys.argv
    _bound()
    try:
        said = fetch(name, split, Path(file))
    except ValueError as error:
        said = {"error": str(error)}
    except MemoryError:
        said = {"error": f"{name} does not fit into memory: {_SMALLER}"}
    print(json.dumps(said))


def fetch(name: str, split: str, file: Path) -> dict[str, str | None]:
    """Writes the rows, and tells the task and the credit. Raises ValueError as `named_rows`, and where there
    are more rows or bytes than an uploaded file may have."""
    rows = streamed_rows(name, split)
    task, label = rows.learnt(name)
    cells = rows.table.cells.set_axis(list(rows.table.header), axis=1)
    if rows.text and label:
        cells = cells[[rows.text, label]].set_axis(["text", "label"], axis=1)
    cells.to_csv(file, index=False)
    return {"task": task, "credit": f"{rows}"}


def streamed_rows(name: str, split: str) -> NamedRows:
    """The rows of a data set, as `named_rows` has them, within the limits of an uploaded file. Columns that
    hold no text, number or label are left out."""
    import datasets

    datasets.disable_progress_bars()
    known = BENCHMARKS.get(name)
    path, revision = (known.path, known.revision) if known else (name, None)
    with told(path):
        _ask(path)
        builder = datasets.load_dataset_builder(path, revision=revision, token=False)
        _check_files(path, builder)
        info = (builder.info.splits or {}).get(split)
        _check_size(path, info.num_examples if info else 0, info.num_bytes if info else 0)
        rows = builder.as_streaming_dataset(split)
        if features := rows.features:
            rows = rows.select_columns([c for c, kind in features.items() if hasattr(kind, "dtype")])
        return named(name, split, _frame(path, rows), builder.info, features)


def _ask(path: str) -> None:
    """Raises what `datasets` would where the Hub does not answer: that takes it half a minute to find out."""
    if Path(path).is_dir():
        return
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    try:
        HfApi(token=False).dataset_info(path, timeout=_ANSWERS_WITHIN_S)
    except HfHubHTTPError as error:
        raise FileNotFoundError(path) from error
    except Exception as error:  # of any kind: no answer came
        raise ConnectionError(path) from error


def _check_files(path: str, builder: Any) -> None:
    """Raises ValueError unless the rows are tables within the data set: its card may name any file of this
    machine or of its network."""
    inside = f"{Path(path).resolve()}/" if Path(path).is_dir() else f"hf://datasets/{path}@"
    files = [file for files in (builder.config.data_files or {}).values() for file in files]
    if any(not file.startswith(inside) or "::" in file or ".." in file for file in files):
        raise ValueError("its card names files that lie elsewhere")
    if type(builder).__module__.rpartition(".")[2] not in _TABLES:
        raise ValueError(f"its files are no tables ({', '.join(_TABLES)})")


def _check_size(path: str, rows: int | None, nbytes: int | None) -> None:
    most = limits()
    if (rows or 0) > most.rows:
        raise most.refusal("rows", f"{path} has {rows:,} rows", _SMALLER)
    if (nbytes or 0) > most.upload_bytes:
        raise most.refusal("upload_bytes", f"{path} has {(nbytes or 0) / 2**20:,.0f} MB", _SMALLER)


def _frame(path: str, rows: Iterable[Mapping[str, Any]]) -> Any:
    import pandas as pd

    most, characters = limits(), 0
    kept: list[dict[str, Any]] = []
    for row in rows:
        cells = {column: cell for column, cell in row.items() if isinstance(cell, str | int | float)}
        characters += sum(len(cell) for cell in cells.values() if isinstance(cell, str))
        if len(kept) == most.rows:
            raise most.refusal("rows", f"{path} has more than {most.rows:,} rows", _SMALLER)
        if characters > most.upload_bytes:
            raise most.refusal("upload_bytes", f"{path} is too large", _SMALLER)
        kept.append(cells)
    if not kept:
        raise ValueError("it has no rows")
    return pd.DataFrame(kept)


def _bound() -> None:
    """No more memory and no larger file than this, where the system can see to it."""
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY, _MEMORY))
    largest = 2 * limits().upload_bytes
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))


if __name__ == "__main__":
    main()
