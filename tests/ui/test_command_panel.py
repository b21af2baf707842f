"""The command of a run, and the file of corrections that it names."""

from dataclasses import replace
from pathlib import Path

import gradio as gr
import numpy as np
import pandas as pd
import pytest

from mtl.data.examination import load_rows
from mtl.runs.job import Job
from mtl.runs.store import Runs
from mtl.schema.config import TrainConfig
from mtl.ui.train.command_panel import CommandPanel, corrections_file
from tests.conftest import INTENT, SENTIMENT
from tests.ui.finished_runs import finished

COMMAND = "python -m mtl train --intent mails.csv --out my-model"


@pytest.fixture
def runs(tmp_path):
    runs = Runs(tmp_path)
    yield runs
    runs.close()


@pytest.fixture
def job():
    rows = [load_rows(SENTIMENT, "sentiment"), load_rows(INTENT, "intent")]
    return Job(rows=rows, config=TrainConfig(epochs=1), command=COMMAND)


def test_a_run_with_corrections_offers_their_file(runs, job):
    text = job.rows[1].texts[0]
    corrections = replace(job.rows[1], texts=(text,), labels=np.array([2]))
    with gr.Blocks():
        panel = CommandPanel()
    given = {}
    for name, made in (("without", job), ("with", replace(job, corrections=[corrections]))):
        run_id = finished(runs, made, owner="anna")
        command, file = panel.render(runs.view("anna", run_id)).values()
        given[name] = file["visible"]
        assert command == COMMAND
    assert given == {"without": False, "with": True}
    saved = Path(corrections_file(runs, "anna", run_id))
    assert saved.name == "corrections.csv"
    assert pd.read_csv(saved).to_dict("records") == [{"text": text, "intent": job.rows[1].task.labels[2]}]
    with pytest.raises(ValueError, match="not here any more"):
        corrections_file(runs, "ben", run_id)
