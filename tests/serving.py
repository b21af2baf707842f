"""app.py in a process of its own, for the tests that call it and those that look at it."""

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Two cores may be busy with other things: a slow page is not a broken one.
PATIENCE_S = 600
# What Gradio prints once it has asked its own page and was answered; and when it was not, within three
# seconds, and gives up: then it is started again.
_UP = "* To create a public link"
_TOO_BUSY, _STARTS = "When localhost is not accessible", 3


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def serving(folder, port, command=("app.py",), **variables):
    """The page in a process of its own, with its runs in `folder`: the process, once the page is up.

    `command` is what Python runs; `variables` are those of its environment, None for one that is not set.
    """
    folder.mkdir(exist_ok=True)
    log = folder / "log.txt"
    app, starts = _start(command, folder, port, log, variables), 1
    end = time.monotonic() + PATIENCE_S
    try:
        while _UP not in (said := log.read_text()):
            ended = app.poll() is not None
            if ended and _TOO_BUSY in said and starts < _STARTS:
                app, starts = _start(command, folder, port, log, variables), starts + 1
                end = time.monotonic() + PATIENCE_S
            elif ended or time.monotonic() > end:
                pytest.fail(f"the page did not come up:\n{said}")
            time.sleep(0.1)
        yield app
    finally:
        app.terminate()
        app.wait(PATIENCE_S)


def _start(command, folder, port, log, variables):
    environment = {
        **os.environ,
        "MTL_RUNS_DIR": str(folder / "runs"),
        "GRADIO_SERVER_PORT": str(port),
        "PYTHONUNBUFFERED": "1",
        # A minute or two of two cores, for each app that the tests start.
        "MTL_WARM": "off",
        **variables,
    }
    environment = {name: value for name, value in environment.items() if value is not None}
    with log.open("w") as stream:
        return subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env=environment, stdout=stream, stderr=stream
        )
