"""python -m tests.benchmarks.exports: the HTML file in headless Chromium beside the model in Python.

Tokens of 10,000 strings of all scripts, answers to all bundled sentences, and how long one waits.
"""

import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from mtl.data.bundled import default_files
from mtl.data.sources import labelled_rows
from mtl.exports.agreement import answers_of, compare_answers
from mtl.exports.export import export_model
from mtl.exports.weights_file import tokenizer_facts
from mtl.model.multitask import MultiTaskModel
from mtl.training.default import load_default
from tests.browser.conftest import ARGUMENTS, find_chromium
from tests.exports.in_browser import TOKENIZE, answers_in
from tests.exports.strings import strings

STRINGS, OPENED, TYPED = 10_000, 5, 20
FIFTEEN = "Great screen, but could you tell me why it keeps turning off after all those {} hours?"


def main() -> None:
    model = load_default()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        made = export_model(model, "html", Path(folder) / "model.html")
        print(f"{made.nbytes / 1e6:.1f} MB; weights in Python {made.agreement['model.html']}", flush=True)
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        firsts = []
        for _ in range(OPENED):
            page = browser.new_context(offline=True).new_page()
            page.set_default_timeout(600_000)
            began = time.perf_counter()
            page.goto(made.path.as_uri())
            page.wait_for_selector("#cards .fill")
            firsts.append(time.perf_counter() - began)
        print(f"first answer after {_told(firsts)}", flush=True)
        print(f"15 words after {_told(_typed(page))}", flush=True)
        print(_tokens(page, model), flush=True)
        print(f"answers in the browser agree {_sentences(page, model)}")
        browser.close()


def _typed(page: Page) -> list[float]:
    seconds = []
    for number in range(TYPED):
        text = FIFTEEN.format(number)
        began = time.perf_counter()
        page.fill("#text", text)
        page.wait_for_function("text => document.documentElement.dataset.shown === text", arg=text)
        seconds.append(time.perf_counter() - began)
    return seconds


def _tokens(page: Page, model: MultiTaskModel) -> str:
    texts = strings(STRINGS, model.encoder.tokenizer.get_vocab())
    ids = page.evaluate(TOKENIZE, [tokenizer_facts(model.encoder), texts])
    theirs = model.encoder.tokenize(texts).ids
    wrong = [text for text, own, other in zip(texts, ids, theirs, strict=True) if own != list(other)]
    return f"tokens of {len(texts) - len(wrong)} of {len(texts)} strings are equal {wrong[:3]}"


def _sentences(page: Page, model: MultiTaskModel) -> str:
    rows = labelled_rows(default_files())
    texts = list(dict.fromkeys(text for task in rows for text in task.texts))
    return str(compare_answers(answers_of(model, texts), answers_in(page, texts)))


def _told(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):.2f} s (median of {len(seconds)}; longest {max(seconds):.2f})"


if __name__ == "__main__":
    main()
