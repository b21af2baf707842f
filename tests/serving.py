"""app.py in a process of its own, for the tests that call it and those that look at it."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Two cores may be busy with other things: a slow page is not a broken one.
PATIENCE_S = 180


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def serving(folder, port, command=("app.py",)):
    """The page in a process of its own, with its runs in `folder`: the process, once the page is up.

    `command` is what Python runs.
    """
    folder.mkdir(exist_ok=True)
    log = folder / "log.txt"
    environment = {**os.environ, "MTL_RUNS_DIR": str(folder / "runs"), "GRADIO_SERVER_PORT": str(port)}
    with log.open("a") as stream:
        app = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env=environment, stdout=stream, stderr=stream
        )
    try:
        _wait_for(f"http://127.0.0.1:{port}", app, log)
        yield app
    finally:
        app.terminate()
        app.wait(PATIENCE_S)


def _wait_for(url, app, log, seconds=PATIENCE_S):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if app.poll() is not None:
            break
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"the page did not come up:\n{log.read_text()}")
