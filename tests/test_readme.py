"""What the README shows does run as it stands."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pandas as pd

from mtl.cli.main import main

ROOT = Path(__file__).parents[1]
_ROWS_PER_LABEL = 100
README = (ROOT / "README.md").read_text("utf-8")


def _blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def _beside_the_data(folder):
    """Puts the data into `folder`, the bundled sentences cut down to a few of each label."""
    (folder / "data").mkdir()
    for file in (ROOT / "data").glob("*.csv"):
        rows = pd.read_csv(file, dtype=str, keep_default_na=False)
        few = rows.groupby("label").head(_ROWS_PER_LABEL) if "label" in rows else rows
        few.to_csv(folder / "data" / file.name, index=False)
    return folder


def test_the_python_example_runs(tmp_path):
    (code,) = _blocks("python")
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=_beside_the_data(tmp_path),
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "exclamation"
    assert "'label': 'command'" in lines[1]


def test_the_commands_run(tmp_path, monkeypatch, capsys):
    commands = [line for block in _blocks("bash") for line in block.splitlines() if "-m mtl" in line]
    assert len(commands) == 6
    monkeypatch.chdir(_beside_the_data(tmp_path))
    for line in commands:
        python, _, module, *arguments = shlex.split(line)
        assert (python, module) == ("python", "mtl")
        assert main(arguments) == 0  # in this process: each of its own would load torch again
        assert capsys.readouterr().out
