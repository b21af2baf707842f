"""A report beside that of the run before, row by row: whether what was changed in between helped."""

from dataclasses import replace
from typing import Final

import numpy as np

from mtl.evaluation.metrics import gain_interval
from mtl.schema.results import Baseline, TaskReport, ValidationReport

# How the name of the baseline begins; what was changed since then follows.
EARLIER: Final = "the run before "


def beside_earlier(report: ValidationReport, earlier: ValidationReport, changed: str) -> ValidationReport:
    """The report with the earlier one as the first baseline of each task that both measured on the same rows.

    `changed`: what was changed in between ("9 labels were corrected"). Reports keep the rows that went wrong,
    so nothing is predicted again; where one kept only a part of them, the task gets no such baseline.
    """
    tasks = {}
    for name, task in report.tasks.items():
        before = earlier.tasks.get(name)
        found = (_baseline(task, before, f"{EARLIER}{changed}"),) if before and _alike(task, before) else ()
        tasks[name] = replace(task, baselines=(*found, *task.baselines))
    return replace(report, tasks=tasks)


def _alike(now: TaskReport, before: TaskReport) -> bool:
    """Whether both are about the same rows, and know of each whether it went wrong."""
    rows = [
        (task.source, task.scores.labels, [sum(line) for line in task.scores.confusion])
        for task in (now, before)
    ]
    return rows[0] == rows[1] and all(len(task.wrong) == _count_wrong(task) for task in (now, before))


def _count_wrong(task: TaskReport) -> int:
    return task.scores.rows - sum(line[label] for label, line in enumerate(task.scores.confusion))


def _baseline(now: TaskReport, before: TaskReport, name: str) -> Baseline:
    wrong, was_wrong = ({row.text for row in task.wrong} for task in (now, before))
    texts = sorted(wrong | was_wrong)
    both_right = np.ones(now.scores.rows - len(texts), dtype=bool)
    right = np.append([text not in wrong for text in texts], both_right).astype(bool)
    was_right = np.append([text not in was_wrong for text in texts], both_right).astype(bool)
    return Baseline(
        name=name,
        accuracy=before.scores.accuracy,
        macro_f1=before.scores.macro_f1,
        gain=now.scores.accuracy - before.scores.accuracy,
        gain_interval=gain_interval(right, was_right),
    )
