"""The examples in docs/examples run as they stand, and print what they promise."""

import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT

EXPECTED = {
    "train.py": ["epoch 3: validation loss", "product! sentiment: positive", "tasks: sentiment, intent"],
    "explain.py": ["sentiment: positive", "  not", "intent: statement", "= logit"],
    "own_tasks.py": ["topic: delivery", "urgency: low"],
}


def test_every_example_is_run():
    assert {file.name for file in (ROOT / "docs" / "examples").glob("*.py")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_the_example_runs(name, tmp_path):
    (tmp_path / "data").symlink_to(ROOT / "data")
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "examples" / name)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    for part in EXPECTED[name]:
        assert part in done.stdout
