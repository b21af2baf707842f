"""How the page bears many visitors: `python -m tests.load [--visitors 50] [--seconds 60] [--starts 200]`.

Starts the page on the loopback, trains one run while the visitors type at human speed, then presses Start
for many visitors at once; prints the figures. It asserts nothing: figures depend on the machine.
"""

import argparse
import random
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.hostile.page import Caller
from tests.serving import free_port, serving

WORDS = "the soup was cold but your friend said thank you and please call me back when it rains".split()
_LETTER_S = 0.25


@dataclass
class Tally:
    """Seconds of each answer, and what was refused or failed."""

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def line(self) -> str:
        taken = sorted(self.seconds) or [0.0]
        at = {share: taken[min(len(taken) - 1, int(len(taken) * share))] for share in (0.5, 0.95, 0.99)}
        shares = ", ".join(f"p{share * 100:.0f} {seconds:.3f} s" for share, seconds in at.items())
        return f"{len(self.seconds)} answers, {len(self.errors)} errors, {shares}, most {taken[-1]:.3f} s"


def typing(address: str, until: float, seed: int, tally: Tally) -> None:
    """One visitor, who types sentences letter by letter and waits for each answer."""
    draw, caller = random.Random(seed), Caller(address)
    number = caller.endpoint("answer")
    while time.monotonic() < until:
        sentence = " ".join(draw.choices(WORDS, k=8))
        for end in range(1, len(sentence) + 1):
            began = time.monotonic()
            if began > until:
                return
            message = caller.call(number, [sentence[:end], "default", caller.owner])
            tally.seconds.append(time.monotonic() - began)
            if not message["success"]:
                tally.errors.append(message["output"]["error"])
            time.sleep(_LETTER_S * draw.uniform(0.5, 1.5))


def start(address: str, tally: Tally) -> None:
    """A visitor who presses Start with the form as it is."""
    caller = Caller(address, seconds=600)
    number = caller.endpoint("begin")
    began = time.monotonic()
    try:
        message = caller.call(number, caller.defaults(number))
    except Exception as error:  # the queue is full, or the connection was dropped
        tally.errors.append(f"{error}"[:80])
        return
    tally.seconds.append(time.monotonic() - began)
    if not message["success"]:
        tally.errors.append(message["output"]["error"])


def memory(pid: int) -> float:
    """Megabytes of a process without its children, on Linux."""
    (line,) = (x for x in Path(f"/proc/{pid}/status").read_text().splitlines() if x.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def main() -> None:
    """Runs both parts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visitors", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--starts", type=int, default=200)
    options = parser.parse_args()
    folder, port = Path(tempfile.mkdtemp(prefix="load-")), free_port()
    address = f"http://127.0.0.1:{port}"
    with serving(folder, port) as app:
        typing(address, time.monotonic() + 5, 0, Tally())
        before = memory(app.pid)
        start(address, trained := Tally())
        tally, until = Tally(), time.monotonic() + options.seconds
        threads = [
            threading.Thread(target=typing, args=(address, until, seed, tally))
            for seed in range(options.visitors)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(f"{options.visitors} visitors typing while a run trains: {tally.line()}", flush=True)
        print(f"the run was refused: {trained.errors}; other errors: {sorted(set(tally.errors))}")
        print(f"memory {before:.0f} MB before, {memory(app.pid):.0f} MB after", flush=True)
        pressed = Tally()
        with ThreadPoolExecutor(options.starts) as pool:
            list(pool.map(lambda _: start(address, pressed), range(options.starts)))
        made = len(list((folder / "runs").glob("*/run.json"))) - 1
        print(f"{options.starts} starts at once: {pressed.line()}; {made} runs were made")
        print("\n".join(sorted({error[:100] for error in pressed.errors})))
        typing(address, time.monotonic() + 5, 1, after := Tally())
        print(f"afterwards: {after.line()}")


if __name__ == "__main__":
    main()
