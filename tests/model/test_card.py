"""What lies beside a model: the card, and the script."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from huggingface_hub import ModelCard

from mtl.data.sources import labelled_rows
from mtl.model.archive import CARD, FACTS, FORMER_REPORT, REPORT, SNIPPET, pack
from mtl.model.card import card, snippet
from mtl.model.files import model_facts
from mtl.model.provenance import model_report
from mtl.runs.job import Job
from mtl.runs.train_into import train_into, trainer_for
from mtl.schema.config import TrainConfig
from tests.conftest import INTENT, SENTIMENT

ROOT = Path(__file__).parents[2]
HOSTILE = "<img src=x> | [a](b) *c* `d`"


@pytest.fixture(scope="module")
def folder(encoder, tmp_path_factory):
    """A model of a run in which one label tries to be markup."""
    intent = INTENT.replace({"label": {"question": HOSTILE}})
    job = Job(
        rows=labelled_rows({"sentiment": SENTIMENT, "intent": intent}),
        config=TrainConfig(epochs=3),
    )
    out = tmp_path_factory.mktemp("card") / "model"
    list(train_into(out, job, trainer_for(job, encoder), encoder))
    return out


@pytest.fixture(scope="module")
def text(folder):
    return (folder / CARD).read_text("utf-8")


def test_the_front_matter_is_what_hugging_face_reads(text, folder):
    read = ModelCard(text).data
    assert (read.license, read.language, read.library_name) == ("mit", "en", "sentence-lab")
    assert read.base_model == "sentence-transformers/all-MiniLM-L6-v2"
    assert read.pipeline_tag == "text-classification"
    found = {(r.task_name, r.metric_type): r.metric_value for r in read.eval_results}
    for name, scores in model_facts(folder)["scores"].items():
        assert found[name, "accuracy"] == pytest.approx(scores["accuracy"], abs=1e-4)
        assert found[name, "f1"] == pytest.approx(scores["macro_f1"], abs=1e-4)


def test_the_card_has_rows_settings_scores_and_limits(text, folder):
    facts = model_facts(folder)
    counts = facts["rows_per_label"]["sentiment"]["negative"]
    assert f"| sentiment | negative | {counts['train']} | {counts['validation']} |" in text
    assert "What trained (`freeze`): heads; the heads read: layers" in text
    assert f"Epochs: 3, the best was {facts['best_epoch']}; the run finished" in text
    assert "seed: 0" in text
    assert text.split("\n---\n", 1)[1].count("95% interval") == 2
    assert "against words alone" in text
    assert "English only" in text
    assert "`out_of_distribution` is then" in text
    assert facts["encoder"]["sha256"] in text
    assert snippet(facts) in text


def test_a_label_is_never_markup(text):
    assert r"\<img src=x\> \| \[a\](b) \*c\* \`d\`" in text
    assert HOSTILE not in text


def test_a_card_lists_any_tasks(folder):
    facts = model_facts(folder)
    count = {"train": 8, "validation": 2}
    text = card(
        {
            **facts,
            "tasks": {"urgency_level": ["high", "low"]},
            "rows_per_label": {"urgency_level": {"high": count, "low": count}},
            "rows": {"urgency_level": {"train": 16, "validation": 4}},
        }
    )
    assert r"- urgency\_level: high, low" in text
    assert r"| urgency\_level | all | 16 | 4 |" in text
    assert "sentiment" not in text and "intent" not in text


def test_moved_layers_are_named(folder):
    facts = {**model_facts(folder), "changed_blocks": [0, 6]}
    assert "its word embeddings, layer 6 moved with the heads" in card(facts)
    assert "Not evaluated" in card(facts)


def test_the_script_is_short_and_runs_where_it_lies(folder, tmp_path):
    lines = (folder / SNIPPET).read_text("utf-8").splitlines()
    assert len(lines) <= 10
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, SNIPPET], cwd=folder, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    first, _, _, last = done.stdout.splitlines()
    assert first.startswith("I love this product! sentiment: positive (")
    assert last.startswith(f"Can you tell me the time? intent: {HOSTILE} (")


def test_the_script_loads_the_encoder_that_the_model_was_trained_on(folder):
    facts = {**model_facts(folder), "encoder": {"name": "it's/here", "sha256": ""}}
    code = snippet(facts)
    assert 'load_model(Path(__file__).parent, load_encoder("it\'s/here"))' in code
    assert "from mtl import load_encoder, load_model" in code
    assert len(code.splitlines()) <= 10
    compile(code, SNIPPET, "exec")


def test_an_encoder_in_a_folder_is_no_base_model(folder):
    facts = {**model_facts(folder), "encoder": {"name": "/some/where: else", "sha256": ""}}
    assert ModelCard(card(facts)).data.base_model is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{}", "its NAME holds no validation report"),
        ("[]", "its NAME holds no validation report"),
        ('{"event": "stage_ended", "index": 0, "kept": true, "reason": ""}', "holds no validation report"),
        ('{"event": "report", "tasks": {}}', "its NAME is about other tasks or labels"),
        ("{", "is not a model or is damaged"),
    ],
)
@pytest.mark.parametrize("name", [REPORT, FORMER_REPORT])
def test_another_report_is_refused(folder, tmp_path, name, content, reason):
    for kept in (FACTS, "model.safetensors"):
        (tmp_path / kept).write_bytes((folder / kept).read_bytes())
    (tmp_path / name).write_text(content)
    for source in (tmp_path, pack(tmp_path, tmp_path / "model.zip")):
        with pytest.raises(ValueError, match=reason.replace("NAME", name)):
            model_report(source)


def test_a_report_survives_the_zip(folder, tmp_path):
    archive = pack(folder, tmp_path / "model.zip")
    assert model_report(archive) == model_report(folder)
    assert json.loads((folder / REPORT).read_text("utf-8"))["event"] == "report"
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / FACTS).write_bytes((folder / FACTS).read_bytes())
    assert model_report(tmp_path / "bare") is None
