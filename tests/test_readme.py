"""What the README shows does run as it stands."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pandas as pd

from mtl.cli.main import main
from mtl.model.predictions import columns
from mtl.schema.tasks import Task

ROOT = Path(__file__).parents[1]
_ROWS_PER_LABEL = 15
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


# What each command of the README prints, by its name.
PRINTED = {
    "train": [
        r"^sentiment: \d+ rows train, \d+ validate; intent: \d+ rows train, \d+ validate; \d+ batches",
        r"epoch +\d+  loss \d\.\d{4}",
        r"intent: \d\d\.\d% right",
        r"finished: .*\. Best epoch \d+, .* s; model in my-model",
    ],
    "predict": [r"^Could you turn that down\?\n  sentiment .*\n  intent +(question|command) \d\d\.\d%"],
    "evaluate": [
        r"^intent: accuracy 0\.\d{4} \(95% interval .*\), macro-F1 .*, calibration error .*, \d+ rows\n",
        r"true \\ predicted +question +statement +command +exclamation\n",
    ],
    "compare": [r"^\|  \| sentiment \| intent \|", r"\n\| report \| 0\.", r"\n\| recommended \| [01]\."],
    "embed": [
        r"^2 texts, 384 dimensions, unit norm\n",
        r"\n  \+0\.\d{4}  A cat sleeps\.  \|  A kitten naps\.\n$",
    ],
    "export": [
        r"^model\.html: 33\.\d MB\n  model\.html agrees with the model on \d+ texts: \d+\.\d% of the labels"
    ],
    "check": [
        r"^template\.csv: 2 columns of labels\n",
        r"\n  sentiment +column 'sentiment', \d+ rows, 2 labels",
        r"\n  intent +column 'intent', \d+ rows, 4 labels",
    ],
}


def test_the_commands_run(tmp_path, monkeypatch, capsys):
    commands = [line for block in _blocks("bash") for line in block.splitlines() if "-m mtl" in line]
    assert [shlex.split(line)[3] for line in commands] == list(PRINTED)
    monkeypatch.chdir(_beside_the_data(tmp_path))
    for line in commands:
        python, _, module, *arguments = shlex.split(line)
        assert (python, module) == ("python", "mtl")
        assert main(arguments) == 0  # in this process: each of its own would load torch again
        printed = capsys.readouterr().out
        for pattern in PRINTED[arguments[0]]:
            assert re.search(pattern, printed), f"{line} printed no {pattern!r}, but\n{printed}"


def test_the_columns_of_predictions_are_those_that_the_readme_names():
    (rows,) = re.findall(r"\| column \| value \|\n\|---\|---\|\n((?:\|.*\n)+)", README)
    names = [re.search(r"`(.*?)`", row).group(1) for row in rows.splitlines()]
    written = columns([Task("task", ("label", "other"))], own=())
    assert [name.lower() for name in names] == [name for name in written if "other" not in name]
