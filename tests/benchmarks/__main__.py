"""python -m tests.benchmarks [NAME ...]: how fast this is beside what one would use instead, as ratios.

Both sides of a ratio do the same work on the same rows in the same process, one after the other. Absolute
times depend on the machine and on what else it does; the ratios carry over better.
"""

import argparse
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import torch

from tests.benchmarks.encoding import encoding, explaining
from tests.benchmarks.ratio import Ratio, as_markdown, as_records, machine
from tests.benchmarks.start import start
from tests.benchmarks.training import growth, heads, unfrozen

BENCHMARKS: Final[dict[str, Callable[[], Iterator[Ratio]]]] = {
    "encoding": encoding,
    "explaining": explaining,
    "heads": heads,
    "unfrozen": unfrozen,
    "growth": growth,
    "start": start,
}


def main() -> None:
    """Runs the benchmarks that are named, or all, and prints a table of what they found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of {', '.join(BENCHMARKS)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers there, too")
    options = parser.parse_args()
    if unknown := sorted(set(options.names) - set(BENCHMARKS)):
        parser.error(f"there is no benchmark {unknown[0]!r}: use some of {', '.join(BENCHMARKS)}")
    torch.manual_seed(0)
    found = machine()
    print(", ".join(f"{name} {value}" for name, value in found.items()), flush=True)
    ratios: list[Ratio] = []
    for name in options.names or BENCHMARKS:
        for ratio in BENCHMARKS[name]():
            print(f"{ratio.job}: {ratio.value:.2f} {ratio.unit} ({ratio.against})", flush=True)
            ratios.append(ratio)
    print(f"\n{as_markdown(ratios)}")
    if options.json:
        options.json.write_text(json.dumps({"machine": found, "ratios": as_records(ratios)}), "utf-8")


if __name__ == "__main__":
    main()
