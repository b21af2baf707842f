"""A prediction as one card per task: the answer, how sure it is, and a bar for the most probable labels."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from mtl.schema.results import TaskPrediction
from mtl.schema.tasks import Task, serving_tasks, task_colours
from mtl.ui.predict.answers import Answer
from mtl.ui.predict.confidence import percent

_SHOWN_LABELS: Final = 4
# A narrow screen shows as many.
_FIRST_LABELS: Final = 2
_NAMED_WORDS: Final = 5

NOTHING_READ: Final = "Nothing here can be read"


def waiting(tasks: Iterable[Task]) -> dict[str, Any]:
    """Empty cards for these tasks, while there is no text."""
    shown = _shown([task.name for task in tasks])
    return {
        "cards": [_card(name, colour, answer="...", kind="grey") for name, colour in shown.items()],
        "notes": [],
    }


def cards(answer: Answer) -> dict[str, Any]:
    """A card per task and what else to know, as data for the template `CARDS`.

    An answer that means nothing here is grey: nothing can be read, the text is unlike those of the training,
    or it lacks what the answer needs.
    """
    tasks = answer.prediction.tasks
    made = [_answered(answer, name, tasks[name], colour) for name, colour in _shown(list(tasks)).items()]
    return {"cards": made, "notes": list(_notes(answer))}


def stands(answer: Answer, name: str) -> bool:
    """Whether the answer of this task is shown as one, and not grey."""
    prediction = answer.prediction
    strange = prediction.out_of_distribution or not answer.reading.readable
    return not strange and prediction.unmet(name) is None


def _shown(names: Sequence[str]) -> dict[str, str]:
    """The colours of the tasks that have a card, by name."""
    colours, serving = task_colours(names), serving_tasks(names)
    return {name: colours[name] for name in names if name not in serving}


def _answered(answer: Answer, name: str, task: TaskPrediction, colour: str) -> dict[str, Any]:
    if not answer.reading.readable:
        return _card(name, colour, answer=NOTHING_READ, kind="grey told")
    rows = _rows(task)
    need = answer.prediction.unmet(name)
    if need is not None:
        other = answer.prediction.tasks[need.task]
        about = f"{other.label} {percent(other.confidence)}"
        return _card(name, colour, answer=need.otherwise, about=about, rows=rows, kind="grey told")
    about = "" if task.sure else "ask a person" if task.abstains else "not sure"
    kind = "" if task.sure else "unsure"
    if answer.prediction.out_of_distribution:
        kind, about = "grey", ""
    sure = percent(task.confidence)
    return _card(name, colour, answer=task.label, confidence=sure, about=about, rows=rows, kind=kind)


def _card(name: str, colour: str, **content: Any) -> dict[str, Any]:
    empty = {"answer": "", "confidence": "", "about": "", "rows": [], "kind": ""}
    return {"title": name.capitalize(), "colour": colour, **empty, **content}


def _rows(task: TaskPrediction) -> list[dict[str, str]]:
    """Bars of the most probable labels, in the order of the labels."""
    ranked = sorted(task.scores, key=lambda label: -task.scores[label])[:_SHOWN_LABELS]
    return [
        {
            "label": label,
            "percent": percent(task.scores[label]),
            "width": f"{100 * task.scores[label]:.2f}",
            "kind": _rank(ranked.index(label)),
        }
        for label in task.scores
        if label in ranked
    ]


def _rank(place: int) -> str:
    if place == 0:
        return "top"
    return "" if place < _FIRST_LABELS else "further"


def _notes(answer: Answer) -> Iterable[str]:
    """What holds for all tasks."""
    prediction = answer.prediction
    unreadable = [word.text for word in answer.reading.unreadable]
    if not answer.reading.readable:
        yield "The model knows no word of this text."
    elif prediction.out_of_distribution:
        yield "Looks unlike English text: the answers may mean nothing."
    if unreadable:
        more = len(unreadable) - _NAMED_WORDS
        named = " ".join(unreadable[:_NAMED_WORDS]) + (f" and {more} more" if more > 0 else "")
        yield f"Cannot be read: {named}"
    if prediction.truncated:
        yield "Only the start was read: the text is longer than the encoder takes."
