"""Why a model answers as it does, as data for the page: words, numbers, a chart."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import plotly.graph_objects as go

from mtl.analysis.attribution import Explanation, LabelAttribution, Reading, TaskAttribution
from mtl.schema.tasks import task_colours
from mtl.ui.charts.predicting import layer_attributions
from mtl.ui.task_choice import first_choice

BEST: Final = "most probable"


@dataclass(frozen=True, kw_only=True, eq=False)
class Reasons:
    """What speaks for one label of one task, and which other tasks and labels there are.

    `label` is `BEST` or one of `labels`; `words` is data for the template `WORDS`, `table` for `TABLE`.
    """

    tasks: tuple[str, ...]
    task: str
    labels: tuple[str, ...]
    label: str
    words: dict[str, Any]
    table: dict[str, Any]
    chart: go.Figure


def reasons(found: Explanation, task: str, label: str) -> Reasons:
    """The reasons for a label.

    A task that the model does not have gives way to its first one, a label to the most probable one.
    """
    own = chosen_task(found, task)
    part = chosen_label(own, label)
    colour = task_colours(found.tasks)[own.task.name]
    return Reasons(
        tasks=tuple(found.tasks),
        task=own.task.name,
        labels=own.task.labels,
        label=label if label in own.task.labels else BEST,
        words=_words(part, found.reading, colour),
        table=_numbers(part),
        chart=layer_attributions(part, colour),
    )


def chosen_task(found: Explanation, task: str) -> TaskAttribution:
    """The attribution of this task, or of the one that is shown first."""
    return found.tasks.get(task) or found.tasks[first_choice([own.task for own in found.tasks.values()])]


def chosen_label(own: TaskAttribution, label: str) -> LabelAttribution:
    """What adds to the logit of this label, or of the most probable one."""
    return own.of(label if label in own.task.labels else None)


def _words(part: LabelAttribution, reading: Reading, colour: str) -> dict[str, Any]:
    """The sentence in words with what each adds, and what the encoder did not read."""
    bound = max((abs(word.total) for word in part.words), default=0.0) or 1.0
    parts = [
        {
            "text": word.text,
            "adds": f"{word.total:+.2f}",
            "kind": "for" if word.total >= 0 else "against",
            "title": f"{word.total:+.4f}: {'for' if word.total >= 0 else 'against'} {part.label}",
            "tint": f"{45 * abs(word.total) / bound:.0f}",
        }
        for word in part.words
    ]
    if reading.cut is not None:
        parts.append({"text": f"(not read: {len(reading.text) - reading.cut} more characters)", "adds": ""})
    together = sum(word.total for word in part.words)
    return {
        "colour": colour,
        "head": f"For {part.label} (solid line) and against it (dotted line), word by word",
        "parts": parts,
        "sum": f"words {together:+.3f}, rest {part.rest:+.3f}, logit {part.logit:+.3f}",
    }


def _numbers(part: LabelAttribution) -> dict[str, Any]:
    rows: Sequence[tuple[str, str]] = [(word.text, f"{word.total:+.4f}") for word in part.words]
    rest = ("rest: special tokens, scaling, bias", f"{part.rest:+.4f}")
    relative = ", above the labels' mean" if part.relative else ""
    return {
        "columns": ["word", f"adds to {part.label}"],
        "rows": [*rows, rest, (f"logit{relative}", f"{part.logit:+.4f}")],
    }
