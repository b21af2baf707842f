"""The sentence written otherwise, or read by another model: answers side by side."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import gradio as gr

from mtl.data.augmentation import without_final_marks
from mtl.model.encoder import Encoder
from mtl.schema.results import Prediction, TaskPrediction
from mtl.ui.errors import told_to_the_visitor
from mtl.ui.models import UNTRAINED
from mtl.ui.predict.answers import Answers
from mtl.ui.predict.confidence import percent
from mtl.ui.predict.templates import ANSWERS, ANSWERS_CSS

_NOTHING: Final[dict[str, Any]] = {"columns": ["Type a sentence above."], "rows": []}


class WhatIfPanel:
    """The sentence and its variants; `show` updates `outputs` from `inputs`."""

    def __init__(
        self, answers: Answers, text: gr.Textbox, model: gr.Dropdown, owner: gr.BrowserState
    ) -> None:
        self._answers = answers
        edit = gr.Textbox(
            "",
            label="Your edit",
            placeholder="Write it in another way, and compare",
            lines=1,
            max_length=20_000,
            elem_id="what-if-edit",
        )
        self.table = gr.HTML(_NOTHING, html_template=ANSWERS, css_template=ANSWERS_CSS, elem_id="what-if")
        self.inputs = [text, model, edit, owner]
        self.outputs = [self.table]
        edit.change(self.show, self.inputs, self.outputs, trigger_mode="always_last", show_progress="hidden")
        # An edit is one of the present sentence.
        text.change(None, None, edit, js="() => ''")

    def show(self, text: str, key: str, edit: str, owner: str) -> dict[Any, Any]:
        """The table of variants."""
        return {self.table: self.variants(text, key, edit, owner)}

    def variants(self, text: str, key: str, edit: str, owner: str) -> dict[str, Any]:
        """A row per variant; a label that is not the sentence's own is marked as changed."""
        if not text.strip():
            return _NOTHING
        others = {
            "no final mark": without_final_marks(text),
            "lower-cased": text.lower(),
            "both": without_final_marks(text.lower()),
        }
        with told_to_the_visitor():
            first = self._answers.answer(owner, key, text).prediction
            model = self._answers.models.get(owner or "", key)
            given = _distinct(model.encoder, text, others)
            if edit.strip():
                given["your edit"] = edit
            predictions = model.predict(list(given.values()))
        names = list(first.tasks)
        rows = [
            {"name": name, "text": made.text, "answers": _cells(made, first, "changed", names)}
            for name, made in zip(("as typed", *given), (first, *predictions), strict=True)
        ]
        return {"columns": ["", "sentence", *map(str.capitalize, names)], "rows": rows}


class TwoModelsPanel:
    """The sentence read by a second model; `show` updates `outputs` from `inputs`."""

    def __init__(
        self, answers: Answers, text: gr.Textbox, model: gr.Dropdown, owner: gr.BrowserState
    ) -> None:
        self._answers = answers
        self._other = gr.Dropdown(
            answers.models.choices(""), value=UNTRAINED, label="Compare with", elem_id="compare-model"
        )
        self.table = gr.HTML(_NOTHING, html_template=ANSWERS, css_template=ANSWERS_CSS, elem_id="two-models")
        self.inputs = [text, model, self._other, owner]
        self.outputs = [self.table, self._other]
        self._other.input(self.show, self.inputs, self.outputs, show_progress="hidden")

    def show(self, text: str, key: str, other: str, owner: str) -> dict[Any, Any]:
        """The table of the two models, and the models to choose from."""
        return {
            self.table: self.both(text, key, other, owner),
            self._other: gr.update(choices=self._answers.models.choices(owner or "")),
        }

    def both(self, text: str, key: str, other: str, owner: str) -> dict[str, Any]:
        """A row per model, a column per task of either; the second model's row says where it differs."""
        if not text.strip():
            return _NOTHING
        with told_to_the_visitor():
            first, second = (self._answers.answer(owner, k, text).prediction for k in (key, other))
        names = list(dict.fromkeys([*first.tasks, *second.tasks]))
        titles = {value: name for name, value in self._answers.models.choices(owner or "")}
        rows = [
            {"name": titles.get(k, k), "text": "", "answers": _cells(made, first, "differs", names)}
            for k, made in ((key, first), (other, second))
        ]
        return {"columns": ["model", *map(str.capitalize, names)], "rows": rows}


def _distinct(encoder: Encoder, text: str, variants: Mapping[str, str]) -> dict[str, str]:
    """The variants that the encoder reads otherwise than the text and than each other."""
    given = [text, *variants.values()]
    tokens = encoder.tokenize(given).ids
    return {
        name: variant
        for place, (name, variant) in enumerate(variants.items(), start=1)
        if variant.strip() and tokens[place] not in tokens[:place]
    }


def _cells(made: Prediction, first: Prediction, mark: str, names: Sequence[str]) -> list[dict[str, str]]:
    return [
        {
            "predicted": _predicted(made.tasks.get(name)),
            "kind": mark if _label(made, name) != _label(first, name) else "",
        }
        for name in names
    ]


def _label(made: Prediction, name: str) -> str | None:
    return made.tasks[name].label if name in made.tasks else None


def _predicted(task: TaskPrediction | None) -> str:
    if task is None:
        return "has no such head"
    doubt = "" if task.sure else ", ask a person" if task.abstains else ", not sure"
    return f"{task.label} {percent(task.confidence)}{doubt}"
