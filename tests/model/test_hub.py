"""Models go to the Hugging Face Hub and come back, over HTTP, by a stand-in for the Hub."""

import json
import os
import subprocess
import sys

import pytest
from huggingface_hub import ModelCard

from mtl.cli.main import main
from mtl.model.archive import CARD, FACTS, LIMITS, SNIPPET, WEIGHTS, pack
from mtl.model.checkpoint import load_model
from mtl.model.files import model_facts
from mtl.model.hub_push import push_model
from mtl.training.default import DEFAULT_MODEL
from tests.conftest import ROOT
from tests.hub import TOKEN, hub

MODEL = {file.name: file.read_bytes() for file in DEFAULT_MODEL.iterdir()}
TEXT = "Where is the key?"


@pytest.fixture
def the_hub(monkeypatch, tmp_path):
    """An empty Hub, which the client in this process talks to, with a token and an empty cache."""
    with hub() as (held, address):
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", address)
        template = address + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
        monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "token"))
        monkeypatch.delenv("HUGGING_FACE_HUB_TOKEN", raising=False)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        yield held


def test_a_model_is_sent_and_comes_back(the_hub, encoder, tmp_path):
    archive = pack(DEFAULT_MODEL, tmp_path / "model.zip")
    done = push_model(archive, "me/sentences", private=True, licence="cc-by-4.0")
    files = the_hub.files("me/sentences")
    assert the_hub.private["me/sentences"] and done.commit.endswith(the_hub.sha("me/sentences"))
    assert set(done.files) == set(files) - {".gitattributes"} == set(MODEL)
    assert all(files[name] == MODEL[name] for name in MODEL if name != CARD)
    assert done.files == {name: len(files[name]) for name in done.files}
    back = load_model("hf://me/sentences", encoder)
    ours = load_model(DEFAULT_MODEL, encoder)
    assert back.predict([TEXT]) == ours.predict([TEXT])


def test_the_card_is_what_the_hub_reads(the_hub):
    push_model(DEFAULT_MODEL, "me/sentences", licence="cc-by-4.0")
    text = the_hub.files("me/sentences")[CARD].decode()
    read = ModelCard(text).data
    assert (read.license, read.language, read.pipeline_tag) == ("cc-by-4.0", "en", "text-classification")
    assert read.base_model == "sentence-transformers/all-MiniLM-L6-v2" and "multi-task" in read.tags
    assert read.model_name == "sentences" and 1 <= len(read.widget) <= 3
    scores = model_facts(DEFAULT_MODEL)["scores"]
    for name, given in scores.items():
        low, high = given["accuracy_interval"]
        (shown,) = [r for r in read.eval_results if (r.task_name, r.metric_type) == (name, "accuracy")]
        assert shown.metric_value == pytest.approx(given["accuracy"], abs=1e-4)
        assert shown.metric_name == f"accuracy (95% interval {low:.4f} to {high:.4f})"
    assert 'load_model("hf://me/sentences")' in text


def test_a_later_model_takes_the_place_and_the_earlier_one_stays_by_its_revision(the_hub, encoder, tmp_path):
    push_model(DEFAULT_MODEL, "me/sentences")
    first = the_hub.sha("me/sentences")
    for name in (FACTS, WEIGHTS):
        (tmp_path / name).write_bytes(MODEL[name])
    push_model(tmp_path, "me/sentences")
    assert set(the_hub.files("me/sentences")) == {".gitattributes", CARD, SNIPPET, FACTS, WEIGHTS}
    load_model(f"hf://me/sentences@{first}", encoder)
    with pytest.raises(ValueError, match="me/sentences has no revision 'old': see http"):
        load_model("hf://me/sentences@old", encoder)


def test_only_files_of_known_names_are_fetched(the_hub, encoder):
    the_hub.put("me/sentences", {**MODEL, "train.pkl": b"\x80\x04.", "modeling.py": b"raise SystemExit"})
    load_model("hf://me/sentences", encoder)
    fetched = {path.rsplit("/", 1)[-1] for path in the_hub.asked if "/resolve/" in path}
    assert fetched == {WEIGHTS, FACTS, "report.json", "events.jsonl"}


def test_what_was_fetched_is_there_without_a_network(the_hub, encoder, monkeypatch):
    the_hub.put("me/sentences", MODEL)
    ours = load_model("hf://me/sentences", encoder).predict([TEXT])
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert load_model("hf://me/sentences", encoder).predict([TEXT]) == ours
    with pytest.raises(ValueError, match="me/other is not on this machine, and HF_HUB_OFFLINE forbids"):
        load_model("hf://me/other", encoder)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    assert load_model("hf://me/sentences", encoder).predict([TEXT]) == ours
    with pytest.raises(ValueError, match=r"me/other is not on this machine, and http://127.0.0.1:9 gives no"):
        load_model("hf://me/other", encoder)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"config.json": b"{}"}, "hf://me/it is no model of Sentence Lab: it holds no model.safetensors"),
        ({WEIGHTS: MODEL[WEIGHTS]}, "it holds no model.json"),
        (
            {**MODEL, FACTS: b" " * (LIMITS[FACTS] + 1)},
            "hf://me/it is no model: its model.json has 1,048,577",
        ),
        ({**MODEL, FACTS: b"{"}, "is not a model or is damaged"),
        ({**MODEL, WEIGHTS: b"\x80\x04."}, "is not a model or is damaged"),
    ],
)
def test_what_is_no_model_is_refused(the_hub, encoder, files, said):
    the_hub.put("me/it", files)
    with pytest.raises(ValueError, match=said):
        load_model("hf://me/it", encoder)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("hf://nobody/nothing", "there is no model nobody/nothing on the Hub, or this token"),
        ("hf://one", "'one' names no repository of the Hub: write it as user/name"),
        ("hf://../etc", "'../etc' names no repository"),
        ("hf://me/it@", "names no revision: write it as hf://user/name@"),
    ],
)
def test_a_name_that_leads_nowhere_is_told(the_hub, encoder, name, said):
    with pytest.raises(ValueError, match=said):
        load_model(name, encoder)


def test_what_is_somebody_elses_is_not_written_over(the_hub):
    the_hub.put("me/bert", {"config.json": b"{}", ".gitattributes": b""})
    with pytest.raises(ValueError, match=r"holds something else \(such as config.json\): use another name"):
        push_model(DEFAULT_MODEL, "me/bert")
    the_hub.put("me/open", MODEL)
    with pytest.raises(ValueError, match="me/open is there and public"):
        push_model(DEFAULT_MODEL, "me/open", private=True)


def test_without_a_token_that_may_write_nothing_is_sent(the_hub, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_reads")
    with pytest.raises(ValueError, match="does not let this token write to me/sentences"):
        push_model(DEFAULT_MODEL, "me/sentences")
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(ValueError, match="there is no token for the Hub: make one that may write"):
        push_model(DEFAULT_MODEL, "me/sentences")
    assert the_hub.private == {}


def test_without_a_network_nothing_is_sent(the_hub, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ValueError, match="nothing was sent, and HF_HUB_OFFLINE forbids the network"):
        push_model(DEFAULT_MODEL, "me/sentences")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(ValueError, match=r"nothing was sent, and http://127.0.0.1:9 gives no answer"):
        push_model(DEFAULT_MODEL, "me/sentences")
    assert the_hub.private == {}


def test_a_dry_run_asks_nothing_and_says_what_would_be_sent(the_hub, monkeypatch, capsys):
    monkeypatch.delenv("HF_TOKEN")
    assert main(["push", str(DEFAULT_MODEL), "me/sentences", "--private", "--dry-run"]) == 0
    printed = capsys.readouterr().out
    assert "/me/sentences (private):" in printed and "  model.safetensors    2,053.4 kB\n" in printed
    assert "sentences of the rows that it was checked on" in printed
    assert main(["push", str(DEFAULT_MODEL), "me/sentences", "--dry-run", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["commit"] is None and set(told["files"]) == set(MODEL)
    assert the_hub.asked == []


def test_the_command_line_in_a_process_of_its_own(tmp_path):
    code = (
        "import sys; from mtl.cli.main import main\n"
        f"sys.exit(main(['push', {str(DEFAULT_MODEL)!r}, 'me/it']) or "
        f"main(['predict', {TEXT!r}, '--json', '--model', 'hf://me/it']))"
    )
    with hub() as (held, address):
        where = {
            "HF_ENDPOINT": address,
            "HF_HOME": str(tmp_path),
            "HF_TOKEN": TOKEN,
            "HF_HUB_DISABLE_XET": "1",
        }
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, **where, "HF_HUB_OFFLINE": "0"},
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert done.returncode == 0, done.stderr
    *said, answers = done.stdout.splitlines()
    assert said[0] == f"Sent to {address}/me/it (public):" and said[-1].endswith('load_model("hf://me/it")')
    assert json.loads(answers)[0]["intent"]["label"] == "question"
    assert set(held.files("me/it")) >= {WEIGHTS, FACTS, CARD}
