"""python -m tests.benchmarks.page: how long a visitor waits, in the system's Chromium with an empty cache.

Times, not ratios: they belong to the machine they were taken on.
"""

import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.browser.conftest import ARGUMENTS, find_chromium
from tests.serving import free_port, serving

VISITS, WARM_UP_S = 5, 45
SENTENCES = ("Where is the key?", "What a day!", "Bring the soup here.", "Nothing works, it is awful.", "Hm.")


def main() -> None:
    port = free_port()
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder), port),
        sync_playwright() as playwright,
    ):
        time.sleep(WARM_UP_S)  # the worker measures its throughput and encodes the bundled sentences
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        visits = [_visit(browser, f"http://127.0.0.1:{port}") for _ in range(VISITS)]
        for name in visits[0]:
            print(f"{name}: {statistics.median(visit[name] for visit in visits):.2f} s")
        browser.close()


def _visit(browser: Browser, url: str) -> dict[str, float]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    began = time.perf_counter()
    page.goto(url)
    waited = {}
    page.wait_for_selector("button[role=tab]", timeout=60_000)
    waited["tabs can be pressed"] = time.perf_counter() - began
    page.get_by_role("tab", name="Embeddings", exact=True).click()
    page.wait_for_selector("#map .js-plotly-plot .textpoint", timeout=60_000)
    waited["sentences and their map are there"] = time.perf_counter() - began
    page.get_by_role("tab", name="Predict", exact=True).click()
    page.wait_for_selector("#sentence-marks .mirror span.for")
    answers = []
    for sentence in SENTENCES:
        before = page.inner_text("#answers")
        began = time.perf_counter()
        page.fill("#predict-text textarea", sentence)
        page.wait_for_function("b => document.querySelector('#answers').innerText !== b", arg=before)
        answers.append(time.perf_counter() - began)
        page.wait_for_timeout(500)
    context.close()
    return {**waited, "from a change of the text to both answers": statistics.median(answers)}


if __name__ == "__main__":
    main()
