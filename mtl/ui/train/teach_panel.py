"""The place Teach: labels and sentences are typed, and a model answers at once."""

from collections.abc import Callable, Iterable
from typing import Any, Final

import gradio as gr
from gradio.events import Dependency

from mtl.schema.limits import limits
from mtl.schema.tasks import shown_label
from mtl.teaching.lesson import MOST_CHARACTERS, MOST_ROWS, Lesson
from mtl.ui.downloads import download_js
from mtl.ui.errors import told_to_the_visitor
from mtl.ui.models import Models
from mtl.ui.templates import MESSAGES, MESSAGES_CSS
from mtl.ui.train.queue_panel import QueuePanel, Taught
from mtl.ui.train.teach_templates import ANSWER, ANSWER_CSS, ANSWER_JS, LESSON, LESSON_CSS, LESSON_JS
from mtl.ui.train.teach_words import Teacher, key_of

_EXAMPLE: Final = "complaint, order, spam"
_FIRST: Final = "The lamp arrived broken, and nobody answers my mails."
_LONGEST_LABELS: Final = 100_000
_QUIET: Final[dict[str, Any]] = {"show_progress": "hidden"}
# One change after the other: each begins with what the one before has made.
_IN_TURN: Final[dict[str, Any]] = {**_QUIET, "concurrency_limit": 1, "concurrency_id": "lesson"}

Change = Callable[[Lesson], Lesson]


class TeachPanel:
    """`lesson` holds the visitor's lesson, and the browser keeps it in `kept`. `use` takes its model to
    Predict, `train` hands its rows to a run."""

    def __init__(self, models: Models, kept: gr.BrowserState) -> None:
        self._teacher = Teacher(models.vectors, models.familiar)
        self.lesson, self.kept = gr.State(Lesson()), kept
        with gr.Row(elem_id="teach-first"):
            self._labels = gr.Textbox(
                label="What do you want to tell apart?",
                placeholder="complaint, order, spam",
                info="By commas; or one a line, with what belongs there behind a colon.",
                max_lines=8,
                max_length=_LONGEST_LABELS,
                scale=4,
                elem_id="teach-labels",
            )
            self._add = gr.Button(
                "Add", variant="primary", scale=0, min_width=110, elem_id="teach-add-labels"
            )
        with gr.Row(elem_classes="pills", elem_id="teach-example") as self._begin:
            self._example = gr.Button(f"For example: {_EXAMPLE}", size="sm", min_width=0)
        with gr.Column(visible=False, elem_id="teach-body") as self._body:
            with gr.Row():
                with gr.Column(min_width=320):
                    self._label = gr.Radio([], label="Sentences that belong under", elem_id="teach-label")
                    self._texts = gr.Textbox(
                        label="Sentences",
                        show_label=False,
                        placeholder="Your own sentences, one a line",
                        lines=4,
                        max_lines=10,
                        max_length=2 * MOST_CHARACTERS,
                        elem_id="teach-sentences",
                    )
                    self._teach = gr.Button("Teach", variant="primary", elem_id="teach-add")
                with gr.Column(min_width=320):
                    self.text = gr.Textbox(
                        label="Try a sentence",
                        placeholder="A new sentence",
                        max_lines=4,
                        max_length=limits().text_characters,
                        elem_id="teach-text",
                    )
                    self._answer = gr.HTML(
                        {"rows": [], "notes": []},
                        html_template=ANSWER,
                        css_template=ANSWER_CSS,
                        js_on_load=ANSWER_JS,
                        elem_id="teach-answer",
                    )
            self._score = gr.HTML(
                [], html_template=MESSAGES, css_template=MESSAGES_CSS, elem_id="teach-score"
            )
        with gr.Row(visible=False, elem_classes="quiet", elem_id="teach-actions") as self._actions:
            small: dict[str, Any] = {"size": "sm", "scale": 0, "min_width": 0}
            self._undo = gr.Button("Undo", elem_id="teach-undo", **small)
            self.use = gr.Button("Use in Predict", elem_id="teach-use", **small)
            self.train = gr.Button("Train properly", elem_id="teach-train", **small)
            self._save = gr.Button("Download (CSV)", elem_id="teach-save", **small)
            self._clear = gr.Button("Start over", elem_id="teach-clear", **small)
        self.queue = QueuePanel(self._teacher)
        self._listed = gr.HTML(
            [], html_template=LESSON, css_template=LESSON_CSS, js_on_load=LESSON_JS, elem_id="teach-lesson"
        )
        self._csv = gr.Textbox(visible=False)

    @property
    def outputs(self) -> list[Any]:
        """What `render` fills."""
        shown = [self._label, self._answer, self._score, self._listed]
        return [self.lesson, self.kept, *shown, self._begin, self._body, self._actions, self._undo]

    def wire(self, owner: gr.BrowserState, opened: Iterable[Callable[..., Dependency]]) -> None:
        """Lets everything work. After each of `opened` the place is on the page."""
        boxes = [self.lesson, self.text, self._label]
        # What takes long, encoding, keeps no other visitor waiting.
        remembered = self._teach.click(self._remember, self._texts, None, **_QUIET)
        changed = [
            gr.on([self._add.click, self._labels.submit], self._add_labels, [*boxes, self._labels],
                  [*self.outputs, self._labels], **_IN_TURN),
            self._example.click(self._begin_example, boxes, [*self.outputs, self.text], **_IN_TURN),
            remembered.then(
                self._add_texts, [*boxes, self._texts], [*self.outputs, self._texts], **_IN_TURN
            ),
            self._answer.select(self._press, boxes, self.outputs, **_IN_TURN),
            self._listed.edit(self._edit, boxes, [*self.outputs, self.text], **_IN_TURN),
            self._undo.click(self._changer(Lesson.undo), boxes, self.outputs, **_IN_TURN),
            self._clear.click(self._changer(Lesson.cleared), boxes, self.outputs, **_IN_TURN),
        ]  # fmt: skip
        self.text.change(
            self._try, [self.lesson, self.text], self._answer, trigger_mode="always_last", **_QUIET
        )
        self._save.click(Lesson.to_csv, self.lesson, self._csv, **_QUIET).then(
            None, self._csv, None, js=download_js("lesson.csv", "text/csv")
        )
        same = self._changer(lambda lesson: lesson)
        arrived = [event(same, boxes, self.outputs, **_QUIET) for event in opened]
        lesson = Taught(boxes=boxes, outputs=self.outputs, render=self._render, in_turn=_IN_TURN)
        self.queue.wire(owner, lesson, arrived, changed)

    def restore(self, kept: Any) -> dict[Any, Any]:
        """The lesson as the browser kept it; what it answers is found when the place is opened. Raises
        ValueError where it cannot be read."""
        lesson = Lesson.from_dict(kept)
        return self._render(lesson, "", "", answered=False)

    def forgotten(self) -> dict[Any, Any]:
        """No lesson any more, and none to go back to."""
        return self._render(Lesson(), "", "")

    def _render(
        self, lesson: Lesson, text: str, chosen: str | None, *, answered: bool = True
    ) -> dict[Any, Any]:
        names = list(lesson.names)
        with told_to_the_visitor():
            values: dict[Any, Any] = {
                self._listed: self._teacher.listed(lesson, marked=answered),
                self._answer: self._teacher.answer(lesson, text) if answered else gr.skip(),
                self._score: self._teacher.score(lesson) if answered else gr.skip(),
            }
        label = chosen if chosen in names else next(iter(names), None)
        return values | {
            self.lesson: lesson,
            self.kept: lesson.to_dict() if names else None,
            self._label: gr.update(choices=names, value=label),
            self._begin: gr.update(visible=not names),
            self._body: gr.update(visible=bool(names)),
            self._actions: gr.update(visible=bool(names or lesson.past)),
            self._undo: gr.update(interactive=bool(lesson.past)),
        }

    def _changed(self, lesson: Lesson, text: str, chosen: str | None, change: Change) -> dict[Any, Any]:
        with told_to_the_visitor():
            new = change(lesson)
        return self._render(new, text or "", chosen)

    def _changer(self, change: Change) -> Callable[[Lesson, str, str | None], dict[Any, Any]]:
        return lambda lesson, text, chosen: self._changed(lesson, text, chosen, change)

    def _add_labels(self, lesson: Lesson, text: str, chosen: str | None, typed: str) -> dict[Any, Any]:
        changed = self._changed(lesson, text, chosen, lambda before: before.add_labels(typed or ""))
        return {**changed, self._labels: ""}

    def _begin_example(self, lesson: Lesson, text: str, chosen: str | None) -> dict[Any, Any]:
        changed = self._changed(lesson, _FIRST, chosen, lambda before: before.add_labels(_EXAMPLE))
        return {**changed, self.text: _FIRST}

    def _remember(self, typed: str) -> None:
        texts = [text for line in (typed or "").splitlines() if (text := shown_label(line))]
        if len(set(texts)) <= MOST_ROWS and len(typed) <= MOST_CHARACTERS:
            self._teacher.vectors.layer_embeddings(list(dict.fromkeys(texts)))

    def _add_texts(self, lesson: Lesson, text: str, chosen: str | None, typed: str) -> dict[Any, Any]:
        changed = self._changed(lesson, text, chosen, lambda before: before.teach(typed or "", chosen or ""))
        return {**changed, self._texts: ""}

    def _try(self, lesson: Lesson, text: str) -> dict[str, Any]:
        with told_to_the_visitor():
            return self._teacher.answer(lesson, text or "")

    def _press(self, lesson: Lesson, text: str, chosen: str | None, event: gr.EventData) -> dict[Any, Any]:
        label = _named(lesson.names, event._data.get("key"))
        return self._changed(lesson, text, chosen, lambda before: before.teach([text], label))

    def _edit(self, lesson: Lesson, text: str, chosen: str | None, event: gr.EventData) -> dict[Any, Any]:
        told = {name: value if isinstance(value, str) else "" for name, value in event._data.items()}
        what, key = told.get("what"), told.get("key")
        if what in ("try", "forget"):
            row = _named([row.text for row in lesson.rows], key)
            if what == "try":
                return {**self._render(lesson, row, chosen), self.text: row}
            return {**self._changed(lesson, text, chosen, lambda one: one.forget(row)), self.text: gr.skip()}
        label = _named(lesson.names, key)
        changes: dict[str | None, Change] = {
            "drop": lambda one: one.delete_label(label),
            "merge": lambda one: one.merge(label, _named(one.names, told.get("into"))),
            "rename": lambda one: one.edit_label(label, told.get("name", ""), told.get("about", "")),
        }
        change = changes.get(what, lambda one: one)
        return {**self._changed(lesson, text, chosen, change), self.text: gr.skip()}


def _named(texts: Iterable[str], key: Any) -> str:
    """The one of these texts that has this key. Raises ValueError where none has."""
    for text in texts:
        if key_of(text) == key:
            return text
    raise ValueError("This is not here any more: reload the page")
