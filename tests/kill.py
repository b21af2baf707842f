"""kill -9 at random moments: `python -m tests.kill [--moments 50] [--seed 0] [--seconds 10] [--whole-page]`.

Starts what owns the runs, the app without its web page unless that is asked for, and gives it short runs. At
each moment, drawn from the seed, it kills the training process or the app; now and then a second app follows
on the same folder. After each it looks at
every run: it is finished, waits, goes on, can be resumed, or says why it failed; every model that is there
loads, and whatever is told of it can be read. At the end it resumes what was cut off and waits until all
runs have ended, each trained once: on the whole page.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from mtl.data.examination import load_rows
from mtl.model.checkpoint import load_model
from mtl.model.pretrained import load_encoder
from mtl.model.provenance import model_report
from mtl.runs.job import Job
from mtl.runs.ownership import all_runs, digest, find, new_run
from mtl.runs.queue import Queue, has_ticket
from mtl.runs.view import view_of
from mtl.schema.config import TrainConfig
from mtl.schema.events import RunEnd, RunStarted
from tests.conftest import INTENT, SENTIMENT, epochs_of
from tests.serving import ROOT, free_port, serving

OWNER = "a secret"
_SETTINGS = TrainConfig(freeze="last-1", epochs=8, batch_size=8)
_SECOND_APP_EVERY = 5


_OWNS = """
import sys, time
from pathlib import Path
from mtl.runs.store import Runs
runs = Runs(Path(sys.argv[1]))
print("up", flush=True)
time.sleep(86_400)
"""


@contextmanager
def owning(home: Path, port: int):
    """The app without its web page, in a process of its own."""
    command = [sys.executable, "-c", _OWNS, str(home / "runs")]
    app = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert app.stdout.readline() == "up\n"
        yield app
    finally:
        app.kill()
        app.wait()
        app.stdout.close()


def put(folder: Path) -> None:
    """A new run at the end of the queue, as a page that follows puts it there."""
    rows = [load_rows(SENTIMENT, "sentiment"), load_rows(INTENT, "intent")]
    run = new_run(folder)
    run.create(Job(rows=rows, config=_SETTINGS), owner=digest(OWNER), created=time.time())
    Queue(folder).put(run)


def children(pid: int) -> list[int]:
    """The ids of the processes that a process started, on Linux."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(status.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(status.parent.name))
    return found


def ray_actors(pid: int) -> list[int]:
    """The ids of the processes that label for a command with `--ray`."""
    found = []
    for child in children(pid):
        with suppress(OSError):
            if b"_Actor" in Path(f"/proc/{child}/cmdline").read_bytes():
                found.append(child)
        found += ray_actors(child)
    return sorted(found)


def look(folder: Path, encoder) -> dict[str, int]:
    """How many runs are in each state. Raises AssertionError or ValueError where something is not right."""
    states: dict[str, int] = {}
    for run in all_runs(folder):
        view = view_of(run, Queue(folder))
        states[view.state] = states.get(view.state, 0) + 1
        assert not view.over or view.state == "finished" or view.resumable or view.events[-1].reason
        numbers = [epoch.epoch for epoch in epochs_of(view.events)]
        assert numbers == list(range(len(numbers))), numbers
        for model in (view.model, None if view.state == "running" else view.latest):
            if model:
                load_model(model, encoder).predict(["Hello"])
                model_report(model)
        assert view.state != "finished" or view.model
    return states


def resume(folder: Path) -> None:
    """Takes up every run that was cut off."""
    for run in all_runs(folder):
        view, queue = view_of(run, Queue(folder)), Queue(folder)
        if view.resumable and not has_ticket(run):
            run.log.reopen()
            queue.put(run)


def settle(folder: Path, seconds: float = 900) -> None:
    """Waits until all runs have ended, and checks that each was trained once."""
    end = time.monotonic() + seconds
    while any(has_ticket(run) for run in all_runs(folder)):
        assert time.monotonic() < end, "the runs do not end"
        time.sleep(0.2)
    for run in all_runs(folder):
        view = view_of(find(folder, OWNER, run.id), Queue(folder))
        if view.state == "failed" and not epochs_of(view.events)[1:]:
            continue  # killed before its first epoch: there is nothing to go on from, and that is said
        assert view.state == "finished", (view.state, view.events[-1:])
        assert len([e for e in view.events if isinstance(e, RunStarted | RunEnd)]) == 2
        assert epochs_of(view.events)[-1].epoch == _SETTINGS.epochs


def main() -> None:
    """Kills, looks, and tells how it went."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moments", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    # From the start of an app to the end of a run, about: the busier the machine, the more.
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--whole-page", action="store_true")
    options = parser.parse_args()
    opened = serving if options.whole_page else owning
    draw, encoder = random.Random(options.seed), load_encoder()
    home = Path(tempfile.mkdtemp(prefix="kill-"))
    folder, killed = home / "runs", {"app": 0, "worker": 0}
    folder.mkdir()
    done = 0
    while done < options.moments:
        with ExitStack() as stack:
            app = stack.enter_context(opened(home, free_port()))
            if done % _SECOND_APP_EVERY == 0:
                stack.enter_context(opened(home, free_port()))
            while done < options.moments and app.poll() is None:
                if sum(has_ticket(run) for run in all_runs(folder)) < 2:
                    put(folder)
                resume(folder)
                time.sleep(draw.uniform(0, options.seconds))
                victim, workers = draw.choice(("app", "worker")), children(app.pid)
                if victim == "worker" and not workers:
                    victim = "app"
                os.kill(workers[0] if victim == "worker" else app.pid, signal.SIGKILL)
                if victim == "app":
                    app.wait()
                killed[victim] += 1
                done += 1
                print(f"{done}: killed the {victim}; runs: {look(folder, encoder)}", flush=True)
    with serving(home, free_port()):
        resume(folder)
        settle(folder)
        print(f"killed {killed}; {len(all_runs(folder))} runs, none goes on: {look(folder, encoder)}")


if __name__ == "__main__":
    main()
