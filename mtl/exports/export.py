"""One function for all formats: check, write, compare, hand over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Literal, get_args

from mtl.exports.agreement import Agreement, sample_texts
from mtl.exports.writing import check_place, nbytes, whole
from mtl.model.multitask import MultiTaskModel

Format = Literal["html", "onnx", "sentence-transformer"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)

# Each module has `needed_bytes`, `check` and `write`. Loaded when used: one needs an extra.
_MODULES: Final[dict[Format, str]] = {
    "html": "mtl.exports.html",
    "onnx": "mtl.exports.onnx",
    "sentence-transformer": "mtl.exports.sentence_transformer",
}
_FOLDERS: Final = ("onnx", "sentence-transformer")


@dataclass(frozen=True, kw_only=True)
class Export:
    """What was written, how large it is, and how far each of its parts answers as the model does."""

    format: Format
    path: Path
    nbytes: int
    agreement: Mapping[str, Agreement]


def export_model(
    model: MultiTaskModel,
    format: Format,
    path: Path | str,
    texts: Sequence[str] | None = None,
    *,
    overwrite: bool = False,
) -> Export:
    """Writes a model to `path` in another format: a file for `html`, a folder for the others.

    The export is compared with the model on `texts`, by default bundled sentences. Raises ValueError before
    anything is written where the export is not possible, and where its answers differ from the model's:
    then nothing of it stays.
    """
    if format not in FORMATS:
        raise ValueError(f"format is {format!r}: use one of {', '.join(FORMATS)}")
    if texts is not None and not texts:
        raise ValueError("there is no text to compare the export on: give some, or leave `texts` out")
    path, folder = Path(path), format in _FOLDERS
    if unscaled := [head.task.name for head in model.head_list() if head.mean.isnan().any()]:
        raise ValueError(f"the {unscaled[0]} head has never seen a row: train the model before its export")
    writer: Any = import_module(_MODULES[format])
    writer.check(model)
    check_place(path, writer.needed_bytes(model), folder=folder, overwrite=overwrite)
    compared = sample_texts() if texts is None else list(texts)
    with whole(path, folder=folder) as made:
        agreement = writer.write(model, made, compared)
    return Export(format=format, path=path, nbytes=nbytes(path), agreement=agreement)
