"""Sharing a run, as far as one process can see it; two of them train in tests/cli/test_processes.py."""

import numpy as np
import pytest
import torch
import torch.distributed as dist

from mtl.training.cache import Activations
from mtl.training.draws import WholeDraws
from mtl.training.processes import ALONE, Processes, joined
from tests.conftest import NEGATIVE, POSITIVE, QUESTIONS

TEXTS = [*POSITIVE[:5], *NEGATIVE[:4], *QUESTIONS[:4]]


@pytest.mark.parametrize(("entry", "block"), [(4, 5), (0, 1), (-1, 0)])
def test_the_texts_of_a_process_meet_the_dropout_of_the_whole_batch(encoder, entry, block):
    moving = encoder.fork([block])
    moving.blocks()[block].train()
    tokens, batch = encoder.tokenize(TEXTS), torch.tensor([7, 0, 3, 12, 5, 4, 9])

    def embeddings(processes, rows, **draws):
        own = Activations(encoder, processes.own(tokens), entry, fast=False)
        list(own.fill())
        torch.manual_seed(0)
        return own.layer_embeddings(moving, rows // processes.count, 0.4, **draws).detach()

    whole, parts = embeddings(ALONE, batch), torch.zeros(len(batch), 7, 384)
    for rank in range(3):
        processes = Processes(rank, 3)
        here = processes.owns(batch.numpy())
        with WholeDraws([tokens.lengths[row] for row in batch], here) as draws:
            parts[here] = embeddings(processes, batch[here], drop=draws.drop_tokens)
    torch.testing.assert_close(parts, whole, atol=1e-5, rtol=0)


def test_each_text_has_one_owner(encoder):
    tokens, rows = encoder.tokenize(TEXTS), np.arange(len(TEXTS))
    everyone = [Processes(rank, 4) for rank in range(4)]
    assert sum(processes.owns(rows).astype(int) for processes in everyone).tolist() == [1] * len(TEXTS)
    for processes in everyone:
        for row in rows[processes.owns(rows)]:
            assert processes.own(tokens).ids[row // 4] == tokens.ids[row]


@pytest.mark.parametrize("world_size", [None, "1"])
def test_one_process_joins_nobody(build, monkeypatch, world_size):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    if world_size:
        monkeypatch.setenv("WORLD_SIZE", world_size)
    with joined() as processes:
        assert processes is ALONE
    list(build(epochs=1))
    assert not dist.is_initialized()


def test_several_processes_do_not_share_a_warm_start(build, parts):
    with pytest.raises(ValueError, match="processes cannot share: train in one process, or choose"):
        build(processes=Processes(0, 2), freeze="auto")


@pytest.mark.parametrize(
    ("device", "there", "message"),
    [
        ("mps", 0, "share no mps device: use --device cpu"),
        ("cuda", 1, "host, which has 1: start no more than that"),
    ],
)
def test_devices_that_cannot_be_shared_are_refused(monkeypatch, device, there, message):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("LOCAL_RANK", "1")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: there)
    with pytest.raises(ValueError, match=message), joined(device):
        pass
