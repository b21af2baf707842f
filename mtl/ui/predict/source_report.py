"""The six sentences of the source report: what its untrained model answered, and what models answer here."""

from typing import Any, Final

import gradio as gr

from mtl.schema.results import Prediction
from mtl.schema.tasks import INTENT, SENTIMENT
from mtl.ui.models import DEFAULT, UNTRAINED, Models
from mtl.ui.templates import TABLE, TABLE_CSS

# Sentence, task, and the label that the report's untrained model predicted.
SENTENCES: Final = (
    ("I love this product!", SENTIMENT, "positive"),
    ("I hate the weather today.", SENTIMENT, "positive"),
    ("Can you tell me the time?", INTENT, "statement"),
    ("This is the best day of my life!", INTENT, "statement"),
    ("Turn off the lights.", INTENT, "statement"),
    ("The sky is blue today.", INTENT, "statement"),
)


def source_report(models: Models) -> None:
    """The inner tab with the table."""
    gr.HTML(before_and_after(models), html_template=TABLE, css_template=TABLE_CSS, elem_id="report")
    gr.Markdown(
        "Untrained heads are random, so their answers are chance: the report's as much as those of "
        "seed 0 here, which was not picked for its result. Every probability is close to even, and "
        "a bias that happens to be the largest wins nearly every sentence.",
        elem_classes="hint",
    )


def before_and_after(models: Models) -> dict[str, Any]:
    """A row per sentence: the report's answer, that of the untrained heads, that of the default model."""
    texts = [sentence for sentence, _, _ in SENTENCES]
    untrained, trained = (models.get("", key).predict(texts) for key in (UNTRAINED, DEFAULT))
    rows = [
        (sentence, task, reported, _predicted(before, task), _predicted(after, task))
        for (sentence, task, reported), before, after in zip(SENTENCES, untrained, trained, strict=True)
    ]
    columns = ["sentence", "task", "report, untrained", "seed 0, untrained", "default model"]
    return {"columns": columns, "rows": rows}


def _predicted(prediction: Prediction, name: str) -> str:
    task = prediction.tasks[name]
    return f"{task.label} ({task.scores[task.label]:.0%})"
