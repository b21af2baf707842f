"""Running a job into a folder."""

import hashlib
import time
from dataclasses import replace

import pytest
import torch

from mtl.data.sources import labelled_rows
from mtl.evaluation.report import task_reports
from mtl.model.archive import CARD, WEIGHTS
from mtl.model.card import card
from mtl.model.checkpoint import load_model
from mtl.model.files import model_facts
from mtl.model.provenance import model_events, model_report
from mtl.runs.artifacts import is_model_folder
from mtl.runs.job import Job
from mtl.runs.train_into import train_into, trainer_for
from mtl.schema.config import TrainConfig
from mtl.schema.events import EpochEnd, Progress, RunEnd
from mtl.schema.results import ValidationReport
from tests.conftest import INTENT, SENTIMENT, epochs_of, numbers_of, one


@pytest.fixture
def job():
    rows = labelled_rows({"sentiment": SENTIMENT, "intent": INTENT})
    return Job(rows=rows, config=TrainConfig(epochs=2, batch_size=8))


def test_the_model_is_there_before_the_last_event(job, encoder, tmp_path):
    for event in train_into(tmp_path / "model", job, trainer_for(job, encoder), encoder):
        evaluating = isinstance(event, Progress) and event.phase == "evaluating"
        assert is_model_folder(tmp_path / "model") == (
            evaluating or isinstance(event, ValidationReport | RunEnd)
        )


def test_the_folder_tells_how_the_model_came_about(job, encoder, tmp_path):
    trainer = trainer_for(job, encoder)
    events = list(train_into(tmp_path, job, trainer, encoder))
    end, facts = one(RunEnd, events), model_facts(tmp_path)
    assert end.model == str(tmp_path)
    assert facts["config"] == job.config.to_dict()
    assert facts["rows"]["intent"]["train"] + facts["rows"]["intent"]["validation"] == 48
    for task in trainer.data.tasks.values():
        counts = facts["rows_per_label"][task.task.name]
        assert list(counts) == list(task.task.labels)
        for side, n in facts["rows"][task.task.name].items():
            assert sum(label[side] for label in counts.values()) == n
    assert facts["rows_per_label"]["intent"]["question"]["train"] in (8, 9, 10)  # of 12; copies do not count
    assert (facts["status"], facts["best_epoch"]) == ("finished", end.best_epoch)
    assert facts["scores"]["sentiment"]["accuracy"] == end.scores["sentiment"].accuracy
    assert load_model(tmp_path, encoder).predict(["Hi"]) == trainer.best_model.predict(["Hi"])


def test_the_folder_explains_itself_even_before_it_is_evaluated(job, encoder, tmp_path):
    events = train_into(tmp_path, job, trainer_for(job, encoder), encoder)
    next(event for event in events if isinstance(event, Progress) and event.phase == "evaluating")
    assert "Not evaluated" in (tmp_path / CARD).read_text("utf-8")
    report = one(ValidationReport, list(events))
    assert (tmp_path / CARD).read_text("utf-8") == card(model_facts(tmp_path), report)
    assert model_report(tmp_path) == report


def test_the_evaluation_has_its_bar_and_its_place_in_the_time_of_the_run(job, encoder, tmp_path, monkeypatch):
    trained = []

    def slowly(*args):
        for step in task_reports(*args):
            time.sleep(0.1)
            yield step

    monkeypatch.setattr("mtl.runs.train_into.task_reports", slowly)
    trainer = trainer_for(job, encoder)
    for event in train_into(tmp_path / "model", replace(job, expected_s=1000.0), trainer, encoder):
        if isinstance(event, EpochEnd):
            trained.append(trainer.state().facts["seconds"] if trainer.state() else 0.0)
        elif isinstance(event, Progress) and event.phase == "evaluating":
            trained.append(event)
        last = event
    steps = [event for event in trained if isinstance(event, Progress)]
    before = max(event for event in trained if isinstance(event, float))
    assert [step.fraction for step in steps] == sorted(step.fraction for step in steps)
    assert (steps[0].fraction, steps[-1].fraction, steps[-1].eta_s) == (0, 1, 0)
    assert 900 < steps[0].eta_s < 1000  # what was expected, less what has passed
    assert all(0 < step.eta_s < 900 for step in steps[1:-1])
    assert before < steps[0].elapsed_s < steps[-1].elapsed_s <= last.seconds
    assert last.seconds - steps[0].elapsed_s > 0.1 * (len(steps) - 1)
    assert model_events(tmp_path / "model")[-1].seconds == last.seconds


def test_a_run_without_an_epoch_leaves_no_model(job, encoder, tmp_path):
    trainer = trainer_for(job, encoder)
    trainer.stop()
    end = list(train_into(tmp_path / "model", job, trainer, encoder))[-1]
    assert (end.status, end.model) == ("stopped", None)
    assert not (tmp_path / "model").exists()


def test_the_same_job_gives_the_same_numbers(job, encoder):
    assert numbers_of(trainer_for(job, encoder)) == numbers_of(trainer_for(job, encoder))


def test_a_job_resumes_where_it_was(job, encoder):
    trainer = trainer_for(job, encoder)
    for event in trainer:
        if isinstance(event, EpochEnd) and event.epoch == 1:
            break
    rest = trainer_for(job, encoder, trainer.state())
    assert [epoch.epoch for epoch in epochs_of(rest)] == [2]


@pytest.mark.parametrize("strategy", ["heads", "last-1", "gradual"])
def test_the_same_seed_writes_the_same_file(job, encoder, tmp_path, strategy):
    job = replace(job, config=replace(job.config, freeze=strategy, epochs=3))
    digests = []
    for name in ("first", "second"):
        list(train_into(tmp_path / name, job, trainer_for(job, encoder), encoder))
        digests.append(hashlib.sha256((tmp_path / name / WEIGHTS).read_bytes()).hexdigest())
        torch.rand(3)  # whatever ran between does not count
    assert digests[0] == digests[1]
