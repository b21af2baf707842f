"""Training in one call."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mtl.data.examination import Source
from mtl.data.issues import NO_CHOICE, Choice
from mtl.data.sources import labelled_rows, parts_for
from mtl.data.split import Split
from mtl.model.encoder import Encoder
from mtl.model.multitask import MultiTaskModel
from mtl.model.pretrained import load_encoder
from mtl.schema.config import TrainConfig, config_named
from mtl.schema.events import Event
from mtl.schema.tasks import KNOWN_TASKS
from mtl.training.trainer import Trainer


def model_for(
    data: Split, config: TrainConfig, encoder: Encoder, start: MultiTaskModel | None = None
) -> MultiTaskModel:
    """The model that a run begins with: fresh heads, or those of `start` for the tasks at hand."""
    if start is None:
        tasks = [task.task for task in data.tasks.values()]
        return MultiTaskModel.fresh(encoder, tasks, config.head_input, config.seed)
    fork = start.fork()
    return fork.with_heads([fork.head(name) for name in data.tasks])


def train(
    tasks: Mapping[str, Source] | None = None,
    *,
    data: Source | None = None,
    learn: Sequence[str] | None = None,
    start: MultiTaskModel | None = None,
    encoder: Encoder | None = None,
    choice: Choice | Mapping[str, Choice] = NO_CHOICE,
    on_event: Callable[[Event], None] = lambda event: None,
    **settings: Any,
) -> MultiTaskModel:
    """Trains on CSV files or pandas frames and returns the model of the best epoch.

    The strategy is chosen by the number of rows (see `auto`), unless `freeze` names one.

    `tasks`: a source by the name of its task; a known task may also be given by its name alone
    (`sentiment="reviews.csv"`). `data`: one source with several label columns, of which those in `learn`
    are learnt, or all. `start`: a model whose heads go on. `choice` as in `labelled_rows`. `settings` are
    those of TrainConfig; what they leave open is as recommended. Raises ValueError for rows or settings that
    cannot be used.
    """
    named = {name: settings.pop(name) for name in KNOWN_TASKS if name in settings}
    sources = {name: source for name, source in {**(tasks or {}), **named}.items() if source is not None}
    config = config_named("recommended", **settings)
    rows = labelled_rows(sources, data=data, learn=learn, like=start.tasks if start else (), choice=choice)
    parts = parts_for(rows, config)
    trainer = Trainer(model_for(parts, config, encoder or load_encoder(), start), parts, config)
    for event in trainer:
        on_event(event)
    return trainer.final_model
