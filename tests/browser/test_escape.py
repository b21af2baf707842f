"""What a visitor writes is text wherever the page shows it: nothing of it runs, and nothing leaves."""

import csv
from urllib.parse import urlencode

import pytest

from mtl.ui.guard import POLICY
from mtl.ui.train.picked import OWN
from tests.browser.conftest import Visitor
from tests.browser.train_form import choose_data, choose_strategy, full_report, open_fold

# It has no character that an escape of markup would change.
RUNS = "window.run(/{}/)"
WATCH = "window.ran = []; window.run = place => window.ran.push(String(place))"


def payloads(place):
    """Texts that run where a place takes them for markup, a template or a link."""
    run = RUNS.format(place)
    return (
        f'<img src="x" onerror="{run}">',
        f"<script>{run}</script>",
        f'"><svg onload="{run}">',
        f"{{{{{run}}}}} ${{{run}}} <%= {run} %>",
        f"[press](javascript:{run}) ![x](http://127.0.0.1:9/{place})",
        f"<a href='javascript:{run}'>here</a><iframe srcdoc='<script>parent.{run}</script>'></iframe>",
        f"`; {run}; ' \u202e\u2066 \x07 =1+1 $(id)",
    )


@pytest.fixture
def rows(tmp_path):
    """A file with a payload as its name, in its header, its labels and its texts."""
    file = tmp_path / "<img src=x onerror=window.run(1)>.csv"
    labels = [payloads("label")[0], payloads("label")[4]]
    texts = [payload for payload in payloads("text") for _ in range(4)]
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["text", "sentiment", payloads("column")[0]])
        for number, text in enumerate(texts):
            sentiment = "<b onmouseover=window.run(1)>" if number == 1 else ("pos", "neg")[number % 2]
            writer.writerow([f"{text} number {number} of many", sentiment, labels[number % 2]])
    return file


@pytest.fixture
def watched(browser, address):
    """A visitor whose page notes what runs."""
    context = browser.new_context()
    context.add_init_script(WATCH)
    yield Visitor(context, address)
    context.close()


def quiet(visitor):
    """Nothing has run, and nothing was asked of another server."""
    assert visitor.page.evaluate("window.ran") == []
    assert [problem for problem in visitor.problems if "request to" in problem] == []


def test_nothing_that_is_planted_runs(watched, address, rows):
    visitor, page = watched, watched.page
    for payload in payloads("sentence"):
        page.fill("#predict-text textarea", payload)
        # Its marks are drawn over it, letter for letter.
        page.wait_for_function(
            "() => document.querySelector('#sentence-marks .mirror').textContent"
            " === document.querySelector('#predict-text textarea').value"
        )
    page.click("#predict-folds-why")
    page.wait_for_selector("#why-words")
    quiet(visitor)
    visitor.tab("Embeddings")
    page.fill("#sentences textarea", "\n".join(payloads("map")))
    visitor.wait_for_text("#map-caption", "“")
    for panel in ("matrix", "words", "numbers"):
        page.click(f"#embeddings-folds-{panel}")
        page.wait_for_selector(f"#embeddings-folds-{panel}.open")
        page.wait_for_selector({"matrix": "#matrix button", "words": "#pair-a", "numbers": "#tokens"}[panel])
    quiet(visitor)
    choose_data(visitor, OWN)
    page.locator("#sentiment-file input[type=file]").set_input_files(str(rows))
    visitor.wait_for_text("#data-summary", "used")
    open_fold(visitor, "Look at the rows")
    quiet(visitor)
    assert visitor.problems == []
    # A link brings a text along, and somebody else presses it.
    link = urlencode({"tab": "embeddings", "text": "\n".join(payloads("link"))})
    page.goto(f"{address}/?{link}")
    page.wait_for_selector("html.ready")
    page.wait_for_function("document.querySelector('#sentences textarea')?.value.includes('/link/')")
    page.click("#embeddings-folds-matrix")
    page.wait_for_selector("#matrix button")
    quiet(visitor)


def test_a_label_and_a_model_hold_no_markup(watched, address, tmp_path):
    """Labels that are payloads are trained, reported, and predicted."""
    visitor, file = watched, tmp_path / "topics.csv"
    labels = payloads("label")[:2]
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["text", "label"])
        for number in range(24):
            writer.writerow([f"It is {('warm', 'cold')[number % 2]} on day {number}", labels[number % 2]])
    answer = visitor.page.request.get(address)
    assert answer.headers["content-security-policy"] == POLICY
    choose_data(visitor, OWN)
    visitor.page.locator("#intent-file input[type=file]").set_input_files(str(file))
    visitor.wait_for_text("#data-summary", "24 used")
    choose_strategy(visitor, "Heads only")
    visitor.page.click("#start")
    visitor.wait_for_text("#run-progress", "Finished")
    visitor.wait_for_text("#run-report", "window.run(/label/)")
    full_report(visitor)
    visitor.page.click("#use-model")
    visitor.page.fill("#predict-text textarea", "It is cold on the last day")
    visitor.wait_for_text("#answers", "window.run(/label/)")
    quiet(visitor)
    assert visitor.problems == []
