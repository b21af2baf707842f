"""The temperature that makes probabilities come true."""

import pytest
import torch

from mtl.model.heads import Head
from mtl.schema.tasks import INTENT_TASK, SENTIMENT_TASK
from mtl.training.calibration import temperature_of


def _labels(logits, temperature, seed=0):
    """Labels drawn from what the logits promise at a temperature."""
    generator = torch.Generator().manual_seed(seed)
    return torch.multinomial(torch.softmax(logits / temperature, 1), 1, generator=generator)[:, 0]


@pytest.mark.parametrize("true", [0.5, 1.0, 2.5])
def test_the_temperature_is_found(true):
    logits = 3 * torch.randn(4000, 4, generator=torch.Generator().manual_seed(1))
    assert temperature_of(INTENT_TASK, logits, _labels(logits, true)) == pytest.approx(true, rel=0.06)


def test_the_temperature_of_a_binary_task_is_found():
    logits = 4 * torch.randn(4000, 1, generator=torch.Generator().manual_seed(1))
    labels = torch.bernoulli(
        torch.sigmoid(logits / 2)[:, 0], generator=torch.Generator().manual_seed(2)
    ).long()
    assert temperature_of(SENTIMENT_TASK, logits, labels) == pytest.approx(2, rel=0.08)


def test_a_calibrated_head_predicts_the_same_with_other_confidence():
    head = Head(INTENT_TASK, "embedding", layers=7, dimension=384)
    logits = 3 * torch.randn(500, 4, generator=torch.Generator().manual_seed(1))
    before = head.probabilities(logits)
    head.temperature.fill_(temperature_of(INTENT_TASK, logits, _labels(logits, 3.0)))
    after = head.probabilities(logits)
    assert torch.equal(before.argmax(1), after.argmax(1))
    assert (after.max(1).values < before.max(1).values).all()
    assert torch.allclose(after.sum(1), torch.ones(500))


def test_few_rows_move_the_temperature_little():
    # Twenty rows, all right and unsure: alone they would ask for certainty.
    logits, labels = torch.tensor([[0.1], [-0.1]]).repeat(10, 1), torch.tensor([1, 0]).repeat(10)
    assert 0.3 < temperature_of(SENTIMENT_TASK, logits, labels) < 1
