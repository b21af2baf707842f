"""Takes the README's pictures of the page as it is: `python -m tests.browser.pictures FOLDER`."""

import argparse
import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from mtl.ui.train.picked import REPORT_CHOICE
from tests.browser.conftest import ARGUMENTS, Visitor, find_chromium
from tests.browser.train_form import choose_data
from tests.serving import free_port, serving

_DESKTOP = {"width": 1440, "height": 900}
_FILM = {"width": 1100, "height": 760}
_TYPED = "Great, so why could nobody tell me that it was sold out?"
# Milliseconds that a frame of the film stands.
_SHORT, _LONG = 120, 1600


class _Film:
    """Frames of a page, kept as an animated WebP."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._frames: list[Image.Image] = []
        self._durations: list[int] = []

    def take(self, duration: int = _SHORT) -> None:
        frame = Image.open(io.BytesIO(self._page.screenshot())).convert("RGB")
        self._frames.append(frame.resize((frame.width * 4 // 5, frame.height * 4 // 5), Image.LANCZOS))
        self._durations.append(duration)

    def save(self, file: Path) -> None:
        first, *others = self._frames
        first.save(
            file, save_all=True, append_images=others, duration=self._durations, loop=0, quality=60, method=6
        )


def _predict(visitor: Visitor) -> None:
    visitor.page.fill("#predict-text textarea", "The room was lovely, but why was nobody at the desk?")
    visitor.wait_for_text("#answers", "question")
    visitor.page.wait_for_selector("#sentence-marks .mirror span.for")


def _embeddings(visitor: Visitor) -> None:
    visitor.tab("Embeddings")
    visitor.page.wait_for_selector("#map .main-svg")


def _train(visitor: Visitor) -> None:
    choose_data(visitor, REPORT_CHOICE)
    visitor.wait_for_text("#data-summary", "100 used")
    visitor.page.click("#start")
    visitor.wait_for_text("#bottom-bar", "Done in")


def _film(visitor: Visitor, file: Path) -> None:
    """A sentence is typed, its words light up, and a model is trained on the small set."""
    film = _Film(visitor.page)
    box = visitor.page.locator("#predict-text textarea")
    box.fill("")
    for start in range(0, len(_TYPED), 3):
        box.press_sequentially(_TYPED[start : start + 3])
        visitor.page.wait_for_timeout(150)
        film.take()
    film.take(_LONG)
    _embeddings(visitor)
    visitor.page.wait_for_timeout(400)
    film.take(_LONG)
    choose_data(visitor, REPORT_CHOICE)
    visitor.wait_for_text("#data-summary", "100 used")
    film.take(_LONG)
    visitor.page.click("#start")
    while "Done in" not in visitor.text("#bottom-bar"):
        film.take()
    visitor.page.wait_for_timeout(400)
    film.take(2 * _LONG)
    film.save(file)


@contextmanager
def _page(browser: Browser, address: str, size: dict[str, int]) -> Iterator[Visitor]:
    context = browser.new_context(viewport=size)
    yield Visitor(context, address)
    context.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("docs"), help="where they are put")
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    address = f"http://127.0.0.1:{port}/"
    with (
        tempfile.TemporaryDirectory() as runs,
        serving(Path(runs) / "app", port),
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        for name, show in {"predict": _predict, "embeddings": _embeddings, "train": _train}.items():
            with _page(browser, address, _DESKTOP) as visitor:
                visitor.page.evaluate("document.documentElement.classList.add('guided')")
                show(visitor)
                visitor.page.wait_for_timeout(500)
                visitor.page.screenshot(path=folder / f"{name}.png")
        with _page(browser, address, _FILM) as visitor:
            visitor.page.evaluate("document.documentElement.classList.add('guided')")
            _film(visitor, folder / "film.webp")
        browser.close()


if __name__ == "__main__":
    main()
