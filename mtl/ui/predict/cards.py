"""A prediction as one card per task: the answer, and a bar for every label."""

from collections.abc import Iterable
from typing import Any, Final

from mtl.schema.results import Prediction, TaskPrediction
from mtl.schema.tasks import Task, task_colours

_SHOWN_LABELS: Final = 8


def waiting(tasks: Iterable[Task]) -> list[dict[str, Any]]:
    """Empty cards for these tasks, while there is no text."""
    return [
        _card(name, colour, answer="", rows=[], note="Type a sentence above.")
        for name, colour in task_colours(task.name for task in tasks).items()
    ]


def cards(prediction: Prediction, seconds: float) -> list[dict[str, Any]]:
    """A card per task, as data for the template `BARS`; `seconds` is how long the model took.

    Of many labels a card shows the 8 most probable.
    """
    about = _notes(prediction, seconds)
    colours = task_colours(prediction.tasks)
    made = []
    for name, task in prediction.tasks.items():
        scores, notes = list(task.scores.items()), list(about)
        if len(scores) > _SHOWN_LABELS:
            scores = sorted(scores, key=lambda item: -item[1])[:_SHOWN_LABELS]
            notes.append(f"the {_SHOWN_LABELS} most probable of {len(task.scores)} labels")
        card = _card(
            name,
            colours[name],
            answer=_answer(prediction, task),
            rows=[_bar(label, p, top=label == task.label) for label, p in scores],
            note="; ".join(notes),
        )
        sure = task.sure and not prediction.out_of_distribution
        made.append({**card, "kind": "" if sure else "doubtful"})
    return made


def _card(name: str, colour: str, **content: Any) -> dict[str, Any]:
    return {"title": name.capitalize(), "colour": colour, "kind": "", **content}


def _bar(label: str, probability: float, *, top: bool) -> dict[str, str]:
    return {
        "label": label,
        "percent": f"{probability:.1%}",
        "width": f"{100 * probability:.2f}",
        "kind": "top" if top else "",
    }


def _notes(prediction: Prediction, seconds: float) -> list[str]:
    """What holds for all tasks of a prediction."""
    notes = [f"{seconds * 1000:.0f} ms"]
    if prediction.out_of_distribution:
        notes.append(
            "unlike anything this model was trained on (another language, random letters, another world): "
            "do not rely on it"
        )
    if prediction.truncated:
        notes.append("only the start of this text was read: it is longer than the encoder's maximum")
    return notes


def _answer(prediction: Prediction, task: TaskPrediction) -> str:
    if prediction.out_of_distribution:
        return f"{task.label}? (out of distribution)"
    return task.label if task.sure else f"not sure: {task.label}?"
