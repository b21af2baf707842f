"""From `python app.py` to the first answer, beside the imports that any such page needs."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from gradio_client import Client

from tests.benchmarks.ratio import Ratio, timed
from tests.serving import free_port, serving

IMPORTS: Final = "import gradio, torch, sentence_transformers"


def start() -> Iterator[Ratio]:
    """The app, from its start to a prediction over HTTP."""
    command = [sys.executable, "-c", IMPORTS]
    subprocess.run(command, check=True)  # from now on the files are in memory
    _, imports_s = timed(lambda: subprocess.run(command, check=True))
    _, app_s = timed(_first_answer)
    yield Ratio(
        job="app.py to its first answer",
        against="importing gradio, torch and sentence_transformers",
        value=app_s / imports_s,
        unit="of its time",
    )


def _first_answer() -> None:
    port = free_port()
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), port):
        Client(f"http://127.0.0.1:{port}", verbose=False).predict(["What a day!"], api_name="/predict")
