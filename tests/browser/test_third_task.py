"""A third known task on the page: one entry in the registry, and a CSV file of its own."""

import pytest

from mtl.ui.train.picked import OWN
from tests.browser.conftest import Visitor
from tests.browser.train_form import choose_data
from tests.serving import free_port, serving

# The entry is added before the app starts; nothing else names the task.
APP = """
from mtl.schema.tasks import KNOWN_TASKS, KnownTask
KNOWN_TASKS["urgency"] = KnownTask(
    name="urgency",
    labels=("can wait", "urgent"),
    kind="binary",
    closed=True,
    spellings={"can wait": ("low",), "urgent": ("high",)},
    colour="#8a2be2",
)
import app
app.main()
"""
THINGS = "lamp chair phone kettle".split()
HIGH = ("Send the {} at once", "We need the {} today", "The {} must be here within the hour")
LOW = ("The {} can come some day", "No hurry with the {}", "Whenever it suits you, bring the {}")


@pytest.fixture
def rows(tmp_path):
    pairs = [(text, label) for label, texts in (("High", HIGH), ("low", LOW)) for text in texts]
    lines = [f'"{text.format(thing)}",{label}' for text, label in pairs for thing in THINGS]
    file = tmp_path / "rows.csv"
    file.write_text("\n".join(["text,urgency", *lines]) + "\n", "utf-8")
    return file


def test_it_is_uploaded_trained_and_predicted(browser, tmp_path, rows):
    port = free_port()
    with serving(tmp_path / "app", port, ("-c", APP)):
        visitor = Visitor(browser.new_context(), f"http://127.0.0.1:{port}")
        choose_data(visitor, OWN)
        visitor.page.locator("#urgency-file input[type=file]").set_input_files(str(rows))
        visitor.wait_for_text("#data-summary", "24 used urgent 12, can wait 12")
        visitor.page.click("#start")
        # Of few rows the page chooses what is best for few.
        visitor.wait_for_text("#run-form", "contrastive start")
        visitor.wait_for_text("#run-progress", "Finished")
        visitor.wait_for_text("#run-report", "Urgency")
        colour = visitor.page.locator("#run-report section").evaluate(
            "e => getComputedStyle(e).borderTopColor"
        )
        assert colour == "rgb(138, 43, 226)"
        visitor.page.click("#use-model")
        visitor.page.fill("#predict-text textarea", "Send the sofa at once")
        visitor.wait_for_text("#answers", "Urgency urgent")
        visitor.page.click("#predict-folds-why")
        visitor.wait_for_text("#why-words", "For urgent")
        assert visitor.problems == []
