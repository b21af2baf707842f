"""One dropdown for each task of the chosen model."""

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any, Final

import gradio as gr

from mtl.schema.tasks import MAX_TASKS, Task

_NO_LABEL: Final = ""


class TaskDropdowns:
    """A label, or none, for each task. There are as many `boxes` as a model can have tasks; those that the
    model does not need are hidden.

    `title` is the label of a box, with "{}" for the task; `none` is what the choice of no label is called.
    """

    def __init__(self, tasks: Sequence[Task], *, title: str, none: str, name: str) -> None:
        self._title = title
        self._none = none
        self.boxes = [
            gr.Dropdown(**self._properties(task), min_width=140, elem_id=f"{name}-{number}")
            for number, task in zip_longest(range(1, MAX_TASKS + 1), tasks)
        ]

    def fitted(self, tasks: Sequence[Task]) -> dict[Any, Any]:
        """Updates of the boxes that show these tasks, with no label chosen."""
        return {box: gr.update(**self._properties(task)) for box, task in zip_longest(self.boxes, tasks)}

    def _properties(self, task: Task | None) -> dict[str, Any]:
        labels = task.labels if task else ()
        return {
            "choices": [(self._none, _NO_LABEL), *((label, label) for label in labels)],
            "value": _NO_LABEL,
            "label": self._title.format(task.name.capitalize()) if task else "",
            "visible": task is not None,
        }


def chosen_labels(names: Sequence[str], values: Sequence[str | None]) -> dict[str, str]:
    """The chosen labels by the name of their task; `values` are those of the boxes, "" for no label."""
    return {name: value for name, value in zip(names, values, strict=False) if value}
