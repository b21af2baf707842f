"""What the server sends with every answer, and what it does not take."""

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from mtl.ui.guard import POLICY, Guard


async def length(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(len(await request.body())))


async def broken(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(1 / 0))


@pytest.fixture
def client():
    routes = [Route("/broken/{rest}", broken), *_lengths()]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(Guard)]))


def _lengths():
    return [Route(path, length, methods=["POST", "GET"]) for path in ("/", "/gradio_api/upload")]


def test_every_answer_has_the_rules(client):
    for answer in (client.get("/"), client.get("/nowhere"), client.post("/", content=b"x")):
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert "*" not in POLICY.replace("https://*.huggingface.co", "")


def test_a_body_beyond_the_limit_is_refused_before_it_is_read(client, limited):
    limited(request_characters=10_000)
    assert client.post("/", content=b"x" * 60_000).text == "60000"
    answer = client.post("/", content=b"x" * 200_000)
    assert answer.status_code == 413
    assert answer.json()["error"] == (
        "The request is too large; the limit is 10,000 characters: send less at once"
    )
    # Without a length it is cut off.
    answer = client.post("/", content=(b"x" * 50_000 for _ in range(10)))
    assert (answer.status_code, answer.json()["error"][:24]) == (413, "The request is too large")


def test_what_the_server_cannot_read_is_answered_by_a_sentence(client, caplog):
    answer = client.get("/broken/with a secret")
    assert answer.json()["error"] == "The server cannot read this request: reload the page and try again"
    assert answer.headers["content-security-policy"] == POLICY
    assert caplog.messages == ["ZeroDivisionError in /broken/with a secret"]


def test_files_can_be_switched_off(client, limited):
    assert client.post("/gradio_api/upload", content=b"x").status_code == 200
    limited(uploads=0)
    answer = client.post("/gradio_api/upload", content=b"x")
    assert (answer.status_code, answer.json()["error"][:25]) == (413, "This page takes no files:")


def test_an_upload_may_be_larger_than_a_request(client, limited):
    limited(request_characters=10, upload_bytes=1_000_000)
    assert client.post("/gradio_api/upload", content=b"x" * 900_000).status_code == 200
    assert client.post("/gradio_api/upload", content=b"x" * 1_200_000).status_code == 413
