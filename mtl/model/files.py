"""The files of a saved model, in a folder or a zip: how each is read, and what is said where it cannot be."""

import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from safetensors import SafetensorError

from mtl.model.archive import FACTS, LIMITS, WEIGHTS, members, read_member
from mtl.model.plausible import parsed_json
from mtl.model.whole import whole, write_whole


class _Impossible(Exception):
    """A file holds what no program would write there."""


# What a damaged or foreign file makes the readers raise; zipfile's RuntimeError: one it cannot read,
# the JSON reader's: one nested too deeply.
_UNREADABLE: Final = (
    OSError,
    EOFError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
    SafetensorError,
    UnicodeDecodeError,
    json.JSONDecodeError,
    _Impossible,
)


def model_facts(source: Path | str) -> dict[str, Any]:
    """The JSON part of a saved model."""
    path = Path(source)
    with reading(path):
        facts: dict[str, Any] = read_json(content(path, FACTS, LIMITS[FACTS]))
    return facts


def add_facts(path: Path, facts: Mapping[str, Any]) -> None:
    """Adds to the JSON of a saved model, in its folder or zip."""
    description = json.dumps({**model_facts(path), **facts}, indent=2) + "\n"
    if path.is_dir():
        write_whole(path / FACTS, description)
        return
    others = {name: read_member(path, name, LIMITS[name]) for name in members(path) if name != FACTS}
    with whole(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content_of in sorted({**others, FACTS: description.encode("utf-8")}.items()):
            archive.writestr(name, content_of)


def read_json(raw: bytes | str) -> Any:
    """The JSON in a file of a model; for use within `reading`."""
    try:
        return parsed_json(raw)
    except json.JSONDecodeError:
        raise
    except ValueError as error:
        raise _Impossible(str(error)) from None


def names_in(path: Path) -> set[str]:
    """The names of the files in a model's folder or zip."""
    return set(members(path)) if path.is_file() else {file.name for file in path.iterdir()}


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turns what a damaged or foreign file raises into a ValueError that names it."""
    try:
        yield
    except FileNotFoundError:
        raise ValueError(f"{path} is not a model: no {WEIGHTS} and {FACTS} there") from None
    except _UNREADABLE as error:
        raise ValueError(f"{path.name} is not a model or is damaged ({error})") from None


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turns what wrong facts raise into a ValueError that names the model."""
    try:
        yield
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path.name} is not a model: {FACTS} is incomplete ({error})") from None
    except ValueError as error:
        raise ValueError(f"cannot use the model {path.name}: {error}") from None


def content(path: Path, name: str, limit: int) -> bytes:
    """One file of a model. Raises ValueError where a zip holds more than `limit` bytes of it, or none."""
    if path.is_dir():
        return (path / name).read_bytes()
    try:
        return read_member(path, name, limit)
    except ValueError as error:
        raise ValueError(f"{path.name} is not a model: {error}") from None
