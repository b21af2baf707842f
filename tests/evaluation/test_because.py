"""Which rows speak for an answer: shares that sum up, and that agree with leaving rows out."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from mtl.data.examination import load_rows
from mtl.evaluation.because import BecauseOfRows
from mtl.evaluation.optimum import optimum
from tests.conftest import INTENT, SENTIMENT

ASKED = ("The film was wonderful", "Where do the trains leave?", "nothing works here")


@pytest.fixture(scope="module", params=["sentiment", "intent"])
def case(request, encoder):
    """The rows of a task, the head that explains with them, the embeddings of rows and of what is asked."""
    rows = load_rows(SENTIMENT if request.param == "sentiment" else INTENT, request.param)
    embeddings = encoder.layer_embeddings(encoder.tokenize(rows.texts)).numpy()
    asked = encoder.layer_embeddings(encoder.tokenize(ASKED)).numpy()
    return rows, BecauseOfRows(rows, embeddings), embeddings, asked


def test_the_shares_and_the_bias_sum_to_the_logit(case):
    rows, head, _, asked = case
    for embedding in asked:
        for label in (None, *rows.task.labels):
            found = head.explain(embedding, label)
            assert found.bias + sum(row.share for row in found.shares) == pytest.approx(found.logit, abs=1e-6)
            assert {row.row for row in found.shares} == set(range(len(rows.texts)))


def test_the_head_that_explains_is_the_best_one_on_all_layers(case):
    rows, head, embeddings, asked = case
    deviation = embeddings.std(0).clip(1e-4) * np.sqrt(embeddings.shape[-1])
    scaled = [((e - embeddings.mean(0)) / deviation).reshape(len(e), -1) for e in (embeddings, asked)]
    best = optimum(scaled[0], rows.labels, len(rows.task.labels), head.strength, tight=True)
    found = [head.explain(embedding) for embedding in asked]
    np.testing.assert_allclose(
        [f.probability for f in found], best.probabilities(scaled[1]).max(1), atol=1e-4
    )


def test_shares_rank_rows_much_as_retraining_without_each_of_them_does(case):
    rows, _, embeddings, asked = case
    head = BecauseOfRows(rows, embeddings, strength=1.0)
    found = []
    for embedding in asked:
        said = head.explain(embedding)
        shares = [row.share for row in sorted(said.shares, key=lambda row: row.row)]
        without = [head.without(embedding, [row])[said.label] for row in range(len(rows.texts))]
        lost = _odds(said.probability) - _odds(np.array(without))
        found.append(spearmanr(shares, lost).statistic)
    # A share is what a row adds, not what becomes of the others where it is gone: measured 0.60 to 0.82 for
    # sentiment and 0.80 to 0.90 for intent.
    assert min(found) > 0.5
    assert np.mean(found) > 0.65


def test_the_rows_that_speak_for_an_answer_have_its_label(case):
    _, head, _, asked = case
    found = head.explain(asked[0])
    best = max(found.shares, key=lambda row: row.share)
    assert best.label == found.label
    assert [abs(row.share) for row in found.shares] == sorted(abs(row.share) for row in found.shares)[::-1]


def test_a_label_without_rows_is_refused(encoder):
    rows = load_rows(INTENT[INTENT.label.isin(["question", "command"])], "intent")
    embeddings = encoder.layer_embeddings(encoder.tokenize(rows.texts)).numpy()
    with pytest.raises(ValueError, match="no row has the label 'statement'"):
        BecauseOfRows(rows, embeddings, strength=1.0).explain(embeddings[0], "statement")


def _odds(probability):
    return np.log(probability / (1 - probability))
