"""What only the owner of a file can say: which column is which, and what its labels mean."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import gradio as gr

from mtl.data.examination import Examination, examine
from mtl.data.issues import Choice
from mtl.schema.tasks import SENTIMENT, SENTIMENT_LABELS, TASK_NAMES

# In the order of the boxes: two columns for each task, then labels for each meaning.
_COLUMNS: Final = tuple((task, role) for task in TASK_NAMES for role in ("text", "label"))
NO_ANSWERS: Final = (None,) * len(_COLUMNS) + ((),) * len(SENTIMENT_LABELS)


@dataclass(frozen=True)
class Asked:
    """A file as it was examined: what it leaves open, the answers that fit, and what it then holds."""

    options: Mapping[str, Sequence[str]]
    choice: Choice
    report: Examination


_NOTHING: Final = Asked({}, Choice(), Examination(task_name=SENTIMENT, pairs=(), issues=()))


def boxes() -> list[gr.Dropdown]:
    """One dropdown per question, hidden until a file asks it."""
    made = []
    with gr.Row():
        for task, role in _COLUMNS:
            label = f"{task.capitalize()}: the column of {role}s"
            made.append(gr.Dropdown([], label=label, visible=False, elem_id=f"{task}-{role}-column"))
    with gr.Row():
        for meaning in SENTIMENT_LABELS:
            made.append(
                gr.Dropdown(
                    [],
                    label=f"Labels that mean {meaning}",
                    info="Rows with a label in neither box are left out.",
                    multiselect=True,
                    visible=False,
                    elem_id=f"mean-{meaning}",
                )
            )
    return made


def ask(files: Mapping[str, Path], answers: Sequence[Any]) -> dict[str, Asked]:
    """Examines the file of each task with the answers given so far; those that do not fit are ignored."""
    columns = dict(zip(_COLUMNS, answers, strict=False))
    meanings = dict(zip(SENTIMENT_LABELS, answers[len(_COLUMNS) :], strict=True))
    return {
        task: _ask(file, task, [columns[task, role] for role in ("text", "label")], meanings)
        for task, file in files.items()
    }


def _ask(
    file: Path, task: str, columns: Sequence[str | None], meanings: Mapping[str, Sequence[str]]
) -> Asked:
    report = examine(file, task)
    options = {role: _options(report, f"{role}_column") for role in ("text", "label")}
    text, label = (
        given if given in options[role] else None for role, given in zip(options, columns, strict=True)
    )
    choice = Choice(text_column=text, label_column=label)
    if text or label:
        report = examine(file, task, choice)
        # With one column chosen, the other may be the next question.
        options |= {role: found for role in options if (found := _options(report, f"{role}_column"))}
    options["labels"] = _options(report, "labels")
    if labels := _labels(options["labels"], meanings):
        choice = replace(choice, labels=labels)
        report = examine(file, task, choice)
    return Asked(options, choice, report)


def _options(report: Examination, kind: str) -> tuple[str, ...]:
    """What a issue of this kind leaves to choose from; a column that was guessed is one, too."""
    return next((f.options for f in report.issues if f.kind == kind), ())


def _labels(unknown: Sequence[str], meanings: Mapping[str, Sequence[str]]) -> tuple[tuple[str, str], ...]:
    meant = {cell: label for label, cells in meanings.items() for cell in cells or () if cell in unknown}
    return tuple((cell, meant.get(cell, "")) for cell in unknown) if meant else ()


def updates(asked: Mapping[str, Asked]) -> Iterator[Any]:
    """For each of `boxes`: shown with its options where a file asks it."""
    for task, role in _COLUMNS:
        file = asked.get(task, _NOTHING)
        chosen = file.choice.text_column if role == "text" else file.choice.label_column
        options = list(file.options.get(role, ()))
        needed = any(f.kind == f"{role}_column" and f.severity == "choice" for f in file.report.issues)
        info = "Please choose." if needed else "Change it where the guess is wrong."
        yield gr.update(choices=options, value=chosen, visible=bool(options), info=info)
    file = asked.get(SENTIMENT, _NOTHING)
    options = list(file.options.get("labels", ()))
    for meaning in SENTIMENT_LABELS:
        cells = [cell for cell, label in file.choice.labels if label == meaning]
        yield gr.update(choices=options, value=cells, visible=bool(options))
