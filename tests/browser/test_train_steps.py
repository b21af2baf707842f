"""Data, How, Result: the form of the Train tab in three steps, and the bar that is always there."""

import re

import pytest

from mtl.ui.train.picked import BUNDLED_CHOICE, OWN, REPORT_CHOICE
from tests.browser.train_form import choose_data, choose_strategy, open_fold, set_epochs, step
from tests.serving import PATIENCE_S

THINGS = "lamp chair phone kettle jacket radio table clock ladder carpet".split()
LONG_NAME = "reviews of everything that was sold in the summer of 2024, the final version (3).csv"
STEPS = ("data", "how", "result")


@pytest.fixture(scope="module")
def reviews(tmp_path_factory):
    """80 rows that are used, 18 of three stars, 14 duplicates, 8 without a text."""
    patterns = [("A lovely {}", 5), ("Best {} ever", 4), ("The {} is dear to me", 5), ("A fine {}", 4)]
    patterns += [("An awful {}", 1), ("Worst {} ever", 2), ("The {} broke", 1), ("A poor {}", 2)]
    rows = [f"{text.format(thing)},{stars}" for text, stars in patterns for thing in THINGS]
    rows += [f"The {thing} is so so {n},3" for n in (1, 2) for thing in THINGS[:9]] + rows[:14] + [",4"] * 8
    return _file(tmp_path_factory, LONG_NAME, ["review,stars", *rows])


@pytest.fixture(scope="module")
def requests(tmp_path_factory):
    patterns = {"where": "Where is the {}", "bring": "Bring the {}", "cancel": "Cancel the {}"}
    rows = [f"{text.format(thing)},{label}" for label, text in patterns.items() for thing in THINGS]
    return _file(tmp_path_factory, "support.csv", ["text,label", *rows])


def _file(tmp_path_factory, name, lines):
    file = tmp_path_factory.mktemp("rows") / name
    file.write_text("\n".join(lines) + "\n", "utf-8")
    return file


def _upload(visitor, name, file):
    visitor.page.locator(f"#{name}-file input[type=file]").set_input_files(str(file))
    visitor.page.wait_for_selector(f'#data-summary .file[title="{file.name}"]')


def _open_steps(visitor):
    return [name for name in STEPS if visitor.page.locator(f"#step-{name}").count()]


@pytest.fixture
def shared(shared_page):
    """The first step on the page that the tests share, with no file of the visitor's own."""
    visitor = shared_page()
    choose_data(visitor, BUNDLED_CHOICE)
    return visitor


@pytest.fixture(scope="module")
def _with_reviews():
    """The visitors who have uploaded the reviews."""
    return []


@pytest.fixture
def reviewed(shared_page, reviews, _with_reviews):
    """A page that the tests share, on which the reviews are uploaded."""
    visitor = shared_page(width=1300)
    choose_data(visitor, OWN)
    if visitor not in _with_reviews:
        _upload(visitor, "sentiment", reviews)
        _with_reviews.append(visitor)
    return visitor


def _bar(visitor, words, seconds=PATIENCE_S):
    visitor.wait_for_text("#bottom-bar", words, seconds)


def test_one_step_is_open_and_what_was_set_stays(shared):
    visitor = shared
    choose_data(visitor, REPORT_CHOICE)
    visitor.wait_for_text("#data-summary", "100 used")
    assert _open_steps(visitor) == ["data"]
    set_epochs(visitor, 7)
    assert _open_steps(visitor) == ["how"]
    assert visitor.page.locator("#steps button.data .mark").is_visible()
    assert not visitor.page.locator("#steps button.how .mark").is_visible()
    assert visitor.page.get_attribute("#steps button.how", "aria-current") == "step"
    # By key, too.
    visitor.page.locator("#steps button.data").focus()
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_selector("#step-data")
    assert _open_steps(visitor) == ["data"]
    assert visitor.page.get_by_label(REPORT_CHOICE).is_checked()
    step(visitor, "how")
    assert visitor.page.locator("#epochs input[type=number]").input_value() == "7"


def test_start_answers_at_once_and_the_form_folds(visitor):
    choose_data(visitor, REPORT_CHOICE)
    _bar(visitor, "200 rows, contrastive start about")
    choose_strategy(visitor, "Heads only")
    set_epochs(visitor, 2)
    _bar(visitor, "200 rows, heads only about")
    assert not visitor.page.locator("#stop").is_visible()  # nothing runs
    # The server has not answered yet, and the page has: a busy server delays nothing that is seen.
    held, waits = [], [True]
    visitor.page.route("**/queue/join*", lambda route: held.append(route) if waits else route.continue_())
    visitor.page.click("#start")
    _bar(visitor, "Starting ...")
    assert _open_steps(visitor) == ["result"]
    assert visitor.page.locator("#start").is_disabled()
    waits.clear()
    for route in held:
        route.continue_()
    for part in (REPORT_CHOICE, "heads only", "200 rows"):
        visitor.wait_for_text("#run-form", part)
    _bar(visitor, "Done in")
    _bar(visitor, "Start again")
    assert not visitor.page.locator("#stop").is_visible()
    visitor.wait_until("() => document.querySelector('#steps button.result .mark').offsetParent")
    width = visitor.page.locator("#loss-chart").bounding_box()["width"]
    assert width > 0.9 * visitor.page.locator("#steps").bounding_box()["width"]
    visitor.page.click("#change")
    visitor.page.wait_for_selector("#step-how")
    _bar(visitor, "200 rows, heads only about")


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_the_bar_is_in_view_and_the_first_view_is_short(open_page, width, height):
    visitor = open_page(viewport={"width": width, "height": height})
    visitor.tab("Train")
    _bar(visitor, "8,804 rows, heads only about")
    heights = {}
    for name in ("data", "how"):
        step(visitor, name)
        visitor.page.wait_for_timeout(300)
        heights[name] = visitor.page.evaluate("() => document.documentElement.scrollHeight")
        for scroll in (0, 100_000):
            visitor.page.evaluate("y => window.scrollTo(0, y)", scroll)
            box = visitor.page.locator("#bottom-bar").bounding_box()
            assert height - 60 <= box["y"] + box["height"] <= height
    assert max(heights.values()) <= (900 if width > 400 else 2 * height), heights
    step(visitor, "data")
    assert len(visitor.page.locator("#rooms").inner_text().split()) <= 150
    assert visitor.page.evaluate("() => document.documentElement.scrollWidth") <= width


def test_a_card_tells_what_becomes_of_the_rows_and_a_chip_shows_them(reviewed):
    visitor = reviewed
    for part in ("80 used", "18 neutral stars", "14 duplicates", "8 empty"):
        visitor.wait_for_text("#data-summary .legend", part)
    # The name is cut in the middle, never to nothing; the whole of it is a hover away.
    name = visitor.page.locator("#data-summary .file")
    assert name.get_attribute("title") == LONG_NAME
    assert name.bounding_box()["width"] > 100
    box = visitor.page.locator("#sentiment-file .filename")
    assert box.inner_text().replace(" ", "").replace("\n", "") == LONG_NAME.replace(" ", "")
    visitor.page.locator("#data-summary .chips button", has_text="18 neutral stars").click()
    visitor.wait_for_text("#data-issues", "The lamp is so so 1")
    assert visitor.page.locator("#data-issues tbody tr").count() == 18
    visitor.page.locator("#data-summary .chips button", has_text="18 neutral stars").click()
    visitor.page.wait_for_selector("#data-issues", state="detached")


def test_a_question_stands_beside_its_rows(visitor, tmp_path):
    file = tmp_path / "odd.csv"
    rows = [f"{text} {thing},{label}" for thing in THINGS for text, label in (("Good", "a"), ("Bad", "b"))]
    file.write_text("\n".join(["text,label", *rows]) + "\n", "utf-8")
    choose_data(visitor, OWN)
    _upload(visitor, "sentiment", file)
    visitor.wait_for_text("#data-issues", "unknown meaning")
    visitor.wait_for_text("#data-issues", "Good lamp a")
    _bar(visitor, "Not ready")
    step(visitor, "how")
    assert not visitor.page.locator("#steps button.data .mark").is_visible()
    step(visitor, "data")
    for label, cell in (("positive", "a"), ("negative", "b")):
        visitor.page.click(f"#mean-{label} input")
        visitor.page.get_by_role("option", name=cell, exact=True).click()
        visitor.page.keyboard.press("Tab")
        visitor.page.wait_for_selector("[role=option]", state="detached")
    visitor.wait_for_text("#data-summary", "20 used")
    _bar(visitor, "20 rows, contrastive start")


def test_own_files_are_there_after_a_reload_and_can_be_deleted(visitor, served, reviews, requests):
    said = []
    visitor.page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    visitor.tab("Train")
    choose_strategy(visitor, "Heads only")
    _bar(visitor, "heads only")
    choose_data(visitor, OWN)
    _upload(visitor, "sentiment", reviews)
    _upload(visitor, "intent", requests)
    _wait_until_kept(visitor, served[1], requests.name)
    visitor.page.reload()
    visitor.page.wait_for_selector("html.ready")
    visitor.tab("Train")
    visitor.wait_for_text("#data-summary", "80 used")
    assert visitor.page.get_by_label(OWN).is_checked()
    visitor.wait_for_text("#intent-file", "support")
    _bar(visitor, "110 rows, heads only")
    # Neither the uploads nor the reload said anything on the console.
    assert [line for line in said if line.startswith(("error", "warning"))] == []
    visitor.page.click("#start")
    for part in (f"{LONG_NAME} + support.csv", "heads only", "110 rows"):
        visitor.wait_for_text("#run-form", part)
    _bar(visitor, "Done in")
    visitor.page.click("#place-runs")
    visitor.page.on("dialog", lambda dialog: dialog.accept())
    visitor.page.get_by_role("button", name="What is kept").click()
    visitor.page.click("#delete-runs")
    visitor.page.get_by_test_id("toast-body").wait_for()
    visitor.reload()
    visitor.tab("Train")
    _bar(visitor, "8,804 rows, heads only")
    assert visitor.page.get_by_label(BUNDLED_CHOICE).is_checked()


def _wait_until_kept(visitor, folder, name):
    """Waits until the server keeps a form with this file, which it does a moment after the upload."""
    for _ in range(10 * PATIENCE_S):
        if any(name in form.read_text("utf-8") for form in folder.glob("runs/**/form.json")):
            return
        visitor.page.wait_for_timeout(100)
    raise AssertionError(f"no kept form names {name}")


def test_what_will_train_is_shown_before(visitor):
    visitor.tab("Train")
    step(visitor, "how")
    visitor.wait_for_text("#plan", "Only what is marked learns")
    assert visitor.page.locator("#plan .trains").count() == 2
    choose_strategy(visitor, "Gradual")
    visitor.wait_for_text("#plan", "Stage 3 of 3: layers 3, 4, 5, 6 and the heads, 4 epochs or fewer")
    assert visitor.page.locator("#plan .trains").count() == 2 + 4
    assert visitor.page.locator("#plan .block", has_text="from stage 3").count() == 2
    # Every card says its estimate, and nothing else about time.
    visitor.wait_until(
        "() => [...document.querySelectorAll('#strategy label')].every(e => e.innerText.includes('about'))"
    )
    assert "seconds" not in visitor.text("#strategy") and "minutes" not in visitor.text("#strategy")
    # The cards are radio buttons: they can be reached and pressed by key.
    visitor.page.get_by_label(re.compile("^\\s*Heads only")).focus()
    visitor.page.keyboard.press("Tab")
    visitor.page.keyboard.press("Space")
    visitor.page.wait_for_selector("#last-layers")
    _bar(visitor, "last 2 layers")
    open_fold(visitor, "Advanced")
    visitor.page.get_by_label("Head learning rate").fill("fast")
    visitor.wait_for_text("#plan", "head_lr is 'fast'")
    _bar(visitor, "Not ready")
    visitor.page.click("#start")
    visitor.page.get_by_test_id("toast-body").wait_for()
    visitor.page.wait_for_selector("#step-how")  # where it can be mended
    assert _open_steps(visitor) == ["how"]


def test_a_preset_shows_a_setting_that_cannot_learn(shared):
    visitor = shared
    choose_data(visitor, REPORT_CHOICE)
    step(visitor, "how")
    open_fold(visitor, "Presets")
    visitor.page.get_by_label("A setting that cannot learn").check()
    open_fold(visitor, "Advanced")
    visitor.wait_until(
        "() => [...document.querySelectorAll('input, textarea')].some(box => box.value === '5e-05')"
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_any_step(reviewed, scheme):
    visitor = reviewed
    visitor.colours(scheme)
    if not visitor.page.locator("#data-issues").is_visible():  # a second press would close it
        visitor.page.locator("#data-summary .chips button").first.click()
        visitor.page.wait_for_selector("#data-issues")
    assert visitor.serious() == []
    step(visitor, "how")
    assert visitor.serious() == []
    for fold in ("Advanced", "Presets", "Save or load"):
        open_fold(visitor, fold)
        visitor.page.wait_for_timeout(300)
        assert visitor.serious() == [], fold
