"""Moved layers as a difference of low rank."""

import pytest
import torch

from mtl.model.archive import WEIGHTS
from mtl.model.checkpoint import load_model, save_model
from mtl.model.low_rank import compress, expand
from tests.conftest import POSITIVE


def _random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_a_difference_of_that_rank_comes_back():
    base = {"w": _random(40, 30)}
    moved = {"w": base["w"] + _random(40, 3, seed=1) @ _random(3, 30, seed=2) / 10, "b": _random(40)}
    stored = compress(moved, base, 3)
    assert {name: tuple(tensor.shape) for name, tensor in stored.items()} == {
        "w.left": (40, 3),
        "w.right": (3, 30),
        "b": (40,),
    }
    again = expand(stored, base)
    assert torch.allclose(again["w"], moved["w"], atol=2e-3)
    assert again["b"] is moved["b"]


def test_more_rank_is_closer():
    base, moved = {"w": _random(40, 30)}, {"w": _random(40, 30, seed=1)}
    gaps = [(expand(compress(moved, base, r), base)["w"] - moved["w"]).norm() for r in (1, 5, 15, 30)]
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[-1] < 0.05


def test_matrices_that_the_base_does_not_have_stay_whole():
    assert set(compress({"head": _random(4, 9)}, {}, 2)) == {"head"}


@pytest.mark.parametrize(
    "broken",
    [
        {"w.left": torch.zeros(40, 3)},
        {"w.left": torch.zeros(39, 3), "w.right": torch.zeros(3, 30)},
        {"v.left": torch.zeros(40, 3), "v.right": torch.zeros(3, 30)},
    ],
)
def test_factors_that_do_not_fit_are_refused(broken):
    with pytest.raises(ValueError, match="the factors of . do not fit the encoder"):
        expand(broken, {"w": torch.zeros(40, 30)})


def test_a_rank_below_one_is_refused():
    with pytest.raises(ValueError, match="rank is 0: use a whole number from 1"):
        compress({}, {}, 0)


def test_a_saved_model_of_low_rank_is_small_and_says_nearly_the_same(trained, encoder, tmp_path):
    model = trained(freeze="last-2", epochs=6)[0].best_model
    whole = save_model(model, tmp_path / "whole")
    small = save_model(model, tmp_path / "small", base=encoder, rank=32)
    assert (small / WEIGHTS).stat().st_size < (whole / WEIGHTS).stat().st_size / 10
    loaded = load_model(small, encoder)
    assert loaded.encoder.changed == model.encoder.changed
    for one, other in zip(model.predict(POSITIVE[:8]), loaded.predict(POSITIVE[:8]), strict=True):
        for name, task in one.tasks.items():
            assert other.tasks[name].scores == pytest.approx(task.scores, abs=0.05)
