"""Shares of words in any reading of a text: exact, and those of the explanation of a head."""

import numpy as np
import pytest

from mtl.analysis.explain import explain_all
from mtl.analysis.word_shares import strongest, word_shares
from mtl.training.default import load_default

TEXTS = ["What a lovely garden, isn't it?", "hi", "", "The soup was cold. " * 90, "Bad 👍 café..."]


def test_they_are_those_of_the_explanation(encoder):
    model = load_default(encoder)
    weights, _ = model.head("sentiment").folded()  # (output, layer, dim)
    direction = np.zeros((encoder.num_layers + 1, encoder.dimension))
    direction[-weights.shape[1] :] = weights[0].numpy()
    found = word_shares(model.encoder, TEXTS, np.stack([direction] * len(TEXTS)))
    for shares, explanation in zip(found, explain_all(model, TEXTS), strict=True):
        words = explanation.tasks["sentiment"].of("positive").words
        assert [word.text for word, _ in shares] == [word.text for word in words]
        assert [share for _, share in shares] == pytest.approx([word.total for word in words], abs=1e-6)


def test_each_text_has_a_direction_of_its_own(encoder):
    rng = np.random.default_rng(0)
    directions = rng.normal(size=(len(TEXTS), encoder.num_layers + 1, encoder.dimension))
    together = word_shares(encoder, TEXTS, directions)
    for row, text in enumerate(TEXTS):
        (alone,) = word_shares(encoder, [text], directions[row : row + 1])
        assert [s for _, s in alone] == pytest.approx([s for _, s in together[row]], abs=1e-4)


def test_the_strongest_speak_for_it_and_stand_as_in_the_text(encoder):
    direction = np.random.default_rng(1).normal(size=(1, encoder.num_layers + 1, encoder.dimension))
    (shares,) = word_shares(encoder, TEXTS[:1], direction)
    found = strongest(shares, 2)
    by_share = sorted((share for _, share in shares if share > 0), reverse=True)[:2]
    assert [share for word, share in shares if word in found] and len(found) == len(by_share)
    assert sorted((share for word, share in shares if word in found), reverse=True) == by_share
    assert [word.start for word in found] == sorted(word.start for word in found)
    assert strongest([(word, -1.0) for word, _ in shares]) == ()
