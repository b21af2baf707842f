"""What the README shows does run as it stands."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def _blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def _run(command, folder):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _beside_the_data(folder):
    (folder / "data").symlink_to(ROOT / "data")
    return folder


def test_the_python_example_runs(tmp_path):
    (code,) = _blocks("python")
    lines = _run([sys.executable, "-c", code], _beside_the_data(tmp_path)).splitlines()
    assert lines[0] == "exclamation"
    assert "'label': 'command'" in lines[1]


def test_the_commands_run(tmp_path):
    commands = [line for block in _blocks("bash") for line in block.splitlines() if "-m mtl" in line]
    assert len(commands) == 6
    _beside_the_data(tmp_path)
    for line in commands:
        arguments = re.findall(r'"[^"]*"|\S+', line)[1:]
        assert _run([sys.executable, *(a.strip('"') for a in arguments)], tmp_path)
