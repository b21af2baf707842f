"""The contrastive warm start against what it should compute, and against the frozen encoder."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from mtl.data.split import Part
from mtl.model.encoder import Encoder
from mtl.training.contrastive import (
    ContrastiveFit,
    ContrastiveSettings,
    contrastive_batch,
    supervised_contrastive_loss,
)

# Opinions on unlike subjects: a subject must not give a label away.
POSITIVE = ["The soup was delicious.", "A thrilling film.", "My phone works perfectly.", "Lovely staff."]
NEGATIVE = ["The soup was cold.", "A boring film.", "My phone broke again.", "Rude staff."]
SHORT = ContrastiveSettings(steps=4)


def _part(labels: list[int], first: int = 0) -> Part:
    return Part(rows=np.arange(first, first + len(labels)), labels=np.array(labels, dtype=np.int64))


def _warmed(encoder: Encoder, texts: list[str], parts: dict[str, Part], seed: int = 0) -> torch.Tensor:
    fit = ContrastiveFit(encoder, encoder.tokenize(texts), parts, seed=seed, settings=SHORT)
    assert [step.fraction for step in fit] == [0.25, 0.5, 0.75, 1.0]
    return torch.from_numpy(fit.encoder.encode(texts))


def test_the_loss_is_that_of_the_paper() -> None:
    embeddings = torch.nn.functional.normalize(torch.randn(6, 5, generator=torch.Generator().manual_seed(0)))
    labels = [0, 0, 0, 1, 1, 2]
    expected = []
    for i in range(6):
        others = [j for j in range(6) if j != i]
        partners = [j for j in others if labels[j] == labels[i]]
        if partners:
            total = sum(np.exp(float(embeddings[i] @ embeddings[j]) / 0.1) for j in others)
            terms = [np.log(np.exp(float(embeddings[i] @ embeddings[j]) / 0.1) / total) for j in partners]
            expected.append(-np.mean(terms))
    loss = supervised_contrastive_loss(embeddings, torch.tensor(labels), 0.1)
    assert loss.item() == pytest.approx(np.mean(expected), rel=1e-5)


def test_rows_without_a_partner_have_no_loss_and_no_gradient() -> None:
    embeddings = torch.eye(3, requires_grad=True)
    loss = supervised_contrastive_loss(embeddings, torch.tensor([0, 1, 2]), 0.1)
    loss.backward()
    assert loss.item() == 0 and embeddings.grad is not None and not embeddings.grad.any()


def test_a_small_set_is_one_batch_and_a_large_one_comes_in_pairs() -> None:
    rng = np.random.default_rng(0)
    assert contrastive_batch(np.array([0, 1, 0, 1]), 4, rng).tolist() == [0, 1, 2, 3]
    labels = np.repeat(np.arange(50), 10)
    batch = contrastive_batch(labels, 20, rng)
    assert len(set(batch.tolist())) == 20
    assert set(np.bincount(labels[batch])) == {0, 2}
    rare = contrastive_batch(np.array([0] * 100 + [1] * 2), 10, rng)
    assert {100, 101} <= set(rare.tolist())


def test_sentences_of_one_label_come_together_and_the_given_encoder_stays(encoder: Encoder) -> None:
    texts, labels = POSITIVE + NEGATIVE, torch.tensor([1] * 4 + [0] * 4)
    before = torch.from_numpy(encoder.encode(texts))
    weights = {name: tensor.clone() for name, tensor in encoder.state_dict().items()}
    after = _warmed(encoder, texts, {"sentiment": _part(labels.tolist())})
    old, new = (supervised_contrastive_loss(e, labels, 0.1).item() for e in (before, after))
    assert new < old - 0.3
    for name, tensor in encoder.state_dict().items():
        assert torch.equal(tensor, weights[name]), name
    assert not any(p.requires_grad for p in encoder.parameters())


def test_what_is_learnt_holds_for_sentences_that_did_not_train(encoder: Encoder) -> None:
    texts = POSITIVE + NEGATIVE
    fresh = ["Wonderful hotel.", "I enjoyed the book.", "Awful hotel.", "I hated the book."]
    labels = [1] * 4 + [0] * 4
    fit = ContrastiveFit(encoder, encoder.tokenize(texts), {"sentiment": _part(labels)}, seed=0)
    for _ in fit:
        pass
    head = LogisticRegression().fit(fit.encoder.encode(texts), labels)
    assert head.predict(fit.encoder.encode(fresh)).tolist() == [1, 1, 0, 0]


def test_the_seed_alone_decides_and_the_global_generator_is_left_alone(encoder: Encoder) -> None:
    texts, parts = POSITIVE + NEGATIVE, {"sentiment": _part([1] * 4 + [0] * 4)}
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    first = _warmed(encoder, texts, parts, seed=1)
    assert torch.equal(torch.rand(1), expected)
    assert torch.equal(first, _warmed(encoder, texts, parts, seed=1))
    assert not torch.equal(first, _warmed(encoder, texts, parts, seed=2))


def test_several_tasks_learn_at_once_on_shared_and_on_own_texts(encoder: Encoder) -> None:
    questions = ["Where is my soup?", "Is the film good?"]
    texts = POSITIVE + NEGATIVE + questions
    parts = {
        "sentiment": _part([1] * 4 + [0] * 4),
        "intent": _part([1, 1, 0, 0], first=6),  # two of the texts above, and two of its own
    }
    fit = ContrastiveFit(encoder, encoder.tokenize(texts), parts, seed=0)
    losses = [step.losses for step in fit]
    assert all(list(one) == ["sentiment", "intent"] for one in losses)
    for name in parts:
        assert losses[-1][name] < losses[0][name]
