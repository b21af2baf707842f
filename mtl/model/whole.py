"""Writing a file so that its readers never see half of it, whatever interrupts the writing."""

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

# What a writer that was killed leaves behind ends so.
PARTIAL: Final = ".partial"
_FULL: Final = "the disk is full: delete what is not needed, then try again"
_REASONS: Final = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EROFS: "the disk takes no changes (it is read-only): whoever runs this has to change that",
    errno.EACCES: "the folder takes no changes: whoever runs this has to allow them",
}


@contextmanager
def whole(file: Path, *, lasting: bool = True) -> Iterator[Path]:
    """A path to write to. It becomes `file` in one step, and `file` stays as it was where writing fails.

    With `lasting` the content is on the disk before it does, so that a loss of power does no harm either.
    Two writers at once do not meet: the last one counts.
    """
    partial = file.with_name(f".{file.name}.{secrets.token_hex(4)}{PARTIAL}")
    try:
        yield partial
        if lasting:
            _flush(partial)
        os.replace(partial, file)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    if lasting and os.name == "posix":
        _flush(file.parent)


def write_whole(file: Path, content: str | bytes, *, lasting: bool = True) -> None:
    """Writes or replaces a file in one step; see `whole`."""
    with whole(file, lasting=lasting) as partial:
        partial.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)


def why_not(error: OSError) -> str | None:
    """Why the disk did not take a file, and what to do, without a path; None for any other reason."""
    return _REASONS.get(error.errno or 0)


def _flush(path: Path) -> None:
    # A folder is opened to be read, a file on Windows only to be written.
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
