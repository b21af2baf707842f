"""Training and loading in a few lines."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd

from mtl.data.corrections import with_corrections
from mtl.data.examination import LabelledRows, Source, load_rows
from mtl.data.issues import NO_CHOICE, Choice
from mtl.data.split import Split, split, with_stripped_copies
from mtl.data.table import read_table
from mtl.model.checkpoint import load_model, model_facts
from mtl.model.encoder import Encoder
from mtl.model.multitask import MultiTaskModel
from mtl.model.pretrained import load_encoder
from mtl.schema.config import TrainConfig
from mtl.schema.records import Event
from mtl.schema.tasks import INTENT, SENTIMENT
from mtl.training.trainer import Trainer

DEFAULT_MODEL: Final = Path(__file__).parent / "default_model"
_DATA: Final = Path(__file__).parents[1] / "data"
BUNDLED: Final = {SENTIMENT: _DATA / "sentiment.csv", INTENT: _DATA / "intent.csv"}
REPORT_DATA: Final = {
    SENTIMENT: _DATA / "report_sentiment.csv",
    INTENT: _DATA / "report_intent.csv",
}
PARAPHRASES: Final = _DATA / "paraphrases.csv"


def load_default(encoder: Encoder | None = None) -> MultiTaskModel:
    """The model that comes with the project, trained from its own sentences.

    For another encoder than all-MiniLM-L6-v2 it is trained anew, which takes seconds; ValueError where
    the sentences are not at hand.
    """
    encoder = encoder or load_encoder()
    if encoder.fingerprint == model_facts(DEFAULT_MODEL)["encoder"]["sha256"]:
        return load_model(DEFAULT_MODEL, encoder)
    if not has_bundled_sentences():
        raise ValueError(
            f"there is no default model for the encoder {encoder.name}, and the sentences to train one from "
            f"({_DATA}) do not come with the installed package: run this in the project's own folder"
        )
    return train(sentiment=BUNDLED[SENTIMENT], intent=BUNDLED[INTENT], encoder=encoder)


def has_bundled_sentences() -> bool:
    """Whether the project's data folder is at hand: an installed package comes without it."""
    return all(file.is_file() for file in BUNDLED.values())


def labelled_rows(
    *,
    sentiment: Source | None = None,
    intent: Source | None = None,
    data: Source | None = None,
    start: MultiTaskModel | None = None,
    choice: Choice | Mapping[str, Choice] = NO_CHOICE,
) -> list[LabelledRows]:
    """Clean rows of the tasks that were given: a source per task, or one (`data`) with both.

    With `start`, labels are those of that model. `choice` says which columns hold what and what labels
    mean, for all tasks or by the name of a task. Raises ValueError for rows that cannot be used.
    """
    if data is not None and (sentiment is not None or intent is not None):
        raise ValueError("give one file with both tasks, or a file per task, but not both")
    sources = {SENTIMENT: sentiment, INTENT: intent}
    if data is not None:
        sources = {SENTIMENT: data, INTENT: data}
    given = {name: source for name, source in sources.items() if source is not None}
    if not given:
        raise ValueError("nothing to train on: give sentiment rows, intent rows, or both")
    likes = {task.name: task for task in start.tasks} if start else {}
    if start and (missing := [name for name in given if name not in likes]):
        raise ValueError(f"the model to start from has no {missing[0]} head: start without it")
    choices = dict.fromkeys(given, choice) if isinstance(choice, Choice) else choice
    return [
        load_rows(source, name, likes.get(name), choices.get(name, NO_CHOICE))
        for name, source in given.items()
    ]


def parts_for(
    rows: Sequence[LabelledRows], config: TrainConfig, corrections: Sequence[LabelledRows] = ()
) -> Split:
    """Training and validation rows as the settings want them; `corrections` only train."""
    parts = split(rows, fraction=config.val_fraction, seed=config.seed)
    return with_stripped_copies(with_corrections(parts, corrections), config.stripped_copies)


def corrected_rows(source: Source, rows: Sequence[LabelledRows]) -> list[LabelledRows]:
    """Corrections from columns text, sentiment and intent (a cell may be empty), in the labels of the rows
    that they go with. Raises ValueError for a label that is not among those, and where nothing is in it."""
    table = source if isinstance(source, pd.DataFrame) else read_table(source).cells
    found = []
    for task in (row.task for row in rows):
        if task.name in table.columns:
            own = table[table[task.name].fillna("").str.strip() != ""]
            if len(own):
                found.append(load_rows(own[["text", task.name]], task.name, task))
    if not found:
        raise ValueError(f"there are no corrections of {' or '.join(row.task.name for row in rows)}")
    return found


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
    *,
    sentiment: Source | None = None,
    intent: Source | None = None,
    data: Source | None = None,
    start: MultiTaskModel | None = None,
    encoder: Encoder | None = None,
    choice: Choice | Mapping[str, Choice] = NO_CHOICE,
    on_event: Callable[[Event], None] = lambda event: None,
    **settings: Any,
) -> MultiTaskModel:
    """Trains on CSV files or pandas frames and returns the model of the best epoch; `choice` as in
    `labelled_rows`.

    `settings` are those of TrainConfig. Raises ValueError for rows or settings that cannot be used.
    """
    config = TrainConfig(**settings)
    rows = labelled_rows(sentiment=sentiment, intent=intent, data=data, start=start, choice=choice)
    parts = parts_for(rows, config)
    trainer = Trainer(model_for(parts, config, encoder or load_encoder(), start), parts, config)
    for event in trainer:
        on_event(event)
    return trainer.best_model
