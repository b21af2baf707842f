"""Remembering what frozen layers computed changes no number."""

import tempfile

import pytest
import torch

from mtl.training.cache import Activations
from tests.conftest import epochs_of

TEXTS = ("Short.", "", "A text with a few more words in it.", "word " * 300, "Is it late?")


@pytest.fixture(scope="module")
def tokens(encoder):
    return encoder.tokenize(TEXTS)


@pytest.fixture(scope="module")
def full_pass(encoder, tokens):
    return encoder.layer_embeddings(tokens)  # (text, layer, dim)


def _filled(encoder, tokens, entry, **options):
    activations = Activations(encoder, tokens, entry, fast=False, **options)
    fractions = list(activations.fill())
    assert fractions[-1] == 1.0
    assert fractions == sorted(fractions)
    return activations


@pytest.mark.parametrize("entry", range(-1, 7))
def test_every_entry_height_gives_what_the_full_pass_gives(encoder, tokens, full_pass, entry):
    rows = torch.tensor([3, 0, 4])
    given = _filled(encoder, tokens, entry).layer_embeddings(encoder, rows)
    assert (given - full_pass[rows]).abs().max() < 1e-5


@pytest.mark.parametrize("entry", [-1, 0, 4, 6])
def test_a_mapped_file_gives_the_same_numbers_as_memory(encoder, tokens, entry, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    rows = torch.arange(len(TEXTS))
    in_memory = _filled(encoder, tokens, entry)
    spilled = _filled(encoder, tokens, entry, memory_budget=0)
    assert torch.equal(spilled.pooled, in_memory.pooled)
    assert torch.equal(spilled.layer_embeddings(encoder, rows), in_memory.layer_embeddings(encoder, rows))
    assert list(tmp_path.iterdir()) == []


def test_a_store_within_the_budget_needs_no_file(encoder, tokens, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    _filled(encoder, tokens, 4, memory_budget=2**30)
    with pytest.raises(FileNotFoundError):
        _filled(encoder, tokens, 4, memory_budget=0)


def test_layers_above_the_entry_are_those_of_the_given_encoder(encoder, tokens, full_pass):
    changed = encoder.fork([6])
    with torch.no_grad():
        changed.layers[5].output.LayerNorm.bias[0] += 1
    given = _filled(encoder, tokens, 5).layer_embeddings(changed, torch.arange(len(TEXTS)))
    assert (given[:, :6] - full_pass[:, :6]).abs().max() < 1e-5
    assert (given[:, 6] - changed.layer_embeddings(tokens)[:, 6]).abs().max() < 1e-5
    assert (given[:, 6] - full_pass[:, 6]).abs().max() > 1e-3


def test_gradients_reach_trainable_blocks_only(encoder, tokens):
    changed = encoder.fork([6])
    changed.layers[5].requires_grad_(True)
    given = _filled(encoder, tokens, 5).layer_embeddings(changed, torch.arange(len(TEXTS)))
    given[:, -1].square().sum(0)[0].backward()
    with_gradients = {name for name, p in changed.named_parameters() if p.grad is not None}
    assert with_gradients == {f"layers.5.{name}" for name, _ in changed.layers[5].named_parameters()}


def test_below_heads_shares_the_pooled_vectors(encoder, tokens):
    activations = _filled(encoder, tokens, 4)
    view = activations.below_heads()
    rows = torch.tensor([1, 2])
    assert torch.equal(view.layer_embeddings(encoder, rows), activations.pooled[rows])
    assert activations.entry == 4


def test_dropped_tokens_change_moving_layers_and_no_frozen_ones(encoder, tokens, full_pass):
    torch.manual_seed(0)
    rows = torch.arange(len(TEXTS))
    given = _filled(encoder, tokens, 4).layer_embeddings(encoder, rows, token_dropout=0.5)
    assert (given[:, :5] - full_pass[:, :5]).abs().max() < 1e-5
    assert (given[2:, 5:] - full_pass[2:, 5:]).abs().amax(-1).min() > 1e-4


@pytest.mark.parametrize("dropout", [0.0, 0.4])
@pytest.mark.parametrize("strategy", ["heads", "last-2", "last-6"])
def test_training_with_the_cache_equals_training_without(build, strategy, dropout):
    settings = {
        "freeze": strategy,
        "epochs": 1 if strategy == "last-6" else 2,
        "encoder_lr": 1e-4,
        "token_dropout": dropout,
    }
    cached = epochs_of(build(cache=True, **settings))
    uncached = epochs_of(build(cache=False, **settings))
    assert len(cached) == len(uncached) == settings["epochs"] + 1
    for a, b in zip(cached, uncached, strict=True):
        assert a.train == pytest.approx(b.train, abs=2e-4)
        assert a.validation == pytest.approx(b.validation, abs=2e-4)
