"""python -m tests.benchmarks.teaching [suspects|forecast|promise|suggest ...]: a Markdown table of each.

The rows are real ones, which do not come with the project: NAME_train.csv and NAME_test.csv in `--folder`,
with the columns text and label. Their vectors are encoded once and kept in the folder for temporary files.
"""

import argparse
import warnings
from pathlib import Path

from threadpoolctl import threadpool_limits

from tests.benchmarks.teaching import forecast, promise, suggest, suspects
from tests.benchmarks.teaching.remembered import BENCH

PARTS = {
    "suspects": suspects.table,
    "forecast": forecast.table,
    "promise": promise.table,
    "suggest": suggest.table,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="|".join(PARTS), help="default: all")
    parser.add_argument("--folder", type=Path, default=BENCH)
    options = parser.parse_args()
    warnings.filterwarnings("ignore", "The least populated class")
    with threadpool_limits(1):
        for part in options.parts or PARTS:
            print(f"\n{part}\n", flush=True)
            for line in PARTS[part](options.folder):
                print(f"| {' | '.join(line)} |", flush=True)


if __name__ == "__main__":
    main()
