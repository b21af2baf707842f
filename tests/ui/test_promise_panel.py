"""A promise on the page: on which rows it is found, when it is refused, and where it is kept."""

import json
from dataclasses import replace

import gradio as gr
import numpy as np
import pytest

from mtl.data.examination import LabelledRows, load_rows
from mtl.evaluation.promise import promised
from mtl.model.archive import pack
from mtl.model.checkpoint import load_model
from mtl.runs.job import Job
from mtl.runs.promising import rows_that_chose_nothing
from mtl.runs.store import Runs
from mtl.schema.config import TrainConfig
from mtl.training.all_rows import NOTE
from mtl.ui.models import Models
from mtl.ui.train.promise_panel import PromisePanel, words
from mtl.ui.train.promises import Promises
from tests.conftest import INTENT, SENTIMENT
from tests.ui.finished_runs import finished

OWNER = "a secret"


@pytest.fixture(scope="module")
def model(trained):
    return trained(epochs=3)[0].best_model


@pytest.fixture(scope="module")
def models(encoder, tmp_path_factory):
    runs = Runs(tmp_path_factory.mktemp("runs"))
    yield Models(encoder, runs)
    runs.close()


@pytest.fixture(scope="module")
def promises(models):
    return Promises(models, models._runs)


@pytest.fixture(scope="module")
def job():
    rows = [load_rows(SENTIMENT, "sentiment"), load_rows(INTENT, "intent")]
    return Job(rows=rows, config=TrainConfig(epochs=3, batch_size=8))


@pytest.fixture(scope="module")
def tests(model):
    """60 test rows with the labels that the model gives them: it is right in all of them."""
    endings = ("in the blue harbour", "beside a wooden castle of sand", "under seven quiet lanterns tonight")
    texts = tuple(f"{text} {ending}" for ending in endings for text in SENTIMENT.text[::2])[:60]
    said = [one.tasks["sentiment"].label for one in model.predict(texts)]
    task = model.head("sentiment").task
    return LabelledRows(task=task, texts=texts, labels=np.array([task.id_of(label) for label in said]))


@pytest.fixture
def run_id(models, model, job, tests):
    return finished(models._runs, replace(job, tests=[tests]), model)


def test_a_promise_is_that_of_the_test_rows_and_is_kept_by_all_that_use_the_model(
    promises, models, encoder, run_id, tmp_path
):
    found = promises.find(OWNER, run_id, "sentiment", 95, None)
    assert (found.possible, found.rows) == (True, 60)
    assert words(found) == "Answers all sentences; of those at least 95 of 100 are right (90% sure)."
    assert models.get(OWNER, run_id).promises == {}
    promises.keep(OWNER, run_id, "sentiment", 95, None)
    # The next answer of Predict is the promising model's, and so is that of the file that is downloaded.
    assert models.get(OWNER, run_id).promises == {"sentiment": found.promise()}
    archive = pack(models.folder(OWNER, run_id), tmp_path / "model.zip")
    assert load_model(archive, encoder).promises == {"sentiment": found.promise()}
    promises.take_back(OWNER, run_id, "sentiment")
    assert models.get(OWNER, run_id).promises == {}


def test_rows_that_cannot_support_it_say_how_many_could(promises, run_id):
    found = promises.find(OWNER, run_id, "sentiment", 99, None)
    assert not found.possible and found.rows_needed > 60
    assert words(found) == f"Cannot be promised on 60 rows: about {found.rows_needed} could support it."
    with pytest.raises(ValueError, match="do not support a promise of 99.0%"):
        promises.keep(OWNER, run_id, "sentiment", 99, None)


def test_validation_rows_promise_nothing(promises, models, model, job):
    for facts, advice in (({}, "could support it|not right often enough"), ({"notes": [NOTE]}, "Give 45 ")):
        run_id = finished(models._runs, job, model, facts=facts)
        with pytest.raises(ValueError, match=f"chose this run's epoch and temperature.*({advice})"):
            promises.find(OWNER, run_id, "sentiment", 95, None)


def test_rows_of_a_file_count_unless_the_model_has_seen_them(promises, models, model, job, tests, tmp_path):
    run_id, file = finished(models._runs, job, model), tmp_path / "rows.csv"
    lines = [
        f'"{text}",{tests.task.labels[label]}' for text, label in zip(tests.texts, tests.labels, strict=True)
    ]
    file.write_text("\n".join(["text,label", *lines]), "utf-8")
    assert promises.find(OWNER, run_id, "sentiment", 95, str(file)).rows == 60
    SENTIMENT.to_csv(file, index=False)
    with pytest.raises(ValueError, match="every sentiment test row is also among the rows to train on"):
        promises.find(OWNER, run_id, "sentiment", 90, str(tmp_path / "rows.csv"))


def test_a_row_that_trained_another_task_has_been_seen(job, tests):
    other = INTENT.text[0]
    rows = replace(tests, texts=(*tests.texts[:9], other), labels=tests.labels[:10])
    assert rows_that_chose_nothing(job, rows).texts == tests.texts[:9]


@pytest.mark.parametrize("percent", [0, 100, -5, 1e9])
def test_an_accuracy_that_is_none_is_refused(promises, run_id, percent):
    with pytest.raises(ValueError, match="give a number"):
        promises.find(OWNER, run_id, "sentiment", percent, None)


def test_what_cannot_promise_says_so(promises, models, model, job, run_id):
    with pytest.raises(ValueError, match="is an example"):
        promises.made(OWNER, "")
    with pytest.raises(ValueError, match="not here any more"):
        promises.made("somebody else", run_id)
    with pytest.raises(ValueError, match="kept no model"):
        promises.made(OWNER, finished(models._runs, job))
    with pytest.raises(ValueError, match="no such task"):
        promises.find(OWNER, run_id, "colour", 95, None)


def test_a_promise_of_few_answers_is_told():
    confidences = np.linspace(0.5, 1, 400)
    found = promised(confidences, confidences > 0.75, 0.95)
    assert words(found).startswith("Answers 5") and "of 100 sentences" in words(found)
    never = promised(confidences, np.arange(400) % 2 == 0, 0.95)
    assert words(never) == "Cannot be promised: at no threshold are the answers right often enough."


def test_the_panel_shows_a_refusal_in_its_place(models, run_id):
    with gr.Blocks():
        panel, box = PromisePanel(), gr.Button()
        args = gr.BrowserState(""), gr.State(""), gr.State("")
        panel.wire(models, models._runs, *args, box.click(lambda: None))
    shown = panel._begin("promise", OWNER, run_id, None)
    assert shown[panel._task]["value"] == "sentiment" and shown[panel._task]["visible"] is True
    (refused,) = panel._begin("promise", "somebody else", run_id, None)[panel._said]
    assert refused["kind"] == "problem" and "not here any more" in refused["text"]
    *_, last = panel._ask(OWNER, run_id, "sentiment", None, None)
    assert "give a number" in last[panel._said][0]["text"] and last[panel._keep]["visible"] is False
    assert json.dumps(shown[panel._said]) == "[]"
