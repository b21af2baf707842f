"""What a model learns from the training rows before the first epoch."""

from typing import Final

import numpy as np
from torch import Tensor

from mtl.data.split import Split
from mtl.model.languages import language_directions
from mtl.model.multitask import MultiTaskModel
from mtl.training.cache import MEMORY_BUDGET, Store
from mtl.training.processes import Processes

# Enough steps to fit linear heads before layers are unfrozen, and the most passes over few rows.
HEAD_FIT_STEPS: Final = 2000
HEAD_FIT_EPOCHS: Final = 10


def fit_inputs(model: MultiTaskModel, data: Split, layer_embeddings: Tensor, unmoved: int) -> None:
    """Fits, in place, the scaling of the heads' input and what counts as out of distribution.

    `layer_embeddings` (text, layer, dim) of all texts of the split under the model; `unmoved`: the highest
    layer that no stage of the run moves.
    """
    tasks = data.tasks
    for name, task in tasks.items():
        model.head(name).fit_scaling(layer_embeddings[task.train.rows])
    training = np.unique(np.concatenate([task.train.rows for task in tasks.values()]))
    held_out = np.unique(np.concatenate([task.validation.rows for task in tasks.values()]))
    languages = language_directions(model.encoder.fingerprint)
    model.distribution.fit(layer_embeddings[training], layer_embeddings[held_out], unmoved, languages)


def fit_inputs_of_all(
    model: MultiTaskModel, data: Split, own: Tensor, unmoved: int, processes: Processes
) -> Tensor | None:
    """As `fit_inputs`, from the layer embeddings (text, layer, dim) of the texts that each process owns.

    Returns those of all texts in the first process, None in the others. A collective call.
    """
    if processes.alone:
        fit_inputs(model, data, own, unmoved)
        return own
    every = None
    if processes.first:
        every = Store(MEMORY_BUDGET).empty((len(data.texts), *own.shape[1:]))
    processes.gathered(own, every)
    if every is not None:
        fit_inputs(model, data, every, unmoved)
    fitted = [*model.heads.buffers(), *model.distribution.buffers()]
    for buffer, first in zip(fitted, processes.of_first(fitted), strict=True):
        buffer.copy_(first)
    return every


def head_fit_epochs(steps: int) -> int:
    """For how many epochs of so many steps the heads are fitted alone, before layers move with them."""
    return max(1, min(HEAD_FIT_EPOCHS, round(HEAD_FIT_STEPS / steps)))
