"""What makes a run's model one to trust, by keyboard alone: its suspicious labels, and its promise."""

import pandas as pd
import pytest
from axe_core_python.sync_playwright import Axe

from mtl.data.bundled import bundled_files
from mtl.ui.train.picked import OWN
from tests.browser.train_form import choose_data, choose_strategy, set_epochs
from tests.runs.test_second_look import mislabelled


def _run(visitor, file):
    rows, _ = mislabelled()
    labels = [rows.task.labels[label] for label in rows.labels]
    pd.DataFrame({"text": rows.texts, "label": labels}).to_csv(file, index=False)
    choose_data(visitor, OWN)
    visitor.page.locator("#intent-file input[type=file]").set_input_files(str(file))
    visitor.wait_for_text("#data-summary", "200 used")
    choose_strategy(visitor, "Heads only")
    set_epochs(visitor, 2)
    visitor.page.click("#start")
    visitor.wait_for_text("#run-progress", "Finished")


def _tab_until(visitor, selector, key="Tab"):
    for _ in range(8):
        if visitor.page.evaluate("what => document.activeElement.matches(what)", selector):
            return
        visitor.page.keyboard.press(key)
    raise AssertionError(f"{key} does not lead to {selector}")


def _row(visitor):
    """The number of the row that has the focus."""
    return visitor.page.evaluate("() => document.activeElement.closest('.row')?.dataset.row")


def _wait_for_verdicts(visitor, accepted, kept):
    visitor.wait_until(
        """given => given.join('|') === ['accept', 'keep'].map(say => [...document.querySelectorAll(
            `#suspects [data-say=${say}][aria-pressed=true]`)].map(e => e.closest('.row').dataset.row)
            .join()).join('|')""",
        arg=[accepted, kept],
    )


@pytest.fixture(scope="module")
def _with_a_run():
    return []


@pytest.fixture
def visitor(shared_page, _with_a_run, tmp_path):
    """A visitor with a run, the result of which is open."""
    visitor = shared_page(width=1440, height=900)
    if visitor not in _with_a_run:
        _run(visitor, tmp_path / "mails.csv")
        _with_a_run.append(visitor)
    return visitor


def _fold(visitor, name, shown):
    visitor.page.locator(f"#details-{name}").focus()
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_selector(shown)


def _narrow_and_wide(visitor, part):
    """Neither width lets the page scroll sideways, and axe finds nothing serious; charts are Plotly's."""
    page = visitor.page
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width
        looked = {"include": [[part]], "exclude": [[".js-plotly-plot"]]}
        found = [
            (one["id"], one["impact"], one["nodes"][0]["html"])
            for one in Axe().run(page, looked)["violations"]
        ]
        assert [one for one in found if one[1] in ("serious", "critical")] == []


def test_labels_are_corrected_by_keyboard_and_trained_with(visitor):
    page, press = visitor.page, visitor.page.keyboard.press
    _fold(visitor, "suspects", "#suspects")
    visitor.wait_for_text("#suspects", "labels look wrong in 160 training rows.")
    assert page.locator("#suspects .row").first.locator(".text .for").count() > 0
    _tab_until(visitor, "#suspects .row")
    assert _row(visitor) == "0"
    for key in ("a", "k", "A"):
        press(key)
    assert _row(visitor) == "3"
    visitor.wait_for_text("#train-corrected", "Train again with 2 corrected")
    _wait_for_verdicts(visitor, "0,2", "1")
    press("ArrowUp")
    _tab_until(visitor, '#suspects [data-row="2"] [data-say=accept]')
    press("Enter")  # a second time takes it back, and the focus stays
    visitor.wait_for_text("#train-corrected", "Train again with 1 corrected")
    assert page.evaluate("() => document.activeElement.dataset.say") == "accept" and _row(visitor) == "2"
    _wait_for_verdicts(visitor, "0", "1")
    _narrow_and_wide(visitor, "#suspects")
    # What was said outlives the fold. (A second press on one button could come before the first has ended.)
    for name, shown in (("settings", "#run-log"), ("suspects", "#suspects .row")):
        _fold(visitor, name, shown)
    _wait_for_verdicts(visitor, "0", "1")
    _tab_until(visitor, "#suspects .row")
    press("End")
    _tab_until(visitor, "#train-corrected")
    press("Enter")
    visitor.wait_for_text("#run-report", "1 label corrected: ")
    visitor.wait_for_text("#run-form", "mails.csv, 1 corrected")
    visitor.wait_for_text("#run-progress", "Finished")
    _fold(visitor, "settings", "#save-corrections")
    assert "--corrections corrections.csv" in page.locator("#command-line textarea").input_value()
    with page.expect_download() as download:
        page.locator("#save-corrections").focus()
        press("Enter")
    assert download.value.suggested_filename == "corrections.csv"
    header, *lines = download.value.path().read_text("utf-8").splitlines()
    assert header == "text,intent" and len(lines) == 1


def test_more_rows_are_asked_about_by_keyboard(visitor):
    _fold(visitor, "forecast", "#forecast-said-1")
    visitor.wait_until("() => /With|Cannot tell/.test(document.querySelector('#forecast-said-1')?.innerText)")
    _narrow_and_wide(visitor, "#step-result")


def test_a_promise_is_found_kept_and_taken_back_by_keyboard(visitor, tmp_path):
    page, press, file = visitor.page, visitor.page.keyboard.press, tmp_path / "others.csv"
    pd.read_csv(bundled_files()["intent"]).sample(400, random_state=1).to_csv(file, index=False)
    _fold(visitor, "promise", "#promise-find")
    page.focus("#promise-percent input")
    press("Control+A")
    page.keyboard.type("90")
    _tab_until(visitor, "#promise-find")
    press("Enter")
    visitor.wait_for_text("#promise-said", "a promise takes rows that chose nothing")
    _tab_until(visitor, "#promise-file")
    with page.expect_file_chooser() as chooser:
        press("Enter")
    chooser.value.set_files(file)
    visitor.wait_for_text("#promise-said", "of those at least 90 of 100 are right")
    _narrow_and_wide(visitor, "#step-result")
    _tab_until(visitor, "#promise-keep", "Shift+Tab")
    press("Enter")
    visitor.wait_for_text("#promise-said", "Kept in the model")
    page.focus("#use-model")
    press("Enter")
    page.wait_for_selector("#predict-text textarea")
    page.focus("#predict-text textarea")
    press("Control+A")
    page.keyboard.type("olives make me gag")
    visitor.wait_for_text("#answers", "ask a person")
    page.get_by_role("tab", name="Train", exact=True).focus()
    press("Enter")
    page.focus("#promise-remove")
    press("Enter")
    visitor.wait_until("() => !document.querySelector('#promise-said').innerText.includes('Kept')")
    page.focus("#use-model")
    press("Enter")
    page.wait_for_selector("#predict-text textarea")
    visitor.wait_for_text("#answers", "not sure")
