"""The app's temporary files: one folder for as long as it lives, and never more in it than a limit.

Uploads, downloads and what training maps into memory all lie there. What an app that was killed left is
deleted when the next one starts.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from mtl.runs.store import TEMPORARY
from mtl.schema.limits import limits

_PREFIX: Final = "sentence-lab-app-"
_LOCK: Final = "in-use.lock"
# A file that was uploaded just now is about to be read.
_YOUNG_S: Final = 600.0


def own_folder() -> FileLock:
    """Makes this process, and those that it starts, keep temporary files in a folder of their own. The lock
    says that it is in use: keep it for as long as the process lives.

    Call it before anything asks for a temporary folder.
    """
    everywhere = Path(tempfile.gettempdir())
    _remove_abandoned(everywhere)
    own = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=everywhere))
    os.environ["TMPDIR"] = tempfile.tempdir = str(own)
    os.environ.setdefault("GRADIO_TEMP_DIR", str(own / "gradio"))
    lock = FileLock(own / _LOCK, thread_local=False)
    lock.acquire(blocking=False)
    return lock


def remove_folder(lock: FileLock) -> None:
    """Deletes what `own_folder` made."""
    shutil.rmtree(Path(lock.lock_file).parent, ignore_errors=True)
    lock.release()


def _remove_abandoned(everywhere: Path) -> None:
    own = os.getuid() if hasattr(os, "getuid") else 0
    for folder in everywhere.glob(f"{_PREFIX}*"):
        lock = FileLock(folder / _LOCK)
        try:
            if folder.is_symlink() or folder.stat().st_uid != own:
                continue  # nobody else's, whatever it is called
            if time.time() - folder.stat().st_mtime > _YOUNG_S or (folder / _LOCK).exists():
                with lock.acquire(blocking=False):
                    shutil.rmtree(folder, ignore_errors=True)
        except (OSError, Timeout):  # another app uses it, or is somebody else's
            continue


def has_room(nbytes: int, folder: Path | None = None) -> bool:
    """Whether so much more fits into the folder, by default this process's own, once the oldest files that
    nobody reads any more are deleted."""
    most, folder = limits().temporary_bytes, folder or Path(tempfile.gettempdir())
    if not folder.name.startswith(_PREFIX):
        return True  # it holds the files of others
    files = sorted(_files(folder))
    total, now = sum(size for _, size, _ in files), time.time()
    for changed, size, file in files:
        if total + nbytes <= most or now - changed < _YOUNG_S:
            break
        file.unlink(missing_ok=True)
        total -= size
    return total + nbytes <= most


def _files(folder: Path) -> Iterator[tuple[float, int, Path]]:
    for inside, folders, names in os.walk(folder):
        # Runs lie there where their own folder cannot be used; they have limits of their own.
        folders[:] = [name for name in folders if not name.startswith(TEMPORARY)]
        for name in names:
            try:
                facts = (file := Path(inside) / name).stat()
            except OSError:  # it was deleted just now
                continue
            if name != _LOCK:
                yield facts.st_mtime, facts.st_size, file
