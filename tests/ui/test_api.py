"""The functions that other programs may call, over HTTP and by gradio_client."""

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from mtl.model.archive import unpack
from mtl.model.checkpoint import load_model
from mtl.training.default import load_default
from tests.conftest import ROOT

# A folder after `npm install @gradio/client` in it.
NODE = os.environ.get("MTL_TEST_NODE")

NAMED = {
    *("/predict", "/explain", "/similarity", "/embed", "/neighbours", "/check_csv"),
    *("/start_run", "/run_events", "/stop_run", "/download_model"),
}
ME, STRANGER = "a secret of my own", "a secret of another"
THINGS = "lamp chair phone kettle".split()


@pytest.fixture(scope="module")
def client(served, tmp_path_factory):
    return Client(served[0], verbose=False, download_files=tmp_path_factory.mktemp("downloads"))


@pytest.fixture(scope="module")
def rows():
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(["text", "urgency"])
    for thing in THINGS:
        writer.writerows([(f"Send the {thing} at once", "high"), (f"No hurry with the {thing}", "low")])
        writer.writerows([(f"We need the {thing} now", "high"), (f"The {thing} can come some day", "low")])
    return stream.getvalue()


def test_only_these_are_published_and_each_says_what_it_does(client):
    published = client.view_api(return_format="dict")["named_endpoints"]
    assert set(published) == NAMED
    for name, endpoint in published.items():
        assert len(endpoint["description"]) > 20, name
        assert all(part["python_type"]["type"] for part in endpoint["parameters"]), name


def test_it_predicts_as_the_model_does(client, encoder):
    texts = ["What a lovely day!", "Where is the key?"]
    said = client.predict(texts, api_name="/predict")
    for answer, prediction in zip(said, load_default(encoder).predict(texts), strict=True):
        assert answer["intent"]["label"] == prediction.tasks["intent"].label
        assert answer["intent"]["scores"] == pytest.approx(prediction.tasks["intent"].scores, abs=1e-4)


def test_an_explanation_sums_to_the_logit(client):
    said = client.predict("I do not like this soup.", api_name="/explain")
    for task in ("sentiment", "intent"):
        shares = [word["share"] for word in said[task]["words"]]
        assert sum(shares) + said[task]["rest"] == pytest.approx(said[task]["logit"], abs=1e-3)
    assert said["sentiment"]["label"] == "negative"
    assert [word["word"] for word in said["intent"]["words"]][:2] == ["I", "do"]


def test_texts_are_compared(client, encoder):
    texts = ["A cat sleeps.", "A kitten naps.", "The bill is due."]
    cosines = client.predict(texts, api_name="/similarity")
    assert cosines[0][1] > 0.5 > cosines[0][2] and cosines[0][0] == pytest.approx(1, abs=1e-5)
    assert len(client.predict(texts[:1], api_name="/embed")[0]) == encoder.dimension
    (nearest,) = client.predict(texts[0], texts[1:], 1, api_name="/neighbours")
    assert (nearest["row"], nearest["text"]) == (0, "A kitten naps.")


def test_rows_are_checked(client, rows):
    (column,) = client.predict(rows, api_name="/check_csv")["label_columns"]
    assert column["column"] == "urgency"
    said = client.predict(rows + "no label,\n", "urgency", api_name="/check_csv")
    assert said["labels"] == {"high": 8, "low": 8}
    assert any("18" in f"{issue}" for issue in said["issues"])


def test_a_run_is_started_followed_and_taken_away(client, rows, encoder, tmp_path):
    run = client.predict(rows, ME, {"freeze": "heads", "epochs": 2}, api_name="/start_run")
    events = list(client.submit(run, ME, api_name="/run_events"))
    assert events[0]["event"] == "run_started" and events[-1]["event"] == "run_end"
    assert [event["epoch"] for event in events if event["event"] == "epoch_end"] == [0, 1, 2]
    archive = client.predict(run, ME, api_name="/download_model")
    assert zipfile.is_zipfile(archive)
    unpack(archive, tmp_path / "model")
    mine = load_model(tmp_path / "model", encoder)
    said = client.predict(["Send the sofa at once"], run, ME, api_name="/predict")
    assert said[0]["urgency"]["label"] == mine.predict(["Send the sofa at once"])[0].tasks["urgency"].label
    for name in ("/run_events", "/stop_run", "/download_model"):
        with pytest.raises(AppError, match="not here|no run|There is no"):
            client.predict(run, STRANGER, api_name=name)


def test_a_run_can_be_stopped(client, rows):
    run = client.predict(rows, "somebody who waits", {"freeze": "full", "epochs": 500}, api_name="/start_run")
    assert client.predict(run, "somebody who waits", api_name="/stop_run") in (
        "waiting",
        "running",
        "stopping",
        "stopped",
    )
    events = list(client.submit(run, "somebody who waits", api_name="/run_events"))
    assert events[-1]["status"] == "stopped"


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("/predict", ([],), "list of texts with one text at least"),
        ("/predict", ([5],), "'texts' is int: give text"),
        ("/predict", (["a"], "nothing"), "."),
        ("/predict", (["a"], "nothing", ["me"]), "'visitor' is list: give text"),
        ("/similarity", (["a"] * 201,), "201 texts; the limit is 200"),
        ("/explain", ("a" * 30_000,), "30,000 characters"),
        ("/neighbours", ("a", ["b"], 0), "'count' is 0: use a whole number from 1"),
        ("/check_csv", ("",), "."),
        ("/start_run", ("text,label\na,b\n", "short"), "'visitor' has 5 characters: make up a secret of 16"),
        ("/start_run", ("text,label\na,b\n", ME, {"freeze": "most"}), "freeze is .+most"),
        ("/start_run", ("text,label\na,b\n", ME, {"speed": 1}), "unknown setting|speed"),
        ("/stop_run", ("../../etc", ME), "."),
    ],
)
def test_what_cannot_be_done_is_told(client, name, given, said):
    with pytest.raises(AppError, match=f"(?i){said}") as told:
        client.predict(*given, api_name=name)
    assert "Traceback" not in f"{told.value}" and "/mtl/" not in f"{told.value}"


def _documented(language):
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / "docs" / "API.md").read_text("utf-8"), re.DOTALL)


def _printed(served, *command):
    """What an example of the documentation prints, of this page."""
    given = [part.replace("http://127.0.0.1:7860", served[0]) for part in command]
    return subprocess.run(given, capture_output=True, text=True, check=True, timeout=300).stdout


def test_the_documented_python_runs(served):
    (code,) = _documented("python")
    lines = _printed(served, sys.executable, "-c", code).splitlines()
    assert lines[0] == "exclamation" and [line.split()[0] for line in lines[1:5]] == ["0", "1", "2", "3"]
    assert lines[5] == "high" and lines[6].endswith("model.zip")


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
def test_the_documented_curl_runs(served):
    (code,) = _documented("sh")
    event, data = _printed(served, "sh", "-c", code).strip().splitlines()[:2]
    assert event == "event: complete"
    ((prediction,),) = json.loads(data.removeprefix("data: "))
    assert prediction["intent"]["label"] == "exclamation"


@pytest.mark.skipif(NODE is None, reason="MTL_TEST_NODE names no folder in which npm has put @gradio/client")
def test_the_documented_javascript_runs(served):
    (code,) = _documented("js")
    file = Path(NODE) / "documented.mjs"
    file.write_text(code.replace("http://127.0.0.1:7860", served[0]) + "process.exit(0);\n", "utf-8")
    try:
        assert _printed(served, "node", str(file)).strip() == "exclamation"
    finally:
        file.unlink()


def test_every_function_is_documented():
    said = (ROOT / "docs" / "API.md").read_text("utf-8")
    assert set(re.findall(r"^\| `(/\w+)`", said, re.MULTILINE)) == NAMED
