"""A run outlives the page, the process and its owner's patience; its result comes first, and it stays."""

import re
import signal
import zipfile

import pandas as pd
import pytest

from mtl.data.bundled import bundled_files
from mtl.ui.train.picked import BUNDLED_CHOICE, OWN, REPORT_CHOICE
from tests.browser.conftest import Visitor
from tests.browser.train_form import choose_data, choose_strategy, set_epochs, step
from tests.serving import PATIENCE_S, free_port, serving

# Epochs 0 to 3 of the default model are there before a run's own.
MORE_THAN_THE_EXAMPLE = 5
# The most that the form takes at first. With so many rows they last for a while on a fast machine, too.
LONG, LONG_ROWS = 50, 4000


def _choose(visitor, *, epochs, strategy="Heads only", data=REPORT_CHOICE):
    choose_data(visitor, data)
    choose_strategy(visitor, strategy)
    set_epochs(visitor, epochs)


def _start(visitor, *, epochs, strategy="Heads only", data=REPORT_CHOICE):
    _choose(visitor, epochs=epochs, strategy=strategy, data=data)
    visitor.page.click("#start")
    visitor.wait_for_text("#run-form", data)


def _start_long(visitor, folder):
    """Starts a run that is not over before a test has looked at it."""
    file = folder / "long.csv"
    pd.read_csv(bundled_files()["sentiment"], nrows=LONG_ROWS).to_csv(file, index=False)
    choose_data(visitor, OWN)
    box = visitor.page.locator("#sentiment-file")
    box.locator("input[type=file], .file-preview").first.wait_for(state="attached")
    if box.locator("input[type=file]").count():  # the test before may have left the file there
        box.locator("input[type=file]").set_input_files(str(file))
    visitor.page.wait_for_selector(f'#data-summary .file[title="{file.name}"]')
    choose_strategy(visitor, "Last layers")
    set_epochs(visitor, LONG)
    visitor.page.click("#start")
    visitor.wait_for_text("#run-form", file.name)


def _finish(visitor, seconds=PATIENCE_S):
    visitor.wait_for_text("#run-progress", "Finished", seconds)


def _result(visitor):
    """Opens the result: before the first run, the example."""
    visitor.tab("Train")
    step(visitor, "result")
    visitor.page.wait_for_selector("#run-report section")


def _my_runs(visitor):
    visitor.page.click("#place-runs")
    visitor.page.wait_for_selector("#runs-list ul", state="attached")


def _press(visitor, what, row=0):
    visitor.page.locator("#runs-list li").nth(row).locator(f"button[data-do={what}]").click()


def _wait_for_points(visitor, count, seconds=PATIENCE_S):
    for _ in range(seconds * 10):
        if visitor.points() >= count:
            return
        visitor.page.wait_for_timeout(100)
    raise AssertionError(f"the chart shows {visitor.points()} epochs, not {count}")


def _wait_for_rows(visitor, count):
    visitor.wait_until("count => document.querySelectorAll('#runs-list li').length === count", arg=count)


@pytest.fixture
def newcomer(shared_page):
    """A visitor who never trains, on a page that the tests share."""
    return shared_page()


@pytest.fixture(scope="module")
def _with_two_runs():
    """The visitors whose two runs are there."""
    return []


@pytest.fixture
def two_runs(shared_page, _with_two_runs):
    """A visitor at a desktop with two runs, of 2 and of 3 epochs; the newer one is open, without its details.

    The tests share the runs: who starts another one deletes it, and who deletes one of them says so.
    """
    visitor = shared_page(width=1440, height=900)
    if visitor in _with_two_runs:
        visitor.tab("Train")
        _my_runs(visitor)
        _wait_for_rows(visitor, 2)
        _press(visitor, "select")
        visitor.page.wait_for_selector("#run-report section")
        visitor.close_panel()
        return visitor
    for epochs in (2, 3):
        _start(visitor, epochs=epochs, strategy="Heads only")
        _finish(visitor)
        visitor.page.wait_for_selector("#start", state="visible")
    visitor.page.wait_for_selector("#run-report section")
    _with_two_runs.append(visitor)
    return visitor


def _delete_newest(visitor, left):
    """Deletes a run that has ended, after which the list has `left`."""
    _my_runs(visitor)
    _wait_for_rows(visitor, left + 1)
    visitor.page.once("dialog", lambda dialog: dialog.accept())
    _press(visitor, "delete")
    _wait_for_rows(visitor, left)


# Going on, coming back


def test_a_reload_comes_back_to_the_run_and_others_do_not_see_it(visitor, newcomer, tmp_path):
    first, second = visitor, newcomer
    _start_long(first, tmp_path)
    _wait_for_points(first, MORE_THAN_THE_EXAMPLE)
    before = first.line("#loss-chart")
    first.reload()
    first.tab("Train")
    _wait_for_points(first, len(before) + 1)
    assert first.line("#loss-chart")[: len(before)] == before
    assert not first.page.locator("#start").is_visible() and first.page.locator("#stop").is_visible()
    # The form is as it was left, too.
    step(first, "how")
    assert first.page.locator("#epochs input[type=number]").input_value() == f"{LONG}"
    _result(second)
    assert "Example: the default model's own run" in second.text("#run-form")
    # Others predict while the run goes on; its owner can use what its last epoch left.
    second.tab("Predict")
    second.page.fill("#predict-text textarea", "What a lovely evening!")
    second.wait_for_text("#answers", "exclamation")
    first.tab("Predict")
    first.page.click("#predict-model input")
    first.page.get_by_role("option").filter(has_text="as after epoch").click()
    first.wait_for_text("#answers", "Intent")
    first.tab("Train")
    step(first, "result")
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
        _start_long(visitor, tmp_path)
        _wait_for_points(visitor, MORE_THAN_THE_EXAMPLE)
        app.send_signal(signal.SIGKILL)
        app.wait(20)
        before = visitor.line("#loss-chart")
    with serving(tmp_path / "app", port):
        visitor.page.goto(f"http://127.0.0.1:{port}")
        visitor.page.wait_for_selector("html.ready")
        visitor.problems.clear()  # while the app was gone the page said so
        visitor.tab("Train")
        step(visitor, "result")
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


def test_the_result_comes_first_and_the_page_is_short(two_runs):
    visitor = two_runs
    visitor.page.wait_for_selector("#loss-chart .main-svg")
    cards = visitor.page.locator("#run-report section")
    assert cards.count() == 2
    first, second = cards.nth(0).bounding_box(), cards.nth(1).bounding_box()
    assert first["y"] == second["y"] and second["x"] > first["x"] + first["width"]
    said = visitor.text("#run-report")
    assert re.search(r"Sentiment \d+ of 20 right \(\d+% to \d+%\)", said), said
    assert "counting words" in said and "On 20 validation rows, which also chose the epoch." in said
    order = ["#run-report", "#confusion", "#run-actions", "#loss-chart", "#details"]
    tops = [visitor.page.locator(part).bounding_box()["y"] for part in order]
    assert tops == sorted(tops)
    assert visitor.page.evaluate("() => document.documentElement.scrollHeight") <= 1800


def test_while_a_run_trains_its_numbers_are_there_and_nothing_of_the_run_before(two_runs, tmp_path):
    visitor = two_runs
    assert visitor.page.locator("#run-report section").count() == 2
    _start_long(visitor, tmp_path)
    visitor.wait_for_text("#run-progress", "Left to train")
    said = visitor.text("#run-progress")
    assert re.search(
        rf"Epoch \d+ of {LONG} Combined loss, validation \d\.\d{{3}} Left to train about ", said
    ), said
    assert all(name in said for name in ("Encoding", "Training", "Evaluating"))
    assert re.search(rf"Training, epoch \d+ of {LONG}, loss \d\.\d{{3}}", visitor.text("#bar-status"))
    for gone in ("#run-report section", "#confusion figure", "#wrong-rows li", "#use-model"):
        assert visitor.page.locator(gone).count() == 0, gone
    visitor.page.click("#stop")
    visitor.wait_for_text("#run-end", "The best epoch is kept: epoch")
    assert visitor.page.locator("#use-model").is_visible()
    _delete_newest(visitor, left=2)


def test_a_run_that_waits_says_so_and_leaves_nothing_when_it_is_stopped(open_page):
    first, second = open_page(), open_page()
    _start(first, epochs=LONG, strategy="Last layers", data=BUNDLED_CHOICE)
    first.wait_for_text("#bar-status", "Encoding")
    # It waits for the other's run, so that it is stopped before its first epoch for sure.
    _start(second, epochs=3)
    second.wait_for_text("#bottom-bar", "Waiting")
    second.wait_for_text("#bottom-bar", "Place 1 in the queue")
    assert "Training" not in second.text("#bottom-bar")
    assert second.page.locator("#stop").is_enabled()
    second.page.click("#stop")
    second.wait_for_text("#bottom-bar", "Stopped")
    second.wait_for_text("#run-end", "Stopped before the first epoch; there is nothing to keep.")
    for button in ("#use-model", "#download-model", "#see-moved"):
        assert second.page.locator(button).count() == 0, button
    _my_runs(second)
    second.wait_for_text("#runs-list", "stopped before the first epoch")
    assert second.page.locator("#runs-list button[data-do=submit]").count() == 0
    first.page.click("#stop")
    first.wait_for_text("#bottom-bar", "Stopped")


# The result


def test_before_a_run_the_example_is_marked_as_one(newcomer):
    _result(newcomer)
    assert "Example: the default model's own run" in newcomer.text("#run-form")
    assert re.search(r"\d\d of 100 right \(\d\d to \d\d\)", newcomer.text("#run-report"))
    assert "points better than counting words" in newcomer.text("#run-report")


def test_a_model_has_one_number_wherever_it_is_told(newcomer):
    """The report's: of the best epoch's averaged weights, in full precision."""
    _result(newcomer)
    shown = re.search(r"this model (\d+)%", newcomer.text("#run-report")).group(1)
    newcomer.close_panel()
    newcomer.page.click("#details-report")
    newcomer.wait_for_text("#full-report", "right (95%")
    full = re.search(r"(\d+\.\d)% right", newcomer.text("#full-report")).group(1)
    assert round(float(full)) == int(shown)
    assert newcomer.page.locator("#run-tiles").count() == 0


def test_a_cell_of_the_confusion_matrix_shows_its_rows_below_it_in_view(shared_page):
    visitor = shared_page(width=390, height=700)
    _result(visitor)
    cell = visitor.page.locator('#confusion button[data-cell="sentiment|0|1"]')
    count = int(cell.inner_text())
    cell.focus()
    visitor.page.keyboard.press("Enter")
    visitor.wait_for_text("#confusion", f"{count} rows of “negative” predicted as “positive”.")
    rows = visitor.page.locator("#confusion figure").first.locator(".rows")
    assert rows.locator("li").count() == count
    visitor.wait_until(
        """() => { const box = document.querySelector('#confusion .rows').getBoundingClientRect();
                   return box.top >= 0 && box.bottom <= window.innerHeight; }"""
    )
    # Who pressed it by key is still there, and a second press closes it.
    assert visitor.page.evaluate("() => document.activeElement.dataset.cell") == "sentiment|0|1"
    visitor.page.keyboard.press("Enter")
    visitor.wait_until("() => !document.querySelector('#confusion .rows')")


def test_a_matrix_that_is_wider_than_its_card_says_so(shared_page, newcomer):
    narrow = shared_page(width=390, height=700)
    for visitor, hidden in ((narrow, False), (newcomer, True)):
        _result(visitor)
        box = visitor.page.locator("#confusion figure").nth(1)
        assert box.locator(".scroll").evaluate("e => e.scrollWidth <= e.clientWidth + 1") is hidden
        assert box.locator(".more").is_hidden() is hidden
        assert (
            visitor.page.evaluate("() => document.documentElement.scrollWidth")
            <= visitor.page.viewport_size["width"]
        )


def test_more_rows_a_promise_and_the_rows_behind_an_answer(two_runs):
    visitor = two_runs
    page = visitor.page
    assert page.locator("#forecast-said-1, #promise-find, #because").count() == 0
    page.click("#details-forecast")
    visitor.wait_until("() => /With|Cannot tell/.test(document.querySelector('#forecast-said-1')?.innerText)")
    assert visitor.serious() == []
    page.click("#details-promise")
    page.click("#promise-find")
    visitor.wait_for_text("#promise-said", "a promise takes rows that chose nothing")
    assert not page.locator("#promise-keep").is_visible()
    assert visitor.serious() == []
    page.click("#use-model")
    page.get_by_role("button", name="Why, in numbers").click()
    page.locator("#because-box button").first.click()
    visitor.wait_for_text("#because", "the best head on these rows")
    page.locator("#because button[data-row]").first.click()
    visitor.wait_for_text("#because", "Without it:")
    assert page.evaluate("() => document.activeElement.dataset.row") is not None
    assert visitor.serious() == []
    visitor.close_panel()


def test_the_details_of_a_run_are_closed_and_all_there(two_runs):
    visitor = two_runs
    assert visitor.page.locator("#score-chart, #epochs-table, #run-log, #command-line").count() == 0
    visitor.page.click("#details-report")
    visitor.page.wait_for_selector("#full-report")
    assert "Confidence is off by" in visitor.text("#full-report")
    visitor.page.click("#details-settings")
    visitor.page.wait_for_selector("#command-line")
    visitor.wait_for_text("#run-settings", "batch size 16")
    visitor.wait_for_text("#run-log", "stage 1: the heads train")
    visitor.page.click("#details-scores")
    visitor.page.wait_for_selector("#epochs-table")
    visitor.page.wait_for_selector("#score-chart .main-svg")
    assert len(visitor.line("#score-chart")) == 4


def test_train_again_leads_to_the_form(newcomer):
    _result(newcomer)
    newcomer.page.click("#train-again")
    newcomer.page.wait_for_selector("#strategy", state="visible")


def test_an_answer_is_corrected_and_trained_with(visitor):
    visitor.tab("Predict")
    visitor.page.fill("#predict-text textarea", "The lift was out of order again")
    visitor.page.get_by_role("button", name="Correct this answer").click()
    visitor.page.get_by_label("Sentiment should be").click()
    visitor.page.get_by_role("option", name="negative").click()
    visitor.page.click("#add-correction")
    visitor.wait_for_text("#corrections-table", "The lift was out of order again")
    visitor.reload()
    visitor.tab("Train")
    visitor.wait_for_text("#with-corrections", "1 row; none of them validates")
    _start(visitor, epochs=2)
    _finish(visitor)
    visitor.page.click("#details-settings")
    visitor.wait_for_text("#run-log", "corrections that train (no validation row is like one of them): 1")
    command = visitor.page.locator("#command-line textarea").input_value()
    assert "--corrections corrections.csv" in command


# The list


@pytest.fixture
def my_runs(two_runs):
    """The list with the two runs."""
    _my_runs(two_runs)
    _wait_for_rows(two_runs, 2)
    return two_runs


def test_a_run_of_the_list_is_used_and_downloaded(my_runs):
    visitor = my_runs
    with visitor.page.expect_download() as download:
        _press(visitor, "download", row=1)
    assert "model.json" in zipfile.ZipFile(download.value.path()).namelist()
    _press(visitor, "submit", row=1)
    visitor.page.wait_for_selector("#predict-text textarea")
    visitor.wait_until("() => document.querySelector('#predict-model input').value.startsWith('Your run')")


def test_an_old_run_is_read_while_a_new_one_trains(two_runs, tmp_path):
    visitor = two_runs
    _start_long(visitor, tmp_path)
    visitor.wait_for_text("#run-progress", "Training, epoch")
    visitor.wait_for_text("#run-pill", "Training ... ")
    _my_runs(visitor)
    visitor.wait_for_text("#runs-list li:first-child", "training")
    # News of the run that trains does not take a tick away.
    visitor.page.locator("#runs-list [role=checkbox]").nth(2).click()
    visitor.page.wait_for_selector("#runs-list [aria-checked=true]")
    visitor.page.wait_for_timeout(2500)
    assert visitor.page.locator("#runs-list [aria-checked=true]").count() == 1
    _press(visitor, "select", row=2)
    visitor.page.wait_for_selector("#run-report section")
    visitor.page.wait_for_timeout(2500)  # longer than the other run needs for news
    assert visitor.points() == 3
    # The pill leads to the run that goes on, from any tab.
    visitor.tab("Predict")
    visitor.page.click("#run-pill")
    _wait_for_points(visitor, MORE_THAN_THE_EXAMPLE)
    visitor.page.click("#stop")
    visitor.wait_for_text("#run-progress", "Stopped")
    _my_runs(visitor)
    visitor.page.locator("#runs-list [aria-checked=true]").click()
    visitor.page.wait_for_selector("#runs-list [aria-checked=true]", state="detached")
    _delete_newest(visitor, left=2)


def _open_a_cell(visitor):
    """Shows the rows of a confusion matrix's cell. The run that was just opened may be drawn again, which
    closes them."""
    rows = visitor.page.locator("#confusion .rows")
    for _ in range(PATIENCE_S):
        if not rows.count():
            visitor.page.locator("#confusion button[data-cell]").first.click()
        visitor.page.wait_for_timeout(1000)
        if rows.count():
            return
    raise AssertionError("no rows are shown")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_axe_finds_nothing_serious_in_a_result_and_the_list(two_runs, scheme, width):
    visitor = two_runs
    visitor.page.set_viewport_size({"width": width, "height": 844})
    visitor.colours(scheme)
    _open_a_cell(visitor)
    for name in (None, "report", "scores", "settings"):
        if name:
            visitor.page.click(f"#details-{name}")
            visitor.page.wait_for_selector(f"#details-{name}.open")
        assert visitor.serious() == [], name
    _my_runs(visitor)
    _wait_for_rows(visitor, 2)
    assert visitor.serious() == []
    assert visitor.page.evaluate("() => document.documentElement.scrollWidth") <= width


def test_runs_are_named_opened_compared_and_deleted(my_runs, _with_two_runs):
    visitor, page = my_runs, my_runs.page
    row = visitor.text("#runs-list li:first-child")
    assert re.search(r"heads only · 200 rows · (just now|\d+ min ago) · \d+ (s|min)", row), row
    assert re.search(r"sentiment \d+% \(\d+ to \d+\) intent \d+% \(\d+ to \d+\)", row), row
    assert "finished" in row
    # A name is text, and it is kept.
    name = page.locator("#runs-list li").nth(1).locator("input")
    name.fill("Two <b>epochs</b>")
    name.press("Enter")
    page.wait_for_function(
        "() => document.querySelectorAll('#runs-list input')[1].getAttribute('value').startsWith('Two <b>')"
    )
    visitor.reload()
    visitor.tab("Train")
    _my_runs(visitor)
    _wait_for_rows(visitor, 2)
    assert page.locator("#runs-list li").nth(1).locator("input").input_value() == "Two <b>epochs</b>"
    assert page.locator("#runs-list b b").count() == 0
    # Two ticks make a comparison.
    assert page.locator("#compare").is_disabled()
    for number in (0, 1):
        page.locator("#runs-list [role=checkbox]").nth(number).click()
        page.wait_for_function(
            "number => document.querySelectorAll('#runs-list [aria-checked=true]').length === number + 1",
            arg=number,
        )
    page.click("#compare")
    visitor.wait_for_text("#compare-message", "The same for all: what trains heads")
    table = visitor.text("#compare-table")
    assert "epochs best epoch" in table and table.count("finished") == 2
    assert "Two <b>epochs</b>" in table
    # The older run's epochs 0 to 2.
    page.wait_for_function(
        "() => document.querySelector('#compare-chart .js-plotly-plot')?.data?.[0].x.length === 3"
    )
    page.get_by_label("Sentiment accuracy").check()
    page.wait_for_function(
        "() => document.querySelector('#compare-chart .ytitle')?.textContent.includes('sentiment')"
    )
    page.click("#compare-back")
    # The older one is opened again, whole.
    _press(visitor, "select", row=1)
    page.wait_for_selector("#run-report section")
    visitor.wait_until("() => document.querySelector('#loss-chart .js-plotly-plot')?.data[0].x.length === 3")
    # One is deleted, after a question.
    _with_two_runs.remove(visitor)
    _my_runs(visitor)
    asked = []
    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.accept()))
    _press(visitor, "delete", row=1)
    _wait_for_rows(visitor, 1)
    assert asked == ['Delete "Two <b>epochs</b>" with its rows and its model?']


@pytest.fixture
def four_runs(shared_page):
    """The list of a visitor who trained with each strategy, at one press."""
    visitor = shared_page(width=1300)
    visitor.tab("Train")
    _my_runs(visitor)
    if not visitor.page.locator("#runs-list li").count():
        visitor.page.click("#place-new")
        _choose(visitor, epochs=2)
        _my_runs(visitor)
        visitor.page.click("#run-all")
        visitor.page.wait_for_selector("#run-progress")
        _my_runs(visitor)
    for _ in range(900):
        if visitor.text("#runs-list").count("finished") == 4:
            break
        visitor.page.wait_for_timeout(200)
    return visitor


def test_all_strategies_run_at_one_press(four_runs):
    said = four_runs.text("#runs-list")
    assert all(name in said for name in ("heads only", "last 2 layers", "last 4 layers", "gradual"))
    assert said.count("finished") == 4 and said.count("%") == 8  # a score with its interval per task and run


def test_all_runs_are_deleted_and_the_example_is_back(four_runs):
    four_runs.page.once("dialog", lambda dialog: dialog.accept())
    four_runs.page.get_by_role("button", name="What is kept").click()
    four_runs.page.click("#delete-runs")
    four_runs.wait_for_text("#runs-list", "No run yet")
    four_runs.page.click("#place-new")
    _result(four_runs)
    four_runs.wait_for_text("#run-form", "Example")
