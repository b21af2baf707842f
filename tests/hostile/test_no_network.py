"""Neither the page nor the training process asks for anything outside this machine."""

import os

import pytest

from tests.hostile.page import Caller
from tests.serving import free_port, serving

# Python loads it first in every process: each connection and each name that is looked up is written down.
WATCH = """
import os, sys
def _watch(event, given):
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"):
        where = given[0] if event.startswith("socket.get") else given[1]
        host = where[0] if isinstance(where, tuple) else where
        with open(os.environ["SEEN"], "a") as seen:
            seen.write(f"{host}\\n")
sys.addaudithook(_watch)
"""
INSIDE = ("127.0.0.1", "localhost", "::1", "0.0.0.0", "None", "")


@pytest.fixture
def seen(tmp_path, monkeypatch):
    """Where the addresses are written that processes of this test ask for."""
    (tmp_path / "sitecustomize.py").write_text(WATCH)
    before = os.environ.get("PYTHONPATH")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(tmp_path), before])))
    monkeypatch.setenv("SEEN", str(tmp_path / "seen.txt"))
    (tmp_path / "seen.txt").touch()
    return tmp_path / "seen.txt"


def test_no_connection_leads_outside(seen, tmp_path):
    port = free_port()
    with serving(tmp_path / "app", port):
        caller = Caller(f"http://127.0.0.1:{port}", seconds=600)
        number = caller.endpoint("answer")
        assert caller.call(number, ["What a lovely day", "default", caller.owner])["success"]
        # The training process measures the machine, which it does once the encoder is loaded.
        assert caller.call(caller.endpoint("measured"), caller.defaults(caller.endpoint("measured")))[
            "success"
        ]
    asked = set(seen.read_text().split("\n"))
    assert "127.0.0.1" in asked, "nothing was watched"
    assert asked - set(INSIDE) == set()
