"""A data set of the Hub as a file, as if it had been uploaded: for visitors, whom one does not trust.

A process of its own fetches it: it ends after a while whatever happens, its memory is bounded, it has no
token, and it begins in an empty folder, so that a name is never a path of this machine.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten
from typing import Final

from mtl.data.benchmarks import BENCHMARKS, has_extra
from mtl.schema.limits import LimitExceeded, limits

_ID: Final = re.compile(r"[A-Za-z0-9][\w.-]{0,99}/[A-Za-z0-9][\w.-]{0,99}", re.ASCII)
_LONGEST: Final = 120
_LONGEST_CREDIT: Final = 500
_SECONDS: Final = 180.0
# What would let the process see what the host's account may see, and what the app sets for itself.
_LEFT_OUT: Final = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH", "HF_HUB_OFFLINE")


@dataclass(frozen=True, kw_only=True)
class NamedFile:
    """A CSV file, the task that its labels are for (None where it has several columns of labels), and its
    credit: licence and what to cite."""

    file: Path
    task: str | None
    credit: str


def checked_name(name: object) -> str:
    """The name of a data set. Raises ValueError for what is none, such as a path, and where the host does not
    allow it."""
    if not is_offered():
        raise LimitExceeded("This page loads no data sets by name", "upload a file")
    given = name.strip() if isinstance(name, str) else ""
    if given not in BENCHMARKS and not (len(given) <= _LONGEST and _ID.fullmatch(given)):
        raise ValueError(
            f"{shorten(given, 40, placeholder='...')!r} is no data set: use {', '.join(BENCHMARKS)}, or a "
            "name of the Hugging Face Hub such as user/name"
        )
    return given


def is_offered() -> bool:
    """Whether the host allows visitors to load data sets, and can."""
    return bool(limits().datasets and limits().uploads) and has_extra()


def file_name(name: str) -> str:
    """What the file of a data set is called."""
    return f"{name.replace('/', '-')}.csv"


def fetched(name: str, file: Path, split: str = "train", *, seconds: float = _SECONDS) -> NamedFile:
    """Writes a data set to `file`. A stranger's name is to be checked first: a folder is read, too.

    Raises ValueError where it is not to be had within the limits of an uploaded file and some minutes.
    """
    project = str(Path(__file__).parents[2])
    with tempfile.TemporaryDirectory() as empty:
        own = {key: value for key, value in os.environ.items() if key not in _LEFT_OUT}
        own |= {"HF_HOME": empty, "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1"}
        own["PYTHONPATH"] = os.pathsep.join(filter(None, [project, os.environ.get("PYTHONPATH")]))
        command = [sys.executable, "-m", "mtl.data.named_fetch", name, split, str(file.resolve())]
        try:
            done = subprocess.run(
                command, cwd=empty, env=own, capture_output=True, text=True, timeout=seconds
            )
        except subprocess.TimeoutExpired:
            raise ValueError(f"{name} was not here after {seconds:.0f} seconds: try again later") from None
    try:
        said = json.loads(done.stdout.splitlines()[-1])
    except (ValueError, IndexError):
        raise ValueError(f"{name} could not be read: try another one") from None
    if error := said.get("error"):
        raise ValueError(error)
    return NamedFile(
        file=file, task=said["task"], credit=shorten(said["credit"], _LONGEST_CREDIT, placeholder="...")
    )
