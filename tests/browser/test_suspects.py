"""Suspicious labels of a run, by keyboard alone: accept, keep, and train again."""

import pandas as pd
from axe_core_python.sync_playwright import Axe

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


def test_labels_are_corrected_by_keyboard_and_trained_with(open_page, tmp_path):
    visitor = open_page(viewport={"width": 1440, "height": 900})
    page, press = visitor.page, visitor.page.keyboard.press
    _run(visitor, tmp_path / "mails.csv")
    page.locator("#details-suspects").focus()
    press("Enter")
    visitor.wait_for_text("#suspects", "labels look wrong in 160 training rows.")
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
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width
        found = Axe().run(page, context="#suspects")["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []
    # What was said outlives the fold. (A second press on one button could come before the first has ended.)
    for name, shown in (("settings", "#run-log"), ("suspects", "#suspects .row")):
        page.locator(f"#details-{name}").focus()
        press("Enter")
        page.wait_for_selector(shown)
    _wait_for_verdicts(visitor, "0", "1")
    _tab_until(visitor, "#suspects .row")
    press("End")
    _tab_until(visitor, "#train-corrected")
    press("Enter")
    visitor.wait_for_text("#run-report", "1 label corrected: ")
    visitor.wait_for_text("#run-form", "mails.csv, 1 corrected")
