"""The training rows that speak for an answer, on the page."""

import gradio as gr
import pytest

from mtl.data.examination import load_rows
from mtl.runs.job import Job
from mtl.runs.store import Runs
from mtl.runs.trained_rows import trained_rows
from mtl.schema.config import TrainConfig
from mtl.training.all_rows import NOTE
from mtl.training.default import DEFAULT_MODEL
from mtl.ui.models import DEFAULT, UNTRAINED, Models
from mtl.ui.predict.because_panel import BecausePanel
from mtl.ui.predict.reasons import BEST
from mtl.ui.predict.row_reasons import RowReasons
from tests.conftest import INTENT, SENTIMENT
from tests.ui.finished_runs import finished

OWNER, TEXT = "a secret", "What a lovely film"


@pytest.fixture(scope="module")
def models(encoder, tmp_path_factory):
    runs = Runs(tmp_path_factory.mktemp("runs"))
    yield Models(encoder, runs)
    runs.close()


@pytest.fixture(scope="module")
def job():
    rows = [load_rows(SENTIMENT, "sentiment"), load_rows(INTENT, "intent")]
    return Job(rows=rows, config=TrainConfig(epochs=3, batch_size=8, val_fraction=0.25))


@pytest.fixture(scope="module")
def run_id(models, job, trained):
    return finished(models._runs, job, trained(epochs=3)[0].best_model)


@pytest.fixture(scope="module")
def reasons(models, run_id):
    made = RowReasons(models)
    assert not made.ready(OWNER, run_id, "sentiment")
    parts = list(made.prepare(OWNER, run_id, "sentiment"))
    assert parts[0] == 0 and parts[-1] == 1 and made.ready(OWNER, run_id, "sentiment")
    return made


def _numbers(shown):
    rows = [row for side in shown["sides"] for row in side["rows"]]
    return sum(float(row["share"]) for row in rows), [
        float(part.split()[-1]) for part in shown["sum"].split(", ")
    ]


def test_the_shares_sum_to_the_logit(reasons, run_id):
    shown = reasons.explain(OWNER, run_id, "sentiment", BEST, TEXT)
    together, (rest, bias, logit) = _numbers(shown)
    assert together + rest + bias == pytest.approx(logit, abs=0.01)
    assert [side["title"] for side in shown["sides"]] == ["For positive", "Against positive"]
    signs = [{row["share"][0] for row in side["rows"]} for side in shown["sides"]]
    assert signs == [{"+"}, {"-"}]
    assert shown["note"].startswith("Exact for the best head on these rows. That head gives positive ")
    other = reasons.explain(OWNER, run_id, "sentiment", "negative", TEXT)
    assert [side["title"] for side in other["sides"]] == ["For negative", "Against negative"]


def test_rows_of_moved_layers_are_approximate(models, job, trained):
    run_id = finished(models._runs, job, trained(epochs=1, freeze="last-1")[0].best_model)
    reasons = RowReasons(models)
    list(reasons.prepare(OWNER, run_id, "intent"))
    assert reasons.explain(OWNER, run_id, "intent", BEST, TEXT)["note"].startswith("Approximate: layers have")


def test_forgetting_a_row_refits(reasons, run_id):
    (first, *_), _ = (
        side["rows"] for side in reasons.explain(OWNER, run_id, "sentiment", BEST, TEXT)["sides"]
    )
    said = reasons.without(OWNER, run_id, "sentiment", TEXT, first["row"])
    assert said.startswith("Without it: positive ") and "With it: positive " in said
    for row in (None, "1", True, -1, 10**6, 1.5):
        with pytest.raises(ValueError, match="no such row"):
            reasons.without(OWNER, run_id, "sentiment", TEXT, row)


def test_only_rows_that_trained_are_told(models, job, run_id, trained, tmp_path):
    trained_on = trained_rows(models.folder(OWNER, run_id), "sentiment")
    assert 30 < len(trained_on.texts) < len(SENTIMENT)
    again = finished(models._runs, job, trained(epochs=3)[0].best_model, facts={"notes": [NOTE]})
    assert sorted(trained_rows(models.folder(OWNER, again), "sentiment").texts) == sorted(SENTIMENT.text)
    bundled = trained_rows(DEFAULT_MODEL, "intent")
    assert len(bundled.texts) == 2192


def test_a_model_whose_rows_are_not_here_says_so(models, reasons, run_id):
    with pytest.raises(ValueError, match="not kept"):
        reasons.ready(OWNER, UNTRAINED, "sentiment")
    with pytest.raises(ValueError, match="not here any more"):
        reasons.ready("somebody else", run_id, "sentiment")
    with pytest.raises(ValueError, match="not read yet"):
        reasons.explain("", DEFAULT, "sentiment", BEST, TEXT)


def test_nothing_is_computed_before_it_is_opened(models, run_id):
    with gr.Blocks():
        given = gr.Textbox(TEXT), gr.Dropdown([DEFAULT], value=DEFAULT), gr.BrowserState("")
        panel = BecausePanel(models, *given, gr.Radio([]), gr.Dropdown([]))
    skipped = gr.skip()
    assert list(panel._read(run_id, None, OWNER, False)) == [skipped]
    assert panel.show(TEXT, run_id, None, None, OWNER, False)[panel.rows] == skipped
    assert panel.show(TEXT, run_id, None, None, OWNER, True)[panel.rows] == skipped
    *_, last = panel._read(run_id, "intent", OWNER, True)
    assert last == skipped
    assert panel.show(TEXT, run_id, "intent", None, OWNER, True)[panel.rows]["sides"]
    assert (
        panel.show(" ", run_id, "intent", None, OWNER, True)[panel.rows]["note"] == "Type a sentence above."
    )
    (said,) = panel._read(UNTRAINED, None, OWNER, True)
    assert said["note"].startswith("The rows that trained this model are not kept")
