"""A run outlives the page, the process and its owner's patience."""

import signal

from tests.browser.conftest import Visitor, free_port, serving

# Epochs 0 to 3 of the default model are there before a run's own.
MORE_THAN_THE_EXAMPLE = 5


def _start(visitor, *, epochs, strategy=None, data="The report's 100 + 100"):
    visitor.tab("Train")
    visitor.wait_for_text("#plan", "parameters train")
    visitor.page.get_by_label(data).check()
    if strategy:
        visitor.page.get_by_label(strategy).check()
    visitor.page.locator("#epochs input[type=number]").fill(f"{epochs}")
    visitor.page.keyboard.press("Tab")
    visitor.page.click("#start")
    visitor.wait_for_text("#run-tiles", f"/ {epochs}", 90)


def _wait_for_points(visitor, count, seconds=60):
    for _ in range(seconds * 10):
        if visitor.points() >= count:
            return
        visitor.page.wait_for_timeout(100)
    raise AssertionError(f"the chart shows {visitor.points()} epochs, not {count}")


def test_a_reload_comes_back_to_the_run_and_others_do_not_see_it(open_page):
    first, second = open_page(), open_page()
    _start(first, epochs=50, strategy="Heads and last layers")
    _wait_for_points(first, MORE_THAN_THE_EXAMPLE)
    before = first.line("#loss-chart")
    first.reload()
    first.tab("Train")
    _wait_for_points(first, len(before) + 1)
    assert first.line("#loss-chart")[: len(before)] == before
    assert first.page.locator("#start").is_disabled()
    # The form is as it was left, too.
    assert first.page.locator("#epochs input[type=number]").input_value() == "50"
    second.tab("Train")
    second.wait_for_text("#run-progress", "An example")
    # Others predict while the run goes on; its owner can use what its last epoch left.
    second.tab("Predict")
    second.page.fill("#predict-text textarea", "What a lovely evening!")
    second.wait_for_text("#answers", "exclamation")
    first.tab("Predict")
    first.page.click("#predict-model input")
    first.page.get_by_role("option").filter(has_text="as after epoch").click()
    first.wait_for_text("#answers", "Intent")
    first.tab("Train")
    first.page.click("#stop")
    first.wait_for_text("#run-progress", "Stopped")
    # What training did to the encoder is a press away.
    first.page.click("#see-moved")
    first.wait_for_text("#moved-said", "Layers 5, 6 moved")
    assert "last-2" in first.page.input_value("#after-model input")


def test_a_killed_app_comes_back_and_the_run_goes_on(browser, tmp_path):
    port = free_port()
    context = browser.new_context()
    with serving(tmp_path / "app", port) as app:
        visitor = Visitor(context, f"http://127.0.0.1:{port}")
        _start(visitor, epochs=40, strategy="Heads and last layers")
        _wait_for_points(visitor, MORE_THAN_THE_EXAMPLE)
        app.send_signal(signal.SIGKILL)
        app.wait(20)
        before = visitor.line("#loss-chart")
    with serving(tmp_path / "app", port):
        visitor.page.goto(f"http://127.0.0.1:{port}")
        visitor.page.wait_for_selector("html.ready")
        visitor.problems.clear()  # while the app was gone the page said so
        visitor.tab("Train")
        visitor.wait_for_text("#run-progress", "Interrupted")
        visitor.page.click("#resume")
        _wait_for_points(visitor, len(before) + 2)
        assert visitor.line("#loss-chart")[: len(before)] == before
        epochs = visitor.line("#loss-chart", "x")
        assert epochs == list(range(len(epochs)))
        visitor.page.click("#stop")
        visitor.wait_for_text("#run-progress", "Stopped")
        assert visitor.problems == []
    context.close()


def test_what_will_train_is_shown_before(visitor):
    visitor.tab("Train")
    visitor.wait_for_text("#plan", "heads only")
    assert visitor.page.locator("#plan .trains").count() == 2
    visitor.page.get_by_label("Gradual unfreezing").check()
    visitor.wait_for_text("#plan", "Stage 3 of 3")
    assert visitor.page.locator("#plan .trains").count() == 2 + 4 + 6
    visitor.page.get_by_role("button", name="Advanced").click()
    visitor.page.get_by_label("Head learning rate").fill("fast")
    visitor.wait_for_text("#plan", "head_lr is 'fast'")


def test_runs_are_compared_and_deleted(visitor):
    _start(visitor, epochs=2)
    visitor.wait_for_text("#run-progress", "Finished")
    visitor.wait_for_text("#compare-message", "One run")
    visitor.page.locator("#epochs input[type=number]").fill("3")
    visitor.page.keyboard.press("Tab")
    visitor.page.click("#start")
    visitor.wait_for_text("#compare-message", "The same for all: what trains heads")
    visitor.wait_for_text("#run-tiles", "3 / 3")
    visitor.wait_for_text("#run-progress", "Finished")
    table = visitor.text("#compare-table")
    assert "epochs best epoch" in table and table.count("finished") == 2
    assert len(visitor.line("#compare-chart")) == 3  # the older run's epochs 0 to 2
    visitor.page.on("dialog", lambda dialog: dialog.accept())
    visitor.page.get_by_role("button", name="What is kept").click()
    visitor.page.click("#delete-runs")
    visitor.wait_for_text("#run-progress", "An example")
    visitor.wait_for_text("#compare-message", "No run yet")


def test_all_strategies_run_at_one_press(visitor):
    visitor.tab("Train")
    visitor.wait_for_text("#plan", "parameters train")
    visitor.page.get_by_label("The report's 100 + 100").check()
    visitor.wait_for_text("#data-summary", "100 rows")
    visitor.page.locator("#epochs input[type=number]").fill("1")
    visitor.page.keyboard.press("Tab")
    visitor.page.click("#run-all")
    for _ in range(600):
        if visitor.text("#compare-table").count("finished") == 4:
            break
        visitor.page.wait_for_timeout(200)
    table = visitor.text("#compare-table")
    assert all(f" {name} " in table for name in ("heads", "last-2", "last-4", "gradual"))
    assert table.count("finished") == 4 and table.count("%)") == 8  # an interval per task and run


def test_a_cell_of_the_confusion_matrix_shows_its_rows(visitor):
    visitor.tab("Train")
    visitor.wait_for_text("#run-progress", "An example")
    cell = visitor.page.locator('#confusion button[data-cell="sentiment|0|1"]')
    count = int(cell.inner_text())
    cell.focus()
    visitor.page.keyboard.press("Enter")
    visitor.wait_for_text("#cell-name", f"{count} rows of negative predicted as positive")
    assert visitor.page.locator("#cell-rows").is_visible()


def test_an_answer_is_set_right_and_trained_with(visitor):
    visitor.tab("Predict")
    visitor.page.fill("#predict-text textarea", "The lift was out of order again")
    visitor.tab("Set it right")
    visitor.page.get_by_label("Sentiment should be").click()
    visitor.page.get_by_role("option", name="negative").click()
    visitor.page.click("#add-correction")
    visitor.wait_for_text("#corrections-table", "The lift was out of order again")
    visitor.reload()
    visitor.tab("Train")
    visitor.wait_for_text("#with-corrections", "1 row; none of them validates")
    visitor.page.get_by_label("The report's 100 + 100").check()
    visitor.wait_for_text("#data-summary", "100 rows")
    visitor.page.click("#start")
    visitor.wait_for_text("#run-log", "corrections that train (no validation row is like one of them): 1")
    visitor.wait_for_text("#run-progress", "Finished")
    command = visitor.page.locator("#command-line textarea").input_value()
    assert "--corrections corrections.csv" in command
