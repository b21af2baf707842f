"""Two sentences by layer and by word, and the encoder against scores, computed again by hand."""

import collections

import numpy as np
import pytest
from scipy.stats import spearmanr

from mtl.analysis.sentence_pairs import ScoredPair, layer_cosines, read_pairs, spearman_of, token_cosines
from mtl.data.bundled import PARAPHRASES
from mtl.model.encoder import Encoder

FIRST, SECOND = "The dog didn't bark", "Unbelievably, the dog barked!!"


def test_layer_cosines_are_those_of_the_layer_embeddings(encoder):
    pooled = encoder.layer_embeddings(encoder.tokenize([FIRST, SECOND])).numpy()
    found = layer_cosines(encoder, FIRST, SECOND)
    assert found.shape == (7,)
    assert found == pytest.approx((pooled[0] * pooled[1]).sum(-1), abs=1e-6)
    first, second = encoder.encode([FIRST, SECOND])
    assert found[-1] == pytest.approx(first @ second, abs=1e-6)


def test_a_sentence_is_like_itself_at_every_layer(encoder):
    same = layer_cosines(encoder, FIRST, FIRST)
    assert same == pytest.approx(np.ones(7), abs=1e-6)
    assert same.max() <= 1


def test_a_word_is_the_mean_of_its_pieces(encoder):
    found = token_cosines(encoder, FIRST, SECOND)
    assert [word.text for word in found.first.words] == ["The", "dog", "didn't", "bark"]
    assert [word.text for word in found.second.words] == ["Unbelievably", ",", "the", "dog", "barked", "!!"]
    assert found.cosines.shape == (4, 6)
    hidden = {}
    for text in (FIRST, SECOND):
        ((_, states, _),) = encoder.states(encoder.tokenize([text]))
        hidden[text] = states[-1].numpy()
    # "didn't" is the tokens 3, 4 and 5 (did, ', t), "Unbelievably" 1 to 5.
    first, second = hidden[FIRST][3:6].mean(0), hidden[SECOND][1:6].mean(0)
    expected = first @ second / (np.linalg.norm(first) * np.linalg.norm(second))
    assert found.cosines[2, 0] == pytest.approx(expected, abs=1e-5)


def test_word_cosines_turn_around_with_the_sentences(encoder):
    there, back = token_cosines(encoder, FIRST, SECOND), token_cosines(encoder, SECOND, FIRST)
    assert there.cosines == pytest.approx(back.cosines.T, abs=1e-6)
    assert np.abs(there.cosines).max() <= 1


def test_a_sentence_without_words_has_no_word_cosines(encoder):
    assert token_cosines(encoder, "", SECOND).cosines.shape == (0, 6)
    assert token_cosines(encoder, SECOND, " ").cosines.shape == (6, 0)


@pytest.mark.parametrize("compare", [layer_cosines, token_cosines])
def test_both_sentences_share_one_forward_pass(encoder, compare, monkeypatch):
    passes = []
    run = Encoder.run

    def counted(self, *inputs):
        passes.append(inputs)
        return run(self, *inputs)

    monkeypatch.setattr(Encoder, "run", counted)
    compare(encoder, FIRST, SECOND)
    assert len(passes) == 1


def test_the_encoder_ranks_the_bundled_pairs_much_as_a_reader_does(encoder):
    pairs = read_pairs(PARAPHRASES)
    firsts, seconds = (encoder.encode([getattr(p, side) for p in pairs]) for side in ("first", "second"))
    expected = spearmanr((firsts * seconds).sum(1), [pair.score for pair in pairs]).statistic
    assert spearman_of(encoder, pairs) == pytest.approx(expected, abs=1e-6)
    assert spearman_of(encoder, pairs) > 0.7


def test_the_bundled_pairs_are_ten_of_each_grade_and_distinct():
    pairs = read_pairs(PARAPHRASES)
    assert collections.Counter(pair.score for pair in pairs) == {score: 10 for score in range(6)}
    assert len({text for pair in pairs for text in (pair.first, pair.second)}) == 120


def test_pairs_that_cannot_be_ranked_say_why(encoder, tmp_path):
    with pytest.raises(ValueError, match="the score of 'a' is 5.5: use a number from 0 to 5"):
        ScoredPair(first="a", second="b", score=5.5)
    with pytest.raises(ValueError, match="the score of 'a' is nan"):
        ScoredPair(first="a", second="b", score=float("nan"))
    pair = ScoredPair(first="a", second="b", score=5)
    with pytest.raises(ValueError, match="2 pairs have no two different scores"):
        spearman_of(encoder, [pair, pair])
    file = tmp_path / "pairs.csv"
    file.write_text("first,second\na,b\n")
    with pytest.raises(ValueError, match="no column 'score'"):
        read_pairs(file)
