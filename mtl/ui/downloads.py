"""Files made for a download: each in a folder of its own, the oldest making room."""

import shutil
import tempfile
import threading
from collections import deque
from pathlib import Path
from typing import Final

_KEPT: Final = 200

_folders: deque[Path] = deque()
_lock = threading.Lock()


def new_file(name: str) -> Path:
    """A path to write to. Two visitors' files of one name are never one file."""
    folder = Path(tempfile.mkdtemp(prefix="sentence-lab-"))
    with _lock:
        _folders.append(folder)
        while len(_folders) > _KEPT:
            shutil.rmtree(_folders.popleft(), ignore_errors=True)
    return folder / name
