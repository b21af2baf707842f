"""What a program may send to the page: each call ends with an answer or a sentence, never a traceback."""

import html
import json
import math
import os
import random
import re

import pytest

from tests.hostile.page import Caller

CALLS = int(os.environ.get("MTL_TEST_CALLS", "60"))
# It waits until the machine is measured.
SLOW = ("measured",)
NO_SENTENCE = re.compile(
    r"Traceback|/(?:home|root|tmp|usr|work|var)/|site-packages|\.py\b|0x[0-9a-f]{6}|Error\b"
)
PATH_OR_TRACEBACK = re.compile(r"Traceback|/(?:home|root|tmp|usr|work|var)/|site-packages")
HALF = "half \ud83d of an emoji"
NESTED = [[[[[[[[[[[[[[[[[[[[[[[["x"]]]]]]]]]]]]]]]]]]]]]]]]


@pytest.fixture(scope="module")
def caller(served):
    return Caller(served[0])


def sentence(message):
    """The error of a call, once it is a sentence for people."""
    assert not message["success"]
    said = message["output"]["error"]
    # It begins with a capital, or with what was given, in quotes.
    first = html.unescape(said or "")[:1]
    assert first.isupper() or first in ("“", "'"), said
    assert not NO_SENTENCE.search(said), said
    return said


@pytest.fixture(autouse=True)
def nothing_in_the_log(served):
    log = served[1] / "log.txt"
    before = len(log.read_text())
    yield
    assert "Traceback" not in log.read_text()[before:]


@pytest.mark.parametrize("owner", [["a"], 5, {"a": 1}, True, 1.5, "x" * 10_000])
@pytest.mark.parametrize(
    "name", ["answer", "_arrive", "restore", "_choices", "stop", "foresee", "_ask", "suspects"]
)
def test_an_owner_is_text(caller, name, owner):
    number = caller.endpoint(name)
    data = caller.defaults(number)
    data[[part["type"] for part in caller.inputs(number)].index("browserstate")] = owner
    if name == "answer":
        data[:2] = ["A text", "default"]
    assert "takes text" in sentence(caller.call(number, data))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (1.5, "takes text, not a number"),
        (["a"], "takes text, not a list"),
        (True, "takes text, not yes or no"),
        (HALF, "half a character"),
        ("a" * 30_000, "The text has 30,000 characters; the limit is 20,000 characters: shorten it"),
        ("a" * 11_000_000, "the limit is 10,000,000 characters"),
    ],
)
def test_a_text_is_text(caller, text, said):
    assert said in sentence(caller.call(caller.endpoint("answer"), [text, "default", caller.owner]))


@pytest.mark.parametrize(
    "table",
    [
        {"headers": ["text"], "data": "x"},
        {"headers": ["text", "a"], "data": [["x"]]},
        {"headers": [], "data": []},
        {"headers": ["a", "a"], "data": [["x", "y"]]},
        {"headers": None, "data": [["x"]]},
        {"data": [[]]},
        [["x", "y"]],
        "x",
        5,
        {"headers": ["text", {"a": 1}], "data": [["x", "y"]]},
        {"headers": ["text", "a"], "data": [["x", HALF]]},
        {"headers": ["text", "a"], "data": NESTED},
    ],
)
def test_a_table_of_another_shape_is_refused(caller, table):
    sentence(caller.call(caller.endpoint("edited"), [table]))


@pytest.mark.parametrize(
    "kept",
    [5, "x", [5], [[]], [{}], [{"text": 5, "labels": {}}], [{"text": "x", "labels": [1]}], [[1, 2]] * 2],
)
def test_corrections_of_another_shape_are_refused(caller, kept):
    sentence(caller.call(caller.endpoint("as_csv"), [kept]))


@pytest.mark.parametrize("data", [[], ["x"], ["x"] * 9, None, {}, "x", [None, None, None]])
def test_another_number_of_values_is_refused(caller, data):
    answer = caller.join(caller.endpoint("answer"), data)
    if answer.status_code == 200:
        caller = Caller(caller.address)
        sentence(caller.call(caller.endpoint("answer"), data))
    else:
        assert answer.status_code in (400, 422) and "Traceback" not in answer.text


def test_a_stranger_gets_nothing_of_a_run(caller):
    number = caller.endpoint("answer")
    said = sentence(caller.call(number, ["A text", "someone-elses-run", caller.owner]))
    assert "not here any more" in said or "not in the list" in said


@pytest.mark.parametrize("percent", ["95", [95], True, {"a": 1}])
def test_a_promised_accuracy_is_a_number(caller, percent):
    number = caller.endpoint("_ask")
    data = caller.defaults(number)
    data[3] = percent
    assert "takes a number" in sentence(caller.call(number, data))


@pytest.mark.parametrize("name", ["_kept", "_removed"])
def test_an_example_keeps_no_promise(caller, name):
    number = caller.endpoint(name)
    assert "This is an example" in sentence(caller.call(number, caller.defaults(number)))


@pytest.mark.parametrize("pressed", [None, 5, "x", [], {}, {"row": "1"}, {"row": 0}, {"row": NESTED}])
@pytest.mark.parametrize("model", ["default", "untrained", "someone-elses-run"])
def test_only_a_row_that_is_shown_is_forgotten(caller, model, pressed):
    number = caller.endpoint("_forget")
    data = ["A text", model, None, None, caller.owner]
    sentence(caller.call(number, data, event_data=pressed))


@pytest.mark.parametrize("event", [None, 5, "x", [], {}, {"run": "../x", "row": 0, "say": "accept"}])
@pytest.mark.parametrize("name", ["suspect_said", "begin_corrected"])
def test_labels_of_a_run_that_is_not_shown_are_left_alone(caller, name, event):
    number = caller.endpoint(name)
    said = sentence(caller.call(number, caller.defaults(number), event_data=event))
    assert "not here any more" in said


def test_a_path_of_the_server_is_no_file(caller):
    number = caller.endpoint("look")
    for path in ("/etc/passwd", "app.py", "../app.py", str(__file__)):
        sentence(caller.call(number, [{"path": path, "meta": {"_type": "gradio.FileData"}}]))
    for path in ("/etc/passwd", str(__file__)):
        assert caller.http.get(f"/gradio_api/file={path}").status_code in (403, 404)


TEXTS = (
    "",
    " ",
    "a",
    "default",
    HALF,
    "\x00",
    "\u202ereversed",
    "=1+1",
    "<b>",
    "../../etc/passwd",
    "x" * 3000,
)
NUMBERS = (None, True, False, 0, -1, 1.5, 1e300, -1e-300, 2**70, math.nan, math.inf)
LISTS = ([], [[]], ["a"], [1, "a", None], NESTED)
FILE = {"_type": "gradio.FileData"}
RECORDS = (
    {},
    {"a": {}},
    {"value": 1},
    {"rows": []},
    {"headers": ["text", "x"], "data": [["a", "b"]]},
    {"__type__": "update", "value": 3},
    {"path": "/etc/passwd"},
    {"path": {"a": 1}},
    {"path": "x", "meta": FILE},
    {"path": None, "url": "http://127.0.0.1:1/x", "meta": FILE},
)
VALUES = (*TEXTS, *NUMBERS, *LISTS, *RECORDS)


def test_any_call_ends_with_an_answer_or_a_sentence(served):
    """Every function with values that it does not expect; `MTL_TEST_CALLS` says how many."""
    draw = random.Random(0)
    caller = Caller(served[0])
    numbers = [
        d["id"] for d in caller.config["dependencies"] if d["backend_fn"] and d["api_name"] not in SLOW
    ]
    refused = 0
    for count in range(CALLS):
        if count % 50 == 0:
            caller = Caller(served[0])
        number = draw.choice(numbers)
        data = caller.defaults(number)
        for _ in range(draw.choice((1, 1, 2, len(data) or 1))):
            if data:
                data[draw.randrange(len(data))] = draw.choice(VALUES)
        more = {"event_data": draw.choice(VALUES)} if draw.random() < 0.3 else {}
        message = caller.call(number, data, whole=False, **more)
        if not message["success"]:
            refused += 1
            sentence(message)
    assert refused > CALLS / 10


JOIN = {"data": [], "fn_index": 0, "session_hash": "x"}
BODIES = (
    *(b"", b"null", b"[]", b"5", b'"x"', b"{}", b"{", b"\xff\xfe", b"[" * 50_000, b'{"a":' * 50_000, b"NaN"),
    *(
        json.dumps({**JOIN, **change}).encode()
        for change in (
            {"data": None},
            {"data": {"a": 1}},
            {"fn_index": 10**30},
            {"fn_index": -1},
            {"fn_index": "x"},
            {"fn_index": None},
            {"session_hash": 5},
            {"session_hash": ["x"]},
            {"session_hash": "\ud800"},
            {"session_hash": "../../x"},
            {"event_data": [[[]]]},
            {"trigger_id": "x"},
            {"api_name": ["x"]},
            {"simple_format": "x"},
        )
    ),
)
ROUTES = (
    *("queue/join", "run/predict", "run/answer", "call/answer", "api/answer", "component_server", "upload"),
    *("cancel", "reset", "queue/nothing", "vibe-edit/", "stream_each", "deep_link", "login"),
)


@pytest.mark.parametrize("route", ROUTES)
def test_a_body_of_another_shape_gets_an_answer_without_a_traceback_or_a_path(caller, route):
    for body in BODIES:
        for kind in ("application/json", "multipart/form-data; boundary=x", "text/plain"):
            answer = caller.http.post(
                f"/gradio_api/{route}", content=body, headers={"content-type": kind}, timeout=60
            )
            assert not PATH_OR_TRACEBACK.search(answer.text), (route, body[:50], answer.text)


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/file=../../../../etc/passwd",
        "/gradio_api/file=%2e%2e%2f%2e%2e%2fetc/passwd",
        "/gradio_api/file=" + "a" * 5000,
        "/gradio_api/file=a%00b",
        "/gradio_api/queue/status",
        "/gradio_api/call/answer/nothing",
        "/gradio_api/upload_progress?upload_id=nothing",
        "/static/../../app.py",
        "/assets/%2e%2e/%2e%2e/app.py",
        "/theme.css?x=" + "y" * 5000,
        "/?text=" + "%ed%a0%80" * 20,
        "/?text=" + "x" * 20_000,
        "/%ff%fe",
    ],
)
def test_a_wrong_address_gets_an_answer_without_a_traceback_or_a_path(caller, path):
    with caller.http.stream("GET", path, timeout=60) as answer:
        if answer.headers.get("content-type", "").startswith("text/event-stream"):
            return  # it stays open until there is news
        said = b"".join(answer.iter_bytes()).decode("utf-8", "replace")
    assert "root:x:" not in said and "def main()" not in said
    assert answer.status_code == 200 or not PATH_OR_TRACEBACK.search(said), (answer.status_code, said[:500])


@pytest.mark.parametrize("name", ["act", "refresh", "load", "read", "save", "forget"])
def test_a_file_that_is_labelled_takes_nothing_but_what_it_knows(caller, name):
    number = caller.endpoint(name)
    for event in ("x", [], {"what": {}}, {"what": "label", "key": [], "ticked": NESTED}, {"what": "undo"}):
        message = caller.call(number, caller.defaults(number), whole=False, event_data=event)
        if not message["success"]:
            sentence(message)
    data = caller.defaults(number)
    if data[0] == caller.owner:
        assert "takes text" in sentence(caller.call(number, [5, *data[1:]], event_data={}))
