"""A model from a zip file is kept as a run that is over."""

import re
import warnings
import zipfile

import pytest

from mtl.model.archive import EVENTS, FACTS, HISTORY, REPORT, WEIGHTS
from mtl.model.checkpoint import load_model, model_events, model_facts, model_report
from mtl.runs.store import Runs
from mtl.schema.events import RunEnd
from mtl.schema.results import ValidationReport
from tests.conftest import epochs_of, one
from tests.runs.conftest import SHORT, STRANGER, create, over, wait


def test_an_uploaded_model_is_a_run_that_is_over(runs, archive, encoder):
    run_id = runs.adopt("keeper", archive)
    view = runs.view("keeper", run_id)
    assert (view.state, view.over, view.uploaded) == ("finished", True, True)
    # How it was trained came with it.
    assert view.events[:-1] == model_events(archive)[:-1]
    end = one(RunEnd, view.events)
    assert end.reason == "uploaded"
    assert end.scores["intent"].accuracy == model_facts(archive)["scores"]["intent"]["accuracy"]
    assert load_model(view.model, encoder).predict(["Hi"]) == load_model(archive, encoder).predict(["Hi"])
    # The script of somebody else is not even kept.
    assert {file.name for file in view.model.iterdir()} == {WEIGHTS, FACTS, HISTORY, EVENTS, REPORT}
    assert runs.rows("keeper", run_id) == ()
    with pytest.raises(ValueError, match="not here any more"):
        runs.view(STRANGER, run_id)


def test_an_uploaded_model_survives_a_restart(runs, archive):
    view = runs.view("keeper", runs.adopt("keeper", archive))
    again = Runs(runs.folder)
    try:
        assert again.view("keeper", view.id) == view
        assert again._queue.waiting() == []
    finally:
        again.close()


def test_a_run_can_start_from_an_uploaded_model(runs, rows, archive):
    model = runs.view("keeper", runs.adopt("keeper", archive)).model
    view = wait(runs, create(runs, "keeper", rows, SHORT, start=str(model)), over, "keeper")
    assert (view.state, view.uploaded) == ("finished", False)
    assert epochs_of(view.events)[0].train["intent"] < 1.2  # below ln 4: not a fresh head


def test_a_model_without_a_report_is_taken_too(runs, archive, tmp_path):
    with zipfile.ZipFile(archive) as source, zipfile.ZipFile(tmp_path / "bare.zip", "w") as target:
        for name in (WEIGHTS, FACTS):
            target.writestr(name, source.read(name))
    view = runs.view("keeper", runs.adopt("keeper", tmp_path / "bare.zip"))
    assert one(RunEnd, view.events).scores == {}


@pytest.mark.parametrize("name", ["heads.pkl", "../run.json", REPORT, EVENTS])
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


def test_events_of_other_tasks_are_refused(runs, archive, tmp_path):
    with zipfile.ZipFile(archive) as source, zipfile.ZipFile(tmp_path / "odd.zip", "w") as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, content.replace(b"intent", b"intend") if name == EVENTS else content)
    with pytest.raises(ValueError, match="its events.jsonl is about other tasks or labels"):
        runs.adopt("keeper", tmp_path / "odd.zip")


def test_a_zip_file_of_an_earlier_version_is_taken(runs, archive, tmp_path):
    with zipfile.ZipFile(archive) as source, zipfile.ZipFile(tmp_path / "old.zip", "w") as target:
        for name in (WEIGHTS, FACTS, HISTORY):
            target.writestr(name, source.read(name))
        report = source.read(REPORT).replace(b'"event": "report"', b'"event": "verdict"')
        target.writestr("verdict.json", report.replace(b'"baselines"', b'"rivals"'))
    view = runs.view("keeper", runs.adopt("keeper", tmp_path / "old.zip"))
    assert one(ValidationReport, view.events) == model_report(archive)
    assert one(RunEnd, view.events).scores["intent"].rows > 0
