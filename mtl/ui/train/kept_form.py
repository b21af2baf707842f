"""The data part of the form as a visitor left it, with their files: kept in their own space on the server."""

import hashlib
import json
import shutil
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from mtl.model.whole import write_whole
from mtl.runs.ownership import digest
from mtl.schema.limits import limits
from mtl.ui.downloads import new_file
from mtl.ui.train.picked import Picked
from mtl.ui.train.questions import Answers

_FORM: Final = "form.json"
_SIDES: Final = ("files", "tests")


@dataclass(frozen=True, kw_only=True)
class KeptForm:
    """What was picked, and the files of test rows. `lost`: names of files that could not be kept."""

    picked: Picked = field(default_factory=Picked)
    tests: Mapping[str, Path] = field(default_factory=dict)
    lost: tuple[str, ...] = ()


class KeptForms:
    """One form for each owner, in a folder that bears the digest of their secret."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "files"
        self._lock = threading.Lock()

    def save(self, owner: str, form: KeptForm) -> None:
        """Keeps the form in place of the one before. Of files as many as fit into the visitor's share."""
        with self._lock:
            own = self._folder / digest(owner)
            own.mkdir(parents=True, exist_ok=True)
            room, kept = limits().visitor_file_bytes, dict[str, dict[str, str]]()
            for side, files in zip(_SIDES, (form.picked.files, form.tests), strict=True):
                kept[side] = {}
                for task, file in files.items():
                    room -= file.stat().st_size if file.exists() else 0
                    place = _keep(own, file) if room >= 0 and file.exists() else "-"
                    kept[side][task] = f"{place}/{file.name}"
            write_whole(own / _FORM, json.dumps({**_said(form.picked), **kept}))
            used = {name.split("/")[0] for names in kept.values() for name in names.values()}
            for path in own.iterdir():
                if path.is_dir() and path.name not in used:
                    shutil.rmtree(path, ignore_errors=True)
            _make_room(self._folder)

    def load(self, owner: str) -> KeptForm | None:
        """The form as it was left, its files as new copies; None where none is kept, or none that can be
        read."""
        own = self._folder / digest(owner)
        try:
            said = json.loads((own / _FORM).read_text("utf-8"))
            files, tests = ({task: own / name for task, name in said[side].items()} for side in _SIDES)
            picked = Picked(
                choice=said["choice"],
                files=_copies(files),
                unticked=frozenset(said["unticked"]),
                answers=Answers(
                    columns={(task, role): column for task, role, column in said["columns"]},
                    cells={(task, label): cells for task, label, cells in said["cells"]},
                ),
                credits=dict(said.get("credits", {})),
            )
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            return None
        lost = [file.name for file in (*files.values(), *tests.values()) if not file.exists()]
        return KeptForm(picked=picked, tests=_copies(tests), lost=tuple(dict.fromkeys(lost)))

    def delete(self, owner: str) -> None:
        """Deletes the form and the files of an owner."""
        with self._lock:
            shutil.rmtree(self._folder / digest(owner), ignore_errors=True)


def _said(picked: Picked) -> dict[str, Any]:
    return {
        "choice": picked.choice,
        "unticked": sorted(picked.unticked),
        "columns": [[*key, column] for key, column in picked.answers.columns.items()],
        "cells": [[*key, list(cells)] for key, cells in picked.answers.cells.items()],
        "credits": dict(picked.credits),
    }


def _keep(own: Path, file: Path) -> str:
    """Copies a file unless it is here; the name of its folder."""
    with file.open("rb") as stream:
        name = hashlib.file_digest(stream, "sha256").hexdigest()[:24]
    if not (own / name / file.name).exists():
        (own / name).mkdir(exist_ok=True)
        shutil.copyfile(file, own / name / file.name)
    return name


def _copies(files: Mapping[str, Path]) -> dict[str, Path]:
    # The page may show files of the temporary folder only.
    copies = {}
    for task, file in files.items():
        if file.exists():
            copies[task] = new_file(file.name)
            shutil.copyfile(file, copies[task])
    return copies


def _make_room(folder: Path) -> None:
    """Deletes what is too old, then the oldest where all of it is too large."""
    forms = sorted(((form.stat().st_mtime, form.parent) for form in folder.glob(f"*/{_FORM}")), reverse=True)
    total, now = 0, time.time()
    for saved, own in forms:
        total += sum(file.stat().st_size for file in own.glob("*/*"))
        if total > limits().file_bytes or now - saved > limits().days * 24 * 3600:
            shutil.rmtree(own, ignore_errors=True)
