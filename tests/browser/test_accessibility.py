"""axe-core finds no serious violation on any tab, in light and in dark; links and the glossary."""

import pytest

INNER = {
    "Embeddings": (),
    "Predict": (
        "Why, in numbers",
        "What if",
        "Compare two models",
        "Many sentences",
        "Correct this answer",
    ),
    "Train": ("Teach", "New run"),
}


def _open(visitor, tab, panel):
    """A tab, or what one of the quiet buttons on it opens."""
    if panel is None:
        visitor.tab(tab)
        return
    visitor.page.locator(".quiet").get_by_role("button", name=panel, exact=True).click()
    visitor.page.locator(".quiet button.open", has_text=panel).wait_for()
    if panel == "Teach":
        _begin_lesson(visitor)


def _begin_lesson(visitor):
    example = visitor.page.get_by_role("button", name="For example")
    example.or_(visitor.page.locator("#teach-lesson section")).first.wait_for()
    if example.is_visible():
        example.click()
    visitor.page.wait_for_selector("#teach-lesson section")
    visitor.page.wait_for_selector("#teach-answer .bars")


# Only colours differ in the dark.
@pytest.mark.parametrize(("scheme", "rules"), [("light", None), ("dark", ["color-contrast"])])
def test_axe_finds_nothing_serious(shared_page, scheme, rules):
    visitor = shared_page()
    visitor.colours(scheme)
    for tab, panels in INNER.items():
        for panel in (None, *panels):
            _open(visitor, tab, panel)
            visitor.page.wait_for_timeout(250)
            assert visitor.serious(rules) == [], (tab, panel)
        visitor.close_panel()


def _fits(visitor):
    """Each tab's first view, and a lesson, by axe and by its width."""
    for tab, panel in (*((tab, None) for tab in INNER), ("Train", "Teach")):
        _open(visitor, tab, panel)
        visitor.page.wait_for_timeout(250)
        assert visitor.serious() == [], (tab, panel)
        beyond = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert visitor.page.evaluate(beyond) <= 0, (tab, panel)


@pytest.mark.parametrize(("width", "height"), [(768, 1024), (720, 450)], ids=["tablet", "laptop at 200%"])
def test_axe_finds_nothing_serious_at_other_sizes(shared_page, width, height):
    visitor = shared_page()
    visitor.page.set_viewport_size({"width": width, "height": height})
    _fits(visitor)


def test_axe_finds_nothing_serious_on_a_phone(open_page):
    _fits(open_page(viewport={"width": 390, "height": 844}))


def test_a_link_opens_a_tab_with_its_sentence(open_page):
    visitor = open_page("?tab=predict&text=Where%20is%20the%20key%3F")
    visitor.wait_until("() => document.querySelector('#predict-text textarea').value === 'Where is the key?'")
    visitor.wait_for_text("#answers", "Intent question")
    # The button makes such a link of what stands there now.
    visitor.page.fill("#predict-text textarea", "What a day!")
    visitor.wait_for_text("#answers", "Intent exclamation")
    visitor.page.click("#link-predict")
    visitor.wait_until("() => window.location.search.includes('What+a+day')")
    visitor.reload()
    visitor.wait_for_text("#answers", "Intent exclamation")


def test_the_words_are_explained(shared_page):
    visitor = shared_page()
    visitor.page.get_by_role("button", name="The words used here").click()
    visitor.wait_for_text("#glossary", "Macro-F1")


def test_tabs_and_panels_can_be_reached_by_key(shared_page):
    visitor = shared_page()
    visitor.page.get_by_role("tab", name="Predict", exact=True).focus()
    visitor.page.keyboard.press("Tab")
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_selector("#sentences textarea")
    outline = visitor.page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
