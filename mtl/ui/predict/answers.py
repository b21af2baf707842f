"""What the models say, as the bars show it; and what they said of the report's six sentences."""

from typing import Any, Final

import gradio as gr

from mtl.schema.results import Prediction, TaskPrediction
from mtl.ui.models import DEFAULT, UNTRAINED, Models
from mtl.ui.templates import TABLE, TABLE_CSS

_SHOWN_LABELS: Final = 8

# The six sentences of the report, and what its untrained model answered.
REPORT: Final = (
    ("I love this product!", "sentiment", "positive"),
    ("I hate the weather today.", "sentiment", "positive"),
    ("Can you tell me the time?", "intent", "statement"),
    ("This is the best day of my life!", "intent", "statement"),
    ("Turn off the lights.", "intent", "statement"),
    ("The sky is blue today.", "intent", "statement"),
)


def report(models: Models) -> None:
    gr.HTML(before_and_after(models), html_template=TABLE, css_template=TABLE_CSS, elem_id="report")
    gr.Markdown(
        "Untrained heads are random, so their answers are chance: the report's as much as those of "
        "seed 0 here, which was not picked for its result. Every probability is close to even, and "
        "a bias that happens to be the largest wins nearly every sentence.",
        elem_classes="hint",
    )


def waiting(task: str) -> dict[str, Any]:
    title = task.capitalize()
    return {"task": task, "title": title, "answer": "", "rows": [], "note": "Type a sentence above."}


def cards(prediction: Prediction, seconds: float) -> list[dict[str, Any]]:
    """A prediction as the bars' data."""
    notes = [f"{seconds * 1000:.0f} ms"]
    if prediction.out_of_distribution:
        notes.append(
            "unlike anything this model was trained on (another language, random letters, another world): "
            "do not rely on it"
        )
    if prediction.truncated:
        notes.append("only the start of this text was read: it is longer than the encoder's maximum")
    made = []
    for name, task in prediction.tasks.items():
        scores = list(task.scores.items())
        if len(scores) > _SHOWN_LABELS:
            scores = sorted(scores, key=lambda item: -item[1])[:_SHOWN_LABELS]
            notes.append(f"the {_SHOWN_LABELS} most probable of {len(task.scores)} labels")
        rows = [
            {
                "label": label,
                "percent": f"{p:.1%}",
                "width": f"{100 * p:.2f}",
                "kind": "top" if label == task.label else "",
            }
            for label, p in scores
        ]
        made.append(
            {
                "task": name if not prediction.out_of_distribution and task.sure else f"{name} doubtful",
                "title": name.capitalize(),
                "answer": _answer(prediction, task),
                "rows": rows,
                "note": "; ".join(notes),
            }
        )
    return made


def _answer(prediction: Prediction, task: TaskPrediction) -> str:
    if prediction.out_of_distribution:
        return f"{task.label}? (unfamiliar text)"
    return task.label if task.sure else f"not sure: {task.label}?"


def before_and_after(models: Models) -> dict[str, Any]:
    """The report's sentences: its untrained answers, those of seed 0, and the default model's."""
    texts = [sentence for sentence, _, _ in REPORT]
    random, trained = (models.get("", key).predict(texts) for key in (UNTRAINED, DEFAULT))
    rows = []
    for (sentence, task, reported), before, after in zip(REPORT, random, trained, strict=True):
        rows.append((sentence, task, reported, _said(before, task), _said(after, task)))
    columns = ["sentence", "task", "report, untrained", "seed 0, untrained", "default model"]
    return {"columns": columns, "rows": rows}


def _said(prediction: Prediction, task: str) -> str:
    label = prediction.tasks[task].label
    return f"{label} ({prediction.tasks[task].scores[label]:.0%})"
