"""Calibration: the temperature at which a head's probabilities come true."""

import math
from typing import Final

from scipy.optimize import minimize_scalar
from torch import Tensor

from mtl.schema.tasks import Task
from mtl.training.losses import task_loss

# Standard deviation of the prior on log(temperature): few validation rows move it little.
TEMPERATURE_PRIOR: Final = 0.5


def temperature_of(task: Task, logits: Tensor, labels: Tensor) -> float:
    """The temperature (Guo et al., 2017) from `logits` (row, output) and `labels` (row,) that did not train.

    It divides the logits wherever they become probabilities, so that 90% means 90%; no predicted label and
    no training loss changes. It is the most probable one under a log-normal prior around 1.
    """

    def cost(log_temperature: float) -> float:
        mean = task_loss(task, logits / math.exp(log_temperature), labels).item()
        return mean * len(labels) + 0.5 * (log_temperature / TEMPERATURE_PRIOR) ** 2

    return math.exp(minimize_scalar(cost, bounds=(-3, 3), method="bounded").x)
