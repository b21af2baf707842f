"""Label a file, in the place Teach: sentences of a file are proposed, and a key labels each."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import gradio as gr
from gradio.events import Dependency

from mtl.analysis.suggest import MOST_TEXTS
from mtl.schema.limits import limits
from mtl.teaching.lesson import Lesson
from mtl.ui.errors import told_to_the_visitor
from mtl.ui.folds import Folds
from mtl.ui.latest import Latest
from mtl.ui.train.labelling import Labelling
from mtl.ui.train.queue_templates import QUEUE, QUEUE_CSS, QUEUE_JS, READING, READING_CSS
from mtl.ui.train.queue_words import NOTHING, READ, progress, told
from mtl.ui.train.teach_words import Teacher

_QUIET: Final[dict[str, Any]] = {"show_progress": "hidden"}
_SAVE_JS: Final = "() => document.querySelector('#queue-csv')?.click()"
_REDRAW_S: Final = 0.5
_STREAMS: Final = 8

Shown = dict[Any, Any]


@dataclass(frozen=True, kw_only=True)
class Taught:
    """The lesson that a queue changes: `boxes` are inputs of a listener (lesson, text, label), and
    `render(lesson, text, label)` gives values of `outputs`; `in_turn` are the listener's options."""

    boxes: list[Any]
    outputs: list[Any]
    render: Callable[[Lesson, str, str | None], Shown]
    in_turn: dict[str, Any]


class QueuePanel:
    """A quiet button, and what it opens. The server keeps the file, the visitor's lesson the labels."""

    def __init__(self, teacher: Teacher) -> None:
        self._teacher, self.labelling = teacher, Labelling(teacher)
        self._latest = Latest()
        self._folds = Folds({"file": "Label a file"}, "teach-more")
        with self._folds.panel("file"):
            self._file = gr.File(
                label=f"Sentences without labels (CSV), up to {min(MOST_TEXTS, limits().rows):,} rows",
                file_types=[".csv", ".tsv", ".txt"],
                height=170,
                elem_id="queue-file",
            )
            self._shown = gr.HTML(
                NOTHING,
                html_template=QUEUE,
                css_template=QUEUE_CSS,
                js_on_load=QUEUE_JS,
                elem_id="queue",
            )
            self._reading = gr.HTML(
                READ, html_template=READING, css_template=READING_CSS, elem_id="queue-reading"
            )
            with gr.Row(visible=False, elem_classes="quiet") as self._after:
                small: dict[str, Any] = {"size": "sm", "scale": 0, "min_width": 0}
                self._save = gr.Button("Answers for the file (CSV)", elem_id="queue-save", **small)
                self._other = gr.Button("Another file", elem_id="queue-other", **small)
            self._csv = gr.DownloadButton(elem_id="queue-csv", elem_classes="unseen")

    @property
    def outputs(self) -> list[Any]:
        """What `refresh` and `forgotten` fill."""
        return [self._file, self._shown, self._reading, self._after, self._save]

    def wire(
        self,
        owner: gr.BrowserState,
        lesson: Taught,
        opened: Iterable[Dependency],
        changed: Iterable[Dependency],
    ) -> None:
        """Lets everything work. After each of `opened` the place is on the page, after each of `changed` the
        lesson is another."""
        now = [owner, lesson.boxes[0]]
        refresh: dict[str, Any] = {"fn": self.refresh, "inputs": now, "outputs": self.outputs, **_QUIET}
        read: dict[str, Any] = {
            "fn": self.read,
            "inputs": owner,
            "outputs": [self._reading, self._save],
            "concurrency_limit": _STREAMS,
            **_QUIET,
        }
        self._folds.wire()

        def act(
            owner: str, before: Lesson, text: str, chosen: str | None, event: gr.EventData
        ) -> dict[Any, Any]:
            with told_to_the_visitor():
                after = self.labelling.act(owner, before, event._data)
                return (
                    {lesson.boxes[0]: gr.skip()}
                    if after is before
                    else lesson.render(after, text or "", chosen)
                )

        inputs, outputs = [owner, *lesson.boxes], [*lesson.outputs]
        self._shown.select(act, inputs, outputs, **lesson.in_turn).then(**refresh)
        loaded = self._file.upload(
            self.load, [self._file, owner], self._file, concurrency_limit=2, show_progress_on=self._file
        )
        loaded.success(**refresh).then(**read)
        loaded.failure(lambda: None, None, self._file, **_QUIET)
        self._other.click(self.forget, owner, self.outputs, **_QUIET)
        self._save.click(self.save, now, self._csv, **_QUIET).success(None, None, None, js=_SAVE_JS)
        for event in changed:
            event.then(**refresh)
        for event in opened:
            arrived = {**refresh, "fn": self.arrive, "outputs": [*self.outputs, *self._folds.outputs]}
            event.then(**arrived).then(**read)

    def load(self, file: str | None, owner: str) -> Shown:
        """Takes a file in place of the one before."""
        with told_to_the_visitor():
            self.labelling.begin(owner, file)
        return {self._file: gr.update(value=None)}

    def read(self, owner: str, request: gr.Request) -> Iterator[Shown]:
        """Reads what is not read yet, and tells how far it is, while the page is open."""
        session, drawn = request.session_hash, 0.0
        stream = self._latest.begin(session)
        while (held := self.labelling.held(owner)) and not held.done:
            if not self._latest.holds(session, stream):
                return
            self.labelling.read(held)
            if time.monotonic() - drawn > _REDRAW_S:
                drawn = time.monotonic()
                yield {self._reading: progress(held), self._save: gr.skip()}
        yield {self._reading: READ, self._save: gr.update(visible=held is not None)}

    def refresh(self, owner: str, lesson: Lesson) -> Shown:
        """The sentence in focus as the lesson is now; the next ten are chosen where none is ahead."""
        with told_to_the_visitor():
            held = self.labelling.chosen(owner, lesson)
            if held is None:
                return self._nothing()
            shown = told(held, lesson, self._teacher)
        return {
            self._file: gr.update(visible=False),
            self._shown: shown,
            self._reading: progress(held),
            self._after: gr.update(visible=True),
            self._save: gr.update(visible=held.done and len(lesson.labels) > 1),
        }

    def arrive(self, owner: str, lesson: Lesson) -> Shown:
        """As `refresh`; a file that is there is shown."""
        there = self.labelling.held(owner) is not None
        return {**self.refresh(owner, lesson), **(self._folds.show("file") if there else {})}

    def save(self, owner: str, lesson: Lesson) -> str:
        """A CSV file with the answer for each row of the file."""
        with told_to_the_visitor():
            return self.labelling.save(owner, lesson)

    def forget(self, owner: str) -> Shown:
        """Deletes the file that this visitor labels. The labels stay in the lesson."""
        self.labelling.forget(owner)
        return self._nothing()

    def _nothing(self) -> Shown:
        return {
            self._file: gr.update(visible=True),
            self._shown: NOTHING,
            self._reading: READ,
            self._after: gr.update(visible=False),
            self._save: gr.update(visible=False),
        }
