"""A job saves and loads itself, also from the files of an earlier version."""

import csv
import json

import numpy as np
import pandas as pd
import pytest

from mtl.data.examination import LabelledRows
from mtl.runs import worker
from mtl.runs.event_log import EventLog
from mtl.runs.folder import RunFolder
from mtl.runs.job import Job, job_description
from mtl.runs.ownership import digest
from mtl.runs.rows_file import fingerprint
from mtl.runs.store import Runs
from mtl.schema.config import TrainConfig
from mtl.schema.events import RunEnd, event_to_dict
from mtl.schema.tasks import task_of
from tests.conftest import epochs_of, one
from tests.runs.conftest import OWNER, SHORT, over, wait

CELLS = [
    'quotes "and", commas',
    "two\nlines",
    "cr\ralone",
    "NA",
    "=1+1",
    "  tab\tinside",
    "日本語 🙂",
    "a;b|c",
]
LABELS = ["a,b", "x|y", "ä", "a,b", "x|y", "ä", "None", "None"]


def _same(rows, others):
    for one_set, other in zip(rows, others, strict=True):
        assert one_set.task == other.task
        assert one_set.texts == other.texts
        assert one_set.labels.tolist() == other.labels.tolist()


@pytest.mark.parametrize("name", ["intent", "topic", "aux", "con", "c++ & (more)", "日本語", "job", "run"])
def test_rows_and_tasks_of_any_kind_survive(tmp_path, name):
    task = task_of(name, ("a,b", "x|y", "ä", "None"))
    labels = np.array([task.id_of(label) for label in LABELS])
    given = LabelledRows(task=task, texts=tuple(CELLS), labels=labels)
    Job(rows=[given], config=SHORT).save(tmp_path)
    _same(Job.load(tmp_path).rows, [given])
    assert all(file.name.isascii() for file in tmp_path.iterdir())


def test_everything_that_was_asked_for_survives(rows, tmp_path):
    sentiment, intent = rows
    job = Job(
        rows=rows,
        config=TrainConfig(freeze="last-2", goal=0.9),
        tests=[intent],
        corrections=[sentiment],
        start="/some/model",
        command="python -m mtl train",
        expected_s=2.5,
        rank=4,
    )
    job.save(tmp_path)
    again = Job.load(tmp_path)
    for kind in ("rows", "tests", "corrections"):
        _same(getattr(again, kind), getattr(job, kind))
    for name in ("config", "start", "command", "expected_s", "rank"):
        assert getattr(again, name) == getattr(job, name)
    data = job_description(tmp_path)["data"]
    assert data == {"sentiment": fingerprint(sentiment), "intent": fingerprint(intent)}


# Runs of an earlier version


def _write_old(rows, file):
    labels = [rows.task.labels[label] for label in rows.labels]
    frame = pd.DataFrame({"text": rows.texts, "label": labels})
    frame.to_csv(file, index=False, quoting=csv.QUOTE_ALL)


@pytest.fixture
def old(rows, tmp_path):
    """Writes a run as format 2 had it: the job in run.json, and files that are named after the tasks."""

    def make(config, test=None, correction=None):
        path = tmp_path / "an-old-run"
        path.mkdir()
        for task in rows:
            _write_old(task, path / f"{task.task.name}.csv")
        for kind, task in (("test", test), ("correction", correction)):
            if task:
                _write_old(task, path / f"{kind}_{task.task.name}.csv")
        settings = config.to_dict()
        settings["stripped_copies"] = settings.pop("augmentation")
        description = {
            "format": 2,
            "owner": digest(OWNER),
            "created": 1.7e9,
            "config": settings,
            "start": None,
            "command": "python -m mtl train",
            "expected_s": 7.0,
            "data": {task.task.name: fingerprint(task) for task in rows},
            "labels": {task.task.name: task.task.labels for task in rows},
        }
        (path / "run.json").write_text(json.dumps(description))
        return RunFolder(path)

    return make


def test_the_job_of_an_old_run_is_read(old, rows):
    sentiment, intent = rows
    job = old(SHORT, test=intent, correction=sentiment).job()
    _same(job.rows, rows)
    _same(job.tests, [intent])
    _same(job.corrections, [sentiment])
    assert (job.config, job.command, job.expected_s) == (SHORT, "python -m mtl train", 7.0)
    assert (job.start, job.rank) == (None, None)


def test_an_old_run_that_was_interrupted_is_shown_and_resumes(old, encoder, monkeypatch):
    folder = old(TrainConfig(epochs=3, batch_size=8))
    real = worker.save_state

    def save_and_break(state, file):
        real(state, file)
        if state.facts["epoch"] == 2:
            raise KeyboardInterrupt  # like a kill, it leaves no last event

    monkeypatch.setattr(worker, "save_state", save_and_break)
    with pytest.raises(KeyboardInterrupt):
        worker.run(folder, encoder)
    monkeypatch.undo()
    before = EventLog(folder.path).events()
    runs = Runs(folder.path.parent)
    try:
        view = runs.view(OWNER, folder.id)
        assert (view.state, view.command) == ("interrupted", "python -m mtl train")
        assert view.config["epochs"] == 3 and set(view.data) == {"sentiment", "intent"}
        runs.resume(OWNER, folder.id)
        view = wait(runs, folder.id, over)
    finally:
        runs.close()
    assert view.state == "finished" and view.model
    assert list(view.events[: len(before)]) == before
    assert [epoch.epoch for epoch in epochs_of(view.events)] == [0, 1, 2, 3]
    assert one(RunEnd, view.events).scores


def test_an_old_run_that_had_not_begun_waits(old):
    folder = old(SHORT)
    runs = Runs(folder.path.parent)
    try:
        assert wait(runs, folder.id, over).state == "finished"
    finally:
        runs.close()


def test_an_old_upload_is_shown(tmp_path):
    path = tmp_path / "an-old-upload"
    path.mkdir()
    description = {"format": 2, "owner": digest(OWNER), "created": 1.7e9, "uploaded": True, "labels": {}}
    (path / "run.json").write_text(json.dumps(description))
    end = RunEnd(status="finished", best_epoch=1, scores={}, seconds=0.0, reason="uploaded")
    (path / "events.jsonl").write_text(json.dumps(event_to_dict(end)) + "\n")
    runs = Runs(tmp_path)
    try:
        view = runs.view(OWNER, path.name)
        assert (view.state, view.uploaded, view.config, view.command) == ("finished", True, {}, "")
        assert runs.rows(OWNER, path.name) == ()
    finally:
        runs.close()
