"""Whether visitors who come and go leave anything: `python -m tests.soak [--sessions 500]`.

Starts the page on the loopback. Each session opens it, holds the connection that tells the server that the
page is open, asks for answers, uploads a file, looks at it, and closes. Prints memory and disk on the way.
"""

import argparse
import random
import tempfile
from contextlib import closing
from pathlib import Path

import pytest

from tests.hostile.page import Caller
from tests.load import WORDS, memory
from tests.serving import free_port, serving

_TOLD = 5


def session(address: str, draw: random.Random) -> None:
    """One visitor, from the first page to the last."""
    caller = Caller(address)
    with closing(caller.http), caller.http.stream("GET", f"/gradio_api/heartbeat/{caller.session}"):
        for name in ("_arrive", "restore"):
            number = caller.endpoint(name)
            caller.call(number, caller.defaults(number))
        for _ in range(3):
            sentence = " ".join(draw.choices(WORDS, k=8))
            message = caller.call(caller.endpoint("answer"), [sentence, "default", caller.owner])
            assert message["success"], message
        lines = [f"{' '.join(draw.choices(WORDS, k=8))},{draw.choice('ab')}" for _ in range(2000)]
        file = caller.upload("rows.csv", "\n".join(["text,label", *lines]).encode())
        assert caller.call(caller.endpoint("look"), [file])["success"]


def nbytes(folder: Path) -> float:
    """Megabytes of the files in a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 2**20


def main() -> None:
    """Opens and closes the sessions."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=500)
    options = parser.parse_args()
    home, port, draw = Path(tempfile.mkdtemp(prefix="soak-")), free_port(), random.Random(0)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TMPDIR", str(home))
        with serving(home, port) as app:
            for number in range(options.sessions + 1):
                if number % max(1, options.sessions // _TOLD) == 0:
                    kept = nbytes(home / "runs")
                    temporary = nbytes(home) - kept
                    print(
                        f"{number} sessions: memory {memory(app.pid):.0f} MB, runs and forms {kept:.1f} MB, "
                        f"temporary files {temporary:.1f} MB",
                        flush=True,
                    )
                session(f"http://127.0.0.1:{port}", draw)


if __name__ == "__main__":
    main()
