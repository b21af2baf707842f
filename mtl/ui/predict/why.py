"""Why a model answers as it does: what words and layers add, and the check by leaving words out."""

from typing import Any, Final

import gradio as gr

from mtl.analysis.explain import leave_one_out
from mtl.ui.errors import told_to_the_visitor
from mtl.ui.models import DEFAULT
from mtl.ui.predict.answers import Answers
from mtl.ui.predict.reasons import BEST, chosen_label, chosen_task, reasons
from mtl.ui.predict.templates import WORDS, WORDS_CSS
from mtl.ui.task_choice import first_choice, task_choices
from mtl.ui.templates import TABLE, TABLE_CSS

# Leaving words out costs a forward pass each: 60 take about a second.
_MAX_LEFT_OUT: Final = 60
_NOT_CHECKED: Final[dict[str, Any]] = {"columns": ["Press the button: it costs a pass per word."], "rows": []}


class WhyPanel:
    """The reasons for one label of one of the model's tasks; `show` updates `outputs` from `inputs`."""

    def __init__(
        self, answers: Answers, text: gr.Textbox, model: gr.Dropdown, owner: gr.BrowserState
    ) -> None:
        self._answers = answers
        first = first_choice(answers.models.get("", DEFAULT).tasks)
        shown = reasons(answers.explanation("", DEFAULT, str(text.value)), first, BEST)
        with gr.Row():
            self.task = gr.Radio(
                task_choices(shown.tasks), value=shown.task, label="Task", elem_id="why-task"
            )
            self.label = gr.Dropdown(
                [BEST, *shown.labels], value=BEST, label="Reasons for", elem_id="why-label"
            )
        self.words = gr.HTML(shown.words, html_template=WORDS, css_template=WORDS_CSS, elem_id="why-words")
        with gr.Row():
            with gr.Column(scale=5, min_width=280):
                gr.Markdown("**What each word adds to the logit**")
                self.table = gr.HTML(
                    shown.table,
                    html_template=TABLE,
                    css_template=TABLE_CSS + ".scroll { max-height: 300px; min-height: 300px; }",
                    elem_id="why-table",
                )
            with gr.Column(scale=7, min_width=280):
                gr.Markdown("**What each layer adds**")
                self.layers = gr.Plot(shown.chart, show_label=False, elem_id="why-layers")
        self.inputs = [text, model, self.task, self.label, owner]
        self.omissions = self._lay_out_check()
        self.outputs = [self.task, self.label, self.words, self.table, self.layers, self.omissions]
        for choice in (self.task, self.label):
            choice.input(
                self.show, self.inputs, self.outputs, trigger_mode="always_last", show_progress="hidden"
            )

    def _lay_out_check(self) -> gr.HTML:
        with gr.Accordion("The check: leave each word out", open=False):
            gr.Markdown(
                "What a word adds is counted as the word stands. Leaving it out also changes what its "
                f"neighbours mean, so the two numbers differ. For texts of up to {_MAX_LEFT_OUT} words.",
                elem_classes="hint",
            )
            check = gr.Button("Leave each word out", size="sm", elem_id="leave-out")
            omissions = gr.HTML(
                _NOT_CHECKED, html_template=TABLE, css_template=TABLE_CSS, elem_id="omissions"
            )
        check.click(self.check, self.inputs, omissions, show_progress_on=omissions)
        return omissions

    def show(self, text: str, key: str, task: str, label: str, owner: str) -> dict[Any, Any]:
        """Updates of `outputs`; the check is emptied."""
        if not text.strip():
            nothing = {"head": "Type a sentence above.", "parts": [], "sum": ""}
            empty = {"columns": ["word"], "rows": []}
            return {self.words: nothing, self.table: empty, self.omissions: _NOT_CHECKED}
        with told_to_the_visitor():
            shown = reasons(self._answers.explanation(owner, key, text), task, label)
        return {
            self.task: gr.update(choices=task_choices(shown.tasks), value=shown.task),
            self.label: gr.update(choices=[BEST, *shown.labels], value=shown.label),
            self.words: shown.words,
            self.table: shown.table,
            self.layers: shown.chart,
            self.omissions: _NOT_CHECKED,
        }

    def check(self, text: str, key: str, task: str, label: str, owner: str) -> dict[str, Any]:
        """A table of what each word adds, and of how far the logit drops without it."""
        with told_to_the_visitor():
            if not text.strip():
                raise ValueError("there is no text: type a sentence first")
            found = self._answers.explanation(owner, key, text)
            words = len(found.reading.words)
            if words > _MAX_LEFT_OUT:
                raise ValueError(f"the text has {words} words: leave-one-out takes {_MAX_LEFT_OUT} at most")
            own = chosen_task(found, task)
            part = own.of(chosen_label(own, label).label, relative=False)
            model = self._answers.models.get(owner or "", key)
            drops = leave_one_out(model, text, own.task.name, part.label)
        rows = [
            (word.text, f"{word.total:+.3f}", f"{drop.drop:+.3f}")
            for word, drop in zip(part.words, drops, strict=True)
        ]
        logit = f"{part.label}'s own logit, {part.logit:+.3f}"
        return {"columns": ["word", f"adds to {logit}", "drop when left out"], "rows": rows}
