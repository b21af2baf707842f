"""Runs with the real worker process: its folder, its owner, its end by any cause."""

import os
import re
import signal
import time
import warnings
import zipfile

import pandas as pd
import pytest

from mtl.data.examination import load_rows
from mtl.data.sources import parts_for
from mtl.model.archive import FACTS, HISTORY, VERDICT, WEIGHTS, pack
from mtl.model.checkpoint import load_model, model_facts
from mtl.runs import store, worker
from mtl.runs.folder import RunFolder
from mtl.runs.store import RUNS_PER_OWNER, Order, Runs
from mtl.schema.config import TrainConfig
from mtl.schema.events import (
    EpochEnd,
    Progress,
    RunEnd,
    RunStarted,
    event_to_dict,
)
from mtl.schema.tasks import SENTIMENT_TASK
from tests.conftest import INTENT, SENTIMENT, epochs_of, one

SHORT = TrainConfig(epochs=2, batch_size=8)
# Long enough to do something to it while it trains.
LONG = TrainConfig(freeze="last-1", epochs=1000, batch_size=8)
OWNER, STRANGER = "a secret", "another secret"


@pytest.fixture(scope="module")
def rows():
    return [load_rows(SENTIMENT, "sentiment"), load_rows(INTENT, "intent")]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """One store for all tests here: starting a worker takes seconds."""
    opened = Runs(tmp_path_factory.mktemp("runs"))
    yield opened
    opened.close()


def _wait(runs, run_id, is_so, owner=OWNER, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        view = runs.view(owner, run_id)
        if is_so(view):
            return view
        time.sleep(0.02)
    raise AssertionError(f"after {seconds} s the run is still {runs.view(owner, run_id).state}")


def _over(view):
    return view.over


def _has_trained(view):
    return len(epochs_of(view.events)) >= 2


def test_a_run_waits_trains_and_ends_with_a_model(runs, rows, encoder):
    run_id = runs.create(OWNER, rows, SHORT)
    assert runs.view(OWNER, run_id).state in ("waiting", "running")
    view = _wait(runs, run_id, _over)
    assert view.state == "finished"
    assert [epoch.epoch for epoch in epochs_of(view.events)] == [0, 1, 2]
    assert one(RunStarted, view.events).rows["intent"]["train"] > 30
    assert one(RunEnd, view.events).model == str(view.model)
    assert load_model(view.model, encoder).predict(["Hello"])[0].text == "Hello"


def test_a_run_trains_like_the_trainer_itself(runs, rows, build):
    view = _wait(runs, runs.create(OWNER, rows, SHORT), _over)
    parts = parts_for(rows, SHORT)
    here = epochs_of(build(parts, fast=True, **SHORT.to_dict()))
    for there, own in zip(epochs_of(view.events), here, strict=True):
        assert there.train == pytest.approx(own.train, abs=1e-4)


def test_the_last_finished_epoch_can_be_used_while_the_run_goes_on(runs, rows, encoder):
    run_id = runs.create(OWNER, rows, LONG)
    view = _wait(runs, run_id, lambda view: view.latest and _has_trained(view))
    assert view.model is None and not view.over
    assert load_model(view.latest, encoder).predict(["Hello"])[0].text == "Hello"
    first = int(view.latest.name)
    _wait(runs, run_id, lambda view: int(view.latest.name) > first)
    runs.stop(OWNER, run_id)
    view = _wait(runs, run_id, _over)
    assert view.model and view.latest is None


def test_a_waiting_run_knows_about_how_long(runs, rows):
    first = runs.create(OWNER, rows, LONG, expected_s=1000.0)
    _wait(runs, first, _has_trained)
    second = runs.create(STRANGER, rows, SHORT, expected_s=5.0)
    view = runs.view(STRANGER, second)
    assert view.position == 1 and 0 < view.wait_s < 1000
    runs.stop(OWNER, first)
    _wait(runs, second, _over, owner=STRANGER)


def test_a_series_trains_in_turn_and_lets_somebody_else_s_run_in_between(runs, rows):
    before = runs.create("early bird", rows, LONG)  # nothing else begins yet
    orders = [Order(config=TrainConfig(freeze=freeze, epochs=1)) for freeze in ("frozen", "heads", "last-1")]
    first, second, third = runs.create_series(OWNER, rows, orders)
    other = runs.create(STRANGER, rows, SHORT)
    places = {run_id: runs.view(OWNER, run_id).position for run_id in (first, second, third)}
    assert places == {first: 1, second: 3, third: 4}
    assert runs.view(STRANGER, other).position == 2
    assert runs.current(OWNER) == first
    with pytest.raises(ValueError, match="not over"):
        runs.create(OWNER, rows, SHORT)
    runs.stop("early bird", before)
    _wait(runs, second, _over)
    assert runs.view(STRANGER, other).over
    runs.stop_all(OWNER)
    _wait(runs, third, _over)
    assert runs.current(OWNER) == ""
    configs = [runs.view(OWNER, run_id).config["freeze"] for run_id in (first, second, third)]
    assert configs == ["frozen", "heads", "last-1"]
    assert len({str(runs.view(OWNER, run_id).data) for run_id in (first, second)}) == 1


def test_nobody_else_can_see_or_stop_a_run(runs, rows):
    run_id = runs.create(OWNER, rows, SHORT)
    for forbidden in (runs.view, runs.stop, runs.rows, runs.resume):
        with pytest.raises(ValueError, match="this run is not here any more"):
            forbidden(STRANGER, run_id)
    assert run_id not in [view.id for view in runs.of(STRANGER)]
    runs.delete_all(STRANGER)
    assert _wait(runs, run_id, _over).state == "finished"


def test_the_secret_is_not_on_disk(runs, rows):
    run_id = runs.create(OWNER, rows, SHORT)
    _wait(runs, run_id, _over)
    for file in (runs.folder / run_id).rglob("*"):
        if file.is_file():
            assert OWNER.encode() not in file.read_bytes()


def test_the_newest_run_is_listed_first(runs, rows):
    run_id = runs.create(OWNER, rows, SHORT)
    _wait(runs, run_id, _over)
    views = runs.of(OWNER)
    assert views[0].id == run_id
    assert len(views) > 1


def test_a_run_gives_its_rows_back(runs, rows):
    run_id = runs.of(OWNER)[0].id
    for again, given in zip(runs.rows(OWNER, run_id), rows, strict=True):
        assert again.task == given.task
        assert again.texts == given.texts
        assert again.labels.tolist() == given.labels.tolist()


def test_stop_keeps_the_best_epoch(runs, rows, encoder):
    run_id = runs.create(OWNER, rows, LONG)
    _wait(runs, run_id, _has_trained)
    runs.stop(OWNER, run_id)
    view = _wait(runs, run_id, _over, seconds=20)
    assert view.state == "stopped"
    end = one(RunEnd, view.events)
    assert end.best_epoch == min(epochs_of(view.events), key=lambda epoch: epoch.selection).epoch
    assert load_model(view.model, encoder).predict(["Hello"])[0].text == "Hello"


def test_a_second_run_is_refused_and_others_wait_their_turn(runs, rows):
    first = runs.create(OWNER, rows, LONG)
    _wait(runs, first, _has_trained)
    with pytest.raises(ValueError, match="you have a run that is not over"):
        runs.create(OWNER, rows, SHORT)
    second = runs.create(STRANGER, rows, SHORT)
    third = runs.create("a third secret", rows, SHORT)
    waiting = runs.view(STRANGER, second), runs.view("a third secret", third)
    assert [(view.state, view.position) for view in waiting] == [("waiting", 1), ("waiting", 2)]
    runs.stop("a third secret", third)
    gone = runs.view("a third secret", third)
    assert (gone.state, gone.events[-1].reason) == ("stopped", "stopped before it began")
    runs.stop(OWNER, first)
    assert _wait(runs, second, _over, STRANGER).state == "finished"


def test_a_killed_worker_fails_its_run_and_the_next_one_works(runs, rows):
    run_id = runs.create(OWNER, rows, LONG)
    _wait(runs, run_id, _has_trained)
    os.kill(runs._worker.pid, signal.SIGKILL)
    view = _wait(runs, run_id, _over, seconds=20)
    assert view.state == "failed"
    assert "the training process was killed (signal 9)" in view.events[-1].reason
    assert "try fewer rows" in view.events[-1].reason
    assert _wait(runs, runs.create(OWNER, rows, SHORT), _over).state == "finished"


def test_rows_that_cannot_be_split_fail_the_run_with_the_reason(runs):
    lone = SENTIMENT[:25]  # a single negative one
    run_id = runs.create(OWNER, [load_rows(lone, "sentiment", SENTIMENT_TASK)], SHORT)
    view = _wait(runs, run_id, _over)
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
    view = _wait(runs, runs.create(OWNER, rows, SHORT, start=str(model)), _over)
    first = epochs_of(view.events)[0]
    assert view.state == "finished"
    assert first.train["intent"] < 1.2  # below ln 4: not a fresh head


# Uploaded models


@pytest.fixture(scope="module")
def archive(runs, rows, tmp_path_factory):
    """The zip file of a finished run, as its owner downloads it."""
    view = _wait(runs, runs.create("maker", rows, SHORT), _over, "maker")
    return pack(view.model, tmp_path_factory.mktemp("download") / "model.zip")


def test_an_uploaded_model_is_a_run_that_is_over(runs, archive, encoder):
    run_id = runs.adopt("keeper", archive)
    view = runs.view("keeper", run_id)
    assert (view.state, view.over, view.uploaded) == ("finished", True, True)
    end = one(RunEnd, view.events)
    assert end.scores["intent"].accuracy == model_facts(archive)["scores"]["intent"]["accuracy"]
    assert load_model(view.model, encoder).predict(["Hi"]) == load_model(archive, encoder).predict(["Hi"])
    # The script of somebody else is not even kept.
    assert {file.name for file in view.model.iterdir()} == {WEIGHTS, FACTS, HISTORY, VERDICT}
    assert runs.rows("keeper", run_id) == []
    with pytest.raises(ValueError, match="not here any more"):
        runs.view(STRANGER, run_id)


def test_an_uploaded_model_survives_a_restart(runs, archive):
    view = runs.view("keeper", runs.adopt("keeper", archive))
    again = Runs(runs.folder)
    try:
        assert again.view("keeper", view.id) == view
        assert again._waiting == []
    finally:
        again.close()


def test_a_run_can_start_from_an_uploaded_model(runs, rows, archive):
    model = runs.view("keeper", runs.adopt("keeper", archive)).model
    view = _wait(runs, runs.create("keeper", rows, SHORT, start=str(model)), _over, "keeper")
    assert (view.state, view.uploaded) == ("finished", False)
    assert epochs_of(view.events)[0].train["intent"] < 1.2  # below ln 4: not a fresh head


def test_a_model_without_a_verdict_is_taken_too(runs, archive, tmp_path):
    with zipfile.ZipFile(archive) as source, zipfile.ZipFile(tmp_path / "bare.zip", "w") as target:
        for name in (WEIGHTS, FACTS):
            target.writestr(name, source.read(name))
    view = runs.view("keeper", runs.adopt("keeper", tmp_path / "bare.zip"))
    assert one(RunEnd, view.events).scores == {}


@pytest.mark.parametrize("name", ["heads.pkl", "../run.json", VERDICT])
def test_a_refused_upload_leaves_nothing(runs, archive, tmp_path, name):
    bad = tmp_path / "bad.zip"
    bad.write_bytes(archive.read_bytes())
    with warnings.catch_warnings(), zipfile.ZipFile(bad, "a") as stream:
        warnings.simplefilter("ignore")
        stream.writestr(name, "{}")
    before = {path.name for path in runs.folder.iterdir()}
    with pytest.raises(ValueError, match=re.escape(name)):
        runs.adopt("keeper", bad)
    assert {path.name for path in runs.folder.iterdir()} == before


def test_old_uploads_make_room(runs, archive):
    first = runs.adopt("collector", archive)
    for _ in range(RUNS_PER_OWNER):
        runs.adopt("collector", archive)
    assert len(runs.of("collector")) == RUNS_PER_OWNER
    assert first not in [view.id for view in runs.of("collector")]
    runs.delete_all("collector")


def test_old_runs_make_room(runs, rows, monkeypatch):
    monkeypatch.setattr(store, "RUNS_PER_OWNER", 2)
    while len(runs.of("collector")) < 2:
        run_id = runs.create("collector", rows, SHORT)
        runs.stop("collector", run_id)
        _wait(runs, run_id, _over, "collector")
    oldest = runs.of("collector")[-1].id
    run_id = runs.create("collector", rows, SHORT)
    kept = [view.id for view in runs.of("collector")]
    assert len(kept) == 2
    assert oldest not in kept
    _wait(runs, run_id, _over, "collector")


def test_delete_all_leaves_nothing_of_an_owner(runs, rows):
    theirs = len(runs.of(OWNER))
    runs.delete_all("collector")
    assert runs.of("collector") == []
    assert len(runs.of(OWNER)) == theirs


@pytest.mark.parametrize("run_id", ["", "..", "../elsewhere", "a/b", "unknown"])
def test_an_id_leads_nowhere_else(runs, run_id):
    with pytest.raises(ValueError, match="not here any more"):
        runs.view(OWNER, run_id)


def test_closing_interrupts_a_run_which_can_be_resumed(rows, tmp_path):
    config = TrainConfig(freeze="last-1", epochs=12, batch_size=8)
    store = Runs(tmp_path)
    run_id = store.create(OWNER, rows, config)
    _wait(store, run_id, _has_trained)
    store.close()
    store._worker.wait(20)
    time.sleep(0.5)  # what the store might still write
    again = Runs(tmp_path)
    try:
        assert again.view(OWNER, run_id).state == "interrupted"
        again.resume(OWNER, run_id)
        view = _wait(again, run_id, _over)
        assert view.state == "finished"
        assert [epoch.epoch for epoch in epochs_of(view.events)] == list(range(13))
        # What is taken away tells of the whole run, not of the part after the break.
        assert pd.read_csv(view.model / "history.csv")["epoch"].tolist() == list(range(13))
        assert model_facts(view.model)["config"] == config.to_dict()
    finally:
        again.close()


@pytest.mark.parametrize("step", ["append", "save_state"])
def test_a_break_at_any_write_loses_and_repeats_no_event(step, rows, encoder, tmp_path, monkeypatch):
    owner = worker if step == "save_state" else RunFolder
    real, config = getattr(owner, step), TrainConfig(epochs=2, batch_size=8)

    def train(name, breaks_at=None):
        calls = []

        def called(*args):
            if not isinstance(args[-1], Progress):
                calls.append(args)
            if len(calls) == breaks_at:
                raise KeyboardInterrupt  # like a kill, it leaves no last event
            return real(*args)

        monkeypatch.setattr(owner, step, called)
        worker.run(RunFolder(tmp_path / name), encoder)
        return len(calls)

    def create(name):
        RunFolder(tmp_path / name).create(
            owner="", created=0.0, rows=rows, tests=[], config=config, start=None
        )

    create("unbroken")
    for at in range(1, train("unbroken") + 1):
        create(f"{at}")
        with pytest.raises(KeyboardInterrupt):
            train(f"{at}", breaks_at=at)
        train(f"{at}")
        assert _course(tmp_path / f"{at}") == _course(tmp_path / "unbroken"), f"broken at write {at}"


def _course(path):
    def of_the_clock_or_the_path(key):
        return key in ("seconds", "model")

    events = [event_to_dict(event) for event in RunFolder(path).events()]
    return [{k: v for k, v in event.items() if not of_the_clock_or_the_path(k)} for event in events]


# The folder alone


def test_a_progress_replaces_the_one_before(tmp_path):
    folder = RunFolder(tmp_path)
    assert folder.progress() is None
    for fraction in (0.1, 0.2):
        folder.append(Progress(phase="training", fraction=fraction, epoch=1))
    assert folder.progress().fraction == 0.2
    assert folder.events() == []


def test_a_line_that_is_still_being_written_is_no_event(tmp_path, sample_events):
    folder = RunFolder(tmp_path)
    for event in sample_events:
        folder.append(event)
    assert folder.events() == sample_events
    file = tmp_path / "events.jsonl"
    content = file.read_text("utf-8")
    file.write_text(content[:-20], "utf-8")
    assert folder.events() == sample_events[:-1]
    assert folder.end() is None
    # Whoever wrote it died there: what ends the run for it does not run into that line.
    end = RunEnd(status="failed", best_epoch=0, scores={}, seconds=0.0, reason="killed")
    folder.end_for_its_writer(end)
    assert folder.events() == [*sample_events[:-1], end]


def test_rewinding_keeps_what_was_told_up_to_the_saved_epoch(tmp_path, sample_events):
    folder = RunFolder(tmp_path)
    for event in sample_events:
        folder.append(event)
    last = max(epoch.epoch for epoch in epochs_of(sample_events))
    for saved in (last + 1, last, 1):
        folder.rewind(saved)
        kept = folder.events()
        assert kept == sample_events[: len(kept)]
        assert kept[-1] == [epoch for epoch in epochs_of(sample_events) if epoch.epoch <= saved][-1]
    folder.rewind(None)
    assert folder.events() == []


def test_rows_of_any_kind_survive(tmp_path):
    texts = [
        'quotes "and", commas',
        "two\nlines",
        "cr\ralone",
        "NA",
        "=1+1",
        "  tab\tinside",
        "日本語 🙂",
        "a;b|c",
    ]
    labels = ["a,b", "x|y", "ä", "a,b", "x|y", "ä", "None", "None"]
    given = load_rows(pd.DataFrame({"text": texts, "label": labels}), "intent")
    folder = RunFolder(tmp_path / "run")
    folder.create(owner="digest", created=1.0, rows=[given], tests=[], config=SHORT, start=None)
    (again,) = folder.rows()
    assert again.texts == given.texts
    assert again.task == given.task
    assert again.labels.tolist() == given.labels.tolist()
    assert folder.config() == SHORT


def test_an_epoch_is_a_line(tmp_path, sample_events):
    folder = RunFolder(tmp_path)
    epochs = [event for event in sample_events if isinstance(event, EpochEnd)]
    for event in epochs:
        folder.append(event)
    assert len((tmp_path / "events.jsonl").read_text("utf-8").splitlines()) == len(epochs)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"owner": "x", "created": 1.0}', '{"format": 1}'])
def test_a_run_of_another_program_does_no_harm(runs, rows, content):
    odd = runs.folder / "odd"
    odd.mkdir(exist_ok=True)
    (odd / "run.json").write_text(content)
    assert all(view.id != "odd" for view in runs.of(OWNER))
    with pytest.raises(ValueError, match="not here any more"):
        runs.view(OWNER, "odd")
