"""The encoder may compute elsewhere than on the CPU. Here no GPU is needed: its layers lie on torch's "meta"
device, which has shapes and no numbers, and every operation is watched for tensors of two devices."""

import copy
from contextlib import nullcontext

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from mtl.cli.main import main
from mtl.model.encoder import has_fast_bf16
from mtl.model.multitask import untrained
from mtl.model.pretrained import load_encoder, usable_device
from mtl.training.cache import Activations

TEXTS = ["A cat sleeps.", "Could you please turn that down a little?", "Yes."]
_COPIES = ("aten::_to_copy", "aten::copy_")


class _OneDevice(TorchDispatchMode):
    """Refuses an operation on tensors of two devices, as a GPU would; what leaves "meta" becomes zeros."""

    def __init__(self):
        super().__init__()
        self.devices = set()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, torch.Tensor)]
        devices = {tensor.device.type for tensor in tensors if tensor.dim()}
        self.devices |= devices
        if func._schema.name == "aten::_to_copy" and devices == {"meta"}:
            if kwargs.get("device") == torch.device("cpu"):
                return torch.zeros(tensors[0].shape, dtype=kwargs.get("dtype") or tensors[0].dtype)
        if func._schema.name not in _COPIES and len(devices) > 1:
            raise AssertionError(f"{func} got tensors of {devices}")
        return func(*args, **kwargs)


@pytest.fixture
def elsewhere(encoder, monkeypatch):
    """A copy of the encoder whose layers are on the "meta" device, which knows no autocast."""
    for module in ("mtl.model.encoder", "mtl.training.cache"):
        monkeypatch.setattr(f"{module}.autocast", lambda fast, device: nullcontext())
    return copy.deepcopy(encoder).to("meta")


def test_encoding_and_predicting_touch_one_device_at_a_time(elsewhere):
    with _OneDevice() as watched:
        assert elsewhere.encode(TEXTS).shape == (3, 384)
        predictions = untrained(elsewhere).predict(TEXTS)
    assert watched.devices == {"meta", "cpu"} and elsewhere.device.type == "meta"
    assert [prediction.text for prediction in predictions] == TEXTS


@pytest.mark.parametrize("entry", [-1, 0, 4])
@pytest.mark.parametrize("cache", [True, False])
def test_training_touches_one_device_at_a_time(elsewhere, entry, cache):
    tokens = elsewhere.tokenize(TEXTS)
    moving = elsewhere.fork(range(entry + 1, 7))
    for block in moving.blocks()[entry + 1 :]:
        block.requires_grad_(True)
    with _OneDevice():
        activations = Activations(elsewhere, tokens, entry, fast=False, cache=cache)
        assert list(activations.fill())[-1] == 1.0
        embeddings = activations.layer_embeddings(moving, torch.tensor([2, 0]))
        embeddings.sum().backward()
    assert embeddings.device.type == "cpu" and embeddings.shape == (2, 7, 384)
    assert next(moving.layers[5].parameters()).grad.device.type == "meta"


def test_a_device_that_is_not_here_is_told(monkeypatch, capsys):
    assert load_encoder(device="cpu") is load_encoder() and usable_device("cpu") == "cpu"
    assert not has_fast_bf16("mps")
    if not torch.cuda.is_available():
        monkeypatch.setenv("MTL_DEVICE", "")
        assert main(["embed", "one", "--device", "cuda"]) == 2
        assert "there is no device 'cuda' on this machine" in capsys.readouterr().err
    with pytest.raises(ValueError, match="device is 'tpu': use one of auto, cpu, cuda, mps"):
        load_encoder(device="tpu")


def test_auto_is_what_is_here(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    assert usable_device("auto") == "cuda"
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert usable_device("auto") in ("cpu", "mps")
