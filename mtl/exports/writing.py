"""Writing an export whole or not at all."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def check_place(path: Path, needed: int, *, folder: bool, overwrite: bool) -> None:
    """Raises ValueError where an export of about `needed` bytes cannot be written to `path`."""
    if not path.parent.is_dir():
        raise ValueError(f"cannot write {path}: there is no folder {path.parent}")
    if path.exists():
        if path.is_dir() != folder:
            raise ValueError(f"{path} is a {'file' if folder else 'folder'}: choose another name")
        if not overwrite and not (folder and not any(path.iterdir())):
            raise ValueError(f"{path} is there already: choose another name, or add --overwrite")
    free = shutil.disk_usage(path.parent).free
    if free < needed:
        raise ValueError(
            f"the export needs about {needed / 1e6:.0f} MB, and {path.parent.resolve()} has "
            f"{free / 1e6:.0f} MB left: make room, or write somewhere else"
        )


@contextmanager
def whole(path: Path, *, folder: bool) -> Iterator[Path]:
    """A place to write to, which becomes `path` at the end; where something fails, nothing of it stays.

    Raises ValueError where the disk is full meanwhile.
    """
    beside = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    try:
        made = beside / path.name
        if folder:
            made.mkdir()
        yield made
        if folder and path.is_dir():
            path.rename(beside / "former")
        made.replace(path)
    except Exception as error:
        # Each library has an error of its own for it.
        if "No space left" in str(error):
            raise ValueError(f"the disk of {path} is full: make room, or write somewhere else") from error
        raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def nbytes(path: Path) -> int:
    """The size of a file, or of all files in a folder."""
    files = [path] if path.is_file() else path.rglob("*")
    return sum(file.stat().st_size for file in files if file.is_file())
