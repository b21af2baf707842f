"""python -m tests.benchmarks.export_speed: how fast each export answers beside `model.predict` in Python.

One sentence of 15 words, and 64 bundled sentences at once, each by an export's own runtime, its tokenizer
included, and by the model, turn by turn in one run, each with one thread, as the HTML file has. Printed is
the median over the turns: 2 means that the export is twice as fast as Python.
"""

import statistics
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime
import torch
from playwright.sync_api import sync_playwright
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer

from mtl.exports.agreement import sample_texts
from mtl.exports.export import FORMATS, export_model
from mtl.training.default import load_default
from tests.benchmarks.exports import FIFTEEN
from tests.benchmarks.ratio import timed
from tests.browser.conftest import ARGUMENTS, find_chromium
from tests.exports.in_browser import ASK, opened

Ask = Callable[[Sequence[str]], object]

TURNS: Final = 15
BATCH: Final = 64
PYTHON: Final = "Python"


def main() -> None:
    """Makes every export of the default model and prints a row for each."""
    torch.set_num_threads(1)
    model = load_default()
    texts = sample_texts()
    batch = texts[:: len(texts) // BATCH][:BATCH]
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        places = {format: Path(name) / f"{format}.html" for format in FORMATS}
        for format, place in places.items():
            export_model(model, format, place)
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        page = opened(browser, places["html"])
        encoder = SentenceTransformer(str(places["sentence-transformer"]), device="cpu")
        ways: dict[str, Ask] = {
            PYTHON: model.predict,
            "model.html": lambda given: page.evaluate(ASK, list(given)),
            "model.onnx": _onnx(places["onnx"], "model.onnx"),
            "model_int8.onnx": _onnx(places["onnx"], "model_int8.onnx"),
            "sentence-transformer": lambda given: encoder.encode(list(given), show_progress_bar=False),
        }
        one = _ratios(ways, lambda turn: [FIFTEEN.format(turn)])
        many = _ratios(ways, lambda turn: [f"{turn}. {text}" for text in batch])
        browser.close()
    print(f"| export | one sentence | {BATCH} sentences |\n|---|---|---|")
    for way in one:
        print(f"| {way} | {one[way]:.2g} | {many[way]:.2g} |")


def _ratios(ways: Mapping[str, Ask], given: Callable[[int], Sequence[str]]) -> dict[str, float]:
    """Python's time divided by that of each other way; nothing is asked twice."""
    ratios: dict[str, list[float]] = {way: [] for way in ways if way != PYTHON}
    for turn in range(-2, TURNS):
        texts = given(turn)
        seconds = {way: timed(partial(ask, texts))[1] for way, ask in ways.items()}
        for way, found in ratios.items():
            if turn >= 0:  # those before it warm up
                found.append(seconds[PYTHON] / seconds[way])
    return {way: statistics.median(found) for way, found in ratios.items()}


def _onnx(folder: Path, file: str) -> Ask:
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(folder / file, options)

    def ask(given: Sequence[str]) -> object:
        rows = tokenizer.encode_batch(list(given))
        ids, mask = (np.array([getattr(row, part) for row in rows]) for part in ("ids", "attention_mask"))
        return session.run(None, {"input_ids": ids, "attention_mask": mask})

    return ask


if __name__ == "__main__":
    main()
