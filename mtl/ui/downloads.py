"""Files for a download. The server writes each into a folder of its own, and deletes the oldest ones."""

import json
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


def download_js(name: str, media_type: str) -> str:
    """JavaScript for a listener: saves the text that it is given as a file of this name.

    The browser makes the file: a download button would give what it was given before the click.
    """
    return f"""text => {{
        const link = document.createElement("a");
        link.href = URL.createObjectURL(new Blob([text], {{type: {json.dumps(media_type)}}}));
        link.download = {json.dumps(name)};
        link.click();
    }}"""
