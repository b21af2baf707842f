"""What more rows would bring, on the page."""

import gradio as gr
import pandas as pd
import pytest

from mtl.data.examination import load_rows
from mtl.evaluation.forecast import CurvePoint, Forecast, Foreseen, forecast
from mtl.runs.job import Job
from mtl.runs.store import Runs
from mtl.schema.config import TrainConfig
from mtl.schema.tasks import MAX_TASKS
from mtl.ui.charts.forecast import forecast_chart
from mtl.ui.train.forecast_panel import ForecastPanel, Forecasts, sentence
from mtl.ui.train.run_rows import finished_job
from tests.conftest import INTENT, SENTIMENT
from tests.ui.finished_runs import finished

OWNER = "a secret"
MADE = Forecast(
    points=(CurvePoint(rows=40, accuracy=0.7), CurvePoint(rows=160, accuracy=0.842)),
    forecast=(
        Foreseen(rows=400, accuracy=0.871, low=0.849, high=0.893),
        Foreseen(rows=800, accuracy=0.88, low=0.84, high=0.92),
    ),
)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    opened = Runs(tmp_path_factory.mktemp("runs"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def job():
    more = [f"{text} {end}" for end in ("today", "again", "they say") for text in SENTIMENT.text]
    many = pd.DataFrame({"text": more, "label": [*SENTIMENT.label] * 3})
    rows = [load_rows(many, "sentiment"), load_rows(INTENT, "intent")]
    return Job(rows=rows, config=TrainConfig(epochs=1))


@pytest.fixture(scope="module")
def panel():
    with gr.Blocks():
        return ForecastPanel()


def test_the_sentence():
    assert sentence(MADE, 200) == "With 200 more rows: 84 → 87 of 100 right (85 to 89)."
    few = Forecast(points=(), forecast=(), reason="48 rows are too few")
    assert sentence(few, 48) == "Cannot tell: 48 rows are too few."


def test_the_chart_goes_from_what_was_measured_into_a_band():
    band, foreseen, measured = forecast_chart(MADE.points, MADE.forecast, "#0072b2").data
    assert list(measured.x) == [40, 160]
    assert list(foreseen.x) == [160, 400, 800] and foreseen.line.dash == "dash"
    assert band.fillcolor == "rgba(0,114,178,.2)" and max(band.y) == 0.92
    assert len(forecast_chart(MADE.points, (), "#0072b2").data) == 1


def test_the_numbers_are_those_of_the_command_and_each_task_has_its_place(runs, job, encoder, panel):
    rows = finished_job(runs, OWNER, finished(runs, job)).rows
    forecasts = Forecasts(encoder)
    found = [(task, forecasts.of(task)) for task in rows]
    command = load_rows(pd.DataFrame({"text": rows[0].texts, "label": job.rows[0].labels}), "sentiment")
    assert command.texts == rows[0].texts
    embeddings = encoder.layer_embeddings(encoder.tokenize(rows[0].texts), fast=True).numpy()
    assert found[0][1] == forecast(rows[0], embeddings)
    assert forecasts.of(rows[0]) is found[0][1]
    values = panel.render(found)
    assert set(values) == set(panel.outputs)
    assert [values[box]["visible"] for box in panel._columns] == [True, True] + [False] * (MAX_TASKS - 2)
    assert values[panel._said[1]]["text"].startswith("Cannot tell: 48 rows are too few")
    assert values[panel._charts[1]]["visible"] is False


def test_a_run_without_rows_says_so(runs, job, panel):
    with pytest.raises(ValueError, match="is an example"):
        finished_job(runs, OWNER, "")
    with pytest.raises(ValueError, match="not here any more"):
        finished_job(runs, "somebody else", finished(runs, job))
    run_id = finished(runs, job)
    (runs.folder / run_id / "rows_1.csv").unlink()
    with pytest.raises(ValueError, match="rows of this run cannot be read any more"):
        finished_job(runs, OWNER, run_id)
    assert panel.message("No.")[panel._said[0]]["text"] == "No."


def test_too_many_rows_are_left_to_the_command(encoder, job, monkeypatch):
    monkeypatch.setattr("mtl.ui.train.forecast_panel.MOST_ROWS", 100)
    assert "too many to try here" in sentence(Forecasts(encoder).of(job.rows[0]), 144)
