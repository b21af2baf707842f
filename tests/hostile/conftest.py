"""A page of its own for the tests that call it directly."""

import pytest

from tests.browser.conftest import free_port, serving


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    """The page's address, and the folder with its log and its runs."""
    folder, port = tmp_path_factory.mktemp("served"), free_port()
    with serving(folder, port):
        yield f"http://127.0.0.1:{port}", folder
