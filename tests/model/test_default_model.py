"""The committed model is what the bundled sentences give."""

import re
from pathlib import Path

import pandas as pd
import pytest

from mtl.data.bundled import default_files, source_report_files
from mtl.data.examination import load_rows
from mtl.evaluation.scoring import evaluate
from mtl.model.archive import HISTORY, WEIGHTS
from mtl.model.files import model_facts
from mtl.model.provenance import model_events, model_report
from mtl.runs.artifacts import history
from mtl.runs.rows_file import fingerprint
from mtl.schema.config import TrainConfig
from mtl.schema.events import EpochEnd, RunEnd, RunStarted
from mtl.schema.results import ValidationReport
from mtl.training.default import DEFAULT_MODEL, load_default


@pytest.mark.parametrize("name", default_files())
def test_it_was_trained_on_the_bundled_rows_as_they_are(name):
    rows = load_rows(default_files()[name], name)
    facts = model_facts(DEFAULT_MODEL)
    assert facts["data_sha256"][name] == fingerprint(rows)
    assert sum(facts["rows"][name].values()) == len(rows.texts)


def test_the_readme_names_the_command_that_makes_it():
    config = model_facts(DEFAULT_MODEL)["config"]
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    (command,) = re.findall(r"`(python -m mtl train [^`]*--out\s+mtl/default_model[^`]*)`", readme)
    assert f"--freeze {config['freeze']}" in command
    assert f"--epochs {config['epochs']}" in command


@pytest.mark.parametrize("name", source_report_files())
def test_it_knows_the_reports_sentences(encoder, name):
    assert evaluate(load_default(encoder), load_rows(source_report_files()[name], name)).accuracy > 0.95


def test_it_is_small():
    assert (DEFAULT_MODEL / WEIGHTS).stat().st_size < 4e6


@pytest.mark.parametrize(
    ("text", "task", "label"),
    [
        ("I love this product!", "sentiment", "positive"),
        ("I hate the weather today.", "sentiment", "negative"),
        ("Can you tell me the time?", "intent", "question"),
        ("This is the best day of my life!", "intent", "exclamation"),
        ("Turn off the lights.", "intent", "command"),
        ("The sky is blue today.", "intent", "statement"),
    ],
)
def test_it_answers_the_reports_sentences_rightly(encoder, text, task, label):
    assert load_default(encoder).predict([text])[0].tasks[task].label == label


def test_its_events_agree_with_what_lies_beside_them():
    facts, events = model_facts(DEFAULT_MODEL), model_events(DEFAULT_MODEL)
    started, end = events[0], events[-1]
    epochs = [event for event in events if isinstance(event, EpochEnd)]
    assert isinstance(started, RunStarted) and isinstance(end, RunEnd)
    assert TrainConfig.from_dict(started.config) == TrainConfig.from_dict(facts["config"])
    assert started.rows == facts["rows"]
    assert {name: list(labels) for name, labels in started.labels.items()} == facts["tasks"]
    assert list(started.notes) == facts["notes"]
    pd.testing.assert_frame_equal(history(epochs), pd.read_csv(DEFAULT_MODEL / HISTORY))
    (report,) = [event for event in events if isinstance(event, ValidationReport)]
    assert report == model_report(DEFAULT_MODEL)
    assert end.scores == {name: task.scores for name, task in report.tasks.items()}
    assert (end.status, end.best_epoch, end.model) == (facts["status"], facts["best_epoch"], None)
    assert min(epochs, key=lambda epoch: epoch.selection).epoch == end.best_epoch
    for name, scores in facts["scores"].items():
        assert end.scores[name].accuracy == scores["accuracy"]
