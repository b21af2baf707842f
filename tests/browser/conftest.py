"""The real page in a real browser: app.py in a process of its own, Chromium from the system."""

import os
import shutil
import time
from pathlib import Path

import pytest
from axe_core_python.sync_playwright import Axe

from tests.serving import PATIENCE_S

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
# Charts have a table or words beside them, and axe cannot judge what is drawn in SVG. The place of a chart
# that is not drawn yet has faults of Gradio's; `wait_until_drawn` holds that it goes.
_WITHOUT_CHARTS = {"exclude": [[".main-svg"], [".empty"]]}
_POLL_MS = 100
_FAILED = pytest.StashKey[bool]()


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
    # Their files take the longest: begun first, none of them is left to one process at the end.
    items.sort(key=lambda item: item.get_closest_marker("browser") is None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    report = yield
    if report.failed:
        item.stash[_FAILED] = True
    return report


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


@pytest.fixture(scope="session")
def address(browser, request):
    """The page's address; `browser` comes first, so that nothing starts where there is none."""
    return request.getfixturevalue("served")[0]


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

    def wait_until(self, expression, arg=None):
        """Waits until a JavaScript expression, or function of `arg`, is true."""
        # By default Chromium would ask in every frame, and the page itself would hardly get its turn.
        self.page.wait_for_function(expression, arg=arg, polling=_POLL_MS)

    def wait_until_drawn(self):
        """Waits for the charts: until then a place of Gradio's, with faults of its own, stands there. And
        for colours, which change in a fifth of a second."""
        self.wait_until("() => ![...document.querySelectorAll('.empty')].some(e => e.checkVisibility())")
        self.wait_until("() => !document.getAnimations().some(a => a instanceof CSSTransition)")

    def serious(self, rules=None):
        """What axe finds serious in all that is shown once it is drawn, by `rules` or by all of its own."""
        self.wait_until_drawn()
        options = {"resultTypes": ["violations"], **({"runOnly": rules} if rules else {})}
        return [
            (violation["id"], node["html"][:200])
            for violation in Axe().run(self.page, _WITHOUT_CHARTS, options)["violations"]
            if violation["impact"] in ("serious", "critical")
            for node in violation["nodes"]
        ]

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

    def close_panel(self):
        """Closes the panel that a quiet button of the open tab has opened, if there is one."""
        opened = self.page.locator(".quiet:not(#places) button.open:visible")
        if opened.count():
            opened.click()
            opened.wait_for(state="detached")

    def colours(self, scheme):
        """As when the system turns "dark" or "light", which the page follows."""
        self.page.emulate_media(color_scheme=scheme)
        self.wait_until("dark => document.body.classList.contains('dark') === dark", arg=scheme == "dark")

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
    """Opens the page as a new visitor, as often as wanted; at the end nobody may have seen an error.

    `query` is what follows the address; the other options are the browser profile's.
    """
    visitors, contexts = [], []

    def visit(query="", **options):
        contexts.append(browser.new_context(**options))
        visitors.append(Visitor(contexts[-1], address + query))
        return visitors[-1]

    yield visit
    for context in contexts:
        context.close()
    assert [problem for visitor in visitors for problem in visitor.problems] == []


@pytest.fixture
def visitor(open_page):
    return open_page()


@pytest.fixture(scope="module")
def _kept():
    """The pages that the tests of a file share, by their sizes."""
    visitors = {}
    yield visitors
    for visitor in visitors.values():
        visitor.page.context.close()


@pytest.fixture
def shared_page(request, browser, address, _kept):
    """Gives the page that the tests of a file share: to open one takes longer than most tests.

    There is one for each size. A test finds it as the test before left it, but in light colours and in that
    size, and sets what else it needs. After a test that failed the next one gets a new page.
    """
    used = {}

    def visit(width=1280, height=720):
        key = (width, height)
        if key not in _kept:
            _kept[key] = Visitor(browser.new_context(viewport={"width": width, "height": height}), address)
        used[key] = _kept[key]
        used[key].colours("light")
        used[key].page.set_viewport_size({"width": width, "height": height})
        return used[key]

    yield visit
    problems = [problem for visitor in used.values() for problem in visitor.problems]
    if problems or request.node.stash.get(_FAILED, False):
        for key, visitor in used.items():
            visitor.page.context.close()
            del _kept[key]
    assert problems == []
