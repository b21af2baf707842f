"""The real page in a real browser: app.py in a process of its own, Chromium from the system."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Without these Chromium asks the network for updates and the like.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Two cores may be busy with other things: a slow page is not a broken one.
PATIENCE_S = 180


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


def find_chromium():
    """The system's Chromium, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="session")
def browser():
    chromium = find_chromium()
    if chromium is None:
        message = "no Chromium on this machine: install it (Debian: apt-get install chromium)"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield launched
        launched.close()


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def serving(folder, port, command=("app.py",)):
    """The page in a process of its own, with its runs in `folder`: the process, once the page is up.

    `command` is what Python runs.
    """
    folder.mkdir(exist_ok=True)
    log = folder / "log.txt"
    environment = {**os.environ, "MTL_RUNS_DIR": str(folder / "runs"), "GRADIO_SERVER_PORT": str(port)}
    with log.open("a") as stream:
        app = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env=environment, stdout=stream, stderr=stream
        )
    try:
        _wait_for(f"http://127.0.0.1:{port}", app, log)
        yield app
    finally:
        app.terminate()
        app.wait(PATIENCE_S)


@pytest.fixture(scope="session")
def address(tmp_path_factory, browser):
    """The page's address; `browser` comes first, so that nothing starts where there is none."""
    port = free_port()
    with serving(tmp_path_factory.mktemp("app"), port):
        yield f"http://127.0.0.1:{port}"


def _wait_for(url, app, log, seconds=PATIENCE_S):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if app.poll() is not None:
            break
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"the page did not come up:\n{log.read_text()}")


class Visitor:
    """One browser profile with the page open, and what went wrong in it."""

    def __init__(self, context, url):
        context.set_default_timeout(1000 * PATIENCE_S)
        self.page = context.new_page()
        self.problems = []
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.problems.append(f"page error: {error}"))
        self.page.on("request", lambda request: self._check(request.url))
        self.page.goto(url)
        self.page.wait_for_selector("html.ready")

    def _note(self, message):
        if message.type == "error":
            self.problems.append(f"console: {message.text}")

    def _check(self, url):
        if not url.startswith(("http://127.0.0.1:", "data:", "blob:")):
            self.problems.append(f"request to {url}")

    def reload(self):
        self.page.reload()
        self.page.wait_for_selector("html.ready")
        self.problems.clear()  # a reload cuts the stream it was reading, and the browser says so

    def tab(self, name):
        self.page.get_by_role("tab", name=name, exact=True).click()

    def points(self):
        """How many epochs the loss chart shows."""
        return len(self.line("#loss-chart"))

    def line(self, chart, axis="y"):
        """The numbers of a chart's first line."""
        return self.page.evaluate(
            "([chart, axis]) => { const line = document.querySelector(`${chart} .js-plotly-plot`)?.data?.[0];"
            " return Array.from(line?.[axis] ?? [], Number); }",
            [chart, axis],
        )

    def text(self, selector):
        return " ".join(self.page.locator(selector).inner_text().split())

    def wait_for_text(self, selector, part, seconds=PATIENCE_S):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if part in self.text(selector):
                return
            self.page.wait_for_timeout(100)
        raise AssertionError(f"{selector} says {self.text(selector)!r}, not {part!r}")


@pytest.fixture
def open_page(browser, address):
    """Opens the page as a new visitor, as often as wanted; at the end nobody may have seen an error."""
    visitors, contexts = [], []

    def visit(**options):
        contexts.append(browser.new_context(**options))
        visitors.append(Visitor(contexts[-1], address))
        return visitors[-1]

    yield visit
    for context in contexts:
        context.close()
    assert [problem for visitor in visitors for problem in visitor.problems] == []


@pytest.fixture
def visitor(open_page):
    return open_page()
