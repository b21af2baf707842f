"""A second look at the rows of a finished run: which labels are suspicious, what its owner says to each, and
the run that learns from the corrected ones.

Only training rows are looked at. Validation rows neither get another label nor help to find one: they go on
to measure, so that the run after the corrections can be compared with this one, row by row. Test rows are
never read.
"""

import json
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from mtl.data.examination import LabelledRows
from mtl.evaluation.suspects import Suspect, suspects
from mtl.model.encoder import Encoder
from mtl.model.whole import write_whole
from mtl.runs.folder import RunFolder
from mtl.runs.job import Job
from mtl.runs.trained_rows import job_of, training_rows

# More texts would keep too much memory, and other visitors waiting; the command line takes them.
MOST_TEXTS: Final = 10_000
# Of each task, the most suspicious. After these are settled, a further look shows the next.
MOST_SUSPECTS: Final = 100
_FILE: Final = "suspects.json"
_CHUNK: Final = 256
_CORRECTED: Final = re.compile(r", \d+ corrected$")

# "" while nothing is said.
Verdict = Literal["", "accept", "keep"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A suspicious row of a task; the fields are those of `Suspect`."""

    task: str
    text: str
    label: str
    suggested: str
    probability: float
    neighbours: tuple[str, ...]
    verdict: Verdict = ""


@dataclass(frozen=True, kw_only=True)
class SecondLook:
    """What was found in so many training `rows`, task by task, the most suspicious first. `notes`: why a task
    could not be looked at."""

    rows: int
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()

    @property
    def accepted(self) -> tuple[Finding, ...]:
        """Those that get the suggested label."""
        return tuple(one for one in self.findings if one.verdict == "accept")

    def said(self, number: Any, verdict: Any) -> "SecondLook":
        """With this verdict on the finding at a place, from 0. Raises ValueError where there is none."""
        there = type(number) is int and 0 <= number < len(self.findings)
        if not there or verdict not in get_args(Verdict):
            raise ValueError("this row is not here any more: reload the page")
        findings = list(self.findings)
        findings[number] = replace(findings[number], verdict=verdict)
        return replace(self, findings=tuple(findings))

    def save(self, folder: Path) -> None:
        """Keeps it in the folder of its run, and goes with it."""
        write_whole(folder / _FILE, json.dumps(asdict(self)))

    @classmethod
    def load(cls, folder: Path) -> "SecondLook | None":
        """What was kept there; None where nothing was, or it cannot be read any more."""
        try:
            values = json.loads((folder / _FILE).read_text("utf-8"))
            findings = tuple(
                Finding(**{**one, "neighbours": tuple(one["neighbours"])}) for one in values["findings"]
            )
            return cls(rows=int(values["rows"]), findings=findings, notes=tuple(values["notes"]))
        except (OSError, ValueError, LookupError, TypeError, RecursionError):
            return None


def look(run: RunFolder, encoder: Encoder) -> Iterator[float | SecondLook]:
    """Looks for suspicious labels: yields how much of the texts is encoded, in [0, 1), and at last what was
    found, which the run's folder then keeps. What was found before is yielded at once.

    Raises ValueError where the run has no rows here, or too many.
    """
    known = SecondLook.load(run.path)
    if known is None:
        rows = tuple(training_rows(job_of(run)).values())
        texts = tuple(dict.fromkeys(text for task in rows for text in task.texts))
        if len(texts) > MOST_TEXTS:
            raise ValueError(
                f"these are {len(texts):,} training rows, and {MOST_TEXTS:,} can be looked at here: "
                "use the command python -m mtl check FILE --labels"
            )
        chunks = []
        for start in range(0, len(texts), _CHUNK):
            yield start / len(texts)
            tokens = encoder.tokenize(texts[start : start + _CHUNK])
            chunks.append(encoder.layer_embeddings(tokens, fast=True).numpy())
        known = _found(rows, dict(zip(texts, np.concatenate(chunks), strict=True)))
        known.save(run.path)
    yield known


def corrected_job(run: RunFolder) -> Job:
    """The same job with the accepted labels: the same settings, and the same rows validate.

    Raises ValueError where no label is accepted, or a label would lose its last training row.
    """
    job, known = job_of(run), SecondLook.load(run.path)
    accepted = known.accepted if known else ()
    if not accepted:
        raise ValueError("no label is accepted yet: accept one of the suggestions")
    earlier = {task.task.name: task for task in job.corrections}
    corrections = [_corrected(task, earlier.get(name), accepted) for name, task in training_rows(job).items()]
    return replace(
        job,
        corrections=[task for task in corrections if task.texts],
        command=_command(job.command),
        source=f"{_CORRECTED.sub('', job.source)}, {len(accepted)} corrected",
        earlier=str(run.model) if run.has_model() else None,
        relabelled=len(accepted),
    )


def _found(rows: Sequence[LabelledRows], embeddings: dict[str, NDArray[np.float32]]) -> SecondLook:
    findings: list[Finding] = []
    notes: list[str] = []
    for task in rows:
        try:
            found = suspects(task, np.stack([embeddings[text] for text in task.texts]))
        except ValueError as error:
            notes.append(f"{error}")
            continue
        findings += [_finding(task.task.name, one) for one in found[:MOST_SUSPECTS]]
        if len(found) > MOST_SUSPECTS:
            notes.append(f"the {MOST_SUSPECTS} most suspicious of {len(found):,} {task.task.name} labels")
    return SecondLook(
        rows=sum(len(task.texts) for task in rows), findings=tuple(findings), notes=tuple(notes)
    )


def _finding(task: str, one: Suspect) -> Finding:
    return Finding(
        task=task,
        text=one.text,
        label=one.label,
        suggested=one.suggested,
        probability=one.probability,
        neighbours=one.neighbours,
    )


def _corrected(task: LabelledRows, earlier: LabelledRows | None, accepted: Sequence[Finding]) -> LabelledRows:
    """The corrections of a task, the earlier ones and those that are accepted now."""
    name, there = task.task.name, set(task.texts)
    now = {
        one.text: task.task.id_of(one.suggested) for one in accepted if one.task == name and one.text in there
    }
    before = dict(zip(earlier.texts, earlier.labels.tolist(), strict=True)) if earlier else {}
    labels = [now.get(text, label) for text, label in zip(task.texts, task.labels.tolist(), strict=True)]
    if lost := set(task.labels.tolist()) - set(labels):
        label = task.task.labels[min(lost)]
        raise ValueError(f"{name} label {label!r} would lose its last row to train on: keep one of its rows")
    told = {**before, **now}
    return LabelledRows(
        task=task.task, texts=tuple(told), labels=np.array(list(told.values()), dtype=np.int64)
    )


def _command(command: str) -> str:
    """The command with a file of corrections."""
    words = shlex.split(command)
    if not words or "--corrections" in words:
        return command
    return shlex.join([*words[:-2], "--corrections", "corrections.csv", *words[-2:]])
