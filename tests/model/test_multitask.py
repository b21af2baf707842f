"""The model: predictions, forks, snapshots."""

import pytest
import torch

from mtl.model.multitask import MultiTaskModel, untrained
from mtl.schema.tasks import INTENT_TASK, SENTIMENT_TASK

TEXTS = ["I love this product!", "", "Where is it?", "word " * 300]


@pytest.fixture(scope="module")
def model(trained):
    return trained(epochs=3)[0].best_model


def test_predictions_are_softmax_and_sigmoid_of_the_logits(model):
    features = model.encoder.layer_embeddings(model.encoder.tokenize(TEXTS))
    logits = model.logits(features)
    positive = torch.sigmoid(logits["sentiment"][:, 0] / model.head("sentiment").temperature)
    intents = torch.softmax(logits["intent"] / model.head("intent").temperature, dim=1)
    for row, prediction in enumerate(model.predict(TEXTS)):
        sentiment = prediction.tasks["sentiment"].scores
        assert sentiment["positive"] == pytest.approx(positive[row].item(), abs=1e-6)
        assert sum(sentiment.values()) == pytest.approx(1)
        scores = prediction.tasks["intent"].scores
        assert list(scores.values()) == pytest.approx(intents[row].tolist(), abs=1e-6)
        assert tuple(scores) == INTENT_TASK.labels


def test_the_label_is_the_most_probable_one(model):
    for prediction in model.predict(TEXTS):
        for task in prediction.tasks.values():
            assert task.scores[task.label] == max(task.scores.values())


def test_predictions_keep_the_texts_and_their_order(model):
    predictions = model.predict(TEXTS)
    assert [p.text for p in predictions] == TEXTS
    assert [p.truncated for p in predictions] == [False, False, False, True]
    alone = model.predict(TEXTS[2:3])[0].tasks["intent"].scores
    assert alone == pytest.approx(predictions[2].tasks["intent"].scores, abs=1e-5)


def test_no_texts_give_no_predictions(model):
    assert model.predict([]) == []


@pytest.mark.parametrize("text", ["Hi you", ""])
def test_a_bare_string_is_refused(model, encoder, text):
    # It would be read as a list of its characters, with a prediction for each.
    for read in (model.predict, encoder.encode, encoder.tokenize):
        with pytest.raises(ValueError, match=f"a list of texts is needed, got the text '{text}': put it in"):
            read(text)


def test_untrained_heads_read_the_embedding_and_follow_the_seed(encoder):
    first, same, other = untrained(encoder), untrained(encoder), untrained(encoder, seed=1)
    assert first.tasks == (SENTIMENT_TASK, INTENT_TASK)
    assert [head.head_input for head in first.head_list()] == ["embedding", "embedding"]
    assert first.predict(TEXTS) == same.predict(TEXTS)
    assert first.predict(TEXTS) != other.predict(TEXTS)


def test_a_fork_owns_its_heads_and_blocks_and_shares_the_rest(model):
    fork = model.fork([6])
    for name in ("sentiment", "intent"):
        assert fork.head(name) is not model.head(name)
        assert torch.equal(fork.head(name).linear.weight, model.head(name).linear.weight)
        assert torch.equal(fork.head(name).mean, model.head(name).mean)
    shared = [a is b for a, b in zip(fork.encoder.blocks(), model.encoder.blocks(), strict=True)]
    assert shared == [True] * 6 + [False]


def test_a_snapshot_is_a_copy_of_heads_and_blocks(model):
    fork = model.fork([6])
    snapshot = fork.snapshot([6])
    heads = {name for name in fork.state_dict() if name.startswith(("heads.", "distribution."))}
    layer = {name for name in fork.state_dict() if name.startswith("encoder.layers.5.")}
    assert set(snapshot) == heads | layer
    before = fork.predict(TEXTS)
    with torch.no_grad():
        for parameter in fork.encoder.layers[5].parameters():
            parameter.zero_()
        fork.head("intent").linear.weight.zero_()
    assert fork.predict(TEXTS) != before
    assert model.restored(snapshot).predict(TEXTS) == before


def test_restoring_leaves_the_model_alone(model):
    before = model.predict(TEXTS)
    snapshot = {name: torch.zeros_like(tensor) for name, tensor in model.snapshot([5, 6]).items()}
    restored = model.restored(snapshot)
    assert restored.encoder.changed == (5, 6)
    assert model.predict(TEXTS) == before


def test_a_snapshot_with_a_strange_name_is_refused(model):
    with pytest.raises(ValueError, match="no place for 'heads.topic.linear.bias'"):
        model.restored({"heads.topic.linear.bias": torch.zeros(1)})


def test_a_model_does_not_train_by_itself(encoder):
    model = MultiTaskModel.fresh(encoder, (INTENT_TASK,), "layers", seed=0)
    assert not any(parameter.requires_grad for parameter in model.parameters())
    assert not any(module.training for module in model.modules())


def test_an_empty_text_resembles_nothing(model):
    known = "The soup was warm and full of flavour"
    assert [not p.out_of_distribution for p in model.predict(["", "   ", "\n", "👎👎", known])] == [
        *[False] * 4,
        True,
    ]
