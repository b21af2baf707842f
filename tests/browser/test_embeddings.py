"""What a visitor does on the Embeddings tab."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from tests.browser.conftest import Visitor

LINES = "A cat sleeps\nTaxes rose again\nA kitten naps"
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
PANELS = ("matrix", "words", "layers", "search", "moved", "numbers", "settings", "files")
# The texts that the map prints, in the order of the lines.
MAP = (
    "(texts => JSON.stringify(data.find(trace => trace.name === 'texts')?.text ?? [])"
    " === JSON.stringify(texts))(%s)"
)


def _open(visitor):
    visitor.tab("Embeddings")
    visitor.page.wait_for_selector("#map .js-plotly-plot")
    return visitor


@pytest.fixture
def tab(visitor):
    """The tab on a page of its own, as it is first seen."""
    return _open(visitor)


@pytest.fixture
def shared(shared_page):
    """The tab on the page that the tests share, the box empty and all panels closed.

    Whoever sets there what an empty box does not undo, sets it back.
    """
    visitor = _open(shared_page())
    visitor.close_panel()
    visitor.page.fill("#sentences textarea", "")
    visitor.wait_for_text("#map-caption", "Type one sentence per line")
    return visitor


@pytest.fixture
def embeddings(shared):
    """With three lines in the box."""
    shared.page.fill("#sentences textarea", LINES)
    shared.wait_for_text("#map-caption", "“A cat sleeps” and “A kitten naps”")
    return shared


@pytest.fixture
def example(shared):
    """With the lines that the tab begins with."""
    shared.page.get_by_role("button", name="Opposites").click()
    shared.wait_for_text("#map-caption", "“terrible” and “not bad at all” have 0.87")
    return shared


@dataclass(frozen=True, kw_only=True)
class FirstView:
    """The page on which the tab was opened: its size, and how far things moved meanwhile."""

    visitor: Visitor
    viewport: dict
    shift: float


@pytest.fixture(scope="module", params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def first_view(request, browser, address):
    """The tab as it opens, once on a desktop and once on a phone."""
    context = browser.new_context(viewport=request.param)
    visitor = Visitor(context, address)
    visitor.page.evaluate(
        "() => { window.shift = 0; new PerformanceObserver(list => list.getEntries().forEach("
        "entry => { if (!entry.hadRecentInput) window.shift += entry.value; }))"
        ".observe({type: 'layout-shift', buffered: false}); }"
    )
    visitor.page.evaluate(
        "() => [...document.querySelectorAll('button[role=tab]')]"
        ".find(tab => tab.innerText === 'Embeddings').click()"
    )
    visitor.page.wait_for_selector("#map .js-plotly-plot .textpoint")
    visitor.page.wait_for_timeout(1500)  # what would still move has time to
    shift = visitor.page.evaluate("() => window.shift")
    yield FirstView(visitor=visitor, viewport=request.param, shift=shift)
    context.close()
    assert visitor.problems == []


def _panel(visitor, name):
    visitor.page.click(f"#embeddings-folds-{name}")
    visitor.page.wait_for_selector(f"#embeddings-folds-{name}.open")


def _chart(visitor, chart, condition):
    """Waits until `condition`, in JavaScript, holds of a chart's `data`, its arrays decoded."""
    visitor.wait_until(
        "([chart, holds]) => { const data = document.querySelector(`${chart} .js-plotly-plot`)?._fullData;"
        " return data && new Function('data', `return ${holds}`)(data); }",
        arg=[chart, condition],
    )


def _printed(visitor, *texts):
    """Waits until the map prints just these texts."""
    _chart(visitor, "#map", MAP % list(texts))


def _map_text_boxes(visitor):
    return visitor.page.evaluate(
        "() => [...document.querySelectorAll('#map .textpoint text')]"
        ".filter(text => text.textContent && !/^0\\.\\d\\d$/.test(text.textContent))"
        ".map(text => text.getBoundingClientRect()).map(box => [box.left, box.top, box.right, box.bottom])"
    )


def test_the_first_view_is_short_and_stands_still(first_view):
    page, width = first_view.visitor.page, first_view.viewport["width"]
    assert first_view.shift <= 0.05
    end = page.evaluate(
        "() => document.querySelector('#embeddings-more').getBoundingClientRect().bottom + window.scrollY"
    )
    assert end <= (900 if first_view.viewport is DESKTOP else 2 * 844)
    words = page.evaluate("() => document.body.innerText.split(/\\s+/).filter(Boolean).length")
    assert words <= 150
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width


def test_the_map_is_drawn_for_the_width_that_it_has(first_view):
    visitor = first_view.visitor
    right = visitor.page.evaluate("() => document.querySelector('#map').getBoundingClientRect().right")
    width = visitor.page.evaluate("() => document.querySelector('#map').getBoundingClientRect().width")
    _chart(visitor, "#map", f"Math.max(...data.find(trace => trace.name === 'texts').x) < {width}")
    visitor.wait_until("() => document.querySelectorAll('#map .textpoint text').length >= 7")
    boxes = _map_text_boxes(visitor)
    assert len(boxes) == 7
    assert all(box[0] >= 0 and box[2] <= right + 1 for box in boxes)  # no text is cut at the edge
    hidden = [
        (one, other)
        for place, one in enumerate(boxes)
        for other in boxes[place + 1 :]
        if min(one[2], other[2]) - max(one[0], other[0]) > 6
        and min(one[3], other[3]) - max(one[1], other[1]) > 6
    ]
    assert hidden == []
    assert not visitor.page.locator(".modebar").first.is_visible()


def test_two_hundred_sentences_stay_readable(first_view):
    visitor = first_view.visitor
    kinds = ("The soup was {}", "Turn the radio {}", "My train left {}", "I read the {} book")
    lines = [
        f"{kind.format(word)} {day}" for word in ("early", "late") for day in range(25) for kind in kinds
    ]
    visitor.page.fill("#sentences textarea", "\n".join(lines))
    _chart(
        visitor,
        "#map",
        "data.reduce((sum, t) => sum + (t.hovertext && t.name !== 'pairs' ? t.x.length : 0), 0) === 200",
    )
    assert 0 < len(_map_text_boxes(visitor)) < 60  # only some are printed, the pointer tells all
    _panel(visitor, "matrix")
    visitor.wait_for_text("#matrix-pair", "Press a cell to open it")
    size = visitor.page.locator("#matrix button").first.bounding_box()
    assert size["height"] >= 30 and size["width"] >= 40
    rows = visitor.page.locator("#matrix tbody tr").count()
    assert 1 < rows <= 12
    visitor.page.locator("#matrix tbody tr").first.locator("button").first.click()
    visitor.wait_for_text("#matrix-pair", "Press a cell to see")
    visitor.page.click("#matrix-all")
    visitor.wait_for_text("#matrix-pair", "Press a cell to open it")
    assert visitor.page.locator("#matrix tbody tr").count() == rows
    assert visitor.page.evaluate("() => document.documentElement.scrollWidth") <= first_view.viewport["width"]


def test_the_sentences_stand_beside_their_points_and_follow_the_typing(embeddings):
    _printed(embeddings, *LINES.splitlines())
    _chart(embeddings, "#map", "data.find(trace => trace.name === 'pairs').customdata[0].join() === '0,2'")
    embeddings.page.fill("#sentences textarea", LINES + "\nA dog barks")
    _printed(embeddings, *LINES.splitlines(), "A dog barks")
    # What is typed is text, never markup, on the map and everywhere.
    embeddings.page.fill("#sentences textarea", "<img src=x onerror=alert(1)>\n{{value}} ${1+1}")
    embeddings.wait_for_text("#map", "{{value}} ${1+1}")
    for panel in ("matrix", "words", "numbers", "moved"):
        _panel(embeddings, panel)
        embeddings.page.wait_for_timeout(500)
    assert embeddings.page.locator("img[src=x]").count() == 0


def test_an_example_says_what_to_notice(example):
    example.page.get_by_role("button", name="Paraphrases").click()
    example.wait_for_text("#map-caption", "meaning counts, not spelling")
    _chart(example, "#map", "data.find(trace => trace.name === 'texts').text[0].startsWith('Book a table')")


@pytest.mark.parametrize("panel", PANELS)
def test_clearing_the_box_leaves_nothing_stale_and_no_error(example, panel):
    _chart(example, "#map", "data.length > 0")
    _panel(example, panel)
    if panel == "words":
        example.wait_for_text("#pair-words", "0.87")
    if panel == "numbers":
        example.wait_for_text("#tokens", "terrible")
    if panel == "search":
        example.page.locator("#search-source").get_by_label("Your lines").check()
        example.wait_for_text("#search-found", "soup")
    example.page.fill("#sentences textarea", "")
    example.wait_for_text("#map-caption", "Type one sentence per line")
    _chart(example, "#map", "data.length === 0")
    if panel == "search":
        example.wait_for_text("#search-said", "Nothing found")
    example.wait_until(
        "() => !document.querySelector('#embeddings-folds').closest('[role=tabpanel]')"
        ".innerText.includes('soup')"
    )
    example.page.wait_for_timeout(300)
    assert example.page.get_by_test_id("toast-body").count() == 0
    if panel == "search":
        example.page.locator("#search-source").get_by_label("Bundled sentences").check()
    # Typing again brings everything back.
    example.page.fill("#sentences textarea", LINES)
    example.wait_for_text("#map-caption", "A kitten naps")
    shown = {"matrix": "#matrix", "words": "#pair-words", "numbers": "#tokens", "moved": "#moved-pairs"}
    if panel in shown:
        example.wait_for_text(shown[panel], "cat")


def test_a_panel_that_was_closed_shows_nothing_old(embeddings):
    _panel(embeddings, "words")
    embeddings.wait_for_text("#pair-words", "A kitten naps")
    _panel(embeddings, "matrix")
    embeddings.page.fill("#sentences textarea", "Only this one")
    embeddings.wait_for_text("#matrix-pair", "needs two sentences")
    _panel(embeddings, "words")
    embeddings.wait_for_text("#pair-words", "needs two sentences")
    assert "kitten" not in embeddings.text("#pairs")


def test_files_hold_the_vectors(embeddings):
    _panel(embeddings, "files")
    embeddings.wait_for_text("#files-said", "3 sentences, 384 numbers each")
    saved = {}
    for kind in ("csv", "npy"):
        with embeddings.page.expect_download() as download:
            embeddings.page.click(f"#files-{kind}")
        saved[kind] = download.value.path()
    table, vectors = pd.read_csv(saved["csv"]), np.load(saved["npy"])
    assert table["text"].tolist() == LINES.splitlines()
    np.testing.assert_allclose(table.drop(columns="text"), vectors, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_a_cell_of_the_matrix_opens_its_pair_beside_it_by_key(embeddings):
    _panel(embeddings, "matrix")
    embeddings.wait_for_text("#matrix", "3. A kitten naps")
    cell = embeddings.page.locator('#matrix button[data-cell="0|1"]')
    cell.focus()
    embeddings.page.keyboard.press("Enter")
    embeddings.wait_for_text("#matrix-pair", "Taxes rose again")
    assert embeddings.text("#matrix-pair").startswith(cell.inner_text())
    embeddings.page.locator('#matrix button[data-cell="0|2"]').click()
    embeddings.wait_for_text("#matrix-pair", "“cat” and “kitten”")


def test_a_switch_puts_similar_sentences_side_by_side(embeddings):
    _panel(embeddings, "matrix")
    rows = embeddings.page.locator("#matrix tbody th .name")
    embeddings.wait_for_text("#matrix", "3. A kitten naps")
    assert [text[0] for text in rows.all_inner_texts()] == ["1", "2", "3"]
    embeddings.page.get_by_label("Similar ones side by side").check()
    embeddings.wait_until(
        "() => ['213', '231', '132', '312'].includes("
        "[...document.querySelectorAll('#matrix tbody th .name')].map(e => e.innerText[0]).join(''))"
    )
    embeddings.page.get_by_label("Similar ones side by side").uncheck()


def test_a_pair_can_be_pressed_or_chosen(embeddings):
    _panel(embeddings, "words")
    embeddings.wait_for_text("#pairs", "3. A kitten naps")
    embeddings.wait_for_text("#pair-words", "“cat” and “kitten”")  # the closest pair is there unasked
    embeddings.page.locator('#pairs [data-testid="cell-2-1"]').click()
    embeddings.wait_until("() => document.querySelector('#pair-b input').value.startsWith('2.')")
    embeddings.wait_until("() => document.querySelectorAll('#pair-words .cell').length === 9")
    embeddings.page.click("#pair-a input")
    embeddings.page.get_by_role("option", name="3. A kitten naps").click()
    embeddings.wait_for_text("#pair-words", "“naps” and “Taxes”")
    _chart(embeddings, "#pair-layers", "data[0].y.length === 7")


def test_a_line_of_the_map_opens_its_pair(embeddings):
    _printed(embeddings, *LINES.splitlines())
    number = embeddings.page.locator("#map .textpoint text").filter(has_text="0.").first
    number.wait_for()
    box = number.bounding_box()
    embeddings.page.mouse.move(box["x"] + box["width"] / 2 + 2, box["y"] + box["height"] / 2)
    embeddings.page.wait_for_timeout(300)
    embeddings.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    embeddings.wait_for_text("#pair-words", "“cat” and “kitten”")


def test_one_sentence_in_pieces_and_numbers(embeddings):
    _panel(embeddings, "numbers")
    embeddings.wait_for_text("#tokens", "[CLS] a cat sleeps [SEP]")
    embeddings.page.click("#which input")
    embeddings.page.get_by_role("option", name="2. Taxes rose again").click()
    embeddings.wait_for_text("#tokens", "[CLS] taxes rose again [SEP]")
    embeddings.wait_for_text("#numbers", "dimension")
    embeddings.page.fill("#sentences textarea", "Incomprehensibilities")
    embeddings.wait_for_text("#tokens", "##")


def test_the_map_draws_what_is_asked_for(tab):
    points = "data.reduce((sum, t) => sum + (['texts', 'pairs'].includes(t.name) || t.mode === 'lines'"
    points += " ? 0 : t.x.length), 0)"
    tab.page.fill("#sentences textarea", LINES)
    _panel(tab, "settings")
    _chart(tab, "#map", f"{points} === 3")
    tab.wait_for_text("#map-said", "Distances on the map")
    tab.page.locator("#map-method").get_by_label("PCA").check()
    tab.wait_for_text("#map-said", "of the variance")
    tab.page.locator("#map-source").get_by_label("Bundled sentences").check()
    _chart(tab, "#map", f"{points} === 1500")
    tab.page.locator("#map-colour").get_by_label("Cluster").check()
    _chart(tab, "#map", "data[0].name === 'cluster 1'")
    tab.page.locator("#map-source").get_by_label("Your lines").check()
    _chart(tab, "#map", f"{points} === 3")
    tab.page.locator("#map-method").get_by_label("t-SNE").check()
    tab.wait_for_text("#map-notes", "tsne needs at least 4 texts")


def test_the_search_follows_the_typing(embeddings):
    query = embeddings.page.locator("#search-query :is(input, textarea)")
    among = embeddings.page.locator("#search-source")
    _panel(embeddings, "search")
    embeddings.wait_for_text("#search-found", "The waiter")
    first = query.input_value()
    query.fill("Which platform does the train leave from?")
    embeddings.wait_for_text("#search-found", "question")
    among.get_by_label("Your lines").check()
    embeddings.wait_for_text("#search-found", "Taxes rose again")
    query.fill("")
    embeddings.wait_for_text("#search-said", "Nothing found. Type what to look for")
    assert "Taxes" not in embeddings.text("#search-found")
    query.fill(first)
    among.get_by_label("Bundled sentences").check()


def _upload(visitor, file):
    with visitor.page.expect_file_chooser() as chooser:
        visitor.page.click("#column-file")
    chooser.value.set_files(str(file))


def test_a_column_of_a_file_is_mapped_searched_and_probed(tab, tmp_path):
    file = tmp_path / "rooms.csv"
    rows = [
        f"{n},Room {n} has a view of the {('sea', 'yard')[n % 2]},{('calm', 'loud')[n % 2]}"
        for n in range(60)
    ]
    file.write_text("id,remark,noise\n" + "\n".join(rows), "utf-8")
    _upload(tab, file)
    tab.wait_until("() => document.querySelector('#column-text input')?.value === 'remark'")
    tab.wait_for_text("#map-caption", "60 of 60 sentences, coloured by their own labels")
    _chart(tab, "#map", "data.map(trace => trace.name).slice(0, 2).join() === 'calm,loud'")
    _panel(tab, "search")
    tab.page.locator("#search-source").get_by_label("Your CSV").check()
    tab.page.fill("#search-query input, #search-query textarea", "a room with a view of the yard")
    tab.wait_for_text("#search-found", "loud")
    _panel(tab, "layers")
    tab.page.click("#probe-own")
    tab.wait_for_text("#probe-said", "Noise:")
    _chart(tab, "#probe-chart", "data[0].y.length === 7")
    # An example turns the map back to the box.
    tab.page.get_by_role("button", name="Paraphrases").click()
    tab.wait_for_text("#map-caption", "meaning counts, not spelling")


def test_a_label_that_no_layer_holds_is_not_praised(tab, tmp_path):
    file = tmp_path / "noise.csv"
    # The label follows from nothing in the text, and two thirds have the same.
    rows = [
        f"Parcel {n * 7919 % 100} is on its way,{('odd', 'plain', 'plain')[n * 31 % 3]}" for n in range(90)
    ]
    file.write_text("remark,kind\n" + "\n".join(rows), "utf-8")
    _upload(tab, file)
    tab.wait_for_text("#map-caption", "90 of 90 sentences")
    _panel(tab, "layers")
    tab.page.click("#probe-own")
    tab.wait_for_text("#probe-said", "No layer does better than always answering plain (67%)")


def test_a_file_that_cannot_be_read_is_told(tab, tmp_path):
    file = tmp_path / "<b>empty.csv"
    file.write_text("", "utf-8")
    _upload(tab, file)
    toast = tab.page.get_by_test_id("toast-body")
    toast.wait_for()
    assert "empty.csv: " in toast.inner_text()
    _chart(tab, "#map", "data.some(trace => trace.name === 'texts')")  # the map stays


def test_before_and_after_training(embeddings):
    _panel(embeddings, "moved")
    embeddings.wait_for_text("#moved-said", "Layers 3, 4, 5, 6 moved")
    embeddings.wait_for_text("#moved-pairs", "3. A kitten naps")
    _chart(embeddings, "#moved-map", "data.find(trace => trace.name === 'after').x.length === 3")
    embeddings.page.fill("#sentences textarea", LINES + "\nA dog barks")
    embeddings.wait_for_text("#moved-pairs", "4. A dog barks")


def test_the_layers_of_the_bundled_sentences_are_probed(shared):
    _panel(shared, "layers")
    shared.wait_for_text("#probe-said", "Intent:")
    shared.wait_for_text("#probe-said", "last layer")
    shared.wait_for_text("#probe-table", "layer 6")


# Only colours differ in the dark.
@pytest.mark.parametrize(("scheme", "rules"), [("light", None), ("dark", ["color-contrast"])])
def test_axe_finds_nothing_serious_in_any_panel(example, scheme, rules):
    visitor = example
    visitor.colours(scheme)
    for panel in (None, *PANELS):
        if panel:
            _panel(visitor, panel)
            visitor.page.wait_for_timeout(700)
        if panel == "matrix":
            visitor.page.locator('#matrix button[data-cell="0|1"]').click()
            visitor.wait_for_text("#matrix-pair", "0.87")
        assert visitor.serious(rules) == [], panel
