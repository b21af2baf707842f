"""What the page looks like from outside, and what its first view costs."""

import html
import re
import urllib.request

import pytest

from tests.browser.conftest import PATIENCE_S


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


def test_arrow_keys_move_between_the_tabs(visitor):
    page = visitor.page
    page.get_by_role("tab", name="Predict", exact=True).focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("[role=tab][aria-selected=true]:text-is('Embeddings')")
    page.keyboard.press("End")
    page.wait_for_selector("[role=tab][aria-selected=true]:text-is('Train')")


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_nothing_jumps_while_the_page_is_built(browser, address, size):
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    context.set_default_timeout(1000 * PATIENCE_S)
    page = context.new_page()
    page.add_init_script(
        "window.shifted = 0; new PerformanceObserver(list => { for (const one of list.getEntries()) "
        "if (!one.hadRecentInput) window.shifted += one.value; })"
        ".observe({ type: 'layout-shift', buffered: true });"
    )
    page.goto(address)
    page.wait_for_selector("html.ready")
    page.wait_for_selector("#answers")
    page.evaluate("document.fonts.ready")
    assert page.evaluate("window.shifted") <= 0.05
    context.close()


@pytest.mark.parametrize(("size", "screens"), [((1440, 900), 1), ((390, 844), 2)], ids=["desktop", "phone"])
def test_the_first_view_is_short_and_light(browser, address, size, screens):
    with browser.new_context(viewport={"width": size[0], "height": size[1]}) as context:
        context.set_default_timeout(1000 * PATIENCE_S)
        page = context.new_page()
        received = []
        network = context.new_cdp_session(page)
        network.send("Network.enable")
        network.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
        page.goto(address)
        page.wait_for_selector("#sentence-marks .mirror span.for", state="attached")
        page.wait_for_selector("html.ready")
        assert page.evaluate("document.documentElement.scrollHeight") <= screens * size[1]
        assert len(page.locator("#rooms").inner_text().split()) <= 150
        assert 100_000 < sum(received) <= 1_500_000  # before any chart, compressed


def test_the_guided_minute_leads_through_the_tabs_and_stays_closed(visitor):
    page = visitor.page
    for tab in ("Predict", "Embeddings", "Train"):
        page.click("#guide-next")
        page.wait_for_selector(f"[role=tab][aria-selected=true]:text-is('{tab}')")
    page.click("#guide-next")
    page.click("#guide-done")
    page.wait_for_selector("#guide", state="hidden")
    visitor.reload()
    assert page.locator("#guide").is_hidden()
