"""python -m tests.benchmarks.ray_labelling [--rows 200000] [--billion ROWS_PER_SECOND_AND_CORE]

Labels the bundled sentences, repeated with a number before each, on this machine: in a plain stream, through
Ray, and through Ray while one actor is killed. Prints whether the three files are the same, what Ray takes
beside the plain stream as ratios, and what a billion sentences take at the rate that was measured. With
`--billion`, only the last, for a rate that is given.
"""

import argparse
import csv
import itertools
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import torch

from mtl.cli.answering import answered, predicting
from mtl.cli.stream_commands import ROWS_PER_PART
from mtl.data.bundled import bundled_files
from mtl.data.parts import Column, Form
from mtl.data.sources import labelled_rows
from mtl.data.stream import open_rows
from mtl.training.default import load_default
from tests.conftest import ROOT
from tests.kill import children, ray_actors

SENTENCES = 1_000_000_000
CORES = (16, 64, 256, 1024)
# An assumption, not an offer: about what a core of a large cloud costs by the hour.
DOLLARS_PER_CORE_HOUR = 0.04


@dataclass(frozen=True, kw_only=True)
class Took:
    """Seconds by the clock; seconds of all processors together, of the command with all that it started."""

    wall_s: float
    processor_s: float


def write_rows(file: Path, rows: int) -> None:
    """A file of so many short sentences, no two alike."""
    bundled = bundled_files()
    texts = [text for name in bundled for text in labelled_rows({name: bundled[name]})[0].texts]
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "text"])
        writer.writerows(
            (i, f"{i}: {text}") for i, text in zip(range(rows), itertools.cycle(texts), strict=False)
        )


def label(file: Path, out: Path, *options: str, kill_after: int | None = None) -> Took:
    """Labels a file with the command; kills an actor once so many parts are there."""
    command = [sys.executable, "-m", "mtl", "predict", "--csv", str(file), "--out", str(out), *options]
    began, used = time.perf_counter(), dict[int, float]()
    running = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    while running.poll() is None:
        used |= _processor_s(running.pid)
        if kill_after is not None and (out.with_name(out.name + ".parts") / f"{kill_after:08}").is_file():
            victim = ray_actors(running.pid)[0]
            os.kill(victim, signal.SIGKILL)
            print(f"killed the actor {victim} after part {kill_after}", flush=True)
            kill_after = None
        time.sleep(0.5)
    assert running.returncode == 0, f"{' '.join(command)} ended with {running.returncode}"
    assert kill_after is None, "it ended before an actor could be killed: take more rows"
    return Took(wall_s=time.perf_counter() - began, processor_s=sum(used.values()))


def _processor_s(pid: int) -> dict[int, float]:
    """What a process and all that it started have used so far, by their ids. Ray's workers are nobody's
    children when they end, so that the system does not add them up."""
    found = {}
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        found[pid] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    for child in children(pid):
        found |= _processor_s(child)
    return found


def rate(file: Path, out: Path) -> float:
    """Rows per second and core: two parts of the file, answered as an actor does it, on one core."""
    torch.set_num_threads(1)
    rows, answerer = open_rows(file), predicting(load_default())
    own = [Column(name=name, type="string") for name in rows.columns]
    form = Form(columns=(*own, *answerer.columns), parquet=False)
    first, *parts = itertools.islice(rows.parts(ROWS_PER_PART), 3)
    answered(first[:256], rows.text, answerer, form)
    began = time.process_time()
    for part in parts:
        out.write_bytes(answered(part, rows.text, answerer, form))
    return sum(map(len, parts)) / (time.process_time() - began)


def billion(rows_per_s: float, dollars: float) -> str:
    """A table: hours and cost for a billion sentences, at so many rows per second and core."""
    core_hours = SENTENCES / rows_per_s / 3600
    cost = f"${core_hours * dollars:,.0f}"
    lines = [
        f"1 billion sentences at {rows_per_s:.0f} rows per second and core: {core_hours:,.0f} core hours, "
        f"{cost} at ${dollars:g} a core hour (assumed)",
        "",
        "| cores | rows per second | hours | cost |",
        "|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {cores:,} | {rows_per_s * cores:,.0f} | {core_hours / cores:,.1f} | {cost} |" for cores in CORES
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--billion", type=float, metavar="ROWS_PER_SECOND_AND_CORE")
    parser.add_argument("--dollars", type=float, default=DOLLARS_PER_CORE_HOUR, help="for a core hour")
    options = parser.parse_args()
    if options.billion:
        print(billion(options.billion, options.dollars))
        return
    with tempfile.TemporaryDirectory() as folder:
        file, *outs = (Path(folder) / f"{name}.csv" for name in ("rows", "plain", "ray", "killed"))
        write_rows(file, options.rows)
        print(f"{options.rows} rows, {file.stat().st_size / 1e6:.1f} MB, {os.cpu_count()} cores", flush=True)
        plain = label(file, outs[0], "--resume")
        print(f"plain: {plain}", flush=True)
        ray = label(file, outs[1], "--ray")
        print(f"ray: {ray}", flush=True)
        killed = label(file, outs[2], "--ray", kill_after=options.rows // ROWS_PER_PART // 4)
        print(f"ray, an actor killed: {killed}", flush=True)
        contents = [out.read_bytes() for out in outs]
        measured = rate(file, Path(folder) / "part")
        rows = list(csv.reader(contents[2].decode("utf-8").splitlines()))[1:]
    assert [row[0] for row in rows] == [str(i) for i in range(options.rows)], "rows are lost or repeated"
    print(f"the same bytes through Ray: {contents[1] == contents[0]}")
    print(f"the same bytes after a kill: {contents[2] == contents[0]}")
    for name, took in (("ray", ray), ("ray, an actor killed", killed)):
        print(
            f"{name}: {took.wall_s / plain.wall_s:.2f} x the time of the plain stream, "
            f"{took.processor_s / plain.processor_s:.2f} x its processor time"
        )
    print(billion(measured, options.dollars))


if __name__ == "__main__":
    main()
