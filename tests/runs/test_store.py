"""Runs with the real training process: how they begin, go on, and end by any cause."""

import os
import signal
import time

import numpy as np
import pandas as pd
import pytest

from mtl.data.examination import load_rows
from mtl.data.sources import parts_for
from mtl.model.checkpoint import load_model
from mtl.model.files import model_facts
from mtl.runs.job import Job
from mtl.runs.ownership import digest, new_run
from mtl.runs.store import Runs
from mtl.schema.config import TrainConfig
from mtl.schema.events import RunEnd, RunStarted
from mtl.schema.results import ValidationReport
from mtl.schema.tasks import SENTIMENT_TASK
from mtl.ui.train.progress import progress_bar
from tests.conftest import SENTIMENT, epochs_of, frame, one
from tests.runs.conftest import LONG, OWNER, SHORT, STRANGER, create, has_trained, over, wait


def test_a_run_waits_trains_and_ends_with_a_model(runs, rows, encoder):
    run_id = create(runs, OWNER, rows, SHORT)
    assert runs.view(OWNER, run_id).state in ("waiting", "running")
    view = wait(runs, run_id, over)
    assert view.state == "finished"
    assert [epoch.epoch for epoch in epochs_of(view.events)] == [0, 1, 2]
    assert one(RunStarted, view.events).rows["intent"]["train"] > 30
    assert one(RunEnd, view.events).model == str(view.model)
    assert load_model(view.model, encoder).predict(["Hello"])[0].text == "Hello"


def test_a_run_trains_like_the_trainer_itself(runs, rows, build):
    view = wait(runs, create(runs, OWNER, rows, SHORT), over)
    parts = parts_for(rows, SHORT)
    here = epochs_of(build(parts, fast=True, **SHORT.to_dict()))
    for there, own in zip(epochs_of(view.events), here, strict=True):
        assert there.train == pytest.approx(own.train, abs=1e-4)


def test_the_last_finished_epoch_can_be_used_while_the_run_goes_on(runs, rows, encoder):
    run_id = create(runs, OWNER, rows, LONG)
    view = wait(runs, run_id, lambda view: view.latest and has_trained(view))
    assert view.model is None and not view.over
    assert load_model(view.latest, encoder).predict(["Hello"])[0].text == "Hello"
    first = int(view.latest.name)
    wait(runs, run_id, lambda view: int(view.latest.name) > first)
    runs.stop(OWNER, run_id)
    view = wait(runs, run_id, over)
    assert view.model and view.latest is None


def test_a_waiting_run_knows_about_how_long(runs, rows):
    first = create(runs, OWNER, rows, LONG, expected_s=1000.0)
    wait(runs, first, has_trained)
    second = create(runs, STRANGER, rows, SHORT, expected_s=5.0)
    # Until the first run tells how far it is, all of its time lies ahead.
    view = wait(runs, second, lambda view: view.wait_s < 1000, owner=STRANGER)
    assert view.position == 1 and view.wait_s > 0
    runs.stop(OWNER, first)
    wait(runs, second, over, owner=STRANGER)


def test_a_series_trains_in_turn_and_lets_somebody_else_s_run_in_between(runs, rows):
    before = create(runs, "early bird", rows, LONG)  # nothing else begins yet
    jobs = [
        Job(rows=rows, config=TrainConfig(freeze=freeze, epochs=1))
        for freeze in ("frozen", "heads", "last-1")
    ]
    first, second, third = runs.create(OWNER, jobs)
    other = create(runs, STRANGER, rows, SHORT)
    places = {run_id: runs.view(OWNER, run_id).position for run_id in (first, second, third)}
    assert places == {first: 1, second: 3, third: 4}
    assert runs.view(STRANGER, other).position == 2
    assert runs.current(OWNER) == first
    with pytest.raises(ValueError, match="not over"):
        create(runs, OWNER, rows, SHORT)
    runs.stop("early bird", before)
    wait(runs, second, over)
    assert runs.view(STRANGER, other).over
    runs.stop_all(OWNER)
    wait(runs, third, over)
    assert runs.current(OWNER) == ""
    configs = [runs.view(OWNER, run_id).config["freeze"] for run_id in (first, second, third)]
    assert configs == ["frozen", "heads", "last-1"]
    assert len({str(runs.view(OWNER, run_id).data) for run_id in (first, second)}) == 1


def test_the_newest_run_is_listed_first(runs, rows):
    run_id = create(runs, OWNER, rows, SHORT)
    wait(runs, run_id, over)
    views = runs.of(OWNER)
    assert views[0].id == run_id
    assert len(views) > 1


def test_a_run_has_the_name_that_its_owner_gives(runs, rows):
    run_id = _left(runs, "a writer", rows, created=1234.0)
    assert runs.view("a writer", run_id).name == ""
    runs.rename("a writer", run_id, "  Reviews,\n<b>first</b> try ")
    view = runs.view("a writer", run_id)
    assert (view.name, view.created) == ("Reviews, <b>first</b> try", 1234.0)
    with pytest.raises(ValueError, match="A name has at most 60 characters, this one has 61: shorten it"):
        runs.rename("a writer", run_id, "x" * 61)
    runs.rename("a writer", run_id, "x" * 60)
    assert runs.view("a writer", run_id).name == "x" * 60
    runs.rename("a writer", run_id, " ")
    assert runs.view("a writer", run_id).name == ""


def test_one_run_is_deleted_and_the_others_stay(runs, rows):
    kept, gone = _left(runs, "a tidy one", rows), _left(runs, "a tidy one", rows)
    runs.delete("a tidy one", gone)
    assert [view.id for view in runs.of("a tidy one")] == [kept]
    assert not (runs.folder / gone).exists()


def test_a_run_that_trains_is_deleted_when_it_has_ended(runs, rows):
    run_id = create(runs, "an impatient one", rows, LONG)
    wait(runs, run_id, has_trained, "an impatient one")
    runs.delete("an impatient one", run_id)
    assert runs.of("an impatient one") == []
    end = time.monotonic() + 60
    while (runs.folder / run_id).exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert not (runs.folder / run_id).exists()


def _left(runs, owner, rows, created=1.0):
    """A run that nobody trains: its process was killed."""
    run = new_run(runs.folder)
    run.create(Job(rows=rows, config=SHORT), owner=digest(owner), created=created)
    return run.id


def test_a_run_gives_its_rows_back(runs, rows):
    run_id = runs.of(OWNER)[0].id
    for again, given in zip(runs.rows(OWNER, run_id), rows, strict=True):
        assert again.task == given.task
        assert again.texts == given.texts
        assert again.labels.tolist() == given.labels.tolist()


def test_stop_keeps_the_best_epoch(runs, rows, encoder):
    run_id = create(runs, OWNER, rows, LONG)
    wait(runs, run_id, has_trained)
    runs.stop(OWNER, run_id)
    view = wait(runs, run_id, over)
    assert view.state == "stopped"
    end = one(RunEnd, view.events)
    assert end.best_epoch == min(epochs_of(view.events), key=lambda epoch: epoch.selection).epoch
    assert load_model(view.model, encoder).predict(["Hello"])[0].text == "Hello"


def test_a_run_that_is_stopped_while_it_encodes_leaves_nothing_and_says_so(runs):
    words = np.random.default_rng(0).choice([f"word{i}" for i in range(2000)], (400, 60))
    texts = [" ".join(line) for line in words]
    many = [load_rows(frame(a=texts[::2], b=texts[1::2]), "topic")]
    run_id = create(runs, OWNER, many, TrainConfig())
    wait(runs, run_id, lambda view: view.progress and view.progress.phase == "encoding")
    runs.stop(OWNER, run_id)
    view = wait(runs, run_id, over)
    assert (view.state, view.model, view.latest, view.resumable) == ("stopped", None, None, False)
    assert runs.model_path(OWNER, run_id) is None
    end = one(RunEnd, view.events)
    assert (end.scores, end.reason) == ({}, "Stopped before the first epoch; there is nothing to keep.")
    runs.resume(OWNER, run_id)  # there is nothing to go on from
    assert runs.view(OWNER, run_id).state == "stopped"


def test_a_stopped_run_can_be_resumed(runs, rows, encoder):
    run_id = create(runs, OWNER, rows, TrainConfig(freeze="last-1", epochs=12, batch_size=8))
    wait(runs, run_id, has_trained)
    assert not runs.view(OWNER, run_id).resumable
    runs.stop(OWNER, run_id)
    stopped = wait(runs, run_id, over)
    assert (stopped.state, stopped.resumable) == ("stopped", True)
    runs.resume(OWNER, run_id)
    assert runs.view(OWNER, run_id).state in ("waiting", "running")
    view = wait(runs, run_id, over)
    assert (view.state, view.resumable) == ("finished", False)
    assert [epoch.epoch for epoch in epochs_of(view.events)] == list(range(13))
    before = epochs_of(stopped.events)
    assert epochs_of(view.events)[: len(before)] == before
    assert one(ValidationReport, view.events) and one(RunEnd, view.events).model == str(view.model)
    assert pd.read_csv(view.model / "history.csv")["epoch"].tolist() == list(range(13))


def test_a_second_run_is_refused_and_others_wait_their_turn(runs, rows):
    first = create(runs, OWNER, rows, LONG)
    wait(runs, first, has_trained)
    with pytest.raises(ValueError, match="you have a run that is not over"):
        create(runs, OWNER, rows, SHORT)
    second = create(runs, STRANGER, rows, SHORT)
    third = create(runs, "a third secret", rows, SHORT)
    waiting = runs.view(STRANGER, second), runs.view("a third secret", third)
    assert [(view.state, view.position) for view in waiting] == [("waiting", 1), ("waiting", 2)]
    runs.stop("a third secret", third)
    gone = runs.view("a third secret", third)
    assert (gone.state, gone.events[-1].reason) == ("stopped", "stopped before it began")
    runs.stop(OWNER, first)
    assert wait(runs, second, over, STRANGER).state == "finished"


def test_a_killed_worker_fails_its_run_and_the_next_one_works(runs, rows):
    run_id = create(runs, OWNER, rows, LONG)
    wait(runs, run_id, has_trained)
    os.kill(runs._dispatcher.process.pid, signal.SIGKILL)
    view = wait(runs, run_id, over)
    assert view.state == "failed"
    assert "the training process was killed (signal 9)" in view.events[-1].reason
    assert "try fewer rows" in view.events[-1].reason
    assert wait(runs, create(runs, OWNER, rows, SHORT), over).state == "finished"


def test_the_epochs_of_a_run_whose_worker_was_killed_are_not_lost(runs, rows):
    run_id = create(runs, OWNER, rows, LONG)
    # The state of an epoch is saved once it is told: with the third, that of the second is there.
    wait(runs, run_id, lambda view: len(epochs_of(view.events)) > 2)
    os.kill(runs._dispatcher.process.pid, signal.SIGKILL)
    view = wait(runs, run_id, over)
    assert view.state == "failed" and view.resumable
    assert "Resume continues" in progress_bar(view)["text"]
    kept = epochs_of(view.events)
    runs.resume(OWNER, run_id)
    wait(runs, run_id, lambda view: len(epochs_of(view.events)) > len(kept))
    runs.stop(OWNER, run_id)
    view = wait(runs, run_id, over)
    assert view.state == "stopped"
    # Nothing was trained again: what was told before the break stands.
    numbers = [epoch.epoch for epoch in epochs_of(view.events)]
    assert numbers == list(range(len(numbers)))
    assert epochs_of(view.events)[: len(kept) - 1] == kept[:-1]


def test_a_run_that_failed_before_any_epoch_has_nothing_to_resume(runs):
    lone = [load_rows(SENTIMENT[:25], "sentiment", SENTIMENT_TASK)]
    view = wait(runs, create(runs, OWNER, lone, SHORT), over)
    assert view.state == "failed" and not view.resumable


def test_rows_that_cannot_be_split_fail_the_run_with_the_reason(runs):
    lone = SENTIMENT[:25]  # a single negative one
    run_id = create(runs, OWNER, [load_rows(lone, "sentiment", SENTIMENT_TASK)], SHORT)
    view = wait(runs, run_id, over)
    assert view.state == "failed"
    assert view.events[-1].reason.startswith("sentiment label 'negative' has a single row")


def test_a_new_store_sees_the_old_runs(runs):
    old = {view.id: (view.state, view.events) for view in runs.of(OWNER)}
    again = Runs(runs.folder)
    try:
        assert {view.id: (view.state, view.events) for view in again.of(OWNER)} == old
    finally:
        again.close()


def test_a_run_can_start_from_an_earlier_one(runs, rows):
    model = next(view.model for view in runs.of(OWNER) if view.state == "finished")
    view = wait(runs, create(runs, OWNER, rows, SHORT, start=str(model)), over)
    first = epochs_of(view.events)[0]
    assert view.state == "finished"
    assert first.train["intent"] < 1.2  # below ln 4: not a fresh head


def test_closing_interrupts_a_run_which_can_be_resumed(rows, tmp_path):
    config = TrainConfig(freeze="last-1", epochs=12, batch_size=8)
    store = Runs(tmp_path)
    run_id = create(store, OWNER, rows, config)
    wait(store, run_id, has_trained)
    store.close()
    again = Runs(tmp_path)
    try:
        assert again.view(OWNER, run_id).state == "interrupted"
        again.resume(OWNER, run_id)
        view = wait(again, run_id, over)
        assert view.state == "finished"
        assert [epoch.epoch for epoch in epochs_of(view.events)] == list(range(13))
        # What is taken away tells of the whole run, not of the part after the break.
        assert pd.read_csv(view.model / "history.csv")["epoch"].tolist() == list(range(13))
        assert model_facts(view.model)["config"] == config.to_dict()
    finally:
        again.close()


def test_the_limits_of_runs_are_enforced_where_they_are_made(runs, rows, limited, archive):
    limited(epochs=5, run_minutes=2, waiting=1, visitor_waiting=1, rows=200)
    with pytest.raises(ValueError, match="epochs is 6; the limit is 5 epochs: give fewer"):
        create(runs, OWNER, rows, TrainConfig(epochs=6))
    short = Job(rows=rows, config=SHORT)
    with pytest.raises(ValueError, match="These are 2 runs; the limit is 1 at once: start fewer"):
        runs.create(OWNER, [short, short])
    limited(waiting=0)
    with pytest.raises(ValueError, match="Busy: 0 runs wait already; the limit is 0 in all: try again"):
        create(runs, OWNER, rows, SHORT)
    limited(waiting=5, rows=10)
    with pytest.raises(ValueError, match="There are 48 rows of a task; the limit is 10 rows"):
        create(runs, OWNER, rows, SHORT)
    limited(rows=200, uploads=0)
    with pytest.raises(ValueError, match="This page takes no files"):
        runs.adopt(OWNER, archive)
    run_id = create(runs, OWNER, rows, SHORT)
    assert wait(runs, run_id, over).config["time_limit_s"] == 120
