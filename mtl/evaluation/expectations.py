"""Tests for a model: what it must answer, what must not change its answer, and what must.

A file of expectations has the columns `text`, `task` (may be empty where the model has one task), `expect`
and, where that needs it, `when`:

- `expect` is a label of the task: the text must get it;
- `same`: the answer must stay under a `typo`, a `polite` word, another `name`, in `lower case` (these words
  stand in `when`), or for any other text that stands there. Without `when`: under every one that changes the
  text;
- `changes`: the answer must change under a `negation` (the default), or for the other text in `when`.

Ribeiro et al., "Beyond accuracy: behavioral testing of NLP models with CheckList" (2020).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from mtl.data.table import Table, read_table
from mtl.evaluation.changes import CONTRARY, HARMLESS
from mtl.model.multitask import MultiTaskModel
from mtl.schema.tasks import Task, clean_label, clean_task_name

Kind = Literal["is", "same", "changes"]
_WAYS: Final[dict[str, Mapping[str, Callable[[str], str]]]] = {"same": HARMLESS, "changes": CONTRARY}
_BATCH: Final = 256


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """One expectation; `row` as the file counts. `label` is what `is` expects; `other` is the text that
    `same` and `changes` compare with, and `under` what made it: a way, or "another text"."""

    row: int
    text: str
    task: str
    kind: Kind
    label: str | None = None
    other: str | None = None
    under: str | None = None

    def __str__(self) -> str:
        if self.kind == "is":
            return f"row {self.row}, {self.task}: {self.text!r} is {self.label}"
        stays = "stays the same" if self.kind == "same" else "changes"
        return f"row {self.row}, {self.task}: {self.text!r} {stays} under {self.under}: {self.other!r}"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Whether an expectation holds: the answer for its text, and for the other text where there is one."""

    expectation: Expectation
    holds: bool
    answer: str
    other_answer: str | None = None


def read_expectations(file: Path | str, tasks: Sequence[Task]) -> list[Expectation]:
    """The expectations in a CSV file, for a model with these tasks. Raises ValueError, which names the row,
    for one that no model could be tested by."""
    table = read_table(file)
    columns = table.cells.columns
    if missing := [name for name in ("text", "expect") if name not in columns]:
        raise ValueError(
            f"{table.name} has no column {missing[0]!r} (its columns: {', '.join(columns)}): a file of "
            "expectations has the columns text, task, expect and when"
        )
    made = [found for at in range(len(table.cells)) for found in _expected(table, at, tasks)]
    if not made:
        raise ValueError(f"{table.name} holds no expectation: write one in each row below its header")
    return made


def check_expectations(model: MultiTaskModel, expected: Sequence[Expectation]) -> list[Outcome]:
    """The outcome of each expectation, in their order."""
    texts = list(dict.fromkeys(text for e in expected for text in (e.text, e.other) if text is not None))
    answers: dict[str, dict[str, str]] = {}
    for start in range(0, len(texts), _BATCH):
        for found in model.predict(texts[start : start + _BATCH]):
            answers[found.text] = {name: task.label for name, task in found.tasks.items()}
    return [_outcome(each, answers) for each in expected]


def _outcome(expected: Expectation, answers: Mapping[str, Mapping[str, str]]) -> Outcome:
    answer = answers[expected.text][expected.task]
    if expected.other is None:
        return Outcome(expectation=expected, holds=answer == expected.label, answer=answer)
    other = answers[expected.other][expected.task]
    holds = (answer == other) == (expected.kind == "same")
    return Outcome(expectation=expected, holds=holds, answer=answer, other_answer=other)


def _expected(table: Table, at: int, tasks: Sequence[Task]) -> list[Expectation]:
    row = table.first_row + at
    given = {name: str(table.cells[name].iloc[at]).strip() for name in table.cells.columns}
    text, expect, when = given["text"], given["expect"], given.get("when", "")
    if not any(given.values()):
        return []
    where = f"{table.name}, row {row}"
    if not text or not expect:
        raise ValueError(f"{where}: {'text' if not text else 'expect'} is empty, fill it in")
    task = _task(where, given.get("task", ""), tasks)
    kind = expect.casefold()
    if kind not in _WAYS or expect in task.labels:
        if (label := clean_label(task.name, expect)) not in task.labels:
            labels = ", ".join(task.labels)
            raise ValueError(
                f"{where}: {expect!r} is neither same, nor changes, nor one of the labels {labels}"
            )
        return [Expectation(row=row, text=text, task=task.name, kind="is", label=label)]
    return [
        Expectation(
            row=row,
            text=text,
            task=task.name,
            kind="same" if kind == "same" else "changes",
            other=other,
            under=under,
        )
        for under, other in _others(where, kind, text, when)
    ]


def _others(where: str, kind: str, text: str, when: str) -> list[tuple[str, str]]:
    ways = _WAYS[kind]
    known = " ".join(when.casefold().replace("-", " ").split())
    if when and known not in ways:
        if when == text:
            raise ValueError(f"{where}: the other text is the text itself, give one that differs")
        return [("another text", when)]
    made = {way: change(text) for way, change in ways.items() if known in ("", way)}
    if changed := [(way, other) for way, other in made.items() if other != text]:
        return changed
    raise ValueError(
        f"{where}: {' or '.join(made)} changes nothing in {text!r}, write the other text into when"
    )


def _task(where: str, named: str, tasks: Sequence[Task]) -> Task:
    names = ", ".join(task.name for task in tasks)
    if not named:
        if len(tasks) == 1:
            return tasks[0]
        raise ValueError(f"{where}: task is empty, and the model has several ({names}): name one")
    for task in tasks:
        if task.name == clean_task_name(named):
            return task
    raise ValueError(f"{where}: the model has no {named} head, it has {names}")
