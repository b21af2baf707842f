"""python -m tests.benchmarks.labelling: many sentences into a file, its speed as a ratio and its memory.

Memory is read where Linux tells it, after every chunk.
"""

import itertools
import os
import statistics
import tempfile
import time
from pathlib import Path

from mtl.data.bundled import bundled_files
from mtl.data.sources import labelled_rows
from mtl.model.predictions import label_texts
from mtl.training.default import load_default

SENTENCES, ALONE = 50_000, 500


def main() -> None:
    model = load_default()
    bundled = [
        text for name in bundled_files() for text in labelled_rows({name: bundled_files()[name]})[0].texts
    ]
    texts = [f"{n}: {text}" for n, text in zip(range(SENTENCES), itertools.cycle(bundled), strict=False)]
    began = time.perf_counter()
    for text in texts[:ALONE]:
        model.predict([text])
    alone = ALONE / (time.perf_counter() - began)
    began = time.perf_counter()
    with tempfile.TemporaryFile("w", newline="", encoding="utf-8") as out:
        resident = [_resident_mb() for _ in label_texts(model, texts, out)]
    rate = SENTENCES / (time.perf_counter() - began)
    tenth = len(resident) // 10
    first, last = (statistics.median(part) for part in (resident[:tenth], resident[-tenth:]))
    print(f"{SENTENCES} sentences: {rate / alone:.1f} x one at a time")
    print(f"resident memory: {first:.0f} MB in the first tenth, {last:.0f} MB in the last")


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2


if __name__ == "__main__":
    main()
