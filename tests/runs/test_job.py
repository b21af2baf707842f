"""A training run into a folder."""

import dataclasses
import json

import pandas as pd
import pytest
import torch

from mtl.data.sources import labelled_rows
from mtl.model.archive import CARD
from mtl.model.card import card
from mtl.model.checkpoint import load_model, model_facts, model_report
from mtl.runs.job import (
    Job,
    history,
    is_model_folder,
    load_state,
    save_state,
    train_into,
    trainer_for,
)
from mtl.schema.config import TrainConfig
from mtl.schema.events import EpochEnd, Progress, RunEnd
from mtl.schema.results import ValidationReport
from tests.conftest import INTENT, SENTIMENT, epochs_of, numbers_of, one


@pytest.fixture
def job(encoder):
    rows = labelled_rows({"sentiment": SENTIMENT, "intent": INTENT})
    return Job(rows=rows, config=TrainConfig(epochs=2, batch_size=8), encoder=encoder)


def test_the_model_is_there_before_the_last_event(job, tmp_path):
    for event in train_into(tmp_path / "model", job, trainer_for(job)):
        judging = isinstance(event, Progress) and event.phase == "evaluating"
        assert is_model_folder(tmp_path / "model") == (
            judging or isinstance(event, ValidationReport | RunEnd)
        )


def test_the_folder_tells_how_the_model_came_about(job, encoder, tmp_path):
    trainer = trainer_for(job)
    events = list(train_into(tmp_path, job, trainer))
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


def test_the_folder_explains_itself_even_before_it_is_judged(job, tmp_path):
    events = train_into(tmp_path, job, trainer_for(job))
    next(event for event in events if isinstance(event, Progress) and event.phase == "evaluating")
    assert "Not judged" in (tmp_path / CARD).read_text("utf-8")
    verdict = one(ValidationReport, list(events))
    assert (tmp_path / CARD).read_text("utf-8") == card(model_facts(tmp_path), verdict)
    assert model_report(tmp_path) == verdict


def test_a_run_without_an_epoch_leaves_no_model(job, tmp_path):
    trainer = trainer_for(job)
    trainer.stop()
    end = list(train_into(tmp_path / "model", job, trainer))[-1]
    assert (end.status, end.model) == ("stopped", None)
    assert not (tmp_path / "model").exists()


def test_the_same_job_gives_the_same_numbers(job):
    assert numbers_of(trainer_for(job)) == numbers_of(trainer_for(job))


def test_history_has_a_row_per_epoch(sample_events):
    epochs = [event for event in sample_events if isinstance(event, EpochEnd)]
    table = history(epochs)
    assert table["epoch"].tolist() == [0, 1, 2, 3]
    assert table["stage"].tolist() == [1, 1, 2, 2]
    scores = [epoch.validation["intent_macro_f1"] for epoch in epochs]
    assert table["validation_intent_macro_f1"].tolist() == pytest.approx(scores, abs=1e-6)
    assert {f.name for f in dataclasses.fields(EpochEnd)} - {"train", "validation"} <= set(table)


def test_history_of_nothing_is_empty():
    assert isinstance(history([]), pd.DataFrame)
    assert history([]).empty


def test_a_state_survives_its_file(trained, tmp_path):
    state = trained(freeze="last-1", encoder_lr=3e-5, epochs=3)[0].state()
    save_state(state, tmp_path / "state.safetensors")
    again = load_state(tmp_path / "state.safetensors")
    assert again.facts == json.loads(json.dumps(state.facts))
    assert set(again.tensors) == set(state.tensors)
    for name, tensor in again.tensors.items():
        assert torch.equal(tensor, state.tensors[name]), name
    assert [file.name for file in tmp_path.iterdir()] == ["state.safetensors"]


def test_a_later_state_replaces_an_earlier_one(build, tmp_path):
    trainer = build(epochs=2)
    for event in trainer:
        if isinstance(event, EpochEnd) and (state := trainer.state()):
            save_state(state, tmp_path / "state.safetensors")
    assert load_state(tmp_path / "state.safetensors").facts["epoch"] == 2


def test_a_job_resumes_where_it_was(job):
    trainer = trainer_for(job)
    for event in trainer:
        if isinstance(event, EpochEnd) and event.epoch == 1:
            break
    rest = trainer_for(job, trainer.state())
    assert [epoch.epoch for epoch in epochs_of(rest)] == [2]
