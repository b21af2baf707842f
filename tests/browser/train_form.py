"""How a visitor fills in the form of the Train tab."""

import re


def step(visitor, name):
    """Opens a step: data, how or result."""
    visitor.page.click(f"#steps button.{name}")
    visitor.page.wait_for_selector(f"#step-{name}")


def choose_data(visitor, words):
    """Opens the Train tab with these sentences chosen."""
    visitor.tab("Train")
    step(visitor, "data")
    visitor.page.locator("#data-choice label").filter(has_text=words).click()


def choose_strategy(visitor, title):
    """Opens the second step with this card chosen."""
    step(visitor, "how")
    visitor.page.locator("#strategy label").filter(has_text=re.compile(rf"^\s*{title}")).click()


def set_epochs(visitor, count):
    """Sets the epochs, in the second step."""
    step(visitor, "how")
    visitor.page.locator("#epochs input[type=number]").fill(f"{count}")
    visitor.page.keyboard.press("Tab")


def open_fold(visitor, name):
    """Presses a quiet button."""
    visitor.page.get_by_role("button", name=name, exact=True).click()


def command_line(visitor):
    """The command that does the same as the run."""
    visitor.page.click("#details-settings")
    visitor.page.wait_for_selector("#command-line textarea")
    return visitor.page.locator("#command-line textarea").input_value()


def full_report(visitor):
    """Opens the report with all of its words."""
    visitor.page.click("#details-report")
    visitor.page.wait_for_selector("#full-report")
