"""What a visitor does on the Predict tab below the answers."""

import pytest


@pytest.fixture
def predict(visitor):
    visitor.tab("Predict")
    visitor.page.wait_for_selector("#why-words .word")
    return visitor


def _type(visitor, text):
    visitor.page.fill("#predict-text textarea", text)


def test_reasons_follow_the_typing_and_the_chosen_task(predict):
    assert "For question" in predict.text("#why-words")
    _type(predict, "<b>Shut</b> the door.")
    predict.wait_for_text("#why-words", "For command")
    assert "<" in predict.text("#why-words")  # what was typed stays text
    assert predict.page.locator("#why-words .word b").count() == 0
    predict.page.locator("#why-task").get_by_label("Sentiment").check()
    predict.wait_for_text("#why-table", "adds to negative")
    predict.page.get_by_text("The check: leave each word out").click()
    predict.page.click("#leave-out")
    predict.wait_for_text("#omissions", "drop when left out")
    _type(predict, "I adore it.")
    predict.wait_for_text("#why-table", "adds to positive")
    predict.wait_for_text("#omissions", "Press the button")  # no check of another text


def test_variants_and_the_edit_are_marked(predict):
    predict.tab("What if")
    predict.wait_for_text("#what-if", "no final mark")
    _type(predict, "Turn off the lights.")
    predict.wait_for_text("#what-if", "Turn off the lights.")
    predict.page.fill("#what-if-edit input, #what-if-edit textarea", "Why are the lights off?")
    predict.wait_for_text("#what-if", "Why are the lights off?")
    predict.wait_for_text("#what-if", "changed")


def test_a_second_model_stands_beside(predict):
    predict.tab("Two models")
    _type(predict, "Turn off the lights.")
    predict.wait_for_text("#two-models", "Untrained: random heads")
    predict.wait_for_text("#two-models", "command")


def test_a_closed_panel_catches_up_when_it_is_opened(predict):
    predict.tab("The report")
    _type(predict, "Bring me the soup.")
    predict.wait_for_text("#answers", "Intent command")
    predict.tab("Why")
    predict.wait_for_text("#why-table", "soup")


def test_the_nearest_sentences_follow_the_typing(predict):
    predict.page.get_by_text("The nearest training sentences").click()
    predict.wait_for_text("#nearest", "sentiment: negative")
    _type(predict, "Which platform does the train leave from?")
    predict.wait_for_text("#nearest", "intent: question")


def test_lines_are_labelled_filtered_and_downloaded(predict):
    predict.tab("Many sentences")
    predict.page.fill("#many-lines textarea", "Where is it?\nBring it here.\nI hate it.")
    predict.page.click("#many-start")
    predict.wait_for_text("#many-progress", "3 of 3 labelled")
    predict.wait_for_text("#many-table", "Bring it here.")
    with predict.page.expect_download() as download:
        predict.page.click("#many-download")
    assert download.value.path().read_text().count("\n") == 4
    predict.page.get_by_label("Intent", exact=True).last.click()
    predict.page.get_by_role("option", name="command").click()
    predict.wait_for_text("#many-note", "1 rows pass")


def test_stop_keeps_what_is_done(predict, tmp_path):
    file = tmp_path / "long.csv"
    file.write_text("text\n" + "".join(f"The {n}th parcel has not come yet.\n" for n in range(20_000)))
    predict.tab("Many sentences")
    predict.page.locator("#many-file input[type=file]").set_input_files(str(file))
    predict.wait_for_text("#many-file", "long")
    predict.page.click("#many-start")
    predict.wait_for_text("#many-progress", "of 20,000")
    predict.page.click("#many-stop")
    predict.wait_for_text("#many-progress", "then stopped", seconds=3)
    predict.wait_for_text("#many-note", "rows pass")
