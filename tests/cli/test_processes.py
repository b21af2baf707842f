"""Training on two processes, as torchrun starts them: the numbers of one, and what a lost one leaves."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import safetensors.torch
import torch

from mtl.cli.main import main
from mtl.schema.tasks import INTENT_LABELS
from tests.conftest import COMMANDS, EXCLAMATIONS, NEGATIVE, POSITIVE, QUESTIONS, STATEMENTS
from tests.serving import free_port

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "tests" / "cli" / "shared_training.py"
PATIENCE_S = 600
# Of a loss in nats: sums in fp32 depend on their order. Of a weight: Adam divides by the gradient's size, so
# that rounding decides where that is nearly zero. Of a temperature: the search for it ends early.
TOLERANCE, OF_WEIGHTS, OF_TEMPERATURES = 1e-4, 1e-3, 1e-2
# 68 training rows of the longest task, which has augmented copies: nine steps.
STEPS = 9


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """One file with two tasks, in which most rows lack a label."""
    intents = dict(zip(INTENT_LABELS, (QUESTIONS, STATEMENTS, COMMANDS, EXCLAMATIONS), strict=True))
    labels = {text: {"intent": label} for label, texts in intents.items() for text in texts[:10]}
    for label, texts in (("positive", POSITIVE[:8]), ("negative", [*NEGATIVE[:16], *STATEMENTS[:4]])):
        for text in texts:
            labels.setdefault(text, {})["sentiment"] = label
    file = tmp_path_factory.mktemp("rows") / "rows.csv"
    pd.DataFrame([{"text": text, **given} for text, given in labels.items()]).to_csv(file, index=False)
    return file


@pytest.fixture
def fp32(monkeypatch):
    for probe in ("_is_amx_tile_supported", "_is_avx512_bf16_supported"):
        monkeypatch.setattr(torch.cpu, probe, lambda: False)


def _command(rows, out, strategy):
    settings = ("--freeze", strategy, "--epochs", 2, "--batch-size", 8, "--class-weights", "on", "--json")
    return [str(part) for part in ("train", "--data", rows, "--out", out, *settings)]


def _start(command, **environment):
    """Runs a command on two processes, to its end."""
    torchrun = (sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2")
    master = ("--master-addr", "127.0.0.1", "--master-port", str(free_port()))
    return subprocess.run(
        [*torchrun, *master, str(PROGRAM), *command],
        env={**os.environ, "PYTHONPATH": str(ROOT), "GLOO_SOCKET_IFNAME": "lo", "OMP_NUM_THREADS": "1"}
        | environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )


def _events(out):
    return [json.loads(line) for line in out.splitlines()]


def _assert_equal(events, others):
    """The epochs have the same losses, and one is the best in both."""
    curves = [[e for e in some if e["event"] == "epoch_end"] for some in (events, others)]
    assert len(curves[0]) == 3
    for one, other in zip(*curves, strict=True):
        for side in ("train", "validation"):
            assert one[side] == pytest.approx(other[side], abs=TOLERANCE)
        assert (one["epoch"], one["best"]) == (other["epoch"], other["best"])


def _assert_same_model(folder, other):
    first, second = (safetensors.torch.load_file(path / "model.safetensors") for path in (folder, other))
    assert first.keys() == second.keys()
    for name, tensor in first.items():
        tolerance = OF_TEMPERATURES if name.endswith("temperature") else OF_WEIGHTS
        torch.testing.assert_close(tensor, second[name], atol=tolerance, rtol=tolerance)


@pytest.mark.parametrize("strategy", ["heads", "last-2"])
def test_two_processes_compute_what_one_does(rows, tmp_path, fp32, capsys, strategy):
    done = _start(_command(rows, tmp_path / "two", strategy))
    assert done.returncode == 0, done.stderr
    shared = _events(done.stdout)
    assert "2 processes share the rows" in shared[0]["notes"]
    assert main(_command(rows, tmp_path / "one", strategy)) == 0
    _assert_equal(shared, _events(capsys.readouterr().out))
    _assert_same_model(tmp_path / "two", tmp_path / "one")


def test_a_lost_process_ends_the_run_which_then_goes_on_in_one(rows, tmp_path, fp32, capsys):
    command = _command(rows, tmp_path / "lost", "last-2")
    lost = _start(command, DIE_AT=str(STEPS + 3))  # in the second epoch
    assert lost.returncode != 0
    assert (
        f"error: another process is gone: it was killed, or its machine was lost. The run ends: "
        f"{tmp_path / 'lost'} holds what was trained up to the last finished epoch, go on with --resume"
    ) in lost.stderr
    before = _events(lost.stdout)
    assert [e["epoch"] for e in before if e["event"] == "epoch_end"] == [0, 1]
    assert [file.name for file in (tmp_path / "lost").iterdir()] == ["state.safetensors"]

    assert main([*command, "--resume"]) == 0
    rest = _events(capsys.readouterr().out)
    assert main(_command(rows, tmp_path / "whole", "last-2")) == 0
    _assert_equal([*before, *rest], _events(capsys.readouterr().out))
    _assert_same_model(tmp_path / "lost", tmp_path / "whole")
    history = pd.read_csv(tmp_path / "lost" / "history.csv")
    assert history["epoch"].tolist() == [0, 1, 2]
    assert not (tmp_path / "lost" / "state.safetensors").exists()
