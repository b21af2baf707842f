"""A head that learns data/opinion.csv tells held-out neutral sentences from held-out judgements."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mtl.data.examination import LabelledRows
from mtl.data.sources import parts_for
from mtl.schema.config import TrainConfig
from mtl.schema.tasks import task_of
from mtl.training.train import model_for
from mtl.training.trainer import Trainer

ROOT = Path(__file__).parents[2]
LABELS = ("no opinion", "opinion")


@pytest.fixture(scope="module")
def neutral_share(encoder):
    """The share of a list's texts that are called "no opinion"."""
    rows = pd.read_csv(ROOT / "data" / "opinion.csv")
    labelled = LabelledRows(
        task=task_of("opinion", LABELS),
        texts=tuple(rows["text"]),
        labels=np.array([LABELS.index(label) for label in rows["label"]]),
    )
    config = TrainConfig()
    parts = parts_for([labelled], config)
    trainer = Trainer(model_for(parts, config, encoder), parts, config)
    for _ in trainer:
        pass

    def share(name, kind=None):
        table = pd.read_csv(ROOT / "tests" / "data" / "lists" / f"{name}.csv")
        texts = table[table["kind"] == kind] if kind else table
        predictions = trainer.best_model.predict(list(texts["text"]))
        return np.mean([p.tasks["opinion"].label == "no opinion" for p in predictions])

    return share


def test_neutral_sentences_hold_no_opinion(neutral_share):
    assert neutral_share("neutral") >= 0.85


def test_reviews_hold_an_opinion(neutral_share):
    assert neutral_share("reviews") <= 0.05
    assert neutral_share("english", kind="long") <= 0.05
