"""`--ray`: the same file as without, though an actor is killed; and what is said where it cannot be."""

import csv
import os
import signal
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import joblib
import pytest

from mtl.cli import stream_commands
from mtl.cli.main import main
from mtl.cli.ray_cluster import Asked, _new_folder, _pool
from mtl.data.places import Remote, place
from mtl.data.stream import open_rows
from mtl.model import predictions
from tests.conftest import ROOT
from tests.kill import ray_actors
from tests.serving import PATIENCE_S, free_port

with_ray = pytest.mark.skipif(find_spec("ray") is None, reason="needs the extra [ray]")
with_pyarrow = pytest.mark.skipif(find_spec("pyarrow") is None, reason="needs the extra [parquet]")
ROWS, ROWS_PER_PART = 2_000, 64
# In the place of `python -m mtl`: the same with smaller parts.
SMALL_PARTS = f"""
import sys
from mtl.cli import main, stream_commands
stream_commands.ROWS_PER_PART = {ROWS_PER_PART}
sys.exit(main.main(sys.argv[1:]))
"""


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setattr(stream_commands, "ROWS_PER_PART", ROWS_PER_PART)
    monkeypatch.setattr(stream_commands, "_WHOLE_BYTES", 0)


def written(file, rows):
    with file.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([["id", "text"], *rows])
    return file


@with_ray
def test_the_same_file_though_an_actor_is_killed(tmp_path, small_parts):
    whole, out, log = tmp_path / "whole.csv", tmp_path / "out.csv", tmp_path / "log"
    texts = [f"Is {i} enough?" if i % 3 else f"Bring\n{i}, please!" for i in range(ROWS)]
    file, before = written(tmp_path / "rows.csv", enumerate(texts)), set(Path("/tmp").glob("mtl-ray-*"))
    assert main(["predict", "--csv", str(file), "--out", str(whole)]) == 0
    two = str(joblib.cpu_count() / 2)  # actors, on any machine
    command = ["predict", "--csv", str(file), "--out", str(out), "--ray", "--ray-cpus", two]
    with log.open("w") as stream:
        running = subprocess.Popen([sys.executable, "-c", SMALL_PARTS, *command], cwd=ROOT, stderr=stream)
    try:
        end = time.monotonic() + PATIENCE_S
        while not (tmp_path / "out.csv.parts" / "00000001").is_file():
            assert running.poll() is None and time.monotonic() < end, log.read_text()
            time.sleep(0.05)
        os.kill(ray_actors(running.pid)[0], signal.SIGKILL)
        assert running.wait(PATIENCE_S) == 0, log.read_text()
    finally:
        running.terminate()
        running.wait()
    assert out.read_bytes() == whole.read_bytes()
    assert log.read_bytes().count(b"\n") == 1  # the bar, and nothing of Ray's
    assert set(Path("/tmp").glob("mtl-ray-*")) <= before
    assert sorted(made.name for made in tmp_path.iterdir()) == ["log", "out.csv", "rows.csv", "whole.csv"]


@with_pyarrow
def test_a_mistake_in_the_file_is_told_in_its_turn_and_in_the_same_words(tmp_path):
    import pyarrow

    from mtl.cli.ray_parts import _read, _unpacked_rows

    file = written(tmp_path / "rows.csv", [("1", "One"), ("2", "Two"), ("3", "Three"), ("4",)])
    rows = open_rows(file)
    with pytest.raises(ValueError, match="line 5 ends a row of 1 fields") as refused:
        list(rows.parts(3))
    told = [table.to_pylist()[0] for table in _read(pyarrow.table({"skip": [0]}), rows, 3)]
    assert [(one["number"], one["rows"], one["error"]) for one in told] == [
        (0, 3, None),
        (1, 0, str(refused.value)),
    ]
    assert _unpacked_rows(told[0]["content"]) == next(rows.parts(3))


@with_pyarrow
def test_rows_of_parquet_travel_with_their_types():
    import datetime

    import pyarrow

    from mtl.cli.ray_parts import _packed_rows, _unpacked_rows

    part = [("One", 1, [0.5], datetime.date(2024, 2, 29)), (None, None, None, None)]
    kinds = [pyarrow.string(), pyarrow.int32(), pyarrow.list_(pyarrow.float64()), pyarrow.date32()]
    assert _unpacked_rows(_packed_rows(part, kinds)) == part


def test_a_file_has_the_same_chunks_read_whole_or_in_parts():
    assert predictions.TEXTS_PER_PART == stream_commands.ROWS_PER_PART
    texts = ["x" * (i % 150) for i in range(5_000)]
    parts = [texts[i : i + stream_commands.ROWS_PER_PART] for i in (0, 2048, 4096)]
    assert list(predictions.chunks_of(texts)) == [c for part in parts for c in predictions.chunks_of(part)]


def test_options_that_do_not_go_together_are_told(tmp_path, monkeypatch, capsys):
    file = written(tmp_path / "rows.csv", [("1", "One")])
    command = ["predict", "--csv", str(file), "--out", str(tmp_path / "out.csv")]
    for arguments, said in (
        (["predict", "a text", "--ray"], "--ray goes with --csv"),
        (["predict", "--csv", str(file), "--ray"], "--ray goes with --out FILE"),
        ([*command, "--ray-cpus", "0.5"], "--ray-cpus and --ray-gpus go with --ray"),
        ([*command, "--ray", "--ray-cpus", "-1"], "--ray-cpus is -1: give a number above 0, such as 0.5"),
    ):
        assert main(arguments) == 2
        assert said in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "ray", None)
    assert main([*command, "--ray"]) == 2
    assert "--ray needs the extra [ray], which is not installed: run  pip install" in capsys.readouterr().err
    assert [made.name for made in tmp_path.iterdir()] == ["rows.csv"]


@pytest.mark.parametrize(
    ("asked", "there", "pool"),
    [
        ((0.5, 1, "cpu"), {"CPU": 3, "GPU": 1}, (6, 0.0, "cpu")),
        ((1, 0.25, "auto"), {"CPU": 8, "GPU": 1}, (4, 0.25, "cuda")),
        ((1, 1, "auto"), {"CPU": 2}, (2, 0.0, "cpu")),
        ((2, 1, "cuda"), {"CPU": 64, "GPU": 4}, (4, 1, "cuda")),
    ],
)
def test_the_pool_is_as_large_as_the_cluster(asked, there, pool):
    cpus, gpus, device = asked
    made = _pool(Asked(address="auto", cpus=cpus, gpus=gpus, device=device), there)
    assert (made.actors, made.cpus, made.gpus, made.device) == (pool[0], cpus, *pool[1:])


def test_a_cluster_that_is_too_small_is_told():
    with pytest.raises(ValueError, match="an actor is to have 4 cores, and there are 2 cores and 0 GPUs"):
        _pool(Asked(address="auto", cpus=4, gpus=1, device="cpu"), {"CPU": 2})
    with pytest.raises(ValueError, match="the cluster has no GPU"):
        _pool(Asked(address="auto", cpus=1, gpus=1, device="cuda"), {"CPU": 2})


def test_the_folder_of_a_command_that_was_killed_is_deleted():
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left = Path(tempfile.mkdtemp(prefix=f"mtl-ray-{ended.pid}-", dir="/tmp"))
    made = Path(_new_folder())
    assert made.name.startswith(f"mtl-ray-{os.getpid()}-") and not left.exists()
    made.rmdir()


@with_ray
def test_a_cluster_that_is_not_there_is_told(tmp_path, capsys):
    file, address = written(tmp_path / "rows.csv", [("1", "One")]), f"127.0.0.1:{free_port()}"
    assert main(["embed", "--csv", str(file), "--out", str(tmp_path / "out.csv"), "--ray", address]) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert f"cannot reach a Ray cluster at {address} (" in said and "ray start --head" in said
    assert [made.name for made in tmp_path.iterdir()] == ["rows.csv"]


@with_pyarrow
def test_a_file_at_an_address_is_read_and_written(tmp_path):
    file = written(tmp_path / "rows.csv", [(str(i), f"Is {i} enough?") for i in range(20)])
    assert main(["embed", "--csv", str(file), "--out", str(tmp_path / "here.csv")]) == 0
    there = tmp_path / "there.csv"
    assert main(["embed", "--csv", file.as_uri(), "--out", there.as_uri()]) == 0
    assert there.read_bytes() == (tmp_path / "here.csv").read_bytes()


@with_pyarrow
@pytest.mark.parametrize(
    ("address", "said"),
    [
        (
            "s3://key:secret@bucket/rows.csv?endpoint_override=127.0.0.1:1&scheme=http&region=nowhere",
            "cannot read s3://bucket/rows.csv: ",
        ),
        ("nothing://bucket/rows.csv", "cannot read nothing://bucket/rows.csv: "),
        ("file:///no/such/rows.csv", "cannot read file:///no/such/rows.csv: it is not there"),
    ],
)
def test_an_address_that_cannot_be_reached_is_told(address, said, tmp_path, capsys):
    assert main(["predict", "--csv", address, "--out", str(tmp_path / "out.csv")]) == 2
    told = capsys.readouterr().err
    assert said in told and "secret" not in told
    assert told.count("\n") == 1 and not list(tmp_path.iterdir())


def test_what_is_an_address():
    assert place("s3://bucket/a.parquet") == Remote("s3://bucket/a.parquet")
    assert (place("s3://bucket/in/a.parquet").name, place("s3://b/a.parquet?x=1").suffix) == (
        "a.parquet",
        ".parquet",
    )
    assert place("in/a.csv") == Path("in/a.csv") and place(r"c:\a.csv") == Path(r"c:\a.csv")
