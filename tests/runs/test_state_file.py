"""A training state as a file."""

import json

import torch

from mtl.runs.state_file import load_state, save_state
from mtl.schema.events import EpochEnd


def test_a_state_survives_its_file(trained, tmp_path):
    state = trained(freeze="last-1", encoder_lr=3e-5, epochs=3)[0].state()
    save_state(state, tmp_path / "state.safetensors")
    again = load_state(tmp_path / "state.safetensors")
    assert again.facts == json.loads(json.dumps(state.facts))
    assert set(again.tensors) == set(state.tensors)
    for name, tensor in again.tensors.items():
        assert torch.equal(tensor, state.tensors[name]), name
    assert [file.name for file in tmp_path.iterdir()] == ["state.safetensors"]


def test_a_later_state_replaces_an_earlier_one(build, tmp_path):
    trainer = build(epochs=2)
    for event in trainer:
        if isinstance(event, EpochEnd) and (state := trainer.state()):
            save_state(state, tmp_path / "state.safetensors")
    assert load_state(tmp_path / "state.safetensors").facts["epoch"] == 2
