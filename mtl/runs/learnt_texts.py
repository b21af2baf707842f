"""The texts that a saved model learnt from, as far as it is known."""

from pathlib import Path

from mtl.data.bundled import default_files, has_bundled_sentences
from mtl.data.examination import load_rows
from mtl.runs.job import JOB, Job
from mtl.training.default import DEFAULT_MODEL


def learnt_texts(model: Path) -> frozenset[str]:
    """The rows that trained it, or chose its epoch: of the run that it lies in, and of the bundled model.

    A model by itself does not carry them: then there is none.
    """
    folder = model.parent if model.is_dir() else None
    if folder is not None and (folder / JOB).is_file():
        job = Job.load(folder)
        return frozenset(text for rows in (*job.rows, *job.corrections) for text in rows.texts)
    if model.resolve() == DEFAULT_MODEL.resolve() and has_bundled_sentences():
        return frozenset(
            text for name, file in default_files().items() for text in load_rows(file, name).texts
        )
    return frozenset()
