"""Files by a path on this machine, or by an address that pyarrow reads, such as s3://bucket/rows.csv."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Final, cast
from urllib.parse import urlsplit

# Two letters at least: "c:" is a drive.
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,30}://")
_KEYS: Final = re.compile(r"://[^/@]*@")


@dataclass(frozen=True)
class Remote:
    """A file by its address. A name and a password in it are never shown."""

    address: str

    @property
    def name(self) -> str:
        return PurePosixPath(urlsplit(self.address).path).name

    @property
    def suffix(self) -> str:
        return PurePosixPath(self.name).suffix

    def __str__(self) -> str:
        return _KEYS.sub("://", self.address.partition("?")[0])

    __repr__ = __str__


Place = Path | Remote


def place(value: str) -> Place:
    """A file as an option names it."""
    return Remote(value) if _SCHEME.match(value) else Path(value)


def opened(file: Place) -> BinaryIO:
    """The bytes of a file, to be read from any place in it. Raises OSError for a path and ValueError for an
    address, where it cannot be read."""
    if isinstance(file, Path):
        return file.open("rb")
    with _reaching(file, "read") as (system, path):
        return cast(BinaryIO, system.open_input_file(path))


def write(file: Remote, content: BinaryIO) -> None:
    """Writes a file to its address. Raises ValueError where it cannot be written."""
    with _reaching(file, "write") as (system, path), system.open_output_stream(path) as stream:
        while block := content.read(2**22):
            stream.write(block)


def about(file: Place) -> dict[str, Any]:
    """What tells a file from another, and from itself before a change. Raises as `opened` does."""
    if isinstance(file, Path):
        status = file.stat()
        return {"file": str(file.resolve()), "bytes": status.st_size, "changed": status.st_mtime_ns}
    with _reaching(file, "read") as (system, path):
        found = system.get_file_info(path)
        return {"file": str(file), "bytes": found.size, "changed": found.mtime_ns}


@contextmanager
def _reaching(file: Remote, verb: str) -> Iterator[tuple[Any, str]]:
    if find_spec("pyarrow") is None:
        raise ValueError(
            f"{file} needs the extra [parquet], which is not installed: run  pip install pyarrow"
        )
    import pyarrow
    from pyarrow.fs import FileSystem

    try:
        yield FileSystem.from_uri(file.address)
    except FileNotFoundError:
        raise ValueError(f"cannot {verb} {file}: it is not there") from None
    except (OSError, pyarrow.ArrowException) as error:
        why = str(error).replace(file.address, str(file)).rstrip(".")
        raise ValueError(
            f"cannot {verb} {file}: {why}. Check the address, the network and the keys for it"
        ) from None
