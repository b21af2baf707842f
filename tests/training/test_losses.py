"""The loss of each kind of task and the weights of labels, against values computed by hand."""

import math

import pytest
import torch

from mtl.schema.tasks import INTENT_TASK, SENTIMENT_TASK
from mtl.training.losses import task_loss

TASKS = (SENTIMENT_TASK, INTENT_TASK)


def test_binary_cross_entropy_by_hand():
    # sigmoid(ln 3) = 3/4: the first row is right with 3/4, the second with 1/4.
    loss = task_loss(SENTIMENT_TASK, torch.full((2, 1), math.log(3.0)), torch.tensor([1, 0]))
    assert loss.item() == pytest.approx(-(math.log(3 / 4) + math.log(1 / 4)) / 2)


def test_cross_entropy_by_hand():
    # softmax of (ln 5, 0, 0, 0) = (5/8, 1/8, 1/8, 1/8)
    logits = torch.tensor([[math.log(5.0), 0, 0, 0]]).repeat(2, 1)
    loss = task_loss(INTENT_TASK, logits, torch.tensor([0, 3]))
    assert loss.item() == pytest.approx(-(math.log(5 / 8) + math.log(1 / 8)) / 2)


def test_chance_is_the_logarithm_of_the_number_of_labels():
    labels = torch.tensor([0, 1, 0, 1])
    assert task_loss(SENTIMENT_TASK, torch.zeros(4, 1), labels).item() == pytest.approx(math.log(2))
    assert task_loss(INTENT_TASK, torch.zeros(4, 4), labels).item() == pytest.approx(math.log(4))


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_class_weights_make_a_weighted_mean(task):
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(6, task.outputs, generator=generator)
    labels = torch.tensor([0, 1, 1, 0, 1, 1])
    weights = torch.tensor([3.0, 0.5, 1.0, 1.0][: len(task.labels)])
    losses = torch.stack([task_loss(task, logits[[i]], labels[[i]]) for i in range(6)])
    expected = (losses * weights[labels]).sum() / weights[labels].sum()
    torch.testing.assert_close(task_loss(task, logits, labels, weights), expected)
    assert not torch.isclose(expected, task_loss(task, logits, labels))
