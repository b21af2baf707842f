"""How long the longest request of one visitor keeps another one waiting: `python -m tests.fairness`.

Starts the page on the loopback. One visitor asks for short predictions all the time; meanwhile another calls
every function with the largest input that the limits let through. For each it prints by how much the slowest
of the short answers was slower than without it.
"""

import argparse
import tempfile
import threading
import time
from pathlib import Path

from mtl.schema.limits import limits
from tests.hostile.page import Caller
from tests.serving import free_port, serving

_QUIET_S = 5.0
# They wait for a run or for a measurement, or end what the others need.
_LEFT_OUT = {"measured", "follow", "open", "delete", "delete_all"}


class Visitor(threading.Thread):
    """Asks for short answers, one after the other; when each began and how long it took."""

    def __init__(self, address: str) -> None:
        super().__init__(daemon=True)
        self.took: list[tuple[float, float]] = []
        self._caller, self._ends = Caller(address), threading.Event()

    def run(self) -> None:
        number = self._caller.endpoint("answer")
        while not self._ends.is_set():
            began = time.monotonic()
            # A new sentence each time: an answer that is remembered would wait for nobody.
            self._caller.call(number, [f"A lovely day, {len(self.took)}", "default", self._caller.owner])
            self.took.append((began, time.monotonic() - began))

    def stop(self) -> None:
        self._ends.set()
        self.join()

    def slowest(self, since: float) -> float:
        """Seconds of the slowest answer that was under way since then."""
        return max((took for began, took in self.took if began + took >= since), default=0.0)


def worst(caller: Caller, number: int, file: dict) -> list:
    """The largest input that each component of a function takes."""
    most = limits()
    word = "word " * (most.text_characters // 5)
    lines = "\n".join(f"{n} {'word ' * 40}" for n in range(most.sentences))
    data = caller.defaults(number)
    for place, part in enumerate(caller.inputs(number)):
        kind, props = part["type"], part["props"]
        if kind == "textbox":
            data[place] = lines if props.get("lines", 1) > 1 else word
        elif kind in ("file", "uploadbutton"):
            data[place] = [file] if props.get("file_count") == "multiple" else file
        elif kind in ("slider", "number") and props.get("maximum") is not None:
            data[place] = props["maximum"]
        elif kind == "dataframe":
            data[place] = {"headers": props["headers"], "data": [[word[:2000]] * len(props["headers"])] * 400}
    return data


def rows() -> bytes:
    """A file of as many rows as are read, of usual length."""
    lines = (f"{n} {'the soup was cold ' * 4},{'ab'[n % 2]}" for n in range(limits().rows))
    return "\n".join(["text,label", *lines]).encode()


def main() -> None:
    """Measures each function once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="the longest to wait for one function")
    options = parser.parse_args()
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with serving(Path(tempfile.mkdtemp(prefix="fairness-")), port):
        visitor = Visitor(address)
        visitor.start()
        time.sleep(_QUIET_S)
        began = time.monotonic()
        time.sleep(_QUIET_S)
        usual = visitor.slowest(began)
        print(f"alone, the slowest short answer takes {usual * 1000:.0f} ms", flush=True)
        config, content, found = Caller(address).config, rows(), []
        for function in config["dependencies"]:
            name = function["api_name"]
            if not function["backend_fn"] or name in _LEFT_OUT:
                continue
            caller = Caller(address, seconds=options.seconds)
            data = worst(caller, function["id"], caller.upload("rows.csv", content))
            began = time.monotonic()
            try:
                caller.call(function["id"], data, whole=False)
                said = f"{time.monotonic() - began:.1f} s"
            except Exception as error:  # it takes longer than was to be waited for
                said = type(error).__name__
            found.append((visitor.slowest(began) - usual, name, said))
            print(f"{name}: {said}; others waited {found[-1][0] * 1000:+.0f} ms", flush=True)
        visitor.stop()
    for waited, name, said in sorted(found, reverse=True)[:10]:
        print(f"{waited * 1000:+.0f} ms during {name} ({said})")


if __name__ == "__main__":
    main()
