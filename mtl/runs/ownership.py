"""Whose run it is. An owner is a secret that the visitor's browser keeps; on the disk is only its digest."""

import hashlib
import re
import secrets
from pathlib import Path
from typing import Any, Final

from mtl.runs.folder import RUN, RunFolder

_ID_BYTES: Final = 12
RUN_ID: Final = re.compile(r"[\w-]{16}", re.ASCII)


def digest(owner: str) -> str:
    """The sha256 of an owner's secret. Raises ValueError for anything but text."""
    if not isinstance(owner, str):
        raise ValueError("the page does not know you: reload it, and allow it to store data")
    return hashlib.sha256(owner.encode("utf-8", "surrogatepass")).hexdigest()


def new_run(folder: Path) -> RunFolder:
    """A folder for a new run, not made yet. Nobody can guess its id."""
    return RunFolder(folder / secrets.token_urlsafe(_ID_BYTES))


def all_runs(folder: Path) -> list[RunFolder]:
    """Every run, the oldest first."""
    return [run for run, _ in _described(folder)]


def owned(folder: Path, owner: str) -> list[RunFolder]:
    """The runs of one owner, the oldest first."""
    wanted = digest(owner)
    return [run for run, description in _described(folder) if description["owner"] == wanted]


def find(folder: Path, owner: str, run_id: str) -> RunFolder:
    """The run with this id. Raises ValueError where there is none, or it is somebody else's."""
    run = RunFolder(folder / run_id)
    # An id is one name: nothing that leads out of the folder.
    description = run.description() if run.id == run_id and not run.is_deleted() else None
    if description and description["owner"] == digest(owner):
        return run
    raise ValueError("this run is not here any more: it was deleted, or made room for newer ones")


def created(run: RunFolder) -> float:
    """When a run was made, in seconds since 1970; 0 for one that is gone."""
    return float((run.description() or {"created": 0.0})["created"])


def _described(folder: Path) -> list[tuple[RunFolder, dict[str, Any]]]:
    found = []
    for path in folder.glob(f"*/{RUN}"):
        run = RunFolder(path.parent)
        # Read once: another process may delete it at any moment.
        description = run.description()
        if description and not run.is_deleted():
            found.append((run, description))
    return sorted(found, key=lambda pair: float(pair[1]["created"]))
