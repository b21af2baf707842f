"""The rows that train a run, or trained a saved model, without their augmented copies."""

from collections.abc import Sequence
from pathlib import Path

from mtl.data.bundled import default_files, has_bundled_sentences
from mtl.data.corrections import with_corrections
from mtl.data.examination import LabelledRows, load_rows
from mtl.data.split import Split, split
from mtl.model.files import model_facts
from mtl.runs.folder import RunFolder
from mtl.runs.job import JOB, Job
from mtl.schema.config import TrainConfig
from mtl.training.all_rows import NOTE, all_rows
from mtl.training.default import DEFAULT_MODEL


def job_of(run: RunFolder) -> Job:
    """What a run was asked to do, with its rows. Raises ValueError, which says why, where they are gone."""
    if run.uploaded():
        raise ValueError("this model was trained elsewhere: its rows are not here")
    try:
        return run.job()
    except OSError:
        raise ValueError("the rows of this run cannot be read any more: train again") from None


def training_rows(job: Job) -> dict[str, LabelledRows]:
    """By task, the rows that train while the others validate."""
    return _training(_parts(job.rows, job.config, job.corrections))


def trained_rows(model: Path, task: str) -> LabelledRows:
    """The rows that trained a task of a saved model: those of the run that it lies in, or the bundled ones.

    Of a run that ended with a training on all rows, all. Raises ValueError where they are not at hand.
    """
    parts = _parts_of(model)
    if parts is None or task not in parts.tasks:
        raise ValueError("the rows that trained this are not here")
    return _training(all_rows(parts) if learnt_all_rows(model) else parts)[task]


def learnt_all_rows(model: Path) -> bool:
    """Whether the run ended with a training on all rows, so that none of them is unseen."""
    return NOTE in model_facts(model).get("notes", ())


def _parts_of(model: Path) -> Split | None:
    if (model.parent / JOB).is_file():
        job = Job.load(model.parent)
        return _parts(job.rows, job.config, job.corrections)
    if model.resolve() == DEFAULT_MODEL.resolve() and has_bundled_sentences():
        config = TrainConfig.from_dict(model_facts(model)["config"])
        return _parts([load_rows(file, name) for name, file in default_files().items()], config)
    return None


def _parts(
    rows: Sequence[LabelledRows], config: TrainConfig, corrections: Sequence[LabelledRows] = ()
) -> Split:
    return with_corrections(split(rows, fraction=config.val_fraction, seed=config.seed), corrections)


def _training(parts: Split) -> dict[str, LabelledRows]:
    return {
        name: LabelledRows(
            task=task.task,
            texts=tuple(parts.texts[row] for row in task.train.rows),
            labels=task.train.labels,
        )
        for name, task in parts.tasks.items()
    }
