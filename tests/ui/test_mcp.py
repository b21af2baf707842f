"""The tools for agents, asked by the official client."""

import asyncio
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec

import pytest

from mtl.schema.limits import limits
from mtl.training.default import load_default
from mtl.ui.mcp import TOOLS, check_mcp
from tests.conftest import ROOT
from tests.serving import free_port, serving

with_mcp = pytest.mark.skipif(find_spec("mcp") is None, reason="needs the extra [mcp]")


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    port = free_port()
    with serving(tmp_path_factory.mktemp("app"), port, ("app.py", "--mcp")):
        yield f"http://127.0.0.1:{port}"


def _ask(address, *calls):
    """The tools, and the answers to calls (a name and its arguments), in one session."""
    from mcp import ClientSession
    from mcp.client.streamable_http import streamablehttp_client

    async def ask():
        async with (
            streamablehttp_client(f"{address}/gradio_api/mcp/") as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            tools = (await session.list_tools()).tools
            return tools, [await session.call_tool(name, given) for name, given in calls]

    # The browser tests of the same process leave an event loop running in this thread.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, ask()).result()


def _value(answer):
    (content,) = answer.content
    assert not answer.isError, content.text
    return json.loads(content.text)


@with_mcp
def test_exactly_these_are_tools_and_each_says_what_it_does_and_takes(address):
    tools, _ = _ask(address)
    assert [tool.name for tool in tools] == list(TOOLS)
    for tool in tools:
        assert len(tool.description) > 20 and "Args" not in tool.description
        taken = tool.inputSchema["properties"]
        assert taken and all(one["type"] and one["description"] for one in taken.values())
    by_name = {tool.name: tool.inputSchema for tool in tools}
    assert by_name["predict"]["required"] == ["texts"]
    assert by_name["predict"]["properties"]["model"]["default"] == "default"


@with_mcp
def test_tools_answer_as_the_model_does(address, encoder):
    texts = ["What a lovely day!", "Where is the key?"]
    cats = ["A cat sleeps.", "A kitten naps.", "The bill is due."]
    _, answers = _ask(
        address,
        ("predict", {"texts": texts}),
        ("explain", {"text": "I do not like this soup."}),
        ("similarity", {"texts": cats}),
        ("neighbours", {"text": cats[0], "among": cats[:0:-1], "count": 1}),
        ("check_csv", {"csv": "text,urgency\nSend it now,high\nNo hurry,low\n", "task": "urgency"}),
    )
    said, explained, cosines, nearest, rows = map(_value, answers)
    for answer, prediction in zip(said, load_default(encoder).predict(texts), strict=True):
        assert answer["intent"]["scores"] == pytest.approx(prediction.tasks["intent"].scores, abs=1e-4)
    shares = [word["share"] for word in explained["sentiment"]["words"]]
    assert sum(shares) + explained["sentiment"]["rest"] == pytest.approx(
        explained["sentiment"]["logit"], abs=1e-3
    )
    assert cosines[0][1] > 0.5 > cosines[0][2]
    assert [near["row"] for near in nearest] == [1]
    assert rows["labels"] == {"high": 1, "low": 1}


@with_mcp
def test_what_is_no_tool_is_not_answered_and_what_cannot_be_done_is_told(address):
    me = "a secret of my own"
    refused = [
        ("embed", {"texts": ["a"]}, "Unknown tool"),
        ("start_run", {"csv": "text,label\na,b\n", "visitor": me}, "Unknown tool"),
        ("download_model", {"run_id": "1", "visitor": me}, "Unknown tool"),
        ("predict", {"texts": []}, "list of texts with one text at least"),
        ("predict", {"texts": ["a"], "model": "../../etc", "visitor": me}, "not here any more"),
        ("predict", {"texts": ["a"] * (limits().sentences + 1)}, "the limit is"),
        ("explain", {"text": "a" * (limits().text_characters + 1)}, "the limit is"),
        ("neighbours", {"text": "a", "among": ["b"], "count": 0}, "ount' is 0: use a whole number from 1"),
    ]
    _, answers = _ask(address, *((name, given) for name, given, _ in refused))
    for answer, (name, _, said) in zip(answers, refused, strict=True):
        text = answer.content[0].text
        assert answer.isError and said in text, (name, text)
        assert "Traceback" not in text and "/mtl/" not in text


def test_without_the_extra_nothing_starts():
    code = "import sys; sys.modules['mcp'] = None; sys.argv[1:] = ['--mcp']; import app; app.main()"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("app.py: error: --mcp needs the extra [mcp]")
    assert 'pip install "gradio[mcp]"' in done.stderr


@with_mcp
def test_a_login_is_not_passed_by():
    with pytest.raises(ValueError, match="--mcp and MTL_LOGIN do not go together"):
        check_mcp(login=True)
