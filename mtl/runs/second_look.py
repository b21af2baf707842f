"""A second look at the rows of a finished run: which labels are suspicious, and what its owner says to each.

Only training rows are looked at. Validation rows neither get another label nor help to find one: they go on
to measure, so that the run after the corrections can be compared with this one, row by row. Test rows are
never read.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from mtl.analysis.attribution import Word
from mtl.analysis.word_shares import strongest, word_shares
from mtl.data.examination import LabelledRows
from mtl.evaluation.suspects import Suspect, suspects
from mtl.model.encoder import Encoder
from mtl.model.whole import write_whole
from mtl.runs.folder import RunFolder
from mtl.runs.trained_rows import job_of, training_rows

# More texts would keep too much memory, and other visitors waiting; the command line takes them.
MOST_TEXTS: Final = 10_000
# Of each task, the most suspicious. After these are settled, a further look shows the next.
MOST_SUSPECTS: Final = 100
_FILE: Final = "suspects.json"
_CHUNK: Final = 256

# "" while nothing is said.
Verdict = Literal["", "accept", "keep"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A suspicious row of a task; the fields are those of `Suspect`. `words`: first and last character, not
    included, of the words that speak most for the suggested label."""

    task: str
    text: str
    label: str
    suggested: str
    probability: float
    neighbours: tuple[str, ...]
    words: tuple[tuple[int, int], ...] = ()
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
            findings = tuple(_loaded(one) for one in values["findings"])
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
        known = _found(rows, dict(zip(texts, np.concatenate(chunks), strict=True)), encoder)
        known.save(run.path)
    yield known


def _loaded(values: dict[str, Any]) -> Finding:
    words = tuple((int(start), int(end)) for start, end in values.get("words", ()))
    return Finding(**{**values, "neighbours": tuple(values["neighbours"]), "words": words})


def _found(
    rows: Sequence[LabelledRows], embeddings: dict[str, NDArray[np.float32]], encoder: Encoder
) -> SecondLook:
    findings: list[Finding] = []
    notes: list[str] = []
    for task in rows:
        try:
            found = suspects(task, np.stack([embeddings[text] for text in task.texts]))
        except ValueError as error:
            notes.append(f"{error}")
            continue
        listed = found[:MOST_SUSPECTS]
        spoken = words_for(encoder, listed)
        findings += [_finding(task.task.name, *pair) for pair in zip(listed, spoken, strict=True)]
        if len(found) > MOST_SUSPECTS:
            notes.append(f"the {MOST_SUSPECTS} most suspicious of {len(found):,} {task.task.name} labels")
    return SecondLook(
        rows=sum(len(task.texts) for task in rows), findings=tuple(findings), notes=tuple(notes)
    )


def words_for(encoder: Encoder, found: Sequence[Suspect]) -> list[tuple[Word, ...]]:
    """Of each suspicious row the words that speak most for the suggested label, and against its own, to a
    head that has not seen the row."""
    if not found:
        return []
    directions = np.stack([one.direction for one in found])
    return [strongest(shares) for shares in word_shares(encoder, [one.text for one in found], directions)]


def _finding(task: str, one: Suspect, words: Sequence[Word]) -> Finding:
    return Finding(
        task=task,
        text=one.text,
        label=one.label,
        suggested=one.suggested,
        probability=one.probability,
        neighbours=one.neighbours,
        words=tuple((word.start, word.end) for word in words),
    )
