"""What if the sentence were written otherwise, or read by another model: answers side by side."""

import html
from collections.abc import Sequence
from typing import Any, Final

import gradio as gr

from mtl.data.augmentation import without_final_marks
from mtl.schema.results import Prediction, TaskPrediction
from mtl.ui.models import DEFAULT, UNTRAINED, Models
from mtl.ui.predict.templates import ANSWERS, ANSWERS_CSS

_EDIT: Final = "Great screen, so tell me why it keeps turning off."


class WhatIfPanel:
    """The sentence and its variants; `show` belongs to `inputs` and `output`."""

    def __init__(self, models: Models, text: gr.Textbox, model: gr.Dropdown, owner: gr.BrowserState) -> None:
        self._models = models
        edit = gr.Textbox(_EDIT, label="Your edit", lines=1, max_length=20_000, elem_id="what-if-edit")
        self.output = gr.HTML(
            self.show(str(text.value), DEFAULT, _EDIT, ""),
            html_template=ANSWERS,
            css_template=ANSWERS_CSS,
            elem_id="what-if",
        )
        gr.Markdown(
            "The usual encoder reads no capitals: lower-casing changes nothing for it.", elem_classes="hint"
        )
        self.inputs = [text, model, edit, owner]
        edit.change(self.show, self.inputs, self.output, trigger_mode="always_last", show_progress="hidden")

    def show(self, text: str, key: str, edit: str, owner: str) -> dict[str, Any]:
        """The table of variants; where a label is another than the sentence's own, it says so."""
        variants = {
            "as typed": text,
            "no final mark": without_final_marks(text),
            "lower-cased": text.lower(),
            "both": without_final_marks(text.lower()),
            "your edit": edit,
        }
        given = {name: variant for name, variant in variants.items() if variant.strip()}
        if "as typed" not in given:
            return {"columns": ["Type a sentence above."], "rows": []}
        first, *others = _predict(self._models, owner, key, list(given.values()))
        rows = [
            {"name": name, "text": made.text, "answers": _answers(made, first, "changed")}
            for name, made in zip(given, (first, *others), strict=True)
        ]
        return {"columns": ["", "sentence", *map(str.capitalize, first.tasks)], "rows": rows}


class TwoModelsPanel:
    """The sentence read by a second model; `show` belongs to `inputs` and `output`."""

    def __init__(self, models: Models, text: gr.Textbox, model: gr.Dropdown, owner: gr.BrowserState) -> None:
        self._models = models
        self.other = gr.Dropdown(
            models.choices(""), value=UNTRAINED, label="Compare with", elem_id="compare-model"
        )
        self.output = gr.HTML(
            self.show(str(text.value), DEFAULT, UNTRAINED, ""),
            html_template=ANSWERS,
            css_template=ANSWERS_CSS,
            elem_id="two-models",
        )
        self.inputs = [text, model, self.other, owner]
        self.other.change(self.show, self.inputs, self.output, show_progress="hidden")

    def show(self, text: str, key: str, other: str, owner: str) -> dict[str, Any]:
        """A row per model; the second says where it differs."""
        if not text.strip():
            return {"columns": ["Type a sentence above."], "rows": []}
        first, second = (_predict(self._models, owner, k, [text])[0] for k in (key, other))
        names = list(dict.fromkeys([*first.tasks, *second.tasks]))
        titles = {value: name for name, value in self._models.choices(owner or "")}
        rows = [
            {"name": titles.get(k, k), "text": "", "answers": _answers(made, first, "differs", names)}
            for k, made in ((key, first), (other, second))
        ]
        return {"columns": ["model", *map(str.capitalize, names)], "rows": rows}


def _predict(models: Models, owner: str, key: str, texts: Sequence[str]) -> list[Prediction]:
    try:
        return models.get(owner or "", key).predict(texts)
    except ValueError as error:
        raise gr.Error(html.escape(str(error)), duration=None, print_exception=False) from error


def _answers(
    made: Prediction, first: Prediction, mark: str, names: Sequence[str] | None = None
) -> list[dict[str, str]]:
    return [
        {
            "said": _said(made.tasks.get(name)),
            "kind": mark if _label(made, name) != _label(first, name) else "",
        }
        for name in (names or made.tasks)
    ]


def _label(made: Prediction, name: str) -> str | None:
    return made.tasks[name].label if name in made.tasks else None


def _said(task: TaskPrediction | None) -> str:
    if task is None:
        return "has no such head"
    doubt = "" if task.sure else ", not sure"
    return f"{task.label} {task.scores[task.label]:.1%}{doubt}"
