"""The tasks of a model as choices."""

from collections.abc import Sequence

from mtl.schema.tasks import Task


def task_choices(names: Sequence[str]) -> list[tuple[str, str]]:
    """(title, name) of each task, for a radio or a dropdown."""
    return [(name.capitalize(), name) for name in names]


def first_choice(tasks: Sequence[Task]) -> str:
    """The task to show first: one with more than two labels, which has more to show, if there is one."""
    return next((task.name for task in tasks if len(task.labels) > 2), tasks[0].name)
