"""What the default model says about lists of texts that no part of it has learnt from."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mtl.training.default import load_default
from mtl.training.train import train

LISTS = Path(__file__).parents[1] / "data" / "lists"


def _texts(name):
    return list(pd.read_csv(LISTS / f"{name}.csv", keep_default_na=False)["text"])


def _share(model, texts):
    return np.mean([prediction.out_of_distribution for prediction in model.predict(texts)])


def test_english_of_all_kinds_is_not_called_out_of_distribution(encoder):
    assert _share(load_default(encoder), _texts("english")) <= 0.02
    assert _share(load_default(encoder), _texts("reviews")) <= 0.02
    assert _share(load_default(encoder), _texts("neutral")) <= 0.02


def test_other_languages_and_noise_are(encoder):
    model = load_default(encoder)
    assert _share(model, _texts("not_english")) >= 0.9
    assert (
        _share(model, ["Je déteste ce restaurant.", "\U0001f602\U0001f602", "\U0001f44d", "❤️", "", "   "])
        == 1
    )


@pytest.fixture(scope="module")
def rows():
    rows = {"text": [], "topic": []}
    for number in range(20):
        rows["text"] += [f"My card {number} was charged twice", f"The parcel {number} never came"]
        rows["topic"] += ["payment", "delivery"]
    return {"topic": pd.DataFrame(rows)}


# Where all layers move, only the mean of the words' own embeddings is left to tell languages by.
@pytest.mark.parametrize(("freeze", "found"), [("heads", 0.9), ("warm-start", 0.85)])
def test_a_model_of_few_rows_about_one_subject_knows_english_too(encoder, rows, freeze, found):
    model = train(rows, encoder=encoder, epochs=1, freeze=freeze)
    assert _share(model, _texts("english")) <= 0.03
    assert _share(model, _texts("not_english")) >= found
