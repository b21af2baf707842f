"""A visitor's runs as a list: open, use, download, resume, rename, delete, and compare some of them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

import gradio as gr
from gradio.events import Dependency

from mtl.model.archive import pack
from mtl.runs.store import LONGEST_NAME, Runs
from mtl.runs.view import RunView
from mtl.schema.tasks import task_colours
from mtl.ui.downloads import new_file
from mtl.ui.errors import told_to_the_visitor
from mtl.ui.train.compare_panel import ComparePanel, task_score
from mtl.ui.train.progress import percent_done
from mtl.ui.train.run_words import ago, report_of, rows_of_run, run_name, started_of, strategy, took
from mtl.ui.train.templates import RUNS, RUNS_CSS

_POLL_S: Final = 1.0
_SCORES: Final = 4
_NONE_YET: Final = (
    "No run yet. Train once, and it stays here: open it again, use it, download it, compare it with others."
)
_FEWEST: Final = 2
# The names of the events are Gradio's; each carries the id of its run.
_ON_LOAD: Final = """
element.addEventListener('click', event => {
    const pressed = event.target.closest('[data-do]');
    if (!pressed) return;
    const {do: what, run, name} = pressed.dataset;
    if (what === 'delete' && !confirm(`Delete "${name}" with its rows and its model?`)) return;
    trigger(what, {run});
});
let editing = '';
element.addEventListener('focusin', event => { editing = event.target.dataset.rename ?? ''; });
element.addEventListener('keydown', event => {
    if (event.key === 'Enter' && event.target.dataset.rename) event.target.blur();
});
element.addEventListener('change', event => {
    if (editing) trigger('edit', {run: editing, name: event.target.value});
});
// What was typed belongs to the row in which it was typed.
watch('value', () => element.querySelectorAll('input').forEach(box => {
    if (box !== document.activeElement) box.value = box.getAttribute('value');
}));
"""
_SAVE_JS: Final = "() => document.querySelector('#run-file')?.click()"


@dataclass(frozen=True, kw_only=True)
class RunsWired:
    """What the tab joins: `shown` are the arguments of a listener that fills the list and follows the runs
    that go on. After `opened` the id of the run to show is in the tab's state; after `used` too, and its
    model is to be tried. After each of `changed` there may be other models to choose from.
    """

    shown: dict[str, Any]
    opened: list[Dependency]
    used: Dependency
    changed: list[Dependency]


class RunsPanel:
    """The list and, once two or more are ticked, their comparison. `all` starts a run per strategy."""

    def __init__(self) -> None:
        self._ticked = gr.State([])
        with gr.Column() as self._listed:
            with gr.Row(elem_classes="quiet", elem_id="runs-actions"):
                small: dict[str, Any] = {"size": "sm", "scale": 0, "min_width": 0}
                self._compare = gr.Button("Compare", interactive=False, elem_id="compare", **small)
                self.all = gr.Button("Run all strategies", elem_id="run-all", **small)
                self._stop_all = gr.Button("Stop all", visible=False, elem_id="stop-all", **small)
            self._list = gr.HTML(
                runs_list([], []),
                html_template=RUNS,
                css_template=RUNS_CSS,
                js_on_load=_ON_LOAD,
                elem_id="runs-list",
            )
            self._file = gr.DownloadButton(elem_id="run-file")  # CSS hides it: the list presses it
        with gr.Column(visible=False, elem_id="comparison") as self._compared:
            with gr.Row(elem_classes="quiet"):
                self._back = gr.Button("Back to my runs", elem_id="compare-back", **small)
            self._comparison = ComparePanel()

    def wire(self, runs: Runs, owner: gr.BrowserState, run_id: gr.State) -> RunsWired:
        """Lets the list work; see `RunsWired`."""
        quiet: dict[str, Any] = {"show_progress": "hidden"}
        self._wire_comparison(runs, owner, quiet)

        def refreshed(owner: str, ticked: Sequence[str]) -> dict[Any, Any]:
            return self.render(_views(runs, owner), ticked)

        def on(event: Callable[..., Dependency], act: Callable[..., Any], outputs: Any) -> Dependency:
            return event(_acting(act), owner, outputs, **quiet)

        def opened(owner: str, key: str) -> str:
            return runs.view(owner, key).id

        def resumed(owner: str, key: str) -> str:
            runs.resume(owner, key)
            return key

        def packed(owner: str, key: str) -> str:
            view = runs.view(owner, key)
            if view.model is None:
                raise ValueError("This run has no model to download.")
            return str(pack(view.model, new_file("model.zip")))

        again: dict[str, Any] = {"fn": refreshed, "inputs": [owner, self._ticked], **quiet}
        again["outputs"] = self._outputs
        renamed = on(self._list.edit, lambda owner, key, name: runs.rename(owner, key, name), None)
        deleted = on(self._list.delete, lambda owner, key: runs.delete(owner, key), None)
        resuming = on(self._list.play, resumed, run_id)
        on(self._list.download, packed, self._file).success(None, None, None, js=_SAVE_JS)
        self._list.input(_tick, self._ticked, self._ticked, **quiet).then(**again)
        for event in (renamed, deleted, resuming):
            event.then(**again)
        self._stop_all.click(lambda owner: runs.stop_all(owner), owner, None, **quiet).then(**again)
        return RunsWired(
            shown=self._following(runs, owner),
            opened=[on(self._list.select, opened, run_id), resuming],
            used=on(self._list.submit, opened, run_id),
            changed=[renamed, deleted],
        )

    @property
    def _outputs(self) -> list[Any]:
        return [self._list, self._ticked, self._compare, self._stop_all]

    def _wire_comparison(self, runs: Runs, owner: gr.BrowserState, quiet: dict[str, Any]) -> None:
        def show(owner: str, ticked: Sequence[str], measure: str) -> dict[Any, Any]:
            views = [view for view in reversed(_views(runs, owner)) if view.id in ticked]
            return self._place("compare") | self._comparison.render(views, measure)

        places = [self._listed, self._compared]
        given = [owner, self._ticked, self._comparison.measure]
        gr.on(
            [self._compare.click, self._comparison.measure.input],
            show,
            given,
            [*places, *self._comparison.outputs],
            **quiet,
        )
        self._back.click(lambda: self._place("list"), None, places, **quiet)

    def _place(self, name: str) -> dict[Any, Any]:
        return {
            self._listed: gr.update(visible=name == "list"),
            self._compared: gr.update(visible=name == "compare"),
        }

    def _following(self, runs: Runs, owner: gr.BrowserState) -> dict[str, Any]:
        async def follow(owner: str, ticked: Sequence[str]) -> AsyncIterator[dict[Any, Any]]:
            shown = None
            yield {self._list: gr.skip()}  # a stream without any value would empty the outputs
            while True:
                views = await asyncio.to_thread(_views, runs, owner)
                state = [(view.id, view.state, len(view.events), view.progress) for view in views]
                if state != shown:
                    shown = state
                    yield {self._list: runs_list(views, ticked)} | self._render_buttons(views)
                if all(view.over for view in views):
                    return
                await asyncio.sleep(_POLL_S)

        return {
            "fn": follow,
            "inputs": [owner, self._ticked],
            "outputs": self._outputs,
            "show_progress": "hidden",
            "concurrency_limit": None,
            "trigger_mode": "multiple",
        }

    def render(self, views: Sequence[RunView], ticked: Sequence[str]) -> dict[Any, Any]:
        """Runs, the newest first, as values by component; those that are gone are ticked no more."""
        kept = [view.id for view in views if view.id in ticked]
        return {
            self._list: runs_list(views, kept),
            self._ticked: kept,
            self._compare: gr.update(
                value=f"Compare ({len(kept)})" if kept else "Compare", interactive=len(kept) >= _FEWEST
            ),
            **self._render_buttons(views),
        }

    def _render_buttons(self, views: Sequence[RunView]) -> dict[Any, Any]:
        return {self._stop_all: gr.update(visible=any(not view.over for view in views))}


def runs_list(views: Sequence[RunView], ticked: Collection[str]) -> dict[str, Any]:
    """Values for the template of the list."""
    return {
        "none": "" if views else _NONE_YET,
        "longest": LONGEST_NAME,
        "rows": [_row(view, ticked) for view in views],
    }


def _row(view: RunView, ticked: Collection[str]) -> dict[str, Any]:
    facts = [strategy(view), rows_of_run(view), ago(view.created), took(view)]
    return {
        "id": view.id,
        "name": run_name(view),
        "facts": " · ".join(fact for fact in facts if fact),
        "scores": _scores(view),
        "state": _state(view),
        "kind": "going" if not view.over else view.state,
        "ticked": "true" if view.id in ticked else "false",
        "tick": not view.uploaded,
        "model": view.model is not None,
        "resume": view.state == "interrupted",
    }


def _scores(view: RunView) -> list[dict[str, str]]:
    started, report = started_of(view), report_of(view)
    names = list(report.tasks if report else started.labels if started else view.data)
    colours = task_colours(names)
    shown = [
        {"task": name, "score": task_score(view, name), "colour": colours[name]} for name in names[:_SCORES]
    ]
    more = len(names) - _SCORES
    return shown + ([{"task": f"and {more} more", "score": "", "colour": "transparent"}] if more > 0 else [])


def _state(view: RunView) -> str:
    if view.uploaded:
        return "uploaded"
    if view.state == "stopped" and view.model is None:
        return "stopped before the first epoch"
    if view.state == "waiting":
        return f"waiting: place {view.position}"
    return f"training {percent_done(view)}%" if view.state == "running" else view.state


def _views(runs: Runs, owner: str) -> list[RunView]:
    return runs.of(owner) if owner else []


def _acting(act: Callable[..., Any]) -> Callable[[str, gr.EventData], Any]:
    """A listener for an event of the list: calls `act(owner, run id)`, with the new name if there is one."""

    def listen(owner: str, event: gr.EventData) -> Any:
        data = event._data
        with told_to_the_visitor():
            return act(owner, *(str(data[key]) for key in ("run", "name") if key in data))

    return listen


def _tick(ticked: list[str], event: gr.EventData) -> list[str]:
    run = str(event._data["run"])
    return [key for key in ticked if key != run] if run in ticked else [*ticked, run]
