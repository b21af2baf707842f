"""The texts on which a saved model and an export of it are compared."""

from pathlib import Path

from mtl.data.bundled import has_bundled_sentences
from mtl.data.sources import parts_for
from mtl.exports.agreement import MOST_TEXTS, sample_texts
from mtl.model.provenance import model_report
from mtl.runs.job import JOB, Job


def compared_texts(model: Path) -> list[str]:
    """The validation rows of the run that a model lies in, at most `MOST_TEXTS`.

    A model by itself carries only those that its report shows, the hardest; bundled sentences join them.
    """
    folder = model.parent if model.is_dir() else None
    if folder is not None and (folder / JOB).is_file():
        return _validation_texts(Job.load(folder))
    report = model_report(model)
    carried = [
        row.text for task in (report.tasks.values() if report else ()) for row in (*task.wrong, *task.right)
    ]
    bundled = sample_texts() if has_bundled_sentences() else []
    return list(dict.fromkeys([*carried, *bundled]))


def _validation_texts(job: Job) -> list[str]:
    data = parts_for(job.rows, job.config, job.corrections)
    rows = {int(row): None for task in data.tasks.values() for row in task.validation.rows}
    return [data.texts[row] for row in rows][:MOST_TEXTS]
