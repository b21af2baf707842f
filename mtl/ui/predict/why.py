"""Why a model says what it says: shares of words and layers, the check, the nearest known sentences."""

import html
from collections.abc import Iterator
from concurrent.futures import wait
from typing import Any, Final

import gradio as gr

from mtl.analysis.attribution import Explanation, LabelAttribution, Reading
from mtl.analysis.explain import explain, leave_one_out
from mtl.analysis.similarity import neighbours
from mtl.analysis.word_spans import read
from mtl.schema.tasks import INTENT, TASK_NAMES
from mtl.ui.charts.predicting import layer_attributions
from mtl.ui.models import DEFAULT, Models
from mtl.ui.predict.templates import WORDS, WORDS_CSS
from mtl.ui.templates import TABLE, TABLE_CSS

BEST: Final = "most probable"
# Leaving words out costs a forward pass each: 60 take about a second.
_MAX_LEFT_OUT: Final = 60
_NEAREST: Final = 5
_NOT_CHECKED: Final[dict[str, Any]] = {"columns": ["Press the button: it costs a pass per word."], "rows": []}


class WhyPanel:
    """The panel's parts; `show` belongs to `inputs` and `outputs`, `near` to the nearest sentences."""

    def __init__(self, models: Models, text: gr.Textbox, model: gr.Dropdown, owner: gr.BrowserState) -> None:
        self._models = models
        task, label, words, table, layers = self._explained(str(text.value))
        with gr.Accordion("The check: leave each word out", open=False):
            gr.Markdown(
                "A share says what a word adds as it stands. Leaving the word out also changes what its "
                f"neighbours mean, so the two differ. For texts of up to {_MAX_LEFT_OUT} words.",
                elem_classes="hint",
            )
            check = gr.Button("Leave each word out", size="sm", elem_id="leave-out")
            omissions = gr.HTML(
                _NOT_CHECKED, html_template=TABLE, css_template=TABLE_CSS, elem_id="omissions"
            )
        opened = gr.State(False)
        with gr.Accordion("The nearest training sentences", open=False, elem_id="nearest-box") as box:
            gr.Markdown(
                "Among the bundled sentences, by the cosine of the encoder as it was loaded; a run trained "
                "on other sentences has not seen these.",
                elem_classes="hint",
            )
            nearest = gr.HTML(
                _table([], "sentence"), html_template=TABLE, css_template=TABLE_CSS, elem_id="nearest"
            )
        self.inputs = [text, model, task, label, owner]
        self.outputs = [label, words, table, layers, omissions]
        self.near_inputs, self.nearest = [text, opened], nearest
        for choice in (task, label):
            choice.input(
                self.show, self.inputs, self.outputs, trigger_mode="always_last", show_progress="hidden"
            )
        check.click(self.check, self.inputs, omissions, show_progress_on=omissions)
        box.expand(lambda: True, None, opened, show_progress="hidden").then(
            self.encode, None, nearest, show_progress="hidden", concurrency_limit=8
        ).then(self.near, self.near_inputs, nearest, show_progress="hidden")

    def _explained(self, text: str) -> tuple[gr.Radio, gr.Dropdown, gr.HTML, gr.HTML, gr.Plot]:
        with gr.Row():
            task = gr.Radio(
                [(name.capitalize(), name) for name in TASK_NAMES],
                value=INTENT,
                label="Task",
                elem_id="why-task",
            )
            label = gr.Dropdown([BEST], value=BEST, label="Reasons for", elem_id="why-label")
        choices, shown, numbers, chart, _ = self.show(text, DEFAULT, INTENT, BEST, "")
        label.choices = [(name, name) for name in choices["choices"]]
        words = gr.HTML(shown, html_template=WORDS, css_template=WORDS_CSS, elem_id="why-words")
        with gr.Row():
            with gr.Column(scale=5, min_width=280):
                gr.Markdown("**Each word's share of the logit**")
                table = gr.HTML(
                    numbers,
                    html_template=TABLE,
                    css_template=TABLE_CSS + ".scroll { max-height: 300px; min-height: 300px; }",
                    elem_id="why-table",
                )
            with gr.Column(scale=7, min_width=280):
                gr.Markdown("**Each layer's share**")
                layers = gr.Plot(chart, show_label=False, elem_id="why-layers")
        return task, label, words, table, layers

    def show(self, text: str, key: str, task: str, label: str, owner: str) -> tuple[Any, ...]:
        """Choices of a label, the words, their numbers, the layers, and the check emptied."""
        if not text.strip():
            head = {"task": task, "head": "Type a sentence above.", "parts": [], "sum": ""}
            return gr.skip(), head, _table([], "word"), gr.skip(), _NOT_CHECKED
        try:
            found = explain(self._models.get(owner or "", key), text)
            labels, shares = _chosen(found, task, label)
        except ValueError as error:
            raise _told(error) from error
        best = label not in labels
        return (
            gr.update(choices=[BEST, *labels], value=BEST if best else label),
            words_shown(task, shares, found.reading),
            _numbers(shares),
            layer_attributions(task, shares),
            _NOT_CHECKED,
        )

    def check(self, text: str, key: str, task: str, label: str, owner: str) -> dict[str, Any]:
        """WordAttribution and drop of every word, side by side."""
        try:
            model = self._models.get(owner or "", key)
            if not text.strip():
                raise ValueError("there is no text: type a sentence first")
            _, (reading,) = read(model.encoder, [text])
            if len(reading.words) > _MAX_LEFT_OUT:
                raise ValueError(
                    f"the text has {len(reading.words)} words: leave-one-out takes {_MAX_LEFT_OUT} at most"
                )
            found = explain(model, text)
            labels, chosen = _chosen(found, task, label)
            plain = found.tasks[task].of(chosen.label, relative=False)
            drops = leave_one_out(model, text, task, chosen.label)
        except ValueError as error:
            raise _told(error) from error
        rows = [
            (share.text, f"{share.total:+.3f}", f"{drop.drop:+.3f}")
            for share, drop in zip(plain.words, drops, strict=True)
        ]
        logit = f"{plain.label}'s own logit, {plain.logit:+.3f}"
        return {"columns": ["word", f"share of {logit}", "drop when left out"], "rows": rows}

    def encode(self) -> Iterator[dict[str, Any]]:
        """Tells how far the one encoding of the bundled sentences is, until it is done."""
        result = self._models.bundled.begin()
        while not result.done():
            done = self._models.bundled.progress()
            yield _table([], f"Encoding the bundled sentences, once: {done:.0%}")
            wait([result], timeout=0.5)
        yield gr.skip()

    def near(self, text: str, opened: bool) -> Any:
        """The bundled sentences most like the text, if their part of the page was opened."""
        bundled = self._models.bundled
        if not opened or bundled.progress() < 1 and not bundled.begin().done():
            return gr.skip()
        if not text.strip():
            return _table([], "Type a sentence above.")
        try:
            embeddings, (texts, tasks, labels) = bundled.embeddings(), bundled.rows
        except ValueError as error:
            raise _told(error) from error
        (found,) = neighbours(self._models.encoder.encode([text]), embeddings, _NEAREST)
        rows = [(f"{n.cosine:.3f}", texts[n.row], f"{tasks[n.row]}: {labels[n.row]}") for n in found]
        return {"columns": ["cosine", "sentence", "its label"], "rows": rows}


def words_shown(task: str, shares: LabelAttribution, reading: Reading) -> dict[str, Any]:
    """The sentence in words with their shares, and what the encoder did not read."""
    bound = max((abs(word.total) for word in shares.words), default=0.0) or 1.0
    parts = [
        {
            "text": word.text,
            "share": f"{word.total:+.2f}",
            "kind": "for" if word.total >= 0 else "against",
            "title": f"{word.total:+.4f}: {'for' if word.total >= 0 else 'against'} {shares.label}",
            "tint": f"{45 * abs(word.total) / bound:.0f}",
        }
        for word in shares.words
    ]
    if reading.cut is not None:
        parts.append({"text": f"(not read: {len(reading.text) - reading.cut} more characters)", "share": ""})
    spoken = sum(word.total for word in shares.words)
    return {
        "task": task,
        "head": f"For {shares.label} (solid line) and against it (dotted line), word by word",
        "parts": parts,
        "sum": f"words {spoken:+.3f}, rest {shares.rest:+.3f}, logit {shares.logit:+.3f}",
    }


def _chosen(found: Explanation, task: str, label: str) -> tuple[tuple[str, ...], LabelAttribution]:
    if task not in found.tasks:
        raise ValueError(f"this model has no {task} head: choose the other task, or another model")
    own = found.tasks[task]
    labels = own.task.labels
    # A softmax sees only the differences of its logits.
    return labels, own.of(label if label in labels else None)


def _numbers(shares: LabelAttribution) -> dict[str, Any]:
    rows = [(word.text, f"{word.total:+.4f}") for word in shares.words]
    rest = ("rest: special tokens, scaling, bias", f"{shares.rest:+.4f}")
    relative = ", above the labels' mean" if shares.relative else ""
    return {
        "columns": ["word", f"share for {shares.label}"],
        "rows": [*rows, rest, (f"logit{relative}", f"{shares.logit:+.4f}")],
    }


def _table(rows: list[tuple[str, ...]], *columns: str) -> dict[str, Any]:
    return {"columns": list(columns), "rows": rows}


def _told(error: ValueError) -> gr.Error:
    return gr.Error(html.escape(str(error)), duration=None, print_exception=False)
