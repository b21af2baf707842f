"""What a visitor does: look at embeddings, predict, train on own files, use the model."""

import csv
import json
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from mtl.model.archive import FORMER_REPORT, LIMITS
from mtl.ui.train.picked import OWN, REPORT_CHOICE
from tests.browser.conftest import Visitor
from tests.browser.train_form import (
    choose_data,
    choose_strategy,
    command_line,
    full_report,
    open_fold,
    set_epochs,
    step,
)
from tests.serving import PATIENCE_S

TOPICS = ("soup", "train", "phone", "garden", "lecture", "hotel", "jacket", "concert", "printer", "walk")
GOOD = ("The {} was wonderful", "I adore this {}", "Such a pleasant {}", "Best {} in years", "A {} to enjoy")
BAD = ("The {} was dreadful", "I regret this {}", "Such a nasty {}", "Worst {} in years", "A {} to avoid")
ASK = ("Where is the {}", "Who paid for the {}", "Is the {} ready", "When does the {} begin", "Why a {}")
TELL = ("Bring the {} here", "Forget the {}", "Take care of the {}", "Describe the {}", "Book the {}")


@pytest.fixture(scope="module")
def sentiment_csv(tmp_path_factory):
    return _csv(tmp_path_factory, "sentiment", {"pos": GOOD, "neg": BAD})


@pytest.fixture(scope="module")
def intent_csv(tmp_path_factory):
    return _csv(tmp_path_factory, "intent", {"<b>ask</b>": ASK, "tell": TELL})


def _csv(tmp_path_factory, name, patterns):
    file = tmp_path_factory.mktemp("csv") / f"{name}.csv"
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["Text ", "Label"])
        for label, sentences in patterns.items():
            writer.writerows([s.format(topic), label] for s in sentences for topic in TOPICS)
    return file


def _upload(visitor, sentiment=None, intent=None):
    choose_data(visitor, OWN)
    for name, file in (("sentiment", sentiment), ("intent", intent)):
        if file:
            visitor.page.locator(f"#{name}-file input[type=file]").set_input_files(str(file))
            visitor.wait_for_text("#data-summary", f"{name.capitalize()}")


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A visitor whose run was stopped; what was said of their files; how many epochs the chart showed, from
    time to time; the model as it was downloaded."""

    visitor: Visitor
    summary: str
    seen: frozenset[int]
    archive: Path


@pytest.fixture(scope="module")
def trained(browser, address, sentiment_csv, intent_csv, tmp_path_factory):
    """Uploads two files, trains on them, watches, stops, downloads the model."""
    context = browser.new_context()
    visitor = Visitor(context, address)
    _upload(visitor, sentiment_csv, intent_csv)
    summary = visitor.text("#data-summary")
    choose_strategy(visitor, "Last layers")
    set_epochs(visitor, 40)
    visitor.page.click("#start")
    seen, end = set(), time.monotonic() + PATIENCE_S
    while len(seen) < 5 and time.monotonic() < end:
        seen.add(visitor.points())
        visitor.page.wait_for_timeout(50)
    visitor.page.click("#stop")
    visitor.wait_for_text("#run-progress", "Stopped")
    with visitor.page.expect_download() as download:
        visitor.page.click("#download-model")
    archive = tmp_path_factory.mktemp("download") / "model.zip"
    download.value.save_as(archive)
    yield Trained(visitor=visitor, summary=summary, seen=frozenset(seen), archive=archive)
    context.close()
    assert visitor.problems == []


def test_two_files_are_summed_up(trained):
    assert "positive 50, negative 50" in trained.summary
    assert trained.summary.count("100 used") == 2
    assert "<b>ask</b> 50" in trained.summary  # a label is text, never markup


def test_the_curve_grows_before_one_s_eyes_until_the_run_is_stopped(trained):
    assert len(trained.seen) == 5 and max(trained.seen) < 41
    trained.visitor.wait_for_text("#run-end", "best epoch is kept")
    assert trained.visitor.points() < 41


def test_a_stopped_run_has_its_command_and_its_report(trained):
    assert command_line(trained.visitor) == (
        "python -m mtl train --sentiment sentiment.csv --intent intent.csv --freeze last-2 --epochs 40 "
        "--out my-model"
    )
    # The report: against its baselines, on rows of its own.
    full_report(trained.visitor)
    trained.visitor.wait_for_text("#full-report", "best frozen head")


def test_the_model_of_a_stopped_run_is_used(trained):
    visitor = trained.visitor
    visitor.page.click("#use-model")
    visitor.page.wait_for_selector("#predict-text textarea")
    visitor.wait_for_text("#answers", "<b>ask</b>")
    visitor.page.fill("#predict-text textarea", "Where is the wonderful soup")
    visitor.wait_for_text("#answers", "Intent <b>ask</b>")


def _choose(visitor, selector, part):
    """Picks the choice that contains `part`, and returns its whole text."""
    visitor.page.click(f"{selector} input")
    option = visitor.page.get_by_role("option").filter(has_text=part)
    name = option.inner_text().strip().removeprefix("✓").strip()
    option.click()
    return name


def _upload_model(visitor, archive):
    with visitor.page.expect_file_chooser() as chooser:
        visitor.page.click("#upload-model")
    chooser.value.set_files(str(archive))


def test_a_model_comes_down_and_up_again(trained, visitor, sentiment_csv, intent_csv):
    assert set(zipfile.ZipFile(trained.archive).namelist()) == set(LIMITS) - {FORMER_REPORT}
    # Somebody else gets it, who has never trained.
    second = visitor
    second.tab("Predict")
    _upload_model(second, trained.archive)
    second.wait_for_text("#answers", "<b>ask</b>")
    second.page.fill("#predict-text textarea", "Where is the wonderful soup")
    second.wait_for_text("#answers", "Intent <b>ask</b>")
    assert "Uploaded model" in second.page.input_value("#predict-model input")
    # It is there after a reload, and one can start from it.
    second.page.reload()
    second.page.wait_for_selector("button[role=tab]")
    second.problems.clear()  # a reload cuts streams, and the browser says so
    second.tab("Predict")
    name = _choose(second, "#predict-model", "Uploaded model")
    assert "intent (<b>ask</b>, tell)" in name
    second.wait_for_text("#answers", "<b>ask</b>")
    second.tab("Train")
    step(second, "result")
    assert "Example" in second.text("#run-form")
    _upload(second, sentiment_csv, intent_csv)
    step(second, "how")
    open_fold(second, "Advanced")
    assert _choose(second, "#start-from", "Uploaded model") == name
    choose_strategy(second, "Heads only")
    set_epochs(second, 1)
    second.page.click("#start")
    second.wait_for_text("#run-progress", "Finished")
    command = command_line(second)
    assert command.endswith("--epochs 1 --from model.zip --out my-model")
    losses = second.page.evaluate("() => document.querySelector('#loss-chart .js-plotly-plot').data[0].y")
    assert losses[0] < 1.0  # below ln 2 + ln 2: not fresh heads


def test_a_zip_with_something_else_in_it_is_refused_with_the_reason(shared_page, tmp_path):
    visitor = shared_page()
    archive = tmp_path / "model.zip"
    with zipfile.ZipFile(archive, "w") as stream:
        stream.writestr("<b>heads</b>.pkl", "x")
    visitor.tab("Predict")
    _upload_model(visitor, archive)
    toast = visitor.page.get_by_test_id("toast-body")
    toast.wait_for()
    assert "'<b>heads" in toast.inner_text()
    assert "it holds the path" in toast.inner_text()
    assert visitor.page.input_value("#predict-model input") == "Default: trained on the bundled sentences"
    visitor.wait_for_text("#answers", "Sentiment")


def test_settings_are_saved_and_loaded(shared_page, visitor, tmp_path):
    first, second = shared_page(), visitor
    for one in (first, second):
        one.tab("Train")
        step(one, "how")
    choose_strategy(first, "Last layers")
    open_fold(first, "Advanced")
    first.page.locator("#last-layers input[type=number]").fill("3")
    first.page.get_by_label("Head learning rate").fill("0.002")
    set_epochs(first, 7)
    open_fold(first, "Save or load")
    with first.page.expect_download() as download:
        first.page.click("#save-settings")
    file = tmp_path / "settings.json"
    download.value.save_as(file)
    saved = json.loads(file.read_text("utf-8"))
    assert (saved["freeze"], saved["head_lr"], saved["epochs"]) == ("last-3", 0.002, 7)
    open_fold(second, "Save or load")
    with second.page.expect_file_chooser() as chooser:
        second.page.click("#load-settings")
    chooser.value.set_files(str(file))
    second.wait_until("() => document.querySelector('#epochs input[type=number]').value === '7'")
    assert second.page.get_by_label("Last layers").is_checked()
    second.page.wait_for_selector("#last-layers input[type=number]")
    assert second.page.locator("#last-layers input[type=number]").input_value() == "3"
    open_fold(second, "Advanced")
    assert second.page.get_by_label("Head learning rate").input_value() == "0.002"


def test_test_rows_judge_the_result(visitor, tmp_path):
    test = tmp_path / "test.csv"
    test.write_text("text,label\nThe lamp is a joy,positive\nThe lamp broke at once,negative\n", "utf-8")
    choose_data(visitor, REPORT_CHOICE)
    open_fold(visitor, "Test on rows of my own")
    visitor.page.set_input_files("#sentiment-test-file input[type=file]", str(test))
    visitor.wait_for_text("#test-summary", "2 rows")
    choose_strategy(visitor, "Heads only")
    visitor.page.click("#start")
    visitor.wait_for_text("#run-progress", "Finished")
    full_report(visitor)
    visitor.wait_for_text("#full-report", "2 test rows, which chose nothing")
    visitor.wait_for_text("#full-report", "validation rows, which also chose the epoch")


@pytest.fixture(scope="module")
def joint_csv(tmp_path_factory):
    """Sentences with three columns of labels, none of which follows from another."""
    file = tmp_path_factory.mktemp("csv") / "joint.csv"
    forms = (("Please, ", "formal"), ("Hey, ", "informal"))
    sentences = [("positive", good) for good in GOOD] + [("negative", bad) for bad in BAD]
    kinds = {topic: "indoors" if place % 2 else "outdoors" for place, topic in enumerate(TOPICS)}
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["text", "sentiment", "place", "tone"])
        for label, sentence in sentences:
            for topic in TOPICS:
                for before, form in forms:
                    writer.writerow([before + sentence.format(topic), label, kinds[topic], form])
    return file


def _add_further_file(visitor, name, file):
    visitor.page.fill("#further-name input, #further-name textarea", name)
    visitor.page.locator("#further-upload input[type=file]").set_input_files(str(file))
    # The size of the file stands there once it has arrived.
    visitor.wait_until("() => /\\d\\s[KM]?B/.test(document.querySelector('#further-upload').innerText)")
    visitor.page.click("#add-file")


def test_a_file_with_three_label_columns_trains_the_ticked_ones(visitor, joint_csv, intent_csv):
    choose_data(visitor, OWN)
    visitor.page.locator("#sentiment-file input[type=file]").set_input_files(str(joint_csv))
    visitor.wait_for_text("#data-summary", "formal 100, informal 100")
    ticks = visitor.page.locator("#learn input[type=checkbox]")
    assert visitor.text("#learn").endswith("sentiment place tone") and ticks.count() == 3
    assert all(ticks.nth(number).is_checked() for number in range(3))
    step(visitor, "how")
    visitor.wait_for_text("#plan", "place: 160 rows train, 40 validate")
    step(visitor, "data")
    visitor.page.get_by_label("place", exact=True).uncheck()
    visitor.wait_until("() => !document.querySelector('#data-summary').innerText.includes('Place')")
    # A further file under a name, which is refused without one.
    visitor.page.get_by_role("button", name="A file for another task").click()
    visitor.page.click("#add-file")
    visitor.page.get_by_test_id("toast-body").wait_for()
    _add_further_file(visitor, "Request", intent_csv)
    visitor.wait_for_text("#data-summary", "<b>ask</b> 50, tell 50")
    assert "request" in visitor.text("#further-files")
    step(visitor, "how")
    visitor.wait_for_text("#plan", "request: 80 rows train")
    choose_strategy(visitor, "Heads only")
    set_epochs(visitor, 3)
    visitor.page.click("#start")
    visitor.wait_for_text("#run-progress", "Finished")
    visitor.page.wait_for_selector("#run-report section")
    report = visitor.text("#run-report")
    assert all(name in report for name in ("Sentiment", "Tone", "Request"))
    assert "Place" not in report
    assert visitor.page.locator("#run-report section").count() == 3
    assert visitor.page.locator("#confusion figure").count() == 3
    command = command_line(visitor)
    assert command.startswith(
        "python -m mtl train --data joint.csv --learn sentiment,tone --task request=intent.csv"
    )
    visitor.page.locator('#confusion button[data-cell="tone|0|0"]').click()
    visitor.wait_for_text("#confusion", "rows of “formal” predicted as “formal”")
    visitor.page.click("#use-model")
    visitor.page.wait_for_selector("#predict-text textarea")
    visitor.page.fill("#predict-text textarea", "Hey, where is the wonderful soup")
    visitor.wait_for_text("#answers", "Tone informal")
    assert {"Sentiment", "Request"} <= set(visitor.text("#answers").split())


def test_a_removed_further_file_is_left_out(shared_page, intent_csv):
    visitor = shared_page()
    choose_data(visitor, OWN)
    visitor.page.get_by_role("button", name="A file for another task").click()
    _add_further_file(visitor, "request", intent_csv)
    visitor.wait_for_text("#data-summary", "Request")
    visitor.page.locator("#further-files .token-remove").first.click()
    visitor.wait_until("() => !document.querySelector('#data-summary').innerText.includes('Request')")


def test_bad_rows_are_explained_and_the_form_stays(visitor, tmp_path, sentiment_csv):
    file = tmp_path / "bad.csv"
    file.write_text("text,label\nfine,positive\nodd,perhaps\nbad,negative\n", "utf-8")
    _upload(visitor, file)
    visitor.wait_for_text("#data-issues", "Sentiment label of unknown meaning: 'perhaps'")
    visitor.wait_for_text("#data-issues", "3 odd perhaps")
    set_epochs(visitor, 7)
    visitor.page.click("#start")
    toast = visitor.page.get_by_test_id("toast-body")
    toast.wait_for()
    assert "'perhaps' (1 row); say which mean negative or positive" in toast.inner_text()
    # The step that can mend it is open, and nothing is lost.
    visitor.page.wait_for_selector("#step-data")
    assert visitor.page.get_by_label(OWN).is_checked()
    visitor.wait_for_text("#data-issues", "3 odd perhaps")
    visitor.wait_for_text("#bottom-bar", "Start")
    step(visitor, "how")
    assert visitor.page.locator("#epochs input[type=number]").input_value() == "7"
