"""The worked examples of docs/CONTRIBUTING.md: each diff applies to this version, and its check passes."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from tests.conftest import ROOT

TEXT = (ROOT / "docs" / "CONTRIBUTING.md").read_text("utf-8")
EXAMPLES = re.findall(r"### (.+?)\n.*?```diff\n(.*?)```\n\n```python\n(.*?)```", TEXT, flags=re.DOTALL)


def _run(command, folder, **more):
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, **more)


@pytest.fixture
def copy(tmp_path):
    """The package again, to be changed."""
    shutil.copytree(ROOT / "mtl", tmp_path / "mtl", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_every_row_of_the_table_has_an_example():
    rows = re.findall(r"^\| \[(.+?)\]\(#(.+?)\) \|", TEXT, flags=re.MULTILINE)
    assert [name.casefold() for name, _, _ in EXAMPLES] == [name.casefold() for name, _ in rows]
    assert [link for _, link in rows] == [name.replace(" ", "-").casefold() for name, _ in rows]


@pytest.mark.parametrize(("diff", "check"), [pytest.param(*rest, id=name) for name, *rest in EXAMPLES])
def test_the_example_does_what_it_says(copy, diff, check):
    environment = {**os.environ, "PYTHONPATH": str(copy)}
    before = _run([sys.executable, "-c", check], copy, env=environment)
    assert before.returncode != 0  # so that the check says something
    applied = _run(["git", "apply", "--whitespace=nowarn", "-"], copy, input=diff)
    assert applied.returncode == 0, applied.stderr
    after = _run([sys.executable, "-c", check], copy, env=environment)
    assert after.returncode == 0, after.stderr
