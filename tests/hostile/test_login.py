"""A page with a login gives nothing to those who have none."""

import httpx
import pytest

from tests.serving import free_port, serving


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A page that asks for a login and takes no files."""
    port = free_port()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("MTL_LOGIN", "anna:a long secret")
        environment.setenv("MTL_UPLOADS", "off")
        with serving(tmp_path_factory.mktemp("login"), port):
            yield f"http://127.0.0.1:{port}"


def test_who_has_no_login_gets_nothing(address):
    with httpx.Client(base_url=address, trust_env=False) as stranger:
        for path in ("/config", "/gradio_api/info", "/gradio_api/file=app.py"):
            assert stranger.get(path).status_code == 401, path
        posted = {"data": [], "fn_index": 0, "session_hash": "x"}
        assert stranger.post("/gradio_api/queue/join", json=posted).status_code == 401
        page = stranger.get("/?text=What+a+lovely+day").text
        assert "sentiment: positive" not in page.lower() and "a long secret" not in page
        wrong = stranger.post("/login", data={"username": "anna", "password": "guess"})
        assert wrong.status_code == 400


def test_who_has_it_gets_the_page_which_takes_no_files(address):
    with httpx.Client(base_url=address, trust_env=False) as anna:
        given = {"username": "anna", "password": "a long secret"}
        assert anna.post("/login", data=given).status_code == 200
        assert anna.get("/config").status_code == 200
        refused = anna.post("/gradio_api/upload", files={"files": ("a.csv", b"text,label\n")})
        assert refused.status_code == 413
        assert "This page takes no files" in refused.text
