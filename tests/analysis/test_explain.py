"""Shares add up to the logit; they are what the formula says; one forward pass is enough."""

import math

import numpy as np
import pytest
import torch

from mtl.analysis.explain import explain, explain_all, leave_one_out
from mtl.model.encoder import Encoder
from mtl.model.multitask import MultiTaskModel, untrained
from mtl.schema.tasks import INTENT_TASK, SENTIMENT_TASK
from mtl.training.default import load_default
from tests.conftest import NEGATIVE, POSITIVE

TEXTS = (
    "What a lovely garden, isn't it?",
    "Unbelievably   BAD 👍 café...",
    "hi",
    "",
    "The soup was cold and I regret that I ever came. " * 40,
)


KINDS = ("fresh", "fresh layers", "embedding", "layers", "moved embedding", "moved layers")


@pytest.fixture(scope="module", params=KINDS)
def model(request, encoder, trained):
    """Models of every kind: fresh, with trained heads, and with encoder layers that have moved."""
    kind, _, head_input = request.param.rpartition(" ")
    if request.param == "fresh":
        return untrained(encoder, seed=1)
    if kind == "fresh":
        fresh = MultiTaskModel.fresh(encoder, (SENTIMENT_TASK, INTENT_TASK), "layers", 1)
        for head in fresh.head_list():
            head.fit_scaling(encoder.layer_embeddings(encoder.tokenize(POSITIVE + NEGATIVE)))
        return fresh
    if not kind:
        return trained(freeze="heads", head_input=head_input)[0].best_model
    moved = trained(freeze="last-2", encoder_lr=1e-3, head_input=head_input)[0].best_model
    tokens = encoder.tokenize(POSITIVE[:1])
    assert not torch.equal(moved.encoder.layer_embeddings(tokens), encoder.layer_embeddings(tokens))
    return moved


def labels(explanation):
    """Each label's shares, absolute and relative."""
    for task in explanation.tasks.values():
        for label in task.task.labels:
            yield from (task.of(label, relative=False), task.of(label, relative=True))


def test_words_and_rest_add_up_to_the_logit(model):
    for explanation in explain_all(model, TEXTS):
        for shares in labels(explanation):
            words = sum(word.total for word in shares.words)
            assert words + shares.rest == pytest.approx(shares.logit, abs=1e-4)


def test_layers_and_bias_add_up_to_the_logit(model):
    for explanation in explain_all(model, TEXTS):
        for shares in labels(explanation):
            layers = sum(layer.total for layer in shares.layers)
            assert layers + shares.bias == pytest.approx(shares.logit, abs=1e-4)


def test_a_layer_s_words_are_the_words_shares_at_that_layer(model):
    for explanation in explain_all(model, TEXTS):
        for shares in labels(explanation):
            for place, layer in enumerate(shares.layers):
                words = sum(word.layers[place] for word in shares.words)
                assert words == pytest.approx(layer.words, abs=1e-9)


def test_pieces_add_up_to_their_word(model):
    for shares in labels(explain(model, TEXTS[1])):
        for word in shares.words:
            for place in range(len(shares.layers)):
                own = sum(piece.layers[place] for piece in word.pieces)
                assert own == pytest.approx(word.layers[place], abs=1e-9)


def test_logits_and_probabilities_are_those_of_a_prediction(model):
    tokens = model.encoder.tokenize(TEXTS)
    logits = model.logits(model.encoder.layer_embeddings(tokens))
    predictions = model.predict(TEXTS)
    for row, explanation in enumerate(explain_all(model, TEXTS)):
        sentiment, intent = explanation.tasks["sentiment"], explanation.tasks["intent"]
        positive = logits["sentiment"][row].item()
        assert sentiment.logits == pytest.approx([-positive, positive], abs=1e-5)
        assert intent.logits == pytest.approx(logits["intent"][row].numpy(), abs=1e-5)
        for name, task in explanation.tasks.items():
            scores = predictions[row].tasks[name].scores
            assert task.probabilities == pytest.approx(list(scores.values()), abs=1e-6)
            assert task.label == predictions[row].tasks[name].label
            assert task.of() == task.of(task.label)


def test_an_explanation_holds_the_prediction_of_the_same_pass(model):
    for explanation, expected in zip(explain_all(model, TEXTS), model.predict(TEXTS), strict=True):
        found = explanation.prediction
        assert (found.text, found.truncated, found.out_of_distribution) == (
            expected.text,
            expected.truncated,
            expected.out_of_distribution,
        )
        assert list(found.tasks) == list(expected.tasks)
        for name, task in expected.tasks.items():
            assert found.tasks[name].label == task.label
            assert found.tasks[name].scores == pytest.approx(task.scores, abs=1e-6)
    assert explain_all(model, TEXTS)[-1].prediction.truncated


def test_negative_is_the_negative_of_positive(model):
    task = explain(model, TEXTS[0]).tasks["sentiment"]
    positive, negative = task.of("positive"), task.of("negative")
    assert negative.logit == -positive.logit
    assert negative.rest == -positive.rest
    assert [word.total for word in negative.words] == [-word.total for word in positive.words]


def test_shares_are_those_of_the_formula(model):
    text = TEXTS[0]
    tokens = model.encoder.tokenize([text])
    ((_, states, _),) = model.encoder.states(tokens)
    for name, task in explain(model, text).tasks.items():
        head = model.head(name)
        weight = head.linear.weight.reshape(head.task.outputs, len(task.layers), 384).numpy()
        if head.head_input == "layers":
            weight = weight / (head.deviation.numpy() * math.sqrt(384))
        for place, layer in enumerate(task.layers):
            hidden = states[layer].numpy()  # (token, dim)
            length = np.linalg.norm(hidden.mean(0))
            expected = weight[:, place] @ hidden.T / (len(hidden) * length)
            assert task.tokens[-len(expected) :, place] == pytest.approx(expected, abs=1e-5)


def test_the_layers_are_those_that_the_head_reads(model):
    read = model.head("intent").head_input == "layers"
    expected = tuple(range(7)) if read else (6,)
    shares = explain(model, TEXTS[0]).tasks["intent"].of()
    assert tuple(layer.layer for layer in shares.layers) == expected
    constants = [layer.constant for layer in shares.layers]
    assert any(constants) if read else constants == [0.0]


def test_one_forward_pass_gives_everything(model, monkeypatch):
    passes = []
    run = Encoder.run

    def counted(self, hidden, *others):
        passes.append(len(hidden))
        assert not torch.is_autocast_enabled("cpu")
        return run(self, hidden, *others)

    monkeypatch.setattr(Encoder, "run", counted)
    tokens = model.encoder.tokenize(TEXTS[:1])
    explanation = explain(model, TEXTS[0])
    list(labels(explanation))
    assert explanation.prediction.tasks
    assert passes == tokens.lengths
    leave_one_out(model, TEXTS[0], "intent")
    assert len(passes) == 2


def test_explaining_changes_nothing_in_the_model(model):
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    explain_all(model, TEXTS[:2])
    leave_one_out(model, TEXTS[0], "intent")
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


@pytest.fixture(scope="module")
def ready(trained):
    return trained(freeze="heads", head_input="layers")[0].best_model


def logits_of(model, text):
    """Logits of one text by task, (output,)."""
    tokens = model.encoder.tokenize([text])
    return {name: row[0] for name, row in model.logits(model.encoder.layer_embeddings(tokens)).items()}


def test_relative_shares_are_differences_from_the_mean_label(ready):
    task = explain(ready, TEXTS[0]).tasks["intent"]
    absolute = [task.of(label, relative=False) for label in task.task.labels]
    first = task.of("question")
    assert first.relative and not absolute[0].relative
    assert first.logit == pytest.approx(absolute[0].logit - np.mean([shares.logit for shares in absolute]))
    for place, word in enumerate(first.words):
        mean = np.mean([shares.words[place].total for shares in absolute])
        assert word.total == pytest.approx(absolute[0].words[place].total - mean)


def test_relative_changes_nothing_for_two_sides_of_one_logit(ready):
    task = explain(ready, TEXTS[0]).tasks["sentiment"]
    assert task.of("positive", relative=True) == task.of("positive", relative=False)
    assert not task.of("positive").relative


def test_several_texts_are_explained_as_each_alone(ready):
    for text, explanation in zip(TEXTS, explain_all(ready, TEXTS), strict=True):
        alone = explain(ready, text)
        assert explanation.reading == alone.reading
        for name, task in explanation.tasks.items():
            assert task.tokens == pytest.approx(alone.tasks[name].tokens, abs=1e-5)
    assert explain_all(ready, []) == []


def test_what_is_cut_off_has_no_share_and_says_so(ready):
    text = TEXTS[-1]
    explanation = explain(ready, text)
    cut = explanation.reading.cut
    assert 0 < cut < len(text)
    for shares in labels(explanation):
        assert shares.words[-1].end == cut
    assert explain(ready, text + " And then some.").reading.cut == cut
    assert explain(ready, TEXTS[0]).reading.cut is None


def test_an_empty_text_is_all_rest(ready):
    for shares in labels(explain(ready, "")):
        assert shares.words == ()
        assert shares.rest == pytest.approx(shares.logit, abs=1e-4)


def test_leaving_a_word_out_is_reading_the_text_without_it(ready):
    words = "What a lovely garden you have".split()
    found = leave_one_out(ready, " ".join(words), "intent", "exclamation")
    assert [omission.word.text for omission in found] == words
    row = INTENT_TASK.id_of("exclamation")
    whole = logits_of(ready, " ".join(words))["intent"][row].item()
    for place, omission in enumerate(found):
        without = " ".join(words[:place] + words[place + 1 :])
        logit = logits_of(ready, without)["intent"][row].item()
        assert omission.logit == pytest.approx(logit, abs=1e-4)
        assert omission.drop == pytest.approx(whole - logit, abs=1e-4)


def test_leaving_out_serves_both_sides_of_sentiment(ready):
    positive = leave_one_out(ready, TEXTS[0], "sentiment", "positive")
    negative = leave_one_out(ready, TEXTS[0], "sentiment", "negative")
    assert [one.drop for one in positive] == pytest.approx([-one.drop for one in negative], abs=1e-5)
    assert leave_one_out(ready, "", "sentiment") == ()
    best = ready.predict([TEXTS[0]])[0].tasks["sentiment"].label
    assert leave_one_out(ready, TEXTS[0], "sentiment") == (positive if best == "positive" else negative)


def test_a_word_left_out_lets_no_unread_word_in(ready):
    model = ready.fork()
    model.encoder.max_length = 12
    found = leave_one_out(model, "good " * 10 + "terrible", "sentiment", "positive")
    assert len(found) == 10
    assert found[0].logit == pytest.approx(logits_of(ready, "good " * 9)["sentiment"].item(), abs=1e-4)


def test_shares_and_leaving_out_agree_on_what_matters():
    model = load_default()
    text = "The staff was friendly but the room was absolutely disgusting and cold."
    words = explain(model, text).tasks["sentiment"].of("negative").words
    drops = leave_one_out(model, text, "sentiment", "negative")
    assert max(words, key=lambda word: word.total).text == "disgusting"
    assert max(drops, key=lambda omission: omission.drop).word.text == "disgusting"


def test_a_bare_string_is_no_list_of_texts(ready):
    with pytest.raises(ValueError, match="a list of texts is needed, got the text 'hi you'"):
        explain_all(ready, "hi you")


def test_what_cannot_be_explained_says_why(ready, encoder):
    with pytest.raises(ValueError, match=r"no 'mood' head: use sentiment or intent"):
        leave_one_out(ready, "hi", "mood", "good")
    with pytest.raises(ValueError, match="'shout' is not one of question"):
        leave_one_out(ready, "hi", "intent", "shout")
    with pytest.raises(ValueError, match="'shout' is not one of question"):
        explain(ready, "hi").tasks["intent"].of("shout")
    unfitted = MultiTaskModel.fresh(encoder, (SENTIMENT_TASK,), "layers", 0)
    with pytest.raises(ValueError, match="sentiment head has no scaling yet"):
        explain(unfitted, "hi")
    with pytest.raises(ValueError, match="sentiment head has no scaling yet"):
        leave_one_out(unfitted, "hi", "sentiment")
