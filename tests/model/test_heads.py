"""The heads' weights, scaling and probabilities, against values computed by hand."""

import math

import pytest
import torch

from mtl.model.heads import Head
from mtl.schema.tasks import INTENT_TASK, SENTIMENT_TASK
from tests.conftest import random_unit

TASKS = (SENTIMENT_TASK, INTENT_TASK)


def _head(task=INTENT_TASK, head_input="layers", seed=0, layers=7, dimension=384):
    return Head(task, head_input, layers=layers, dimension=dimension, seed=seed)


@pytest.fixture(scope="module")
def features():
    return torch.from_numpy(random_unit(20, 7, 384))  # (row, layer, dim)


def test_the_seed_decides_the_weights():
    assert torch.equal(_head(seed=3).linear.weight, _head(seed=3).linear.weight)
    assert torch.equal(_head(seed=3).linear.bias, _head(seed=3).linear.bias)
    assert not torch.equal(_head(seed=3).linear.weight, _head(seed=4).linear.weight)


def test_drawing_weights_leaves_the_global_generator_alone():
    before = torch.get_rng_state()
    first = _head(seed=3)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(99)
    assert torch.equal(_head(seed=3).linear.weight, first.linear.weight)


def test_weights_are_drawn_as_by_a_linear_layer():
    weight = _head().linear.weight
    bound = 1 / math.sqrt(7 * 384)
    assert weight.abs().max() <= bound
    assert weight.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.05)


@pytest.mark.parametrize(("head_input", "read"), [("layers", 7 * 384), ("embedding", 384)])
@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_the_shape_follows_from_input_and_labels(task, head_input, read):
    assert _head(task, head_input).linear.weight.shape == (task.outputs, read)


def test_scaling_is_by_mean_deviation_and_dimension(features):
    head = _head()
    head.fit_scaling(features)
    x = features.numpy()
    expected = (x - x.mean(0)) / (x.std(0) * math.sqrt(384))
    assert head.scale(features).numpy() == pytest.approx(expected.reshape(20, -1), abs=1e-6)


def test_scaled_rows_have_a_mean_of_zero_and_a_variance_of_one_over_dim(features):
    head = _head()
    head.fit_scaling(features)
    scaled = head.scale(features)
    assert scaled.mean(0).abs().max() < 1e-6
    torch.testing.assert_close(scaled.var(0, correction=0), torch.full((7 * 384,), 1 / 384))


def test_scaling_is_fitted_only_once(features):
    head = _head()
    head.fit_scaling(features[:10])
    mean, deviation = head.mean.clone(), head.deviation.clone()
    head.fit_scaling(features[10:])
    assert torch.equal(head.mean, mean)
    assert torch.equal(head.deviation, deviation)


def test_without_fitted_scaling_there_are_no_logits(features):
    assert _head()(features).isnan().all()


@pytest.mark.parametrize("head_input", ["embedding", "layers"])
def test_the_scaling_folds_into_the_linear_map(features, head_input):
    head = _head(head_input=head_input)
    head.fit_scaling(features)
    weights, offsets = head.folded()
    assert weights.shape == ((4, 7, 384) if head_input == "layers" else (4, 1, 384))
    read = features[:, -weights.shape[1] :].double()
    logits = torch.einsum("old,bld->bo", weights, read) + offsets.sum(1) + head.linear.bias
    torch.testing.assert_close(logits.float(), head(features), atol=1e-5, rtol=0)


def test_a_feature_that_never_changes_is_not_blown_up(features):
    head, constant = _head(), features.clone()
    constant[:, 2, 5] = 0.5
    head.fit_scaling(constant)
    assert head.scale(constant).isfinite().all()
    assert head.scale(constant).view(20, 7, 384)[:, 2, 5].abs().max() == 0


def test_the_embedding_is_read_as_it_is(features):
    head = _head(head_input="embedding")
    head.fit_scaling(features)
    assert torch.equal(head.scale(features), features[:, -1])
    expected = features[:, -1] @ head.linear.weight.T + head.linear.bias
    torch.testing.assert_close(head(features), expected)


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_probabilities_are_in_the_unit_interval_and_sum_to_one(task):
    logits = torch.randn(50, task.outputs, generator=torch.Generator().manual_seed(0)) * 30
    probabilities = _head(task).probabilities(logits)
    assert probabilities.shape == (50, len(task.labels))
    assert 0 <= probabilities.min() <= probabilities.max() <= 1
    torch.testing.assert_close(probabilities.sum(1), torch.ones(50))


def test_a_positive_logit_means_positive():
    probabilities = _head(SENTIMENT_TASK).probabilities(torch.tensor([[math.log(3.0)], [-math.log(3.0)]]))
    torch.testing.assert_close(probabilities, torch.tensor([[0.25, 0.75], [0.75, 0.25]]))
