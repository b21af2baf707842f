"""What a visitor does on the Predict tab."""

import csv
import io

import pytest

MARKED = "#sentence-marks .mirror span"
FIRST = "Great screen, but could you tell me why it keeps turning off?"


@pytest.fixture
def predict(shared_page):
    """The tab with the sentence that it begins with, all panels closed."""
    visitor = shared_page()
    visitor.tab("Predict")
    visitor.close_panel()
    _type(visitor, FIRST)
    visitor.page.mouse.move(0, 0)
    visitor.wait_for_text("#answers", "Intent question > 99%")
    _wait_for_mark(visitor, "for", "could")
    return visitor


@pytest.fixture
def alone(visitor):
    """A page of its own, for what a next test could not undo."""
    visitor.page.wait_for_selector(f"{MARKED}.for")
    return visitor


def _type(visitor, text):
    visitor.page.fill("#predict-text textarea", text)


def _open(visitor, name):
    visitor.page.click(f"#predict-folds-{name}")


def _marked(visitor, kind):
    """The marked words, once the answer to what stands in the box has come."""
    return visitor.page.locator(f"{MARKED}.{kind}").all_inner_texts()


def _wait_for_mark(visitor, kind, word):
    visitor.page.locator(f"{MARKED}.{kind}", has_text=word).first.wait_for(state="attached")


# Where each letter of the box stands is not told by a browser; a copy with the same wrapping tells it.
_MISPLACED = """() => {
    const area = document.querySelector('#predict-text textarea');
    const mirror = document.querySelector('#sentence-marks .mirror');
    const own = area.getBoundingClientRect(), other = mirror.getBoundingClientRect();
    const style = getComputedStyle(area), drawn = getComputedStyle(mirror);
    return [
        mirror.textContent !== area.value && 'text',
        Math.abs(own.left - other.left) > .5 && 'left',
        Math.abs(own.top - area.scrollTop - other.top) > .5 && 'top',
        Math.abs(area.clientWidth - other.width) > .5 && 'width',
        Math.abs(area.scrollHeight - other.height) > 1 && area.scrollHeight > area.clientHeight && 'height',
        ...['fontSize', 'fontFamily', 'lineHeight', 'paddingLeft', 'paddingTop', 'letterSpacing'].filter(
            name => style[name] !== drawn[name]),
    ].filter(Boolean);
}"""


def test_the_answers_follow_what_is_typed(predict):
    box = predict.page.locator("#predict-text textarea")
    box.click()
    box.fill("")
    predict.wait_for_text("#answers", "Intent ...")
    box.press_sequentially("Please close the window", delay=30)
    predict.wait_for_text("#answers", "Intent command")
    predict.page.get_by_role("button", name="Two feelings").click()
    predict.wait_for_text("#answers", "Sentiment negative")
    assert box.input_value().startswith("The view")
    box.fill("Der Zug nach Hamburg hat heute Verspätung")
    predict.wait_for_text("#answers", "Looks unlike English text")
    box.fill("<img src=x onerror=alert(1)> {{value}} ${1+1}")
    predict.page.wait_for_timeout(500)


def test_words_are_marked_in_place_and_hovering_tells_their_numbers(predict):
    assert "Great" in _marked(predict, "against")
    assert {"could", "why"} <= set(_marked(predict, "for"))
    assert predict.page.evaluate(_MISPLACED) == []
    predict.page.locator(MARKED, has_text="could").hover(force=True)
    predict.wait_for_text("#sentence-marks .tip", "for question")
    assert "Sentiment: +" in predict.text("#sentence-marks .tip")
    predict.page.locator("#answers").hover()
    predict.page.locator("#sentence-marks .tip").wait_for(state="hidden")
    # What one types is text, here as everywhere.
    _type(predict, "<b>Shut</b> the door, you ${1+1} {{value}}")
    predict.wait_for_text("#answers", "Intent command")
    assert predict.page.locator("#sentence-marks b").count() == 0
    assert predict.page.evaluate(_MISPLACED) == []


def test_marks_are_never_misplaced_while_one_types(predict):
    box = predict.page.locator("#predict-text textarea")
    box.press("Home")
    predict.page.keyboard.type("Wow ")
    # Before any answer comes, the marks behind the change are gone, and none stands at a wrong word.
    predict.wait_until(
        "() => document.querySelector('#sentence-marks .mirror').textContent.startsWith('Wow')"
    )
    assert predict.page.evaluate(_MISPLACED) == []
    whole = set(box.input_value().replace(",", " ").replace("?", " ?").split())
    _wait_for_mark(predict, "for", "could")
    assert {word for kind in ("for", "against") for word in _marked(predict, kind)} <= whole
    box.press("End")
    predict.page.keyboard.type(" Really")
    predict.wait_until(
        "() => document.querySelector('#sentence-marks .mirror').textContent.endsWith('Really')"
    )
    assert "could" in _marked(predict, "for")  # what stands before the change keeps its mark


def test_marks_follow_wrapped_lines_scrolling_and_width(predict):
    _type(predict, "I waited for an hour and nobody came, could you please explain that to me? " * 8)
    predict.page.wait_for_timeout(600)
    box = predict.page.locator("#predict-text textarea")
    assert box.evaluate("area => area.scrollHeight > area.clientHeight")
    for top in (0, 40, 400):
        box.evaluate("(area, top) => { area.scrollTop = top; }", top)
        predict.page.wait_for_timeout(100)
        assert predict.page.evaluate(_MISPLACED) == []
    predict.page.set_viewport_size({"width": 700, "height": 800})
    predict.page.wait_for_timeout(300)
    assert predict.page.evaluate(_MISPLACED) == []


def test_a_text_of_20_000_characters_is_answered_without_marks(predict):
    _type(predict, "could you " * 2_000)
    predict.wait_for_text("#answers", "Only the start was read")
    assert _marked(predict, "for") == []
    assert predict.page.evaluate(_MISPLACED) == []


def test_what_cannot_be_read_is_marked_and_never_answered(predict):
    _type(predict, "My new phone is 👎")
    _wait_for_mark(predict, "unread", "👎")
    predict.wait_for_text("#answers", "Cannot be read: 👎")
    _type(predict, "👎👎")
    predict.wait_for_text("#answers", "Sentiment Nothing here can be read")
    assert "positive" not in predict.text("#answers")


def test_nothing_is_certain(predict):
    predict.wait_for_text("#answers", "question > 99%")
    assert "< 1%" in predict.text("#answers")
    assert "100" not in predict.text("#answers") and " 0%" not in predict.text("#answers")


def test_a_text_unlike_english_is_grey(predict):
    _type(predict, "Der Zug nach Hamburg hat heute Verspätung")
    predict.wait_for_text("#answers", "Looks unlike English text")
    assert predict.page.locator("#answers section.grey").count() == 2


def test_a_surprise_says_what_to_notice_until_the_text_is_edited(predict):
    predict.page.get_by_role("button", name="Sarcasm").click()
    predict.wait_for_text("#answers", "Sentiment positive")
    predict.wait_for_text("#to-notice", "misses the wink")
    assert predict.page.evaluate(_MISPLACED) == []
    predict.page.locator("#predict-text textarea").press("End")
    predict.page.keyboard.type(" No")
    predict.wait_until("() => !document.querySelector('#to-notice').innerText.trim()")
    # Pressed again it is there again.
    predict.page.get_by_role("button", name="Sarcasm").click()
    predict.wait_for_text("#to-notice", "misses the wink")


def test_a_tap_tells_a_word_s_numbers(open_page):
    visitor = open_page(viewport={"width": 390, "height": 844}, has_touch=True, color_scheme="dark")
    visitor.page.wait_for_selector(f"{MARKED}.for")
    assert visitor.page.evaluate(_MISPLACED) == []
    place = visitor.page.locator(MARKED, has_text="could").bounding_box()
    visitor.page.touchscreen.tap(place["x"] + 5, place["y"] + 10)
    visitor.wait_for_text("#sentence-marks .tip", "for question")
    tip = visitor.page.locator("#sentence-marks .tip").bounding_box()
    assert tip["x"] >= 0 and tip["x"] + tip["width"] <= 390


def test_reasons_follow_the_typing_and_the_chosen_task(predict):
    _open(predict, "why")
    predict.wait_for_text("#why-words", "For question")
    _type(predict, "<b>Shut</b> the door.")
    predict.wait_for_text("#why-words", "For command")
    assert "<" in predict.text("#why-words")  # what was typed stays text
    assert predict.page.locator("#why-words .word b").count() == 0
    predict.page.locator("#why-task").get_by_label("Sentiment").check()
    predict.wait_for_text("#why-table", "adds to negative")
    assert "computed in" in predict.text("#why-words")
    predict.page.get_by_text("The check: leave each word out").click()
    predict.page.click("#leave-out")
    predict.wait_for_text("#omissions", "drop when left out")
    _type(predict, "I adore it.")
    predict.wait_for_text("#why-table", "adds to positive")
    predict.wait_for_text("#omissions", "Press the button")  # no check of another text


def test_variants_and_the_edit_are_marked(predict):
    _type(predict, "You are coming along?")
    _open(predict, "what-if")
    predict.wait_for_text("#what-if", "no final mark")
    assert "lower-cased" not in predict.text("#what-if")  # the encoder reads no capitals
    predict.page.fill("#what-if-edit input, #what-if-edit textarea", "Come along!")
    predict.wait_for_text("#what-if", "Come along!")
    predict.wait_for_text("#what-if", "changed")


def test_an_edit_goes_with_its_sentence(predict):
    _open(predict, "what-if")
    edit = "#what-if-edit input, #what-if-edit textarea"
    predict.page.fill(edit, "An edit of the first sentence")
    predict.wait_for_text("#what-if", "your edit")
    _type(predict, "Turn off the lights.")
    predict.wait_for_text("#what-if", "Turn off the lights.")
    predict.wait_until("() => !document.querySelector('#what-if').innerText.includes('your edit')")
    assert predict.page.input_value(edit) == ""


def test_a_second_model_stands_beside(predict):
    _open(predict, "two")
    _type(predict, "Turn off the lights.")
    predict.wait_for_text("#two-models", "Untrained: random heads")
    predict.wait_for_text("#two-models", "command")


def test_a_closed_panel_catches_up_when_it_is_opened(predict):
    _open(predict, "why")
    predict.wait_for_text("#why-table", "screen")
    _open(predict, "two")
    predict.page.locator("#why-table").wait_for(state="detached")
    _type(predict, "Bring me the soup.")
    predict.wait_for_text("#answers", "Intent command")
    _open(predict, "why")
    predict.wait_for_text("#why-table", "soup")


def test_the_nearest_sentences_follow_the_typing(predict):
    _open(predict, "why")
    predict.page.get_by_text("The nearest training sentences").click()
    predict.wait_for_text("#nearest", "sentiment: negative")
    _type(predict, "Which platform does the train leave from?")
    predict.wait_for_text("#nearest", "intent: question")


def test_a_correction_waits_for_the_next_run(predict):
    _open(predict, "correct")
    _choose(predict, "#right-1", "positive")
    predict.page.click("#add-correction")
    predict.wait_for_text("#corrections-table", "positive")
    predict.page.locator("#corrections").get_by_role("button", name="Train with the corrections").click()
    predict.page.locator("#start").wait_for()


def _choose(visitor, selector, name):
    visitor.page.click(f"{selector} input")
    visitor.page.get_by_role("option", name=name).click()


def test_the_model_is_saved_as_one_web_page(predict):
    with predict.page.expect_download() as download:
        _choose(predict, "#export-model", "One web page")
    assert download.value.suggested_filename == "model.html"
    page = download.value.path().read_text("utf-8")
    assert page.startswith("<!doctype html>")
    assert "Sentence Lab: sentiment, intent, opinion" in page
    predict.page.get_by_text("33 MB. It agrees with the model on").wait_for()
    predict.wait_until("() => document.querySelector('#export-model input').value === 'Save as ...'")


def _downloaded(visitor):
    with visitor.page.expect_download() as download:
        visitor.page.click("#many-download")
    return list(csv.DictReader(io.StringIO(download.value.path().read_text("utf-8"))))


def test_lines_are_labelled_filtered_and_downloaded(predict):
    _open(predict, "many")
    predict.page.fill("#many-lines textarea", "Where is it?\nBring it here.\nI hate it.")
    predict.page.click("#many-start")
    predict.wait_for_text("#many-progress", "3 of 3 labelled")
    predict.wait_for_text("#many-table", "Bring it here.")
    assert len(_downloaded(predict)) == 3
    _choose(predict, "#many-label-2", "command")
    predict.wait_for_text("#many-note", "1 row passes")


@pytest.fixture
def orders(tmp_path):
    file = tmp_path / "orders.csv"
    texts = ("Where is it?", "Bring it here.", "qzxv wkjh", "I hate it.")
    rows = "".join(f"{number:03d},{text},<b>a</b>,mine\n" for number, text in enumerate(texts, 7))
    file.write_text(f"Order No.,Customer wrote,Batch,intent\n{rows}", "utf-8")
    return file


def _upload(visitor, file):
    visitor.page.locator("#many-file input[type=file]").set_input_files(str(file))
    visitor.wait_for_text("#many-preview", "007")


def test_a_file_keeps_its_columns_and_its_rows_are_corrected(alone, orders):
    _open(alone, "many")
    _upload(alone, orders)
    assert alone.page.input_value("#many-column input") == "Customer wrote"
    assert alone.page.locator("#many-preview th.chosen").inner_text() == "Customer wrote"
    assert alone.page.locator("#many-preview td b").count() == 0
    alone.page.click("#many-start")
    alone.wait_for_text("#many-table", "Bring it here.")
    rows = _downloaded(alone)
    assert [row["Order No."] for row in rows] == ["007", "008", "009", "010"]
    assert rows[0]["intent (given)"] == "mine" and rows[0]["intent"] == "question"
    assert float(rows[1]["intent_confidence"]) == float(rows[1]["intent_p_command"])
    # The least confident first; its answer is corrected, and leads to training.
    alone.page.locator("#many-lowest input").check()
    alone.wait_until("() => document.querySelector('#many-table td.text').innerText === 'qzxv wkjh'")
    alone.page.get_by_role("button", name="Correct: qzxv wkjh").click()
    alone.wait_until(
        "() => document.querySelector('#many-picked :is(input, textarea)')?.value === 'qzxv wkjh'"
    )
    _choose(alone, "#many-right-2", "statement")
    alone.page.click("#many-add")
    alone.wait_for_text("#many-train", "Train with 1 correction")
    alone.page.click("#many-train")
    alone.page.locator("#start").wait_for()
    alone.tab("Predict")
    _open(alone, "correct")
    alone.wait_for_text("#corrections-table", "qzxv wkjh")


def test_another_column_can_hold_the_texts(alone, orders):
    _open(alone, "many")
    _upload(alone, orders)
    _choose(alone, "#many-column", "Batch")
    alone.wait_until("() => document.querySelector('#many-preview th.chosen').innerText === 'Batch'")
    alone.page.click("#many-start")
    alone.wait_for_text("#many-table", "<b>a</b>")


def test_a_file_that_cannot_be_read_says_why(alone, tmp_path):
    file = tmp_path / "bad.csv"
    file.write_text('{"text": "not a CSV"}', "utf-8")
    _open(alone, "many")
    alone.page.locator("#many-file input[type=file]").set_input_files(str(file))
    toast = alone.page.get_by_test_id("toast-body")
    toast.wait_for()
    assert "is JSON, not a CSV file" in toast.inner_text()


def test_stop_keeps_what_is_done_and_a_new_labelling_clears_the_rows(alone, tmp_path):
    file = tmp_path / "long.csv"
    file.write_text("text\n" + "".join(f"The {n}th parcel has not come yet.\n" for n in range(20_000)))
    _open(alone, "many")
    alone.page.click("#many-start")
    alone.wait_for_text("#many-table", "Fix this broken app now.")
    alone.page.locator("#many-file input[type=file]").set_input_files(str(file))
    alone.wait_for_text("#many-preview", "The 1th parcel")
    alone.page.click("#many-start")
    alone.wait_for_text("#many-progress", "of 20,000")
    assert alone.text("#many-table") == ""  # no row of the labelling before
    alone.page.click("#many-stop")
    alone.wait_for_text("#many-progress", "then stopped")
    alone.wait_for_text("#many-note", "rows pass")
