"""What lies beside a model."""

import dataclasses

import pandas as pd
import pytest

from mtl.runs.artifacts import history
from mtl.schema.events import EpochEnd


def test_history_has_a_row_per_epoch(sample_events):
    epochs = [event for event in sample_events if isinstance(event, EpochEnd)]
    table = history(epochs)
    assert table["epoch"].tolist() == [0, 1, 2, 3]
    assert table["stage"].tolist() == [1, 1, 2, 2]
    scores = [epoch.validation["intent_macro_f1"] for epoch in epochs]
    assert table["validation_intent_macro_f1"].tolist() == pytest.approx(scores, abs=1e-6)
    assert {f.name for f in dataclasses.fields(EpochEnd)} - {"train", "validation"} <= set(table)


def test_history_of_nothing_is_empty():
    assert isinstance(history([]), pd.DataFrame)
    assert history([]).empty
