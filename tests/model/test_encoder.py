"""The encoder computes what SentenceTransformer and transformers compute."""

import random

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer

from mtl.model.encoder import Tokens, has_fast_bf16
from mtl.model.packing import Layout, drop_tokens, plan_batches
from mtl.model.pretrained import encoder_folder

TEXTS = (
    "",
    "   ",
    "Hi",
    "I love this product!",
    "🙂🙃 🚀🚀🚀",
    "Größe, naïve café, 東京の天気, здравствуйте, שלום",
    "tab\tand\nnew line",
    "\u0000 control \u200b zero width",
    "word " * 400,
    "[SEP] [CLS] [PAD]",
    "One more sentence of a middling length, with commas, so that a batch holds different lengths.",
    "Hi",
)


@pytest.fixture(scope="module")
def reference():
    return SentenceTransformer(str(encoder_folder()), device="cpu")


@pytest.fixture(scope="module")
def layer_embeddings(encoder):
    return encoder.layer_embeddings(encoder.tokenize(TEXTS))  # (text, layer, dim)


@pytest.fixture(scope="module")
def hidden_states(reference):
    """(text, layer, dim): the hidden states of transformers, pooled by hand, one text at a time."""
    vectors = []
    for text in TEXTS:
        inputs = reference.tokenizer(text, return_tensors="pt", truncation=True, max_length=256)
        with torch.no_grad():
            states = reference[0].auto_model(**inputs, output_hidden_states=True).hidden_states
        means = torch.stack([state[0].mean(0) for state in states])
        vectors.append(means / means.norm(dim=1, keepdim=True))
    return torch.stack(vectors)


def test_encode_equals_sentence_transformers(encoder, reference):
    assert np.abs(encoder.encode(TEXTS) - reference.encode(list(TEXTS))).max() < 1e-5


def test_the_last_layer_embedding_is_the_sentence_embedding(layer_embeddings, reference):
    assert np.abs(layer_embeddings[:, -1].numpy() - reference.encode(list(TEXTS))).max() < 1e-5


def test_layer_embeddings_equal_the_pooled_hidden_states_of_transformers(layer_embeddings, hidden_states):
    assert (layer_embeddings - hidden_states).abs().max() < 1e-5


def test_there_are_seven_layer_embeddings_of_384_dimensions(layer_embeddings):
    assert layer_embeddings.shape == (len(TEXTS), 7, 384)
    assert layer_embeddings.dtype == torch.float32


def test_every_layer_embedding_has_unit_norm(layer_embeddings):
    torch.testing.assert_close(layer_embeddings.norm(dim=-1), torch.ones(len(TEXTS), 7))


def test_a_text_has_the_same_embedding_alone_as_in_a_batch(encoder, layer_embeddings):
    for row in (0, 3, 8):
        assert np.abs(encoder.encode([TEXTS[row]])[0] - layer_embeddings[row, -1].numpy()).max() < 1e-5


def test_no_texts_give_no_embeddings(encoder):
    assert encoder.encode([]).shape == (0, 384)
    assert encoder.tokenize([]) == Tokens((), ())


def test_only_texts_beyond_the_maximum_are_flagged_as_truncated(encoder):
    # Two special tokens: 254 words of one token each still fit.
    tokens = encoder.tokenize(["hello " * 254, "hello " * 255, ""])
    assert tokens.truncated == (False, True, False)
    assert tokens.lengths == [256, 256, 2]


def test_a_truncated_text_keeps_its_final_separator(encoder):
    (ids,) = encoder.tokenize(["hello " * 1000]).ids
    assert ids[-1] == encoder.tokenizer.sep_token_id
    assert len(ids) == encoder.max_length


def test_fast_embeddings_are_near_the_exact_ones(encoder, layer_embeddings):
    fast = encoder.layer_embeddings(encoder.tokenize(TEXTS), fast=True)
    if has_fast_bf16():
        assert (fast * layer_embeddings).sum(-1).min() >= 0.9998
    else:
        assert torch.equal(fast, layer_embeddings)


def test_fast_embeddings_do_not_depend_on_what_ran_before(encoder):
    first = encoder.encode(TEXTS, fast=True)
    encoder.encode(TEXTS[:3], fast=True)
    assert np.array_equal(encoder.encode(TEXTS, fast=True), first)


LENGTHS = [random.Random(0).randint(2, 256) for _ in range(500)]


def test_plan_batches_covers_every_row_once():
    assert sorted(row for batch in plan_batches(LENGTHS) for row in batch) == list(range(len(LENGTHS)))
    assert plan_batches([]) == []


def test_plan_batches_bounds_the_padded_tokens():
    for batch in plan_batches(LENGTHS, tokens=600):
        assert len(batch) * max(LENGTHS[row] for row in batch) <= 600


def test_a_row_above_the_bound_gets_a_batch_of_its_own():
    assert plan_batches([700, 3, 800], tokens=600) == [[1], [0], [2]]


def test_plan_batches_depends_on_lengths_alone():
    def sizes(lengths):
        return [[lengths[row] for row in batch] for batch in plan_batches(lengths)]

    shuffled = random.Random(1).sample(LENGTHS, len(LENGTHS))
    assert sizes(shuffled) == sizes(LENGTHS)


@pytest.mark.parametrize("lengths", [[3, 1, 5], [4, 4], [1], [2, 7, 7, 1]])
def test_pack_is_the_inverse_of_pad(lengths):
    layout, packed = Layout.of(lengths), torch.randn(sum(lengths), 6)
    padded = layout.pad(packed)
    assert padded.shape == (len(lengths), max(lengths), 6)
    assert torch.equal(layout.pack(padded), packed)
    for row, tokens in zip(padded, packed.split(lengths), strict=True):
        assert torch.equal(row[: len(tokens)], tokens)
        assert not row[len(tokens) :].any()


def test_outputs_with_gradients_equal_those_without(encoder):
    fork, tokens = encoder.fork([5, 6]), encoder.tokenize(TEXTS)
    fork.layers[4:].requires_grad_(True)
    with torch.no_grad():
        hidden, layout = fork.embed(tokens.ids)
        without = fork.run(hidden, layout, 0, 6)
    for a, b in zip(fork.run(hidden, layout, 0, 6), without, strict=True):
        assert (a - b).abs().max() < 1e-5


def test_gradients_equal_those_of_transformers(encoder, reference):
    texts = list(TEXTS[2:8])
    weights = torch.randn(len(texts), 384, generator=torch.Generator().manual_seed(0))

    fork = encoder.fork([5, 6])
    fork.layers[4:].requires_grad_(True)
    hidden, layout = fork.embed(fork.tokenize(texts).ids)
    (fork.pool(fork.run(hidden, layout, 0, 6)[-1], layout) * weights).sum().backward()

    theirs = reference[0].auto_model.encoder.layer[4:]
    embedded = reference(reference.tokenizer(texts, padding=True, return_tensors="pt"))["sentence_embedding"]
    (embedded * weights).sum().backward()

    expected = dict(theirs.named_parameters())
    for name, parameter in fork.layers[4:].named_parameters():
        assert (parameter.grad - expected[name].grad).abs().max() < 1e-5, name
    assert max(p.grad.abs().max() for p in fork.layers[4:].parameters()) > 1e-2


def test_fork_shares_frozen_blocks_and_owns_the_others(encoder):
    fork = encoder.fork([0, 5])
    for index, (own, base) in enumerate(zip(fork.blocks(), encoder.blocks(), strict=True)):
        assert (own is base) == (index not in (0, 5))
        for a, b in zip(own.parameters(), base.parameters(), strict=True):
            assert torch.equal(a, b)
            assert (a is b) == (index not in (0, 5))


def test_forks_of_forks_remember_every_block_that_may_differ(encoder):
    assert encoder.changed == ()
    assert encoder.fork([6]).fork([5]).changed == (5, 6)


def test_drop_tokens_keeps_every_first_token_and_about_the_rest():
    lengths = [50] * 40
    layout, hidden = Layout.of(lengths), torch.arange(2000.0)[:, None]
    torch.manual_seed(0)
    kept, smaller = drop_tokens(hidden, layout, 0.4)
    assert smaller.lengths.sum() == len(kept)
    assert 0.55 < len(kept) / len(hidden) < 0.65
    starts = [part[0].item() for part in kept.split(smaller.lengths.tolist())]
    assert starts == [50.0 * text for text in range(40)]
    # The order of what stays, and whose it is, does not change.
    assert torch.equal(kept.squeeze(1) // 50, smaller.owner.float())
    assert (kept.diff(dim=0) > 0).all()


def test_drop_tokens_of_nothing_changes_nothing():
    layout, hidden = Layout.of([2, 3]), torch.randn(5, 4)
    same, same_layout = drop_tokens(hidden, layout, 0.0)
    assert same is hidden
    assert same_layout is layout
