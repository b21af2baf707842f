"""English told from other languages and from noise, on data/languages.csv."""

import numpy as np
import pandas as pd
import pytest

from mtl.data.bundled import LANGUAGES
from mtl.model.languages import language_directions
from mtl.model.pretrained import load_encoder
from mtl.training.languages import MISTAKEN_SHARE, fit_languages, noise


@pytest.fixture(scope="module")
def embed(encoder):
    return lambda texts: encoder.layer_embeddings(encoder.tokenize(list(texts))).numpy()


def _flagged(directions, embeddings):
    for layer, (weights, bias) in enumerate(directions):
        yield embeddings[:, layer] @ weights.numpy() + float(bias) > 0


def test_the_directions_that_come_along_know_their_own_sentences(encoder, embed):
    rows = pd.read_csv(LANGUAGES, keep_default_na=False)
    english = (rows["language"] == "English").to_numpy()
    embeddings = embed(rows["text"])
    for flagged in _flagged(language_directions(encoder.fingerprint), embeddings):
        assert flagged[english].mean() <= MISTAKEN_SHARE
        assert flagged[~english].mean() >= 0.9


def test_noise_that_was_not_learnt_is_no_english(encoder, embed):
    *_, middle = _flagged(language_directions(encoder.fingerprint), embed(noise(200, seed=7)))
    assert middle.mean() >= 0.93


def test_noise_is_the_same_for_the_same_seed():
    assert noise(50) == noise(50) != noise(50, seed=1)
    assert len(set(noise(600))) > 590


def test_another_encoder_gets_directions_of_its_own(short_encoder, monkeypatch):
    monkeypatch.setattr("mtl.training.languages._EVERY", 100)
    encoder = load_encoder(str(short_encoder))
    directions = fit_languages(encoder)
    layers = encoder.num_layers // 2 + 1
    assert directions.weights.shape == (layers, encoder.dimension)
    assert np.isfinite(directions.weights.numpy()).all() and directions.biases.shape == (layers,)
