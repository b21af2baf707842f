"""The promise: how much the run's model answers, where so many of its answers have to be right."""

from collections.abc import Iterator
from typing import Any, Final

import gradio as gr
from gradio.events import Dependency

from mtl.evaluation.promise import Promised
from mtl.runs.store import Runs
from mtl.schema.results import Promise
from mtl.ui.errors import sentence_of, told_to_the_visitor
from mtl.ui.models import Models
from mtl.ui.task_choice import task_choices
from mtl.ui.templates import MESSAGES, MESSAGES_CSS
from mtl.ui.train.promises import Promises

FOLD: Final = "promise"
_QUIET: Final[dict[str, Any]] = {"show_progress": "hidden"}
# Rows are answered by the whole model, one visitor's after the other's.
_IN_TURN: Final[dict[str, Any]] = {**_QUIET, "concurrency_limit": 1, "concurrency_id": "promise"}


class PromisePanel:
    """A task, an accuracy and a button; below it what can be promised. After each event of `changed` the
    model makes other promises."""

    def __init__(self) -> None:
        with gr.Row(elem_id="promise-form"):
            self._task = gr.Radio([], label="Task", visible=False, elem_id="promise-task")
            self._percent = gr.Number(
                95,
                label="At least ... % of the answers right",
                min_width=300,
                elem_id="promise-percent",
            )
        with gr.Row(elem_classes="quiet"):
            small: dict[str, Any] = {"size": "sm", "scale": 0, "min_width": 0}
            self._find = gr.Button("How much is answered?", elem_id="promise-find", **small)
            self._keep = gr.Button("Keep in the model", visible=False, elem_id="promise-keep", **small)
            self._remove = gr.Button("Remove", visible=False, elem_id="promise-remove", **small)
            self._file = gr.UploadButton(
                "Other labelled rows (CSV)", file_types=[".csv"], elem_id="promise-file", **small
            )
        self._said = gr.HTML([], html_template=MESSAGES, css_template=MESSAGES_CSS, elem_id="promise-said")
        self.changed: list[Dependency] = []

    def wire(
        self,
        models: Models,
        runs: Runs,
        owner: gr.BrowserState,
        run_id: gr.State,
        opened: gr.State,
        pressed: Dependency,
    ) -> None:
        """Lets the buttons work; the form is filled after `pressed`, and for another run, where `opened` then
        holds `FOLD`."""
        self._promises = Promises(models, runs)
        whose, asked = [owner, run_id], [owner, run_id, self._task, self._percent, self._file]
        begun: dict[str, Any] = {
            "fn": self._begin,
            "inputs": [opened, *whose, self._task],
            "outputs": [self._task, self._file, *self._results],
            **_QUIET,
        }
        pressed.then(**begun)
        run_id.change(**begun)
        found: dict[str, Any] = {"fn": self._ask, "inputs": asked, "outputs": self._results, **_IN_TURN}
        self._find.click(**found)
        self._file.upload(**found)
        kept = self._keep.click(self._kept, asked, self._results, **_IN_TURN)
        removed = self._remove.click(self._removed, [*whose, self._task], self._results, **_IN_TURN)
        self.changed = [kept, removed]
        self._task.input(self._state, [*whose, self._task], self._results, **_QUIET)
        # What is on the page would be kept: not what was found with another number.
        self._percent.input(None, None, self._keep, js="() => ({__type__: 'update', visible: false})")

    @property
    def _results(self) -> list[Any]:
        return [self._said, self._keep, self._remove]

    def _begin(self, opened: str, owner: str, run_id: str, task: str | None) -> dict[Any, Any]:
        if opened != FOLD:
            return {self._said: gr.skip()}
        try:
            names = list(self._promises.made(owner or "", run_id))
        except ValueError as error:
            return {self._task: gr.update(choices=[], value=None, visible=False), **self._refused(error)}
        chosen = task if task in names else names[0]
        radio = gr.update(choices=task_choices(names), value=chosen, visible=len(names) > 1)
        return {self._task: radio, self._file: None, **self._state(owner, run_id, chosen)}

    def _state(self, owner: str, run_id: str, task: str | None) -> dict[Any, Any]:
        """What the model promises now."""
        try:
            made = self._promises.made(owner or "", run_id).get(task or "")
        except ValueError as error:
            return self._refused(error)
        return self._shown(kept_words(made) if made else "", remove=made is not None)

    def _ask(
        self, owner: str, run_id: str, task: str | None, percent: float | None, file: str | None
    ) -> Iterator[dict[Any, Any]]:
        yield self._shown("Answering the rows ...")
        try:
            found = self._promises.find(owner or "", run_id, task or "", percent or 0.0, file)
        except ValueError as error:
            yield self._refused(error)
        else:
            yield self._shown(words(found), keep=found.possible)

    def _kept(
        self, owner: str, run_id: str, task: str | None, percent: float | None, file: str | None
    ) -> dict[Any, Any]:
        with told_to_the_visitor():
            self._promises.keep(owner or "", run_id, task or "", percent or 0.0, file)
        return self._state(owner, run_id, task)

    def _removed(self, owner: str, run_id: str, task: str | None) -> dict[Any, Any]:
        with told_to_the_visitor():
            self._promises.take_back(owner or "", run_id, task or "")
        return self._state(owner, run_id, task)

    def _refused(self, error: ValueError) -> dict[Any, Any]:
        return self._shown(sentence_of(error), kind="problem")

    def _shown(
        self, text: str, *, keep: bool = False, remove: bool = False, kind: str = "note"
    ) -> dict[Any, Any]:
        return {
            self._said: [{"kind": kind, "title": "", "text": text}] if text else [],
            self._keep: gr.update(visible=keep),
            self._remove: gr.update(visible=remove),
        }


def words(found: Promised) -> str:
    """What can be promised, in a sentence; or that it cannot, and how many rows could support it."""
    if found.possible:
        return (
            f"Answers {_of_100(found.coverage)} sentences; of those at least {100 * found.at_least:g} of 100 "
            f"are right ({found.confidence:.0%} sure)."
        )
    if found.rows_needed is None:
        return "Cannot be promised: at no threshold are the answers right often enough."
    rows = f"{found.rows:,} row{'' if found.rows == 1 else 's'}"
    return f"Cannot be promised on {rows}: about {found.rows_needed:,} could support it."


def kept_words(made: Promise) -> str:
    """What a model promises, in a sentence."""
    return (
        f"Kept in the model: answers {_of_100(made.coverage)} sentences, at least {100 * made.at_least:g} of "
        "100 of them right; the others are for a person."
    )


def _of_100(share: float) -> str:
    if 0 < share < 0.01:
        return "fewer than 1 of 100"
    return "all" if share == 1 else f"{min(99, round(100 * share))} of 100"
