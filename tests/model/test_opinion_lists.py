"""Where the default model says that a sentence judges nothing, on lists that it has not learnt from."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mtl.training.default import load_default

LISTS = Path(__file__).parents[1] / "data" / "lists"


@pytest.fixture(scope="module")
def neutral_share(encoder):
    """The share of a list's texts whose sentiment means nothing."""
    model = load_default(encoder)

    def share(name, kind=None):
        table = pd.read_csv(LISTS / f"{name}.csv")
        texts = table[table["kind"] == kind] if kind else table
        return np.mean([bool(found.unmet("sentiment")) for found in model.predict(list(texts["text"]))])

    return share


def test_neutral_sentences_hold_no_opinion(neutral_share):
    assert neutral_share("neutral") >= 0.85


def test_reviews_hold_an_opinion(neutral_share):
    assert neutral_share("reviews") <= 0.05
    assert neutral_share("english", kind="long") <= 0.05


def test_intent_needs_nothing(encoder):
    (prediction,) = load_default(encoder).predict(["Set a timer for ten minutes"])
    assert prediction.unmet("intent") is None
    assert prediction.unmet("sentiment").label == "opinion"
