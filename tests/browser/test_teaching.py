"""Teach: from the names of labels to a model that is right, without reading any help."""

import re
import time

import pytest

from tests.teaching.test_queue import SENTENCES
from tests.teaching.test_taught import MAILS, NEW


def _open(visitor):
    visitor.tab("Train")
    visitor.page.click("#place-teach")
    visitor.page.wait_for_selector("#teach-labels textarea")


def _label(visitor, name):
    visitor.page.locator("#teach-label label").filter(has_text=re.compile(rf"^\s*{name}\s*$")).click()


def _counts(visitor):
    return visitor.page.locator("#teach-lesson .count").all_inner_texts()


def _wait_for_counts(visitor, *counts):
    visitor.wait_until(
        "counts => [...document.querySelectorAll('#teach-lesson .count')].map(e => e.innerText).join() === "
        "counts.join()",
        arg=[f"{count}" for count in counts],
    )


def _wait_for_answer(visitor, name):
    visitor.wait_until(
        "name => document.querySelector('#teach-answer .top .name')?.innerText === name", arg=name
    )


def _try(visitor, text, name):
    visitor.page.fill("#teach-text textarea", text)
    _wait_for_answer(visitor, name)


@pytest.fixture(scope="module")
def _taught():
    return []


@pytest.fixture
def visitor(shared_page, _taught):
    """A page on which the mails are taught, in the way in which a visitor would."""
    visitor = shared_page()
    if visitor not in _taught:
        began = time.monotonic()
        _open(visitor)
        visitor.page.fill("#teach-labels textarea", ", ".join(MAILS))
        visitor.page.keyboard.press("Enter")
        visitor.wait_for_text("#teach-score", "A guess.")
        for number, (label, texts) in enumerate(MAILS.items()):
            _label(visitor, label)
            visitor.page.fill("#teach-sentences textarea", "\n".join(texts))
            visitor.page.click("#teach-add")
            _wait_for_counts(visitor, *[3] * (number + 1), *[0] * (2 - number))
        for text, label in NEW.items():
            _try(visitor, text, label)
        visitor.wait_for_text("#teach-score", "of 9 sentences right when each is left out")
        print(f"{time.monotonic() - began:.1f} s from opening the tab to five right answers")
        _taught.append(visitor)
    _open(visitor)
    return visitor


def test_nine_sentences_give_five_right_answers(visitor):
    assert _counts(visitor) == ["3", "3", "3"]
    assert re.search(r"Of others like these: \d+% to \d+%", visitor.text("#teach-score"))


def test_a_press_on_a_label_teaches_and_undo_takes_it_back(visitor):
    _try(visitor, "The radio arrived broken.", "complaint")
    visitor.page.locator("#teach-answer button").filter(has_text="order").click()
    _wait_for_counts(visitor, 3, 4, 3)
    visitor.wait_for_text("#teach-answer", "Taught as order")
    # Another label moves it.
    visitor.page.locator("#teach-answer button").filter(has_text="complaint").click()
    _wait_for_counts(visitor, 4, 3, 3)
    visitor.page.click("#teach-undo")
    _wait_for_counts(visitor, 3, 4, 3)
    visitor.page.click("#teach-undo")
    _wait_for_counts(visitor, 3, 3, 3)


def test_a_label_is_renamed_merged_and_deleted(visitor):
    page = visitor.page
    page.locator("#teach-lesson input.name").nth(1).fill("purchase")
    page.keyboard.press("Enter")
    visitor.wait_for_text("#teach-label", "purchase")
    page.locator("#teach-lesson select").nth(1).select_option(label="spam")
    _wait_for_counts(visitor, 3, 6)
    page.locator("#teach-lesson [data-do=drop]").first.click()
    _wait_for_counts(visitor, 6)
    visitor.wait_for_text("#teach-answer", "Name two labels at least")
    for counts in ((3, 6), (3, 3, 3), (3, 3, 3)):
        page.click("#teach-undo")
        _wait_for_counts(visitor, *counts)
    visitor.wait_for_text("#teach-label", "order")


def test_a_sentence_is_removed_by_key(visitor):
    page = visitor.page
    page.locator("#teach-lesson [data-do=forget]").first.focus()
    page.keyboard.press("Enter")
    _wait_for_counts(visitor, 2, 3, 3)
    # The next one has the focus.
    visitor.wait_until("() => document.activeElement.dataset.do === 'forget'")
    page.keyboard.press("Space")
    _wait_for_counts(visitor, 1, 3, 3)
    page.click("#teach-undo")
    _wait_for_counts(visitor, 2, 3, 3)
    page.click("#teach-undo")
    _wait_for_counts(visitor, 3, 3, 3)


def test_it_is_taught_by_keyboard_alone(visitor):
    page, press = visitor.page, visitor.page.keyboard.press

    def go(selector, key="Tab"):
        for _ in range(40):
            if page.evaluate("what => document.activeElement.matches(what)", selector):
                return
            press(key)
        raise AssertionError(f"{key} does not lead to {selector}")

    page.focus("#place-teach")
    go("#teach-labels textarea")
    page.keyboard.type("question")
    press("Enter")
    _wait_for_counts(visitor, 3, 3, 3, 0)
    go("#teach-label label:last-of-type input")
    press("Space")
    visitor.wait_until("() => document.querySelector('#teach-label label:last-of-type input').checked")
    go("#teach-sentences textarea")
    page.keyboard.type("Where is my parcel?\nDo you sell lamps?")
    go("#teach-add")
    press("Enter")
    _wait_for_counts(visitor, 3, 3, 3, 2)
    go("#teach-text textarea")
    press("Control+A")
    page.keyboard.type("When do you open?")
    _wait_for_answer(visitor, "question")
    # The answer is corrected, and the focus stays.
    go("#teach-answer button")
    press("Space")
    visitor.wait_for_text("#teach-answer", "Taught as complaint")
    _wait_for_counts(visitor, 4, 3, 3, 2)
    assert page.evaluate("() => !!document.activeElement.closest('#teach-answer')")
    go("#teach-undo")
    for counts in ((3, 3, 3, 2), (3, 3, 3, 0), (3, 3, 3)):
        press("Enter")
        _wait_for_counts(visitor, *counts)


def test_what_cannot_be_done_is_said_and_loses_nothing(visitor):
    visitor.page.fill("#teach-labels textarea", "Spam")
    visitor.page.click("#teach-add-labels")
    toast = visitor.page.get_by_text("There is a label Spam already")
    toast.wait_for()
    assert visitor.page.locator("#teach-labels textarea").input_value() == "Spam"
    assert _counts(visitor) == ["3", "3", "3"]
    visitor.page.get_by_role("button", name="Close").last.click()
    visitor.page.fill("#teach-labels textarea", "")


def test_the_rows_are_a_file_and_a_run(visitor):
    with visitor.page.expect_download() as download:
        visitor.page.click("#teach-save")
    lines = download.value.path().read_text("utf-8").splitlines()
    assert lines[0] == "text,topic"
    assert len(lines) == 10
    visitor.page.click("#teach-train")
    visitor.wait_for_text("#data-summary", "9 used")
    visitor.wait_for_text("#data-summary", "lesson.csv")


def test_predict_offers_the_model(visitor):
    visitor.page.click("#teach-use")
    visitor.wait_until(
        "() => document.querySelector('#predict-model input')?.value.startsWith('Taught live: complaint')"
    )
    visitor.page.fill("#predict-text textarea", next(iter(NEW)))
    visitor.wait_for_text("#answers", "Topic complaint")


def test_nothing_is_lost_on_reload(visitor):
    visitor.reload()
    _open(visitor)
    _wait_for_counts(visitor, 3, 3, 3)
    visitor.wait_for_text("#teach-score", "of 9 sentences")
    _try(visitor, next(iter(NEW)), "complaint")


def test_a_file_is_labelled_by_keys_alone(visitor, tmp_path):
    page, file = visitor.page, tmp_path / "mails.csv"
    file.write_text("text\n" + "\n".join(f'"{text}"' for text in SENTENCES))
    page.focus("#teach-more-file")
    page.keyboard.press("Enter")
    page.focus("#queue-file button")
    page.set_input_files("#queue-file input[type=file]", file)
    page.wait_for_selector("#queue .text")
    visitor.wait_until("() => document.activeElement.matches('#queue .one')")

    def sentence():
        return page.locator("#queue .text").inner_text()

    def press(key):
        before = sentence()
        page.keyboard.press(key)
        visitor.wait_until(
            "before => ![before, undefined].includes(document.querySelector('#queue .text')?.innerText)",
            arg=before,
        )
        visitor.wait_until("() => !!document.activeElement.closest('#queue')")

    first = sentence()
    press("2")
    _wait_for_counts(visitor, 3, 4, 3)
    second = sentence()
    press("s")
    press("u")
    assert sentence() == second
    press("u")
    _wait_for_counts(visitor, 3, 3, 3)
    assert sentence() == first
    # Who types in a box types.
    page.focus("#teach-text textarea")
    page.keyboard.type("2su")
    _wait_for_counts(visitor, 3, 3, 3)
    assert sentence() == first
    page.fill("#teach-text textarea", "")
    page.locator("#queue [data-what=label]").first.focus()
    for _ in range(11):  # one more than ten: the next ten are chosen
        text = sentence()
        press("2" if "buy" in text else "3" if "won" in text else "1")
    assert "% of 36 settled" in visitor.text("#queue .facts")
    assert sum(map(int, _counts(visitor))) == 20
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width
        assert visitor.serious() == []
    with page.expect_download() as download:
        page.focus("#queue-save")
        page.keyboard.press("Enter")
    lines = download.value.path().read_text("utf-8").splitlines()
    assert lines[0] == "text,label,probability"
    assert len(lines) == 37
