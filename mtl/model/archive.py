"""Zip files of models: what they may hold, and how they are read without trusting them."""

import stat
import zipfile
from pathlib import Path
from typing import Final

from mtl.model.whole import whole, write_whole
from mtl.schema.limits import limits

WEIGHTS: Final = "model.safetensors"
FACTS: Final = "model.json"
HISTORY: Final = "history.csv"
EVENTS: Final = "events.jsonl"
REPORT: Final = "report.json"
# What earlier versions called the report; their zip files are still read.
FORMER_REPORT: Final = "verdict.json"
CARD: Final = "README.md"
SNIPPET: Final = "use_model.py"
# The most bytes of each member. A reader that knows the model limits its weights further.
LIMITS: Final = {
    WEIGHTS: 2**30,
    FACTS: 2**20,
    HISTORY: 2**24,
    EVENTS: 2**25,
    REPORT: 2**24,
    FORMER_REPORT: 2**24,
    CARD: 2**20,
    SNIPPET: 2**16,
}
_PICKLES: Final = (".pkl", ".pickle", ".pt", ".pth", ".bin", ".ckpt", ".joblib", ".npy", ".npz")
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def forget_model(folder: Path) -> None:
    """Deletes a saved model, its facts first: without them no reader takes the rest for a model."""
    if (folder / FACTS).exists():
        for name in (FACTS, *LIMITS):
            (folder / name).unlink(missing_ok=True)


def pack(folder: Path, archive: Path) -> Path:
    """Packs a saved model's files, and nothing else of its folder, into one zip file."""
    with whole(archive, lasting=False) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as stream:
        for name in sorted(LIMITS):
            if (folder / name).is_file():
                stream.write(folder / name, name)
    return archive


def unpack(archive: Path, folder: Path) -> None:
    """Writes a model's files into a new folder. The card and the script are left out: nobody here reads the
    one or runs the other."""
    there = members(archive)
    folder.mkdir(parents=True)
    for name in (WEIGHTS, HISTORY, EVENTS, REPORT, FORMER_REPORT, FACTS):
        if name in there:
            write_whole(folder / name, read_member(archive, name, LIMITS[name]))


def members(path: Path) -> dict[str, int]:
    """The size of each member, in bytes. Raises ValueError with the reason where one should not be there."""
    with zipfile.ZipFile(path) as archive:
        return {name: info.file_size for name, info in _checked(archive).items()}


def read_member(path: Path, name: str, limit: int) -> bytes:
    """The content of one member. Raises ValueError where it is missing or longer than `limit` bytes, or where
    any member is not as it should be."""
    with zipfile.ZipFile(path) as archive:
        checked = _checked(archive)
        if name not in checked:
            raise ValueError(f"it holds no {name}")
        if (size := checked[name].file_size) > limit:
            raise ValueError(f"{name} would unpack to {size:,} bytes, but it needs {limit:,} at most")
        # zipfile stops at the size that was checked, whatever the compressed data would give.
        return archive.read(checked[name])


def _checked(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    checked: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        _check_name(info)
        if info.filename in checked:
            raise ValueError(f"it holds {info.filename} twice")
        if info.flag_bits & 1:
            raise ValueError(f"{info.filename} is encrypted: pack it without a password")
        if info.compress_type not in _METHODS:
            raise ValueError(f"{info.filename} is compressed in an unusual way: use deflate")
        if info.file_size > LIMITS[info.filename]:
            raise ValueError(f"{info.filename} would unpack to {info.file_size:,} bytes: that is no model")
        checked[info.filename] = info
    if (total := sum(info.file_size for info in checked.values())) > limits().model_bytes:
        raise ValueError(f"it would unpack to {total:,} bytes: that is no model")
    for info in checked.values():
        with archive.open(info) as stream:
            if _is_pickle(stream.read(16)):
                raise ValueError(f"{info.filename} looks like a pickle, which can run code when it is read")
    return checked


def _check_name(info: zipfile.ZipInfo) -> None:
    # As it stands in the file: zipfile cuts names at a zero byte and turns backslashes on Windows.
    name = info.orig_filename
    if info.is_dir() or "/" in name or "\\" in name or ".." in name or ":" in name:
        raise ValueError(f"it holds the path {name!r}: pack the files themselves, without their folder")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise ValueError(f"{name!r} is a link: pack the file itself")
    if name.lower().endswith(_PICKLES):
        raise ValueError(f"{name!r} is a pickle or the like, which can run code when it is read")
    if name not in LIMITS:
        raise ValueError(f"it holds {name!r}, which is no part of a model: only {', '.join(LIMITS)} are")


def _is_pickle(start: bytes) -> bool:
    # A pickle begins with its protocol, torch's own files are zip archives. The length of a safetensors
    # header may look like a protocol, but then comes its brace.
    protocol = start[:1] == b"\x80" and start[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05")
    return (protocol and start[8:9] != b"{") or start.startswith(b"PK\x03\x04")
