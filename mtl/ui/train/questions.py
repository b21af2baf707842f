"""What only the owner of a file can say: which column is which, and what its labels mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import gradio as gr

from mtl.data.examination import Examination
from mtl.data.issues import Choice
from mtl.schema.tasks import KNOWN_TASKS, MAX_TASKS
from mtl.ui.train.uploads import TaskSource, examined

_ROLES: Final = ("text", "label")
_HIDDEN: Final[dict[str, Any]] = {"choices": [], "visible": False}


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What the visitor said so far. `columns`: names by task and role (text or label). `cells`: the cells
    that mean a label, by task and label."""

    columns: Mapping[tuple[str, str], str] = field(default_factory=dict)
    cells: Mapping[tuple[str, str], Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A task's rows as they were examined: the open questions with their options (by role, or "labels"),
    the answers that fit, and the rows and issues that result."""

    options: Mapping[str, Sequence[str]]
    choice: Choice
    report: Examination


class Questions:
    """Dropdowns, hidden until a file asks: two for each task, and one for each label of a closed task."""

    def __init__(self) -> None:
        with gr.Row():
            self._columns = [
                {role: gr.Dropdown([], visible=False, elem_id=f"{role}-column-{number}") for role in _ROLES}
                for number in range(1, MAX_TASKS + 1)
            ]
        with gr.Row():
            self._cells = {
                (task, label): gr.Dropdown(
                    [],
                    label=f"Labels that mean {label}",
                    info="Rows with a label in neither box are left out.",
                    multiselect=True,
                    visible=False,
                    elem_id=f"mean-{label}",
                )
                for task, known in KNOWN_TASKS.items()
                if known.closed
                for label in known.labels
            }
        self.boxes = [*(box for boxes in self._columns for box in boxes.values()), *self._cells.values()]

    def read(self, values: Mapping[Any, Any]) -> Answers:
        """What the boxes hold; `values` are those of a set of components."""
        columns = {}
        for boxes in self._columns:
            for role, box in boxes.items():
                if values[box]:
                    task, column = values[box].split("|", 1)
                    columns[task, role] = column
        return Answers(columns=columns, cells={key: values[box] or [] for key, box in self._cells.items()})

    def render(self, asked: Mapping[str, Asked]) -> dict[Any, Any]:
        """Each box by component: with its options where a file asks, else hidden."""
        updates: dict[Any, Any] = {}
        tasks = [*asked, *[None] * (MAX_TASKS - len(asked))]
        for boxes, task in zip(self._columns, tasks, strict=True):
            for role, box in boxes.items():
                updates[box] = (
                    _column_box(task, role, asked[task]) if task else gr.update(**_HIDDEN, value=None)
                )
        for (task, label), box in self._cells.items():
            updates[box] = _cells_box(label, asked[task]) if task in asked else gr.update(**_HIDDEN, value=[])
        return updates


def ask(sources: Mapping[str, TaskSource], answers: Answers) -> dict[str, Asked]:
    """Examines the rows of each task with the answers given so far; those that do not fit are ignored."""
    return {task: _ask(source, answers) for task, source in sources.items()}


def _ask(source: TaskSource, answers: Answers) -> Asked:
    report = examined(source)
    options = {role: _options(report, f"{role}_column") for role in _ROLES}
    given = {role: answers.columns.get((source.task, role)) for role in _ROLES}
    text, label = (column if column in options[role] else None for role, column in given.items())
    choice = Choice(text_column=text, label_column=label)
    if text or label:
        report = examined(source, choice)
        # With one column chosen, the other may be the next question.
        options |= {role: found for role in options if (found := _options(report, f"{role}_column"))}
    options["labels"] = _options(report, "labels")
    if labels := _labels(source.task, options["labels"], answers):
        choice = replace(choice, labels=labels)
        report = examined(source, choice)
    return Asked(options=options, choice=choice, report=report)


def _options(report: Examination, kind: str) -> tuple[str, ...]:
    """The options of the issue of this kind. A guessed column is such an issue, too."""
    return next((issue.options for issue in report.issues if issue.kind == kind), ())


def _labels(task: str, unknown: Sequence[str], answers: Answers) -> tuple[tuple[str, str], ...]:
    meant = {
        cell: label
        for (name, label), cells in answers.cells.items()
        if name == task
        for cell in cells
        if cell in unknown
    }
    return tuple((cell, meant.get(cell, "")) for cell in unknown) if meant else ()


def _column_box(task: str, role: str, asked: Asked) -> Any:
    options = asked.options.get(role, ())
    chosen = asked.choice.text_column if role == "text" else asked.choice.label_column
    needed = any(i.kind == f"{role}_column" and i.severity == "choice" for i in asked.report.issues)
    return gr.update(
        # The task is part of the value: after a change of files an answer is never taken for another task's.
        choices=[(column, f"{task}|{column}") for column in options],
        value=f"{task}|{chosen}" if chosen else None,
        visible=bool(options),
        label=f"{task.capitalize()}: the column of {role}s",
        info="Please choose." if needed else "Change it if the guess is wrong.",
    )


def _cells_box(label: str, asked: Asked) -> Any:
    options = list(asked.options.get("labels", ()))
    cells = [cell for cell, meaning in asked.choice.labels if meaning == label]
    return gr.update(choices=options, value=cells, visible=bool(options))
