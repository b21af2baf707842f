"""The heads' weights, scaling, probabilities and losses, against values computed by hand."""

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


def test_binary_cross_entropy_by_hand():
    # sigmoid(ln 3) = 3/4: the first row is right with 3/4, the second with 1/4.
    loss = _head(SENTIMENT_TASK).loss(torch.full((2, 1), math.log(3.0)), torch.tensor([1, 0]))
    assert loss.item() == pytest.approx(-(math.log(3 / 4) + math.log(1 / 4)) / 2)


def test_cross_entropy_by_hand():
    # softmax of (ln 5, 0, 0, 0) = (5/8, 1/8, 1/8, 1/8)
    logits = torch.tensor([[math.log(5.0), 0, 0, 0]]).repeat(2, 1)
    loss = _head().loss(logits, torch.tensor([0, 3]))
    assert loss.item() == pytest.approx(-(math.log(5 / 8) + math.log(1 / 8)) / 2)


def test_chance_is_the_logarithm_of_the_number_of_labels():
    labels = torch.tensor([0, 1, 0, 1])
    assert _head(SENTIMENT_TASK).loss(torch.zeros(4, 1), labels).item() == pytest.approx(math.log(2))
    assert _head().loss(torch.zeros(4, 4), labels).item() == pytest.approx(math.log(4))


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_class_weights_make_a_weighted_mean(task):
    head, generator = _head(task), torch.Generator().manual_seed(0)
    logits = torch.randn(6, task.outputs, generator=generator)
    labels = torch.tensor([0, 1, 1, 0, 1, 1])
    weights = torch.tensor([3.0, 0.5, 1.0, 1.0][: len(task.labels)])
    losses = torch.stack([head.loss(logits[[i]], labels[[i]]) for i in range(6)])
    expected = (losses * weights[labels]).sum() / weights[labels].sum()
    torch.testing.assert_close(head.loss(logits, labels, weights), expected)
    assert not torch.isclose(expected, head.loss(logits, labels))


# Calibration


def _labels(logits, temperature, seed=0):
    """Labels drawn from what the logits promise at a temperature."""
    generator = torch.Generator().manual_seed(seed)
    return torch.multinomial(torch.softmax(logits / temperature, 1), 1, generator=generator)[:, 0]


@pytest.mark.parametrize("true", [0.5, 1.0, 2.5])
def test_the_temperature_is_found(true):
    head = Head(INTENT_TASK, "embedding", layers=7, dimension=384)
    logits = 3 * torch.randn(4000, 4, generator=torch.Generator().manual_seed(1))
    head.calibrate(logits, _labels(logits, true))
    assert head.temperature.item() == pytest.approx(true, rel=0.06)


def test_the_temperature_of_sentiment_is_found():
    head = Head(SENTIMENT_TASK, "embedding", layers=7, dimension=384)
    logits = 4 * torch.randn(4000, 1, generator=torch.Generator().manual_seed(1))
    labels = torch.bernoulli(
        torch.sigmoid(logits / 2)[:, 0], generator=torch.Generator().manual_seed(2)
    ).long()
    head.calibrate(logits, labels)
    assert head.temperature.item() == pytest.approx(2, rel=0.08)


def test_a_calibrated_head_says_the_same_with_other_confidence():
    head = Head(INTENT_TASK, "embedding", layers=7, dimension=384)
    logits = 3 * torch.randn(500, 4, generator=torch.Generator().manual_seed(1))
    before = head.probabilities(logits)
    head.calibrate(logits, _labels(logits, 3.0))
    after = head.probabilities(logits)
    assert torch.equal(before.argmax(1), after.argmax(1))
    assert (after.max(1).values < before.max(1).values).all()
    assert torch.allclose(after.sum(1), torch.ones(500))


def test_few_rows_move_the_temperature_little():
    head = Head(SENTIMENT_TASK, "embedding", layers=7, dimension=384)
    # Twenty rows, all right and unsure: alone they would ask for certainty.
    head.calibrate(torch.tensor([[0.1], [-0.1]]).repeat(10, 1), torch.tensor([1, 0]).repeat(10))
    assert 0.3 < head.temperature.item() < 1
