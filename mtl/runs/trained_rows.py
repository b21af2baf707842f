"""The rows that trained a saved model, where they are at hand."""

from pathlib import Path

import numpy as np

from mtl.data.bundled import default_files, has_bundled_sentences
from mtl.data.examination import LabelledRows, load_rows
from mtl.data.sources import parts_for
from mtl.data.split import Split
from mtl.model.files import model_facts
from mtl.runs.job import JOB, Job
from mtl.schema.config import TrainConfig
from mtl.training.all_rows import NOTE, all_rows
from mtl.training.default import DEFAULT_MODEL


def trained_rows(model: Path, task: str) -> LabelledRows:
    """The rows that trained a task, without their augmented copies: those of the run that the model lies in,
    or the bundled ones. Raises ValueError where they are not at hand."""
    parts = _parts(model)
    if parts is None or task not in parts.tasks:
        raise ValueError("the rows that trained this are not here")
    if learnt_all_rows(model):
        parts = all_rows(parts)
    found = parts.tasks[task]
    own = len(found.train) - found.copies
    texts = tuple(parts.texts[row] for row in found.train.rows[:own])
    return LabelledRows(task=found.task, texts=texts, labels=np.asarray(found.train.labels[:own]))


def learnt_all_rows(model: Path) -> bool:
    """Whether the run ended with a training on all rows, so that none of them is unseen."""
    return NOTE in model_facts(model).get("notes", ())


def _parts(model: Path) -> Split | None:
    if (model.parent / JOB).is_file():
        job = Job.load(model.parent)
        return parts_for(job.rows, job.config, job.corrections)
    if model.resolve() == DEFAULT_MODEL.resolve() and has_bundled_sentences():
        config = TrainConfig.from_dict(model_facts(model)["config"])
        return parts_for([load_rows(file, name) for name, file in default_files().items()], config)
    return None
