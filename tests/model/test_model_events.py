"""The events that lie beside a model: they survive the zip, and others are refused."""

import json
import shutil

import pytest

from mtl.data.sources import labelled_rows
from mtl.model.archive import EVENTS, FACTS, WEIGHTS, pack
from mtl.model.checkpoint import load_model, model_events, model_report
from mtl.runs.job import Job
from mtl.runs.train_into import train_into, trainer_for
from mtl.schema.config import TrainConfig
from mtl.schema.events import Progress, RunEnd
from mtl.schema.results import ValidationReport
from tests.conftest import INTENT, SENTIMENT, one


@pytest.fixture(scope="module")
def made(encoder, tmp_path_factory):
    """The folder of a model, and the events of the run that made it."""
    job = Job(
        rows=labelled_rows({"sentiment": SENTIMENT, "intent": INTENT}),
        config=TrainConfig(epochs=2),
    )
    folder = tmp_path_factory.mktemp("events") / "model"
    return folder, list(train_into(folder, job, trainer_for(job, encoder), encoder))


def test_a_model_tells_how_it_was_trained(made, tmp_path):
    folder, events = made
    told = [event for event in events if not isinstance(event, Progress)]
    archive = pack(folder, tmp_path / "model.zip")
    assert model_events(folder) == model_events(archive)
    assert list(model_events(folder)[:-1]) == told[:-1]
    assert one(ValidationReport, model_events(folder)) == model_report(folder)
    end = one(RunEnd, model_events(folder))
    assert end.scores == told[-1].scores
    # The model may travel: nothing in it names the machine where it was made.
    assert end.model is None and told[-1].model == str(folder)
    assert str(folder.parent) not in (folder / EVENTS).read_text("utf-8")


def test_a_model_without_events_has_none(made, encoder, tmp_path):
    for name in (FACTS, WEIGHTS):
        shutil.copy(made[0] / name, tmp_path)
    assert model_events(tmp_path) == ()
    assert model_events(pack(tmp_path, tmp_path / "model.zip")) == ()


def _without_first(lines):
    return lines[1:]


def _without_last(lines):
    return lines[:-1]


def _nothing(lines):
    return []


def _other_task(lines):
    return [line.replace("intent", "intend") for line in lines]


def _other_labels(lines):
    return [line.replace('"question"', '"query"') for line in lines]


def _changed(kind, change):
    def edit(lines):
        events = [json.loads(line) for line in lines]
        for event in events:
            if event["event"] == kind:
                change(event)
        return [json.dumps(event) for event in events]

    return edit


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (_without_first, "does not lead from the start of a run to its end"),
        (_without_last, "does not lead from the start of a run to its end"),
        (_nothing, "does not lead from the start of a run to its end"),
        (_other_task, "its events.jsonl is about other tasks or labels"),
        (_other_labels, "its events.jsonl is about other tasks or labels"),
        (_changed("epoch_end", lambda e: e["train"].pop("combined")), "about other tasks or labels"),
        (_changed("epoch_end", lambda e: e["validation"].pop("intent_macro_f1")), "about other tasks"),
        (_changed("epoch_end", lambda e: e.pop("seconds")), "holds a line that is no event"),
        (_changed("run_started", lambda e: e["config"].update(epochs=-1)), "epochs is -1"),
        (_changed("run_started", lambda e: e["config"].update(sweets=1)), "unknown setting 'sweets'"),
        (_changed("run_started", lambda e: e["rows"]["intent"].pop("train")), "lacks numbers of rows"),
        (_changed("run_started", lambda e: e["rows"].pop("intent")), "about other tasks or labels"),
        (_changed("report", lambda e: e["tasks"].pop("intent")), "about other tasks or labels"),
        (_changed("run_end", lambda e: e["scores"].pop("intent")), "about other tasks or labels"),
        (lambda lines: [*lines[:2], "[]", *lines[2:]], "holds a line that is no event"),
        (lambda lines: [*lines[:2], "{", *lines[2:]], "is not a model or is damaged"),
        (lambda lines: [*lines[:2], "[" * 100_000, *lines[2:]], "is not a model or is damaged"),
    ],
)
def test_other_events_are_refused(made, tmp_path, edit, reason):
    for name in (FACTS, WEIGHTS):
        shutil.copy(made[0] / name, tmp_path)
    lines = edit((made[0] / EVENTS).read_text("utf-8").splitlines())
    (tmp_path / EVENTS).write_text("".join(f"{line}\n" for line in lines), "utf-8")
    for source in (tmp_path, pack(tmp_path, tmp_path / "model.zip")):
        with pytest.raises(ValueError, match=reason):
            model_events(source)


def test_events_do_not_keep_a_model_from_loading(made, encoder, tmp_path):
    archive = pack(made[0], tmp_path / "model.zip")
    assert load_model(archive, encoder).tasks == load_model(made[0], encoder).tasks
