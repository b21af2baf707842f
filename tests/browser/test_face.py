"""What the page looks like from outside, and what its first view costs."""

import html
import re
import urllib.request
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page

from tests.serving import PATIENCE_S


@dataclass(frozen=True, kw_only=True)
class FirstView:
    """An opened page of this size; the height of the bar at its foot; the bytes that came for it."""

    page: Page
    width: int
    height: int
    bar: int
    received: int


def first_page(url):
    """The page's HTML, without a browser."""
    with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
        return answer.read().decode("utf-8")


def tags(page):
    found = re.findall(r'<meta property="([^"]+)" content="([^"]*)"', page)
    assert len(found) == len(dict(found)), "a tag is there twice"
    return {name: html.unescape(content) for name, content in found}


def test_a_posted_link_has_a_preview_of_its_own(address):
    found = tags(first_page(address))
    assert found["og:title"] == "Sentence Lab"
    assert "Gradio" not in " ".join(found.values())
    picture = urllib.request.urlopen(found["og:image"], timeout=PATIENCE_S)
    assert found["og:image"].startswith(address) and picture.headers["content-type"] == "image/png"


def test_a_link_with_a_sentence_says_what_the_model_makes_of_it(address):
    found = tags(first_page(f"{address}/?tab=predict&text=Where%20is%20the%20key%3F%20%3Cb%3E"))
    assert found["og:title"] == "“Where is the key? <b>”"
    assert "question" in found["og:description"]


def test_a_sentence_in_a_link_never_becomes_markup(address):
    page = first_page(f"{address}/?text=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script>alert" not in page.split("</head>")[0].split("window.gradio_config")[0]


def test_the_outline_of_the_page_is_there_before_any_script(address):
    page = first_page(address)
    body = page[page.index("<body") :]
    assert body.index('<div id="outline"') < body.index("<gradio-app") < len(body)
    assert "See what a small model makes of it." in body[:400]


@pytest.fixture(scope="module", params=[((1440, 900), 0), ((390, 844), 56)], ids=["desktop", "phone"])
def first_view(request, browser, address):
    """The page as it opens, once on a desktop and once on a phone, for the tests that only look at it."""
    (width, height), bar = request.param
    context = browser.new_context(viewport={"width": width, "height": height})
    context.set_default_timeout(1000 * PATIENCE_S)
    page, received = context.new_page(), []
    page.add_init_script(
        "window.shifted = 0; new PerformanceObserver(list => { for (const one of list.getEntries()) "
        "if (!one.hadRecentInput) window.shifted += one.value; })"
        ".observe({ type: 'layout-shift', buffered: true });"
    )
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    network.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    page.goto(address)
    page.wait_for_selector("#sentence-marks .mirror span.for", state="attached")
    page.wait_for_selector("html.ready")
    page.evaluate("document.fonts.ready")
    yield FirstView(page=page, width=width, height=height, bar=bar, received=sum(received))
    context.close()


def test_nothing_jumps_while_the_page_is_built(first_view):
    assert first_view.page.evaluate("window.shifted") <= 0.05


def test_the_first_view_is_short_and_light(first_view):
    page, screens = first_view.page, 2 if first_view.bar else 1
    assert page.evaluate("document.documentElement.scrollHeight") <= screens * first_view.height
    assert len(page.locator("#rooms").inner_text().split()) <= 150
    assert 100_000 < first_view.received <= 1_500_000  # before any chart, compressed


def test_box_and_both_answers_are_seen_without_scrolling(first_view):
    page, in_view = first_view.page, first_view.height - first_view.bar
    bottoms = page.evaluate(
        "() => ['#sentence', ...[1, 2].map(n => `#answers section:nth-child(${n})`)].map("
        " which => document.querySelector(which).getBoundingClientRect().bottom)"
    )
    assert page.evaluate("window.scrollY") == 0
    assert max(bottoms) <= in_view
    # All of the tab's first view: one window on a desktop, two on a phone, and few words.
    quiet = page.locator("#quiet-row").bounding_box()
    assert quiet["y"] + quiet["height"] <= (2 if first_view.bar else 1) * in_view
    assert len(page.get_by_role("tabpanel").first.inner_text().split()) <= 150
    assert page.evaluate("document.documentElement.scrollWidth") <= first_view.width


def test_the_cursor_is_in_the_box(first_view):
    page = first_view.page
    page.wait_for_function(
        "() => document.activeElement === document.querySelector('#predict-text textarea')"
    )
    page.keyboard.type(" Really")
    page.wait_for_function(
        "() => document.querySelector('#predict-text textarea').value.endsWith('off? Really')"
    )


def test_arrow_keys_move_between_the_tabs(shared_page):
    page = shared_page().page
    page.get_by_role("tab", name="Predict", exact=True).focus()
    page.keyboard.press("Home")
    page.wait_for_selector("[role=tab][aria-selected=true]:text-is('Predict')")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("[role=tab][aria-selected=true]:text-is('Embeddings')")
    page.keyboard.press("End")
    page.wait_for_selector("[role=tab][aria-selected=true]:text-is('Train')")


def test_the_guided_minute_leads_through_the_tabs_and_stays_closed(shared_page):
    visitor = shared_page()
    page = visitor.page
    for tab in ("Predict", "Embeddings", "Train"):
        page.click("#guide-next")
        page.wait_for_selector(f"[role=tab][aria-selected=true]:text-is('{tab}')")
    page.click("#guide-next")
    page.click("#guide-done")
    page.wait_for_selector("#guide", state="hidden")
    visitor.reload()
    assert page.locator("#guide").is_hidden()
