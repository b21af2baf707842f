"""A visitor's runs as a list: open, use, download, resume, rename, delete, and compare some of them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import gradio as gr
from gradio.events import Dependency

from mtl.model.archive import pack
from mtl.runs.store import Runs
from mtl.runs.view import RunView
from mtl.ui.downloads import new_file
from mtl.ui.errors import told_to_the_visitor
from mtl.ui.latest import Latest
from mtl.ui.train.compare_panel import ComparePanel
from mtl.ui.train.runs_list import RUNS, RUNS_CSS, RUNS_JS, runs_list

_POLL_S: Final = 1.0
_FEWEST: Final = 2
_SAVE_JS: Final = "() => document.querySelector('#run-file')?.click()"


@dataclass(frozen=True, kw_only=True)
class RunsWired:
    """What the tab joins: `shown` are the arguments of a listener that fills the list and follows the runs
    that go on. After `opened` the id of the run to show is in the tab's state; after `used` too, and its
    model is to be tried. After `deleted` the run that is shown may be gone. After each of `changed` there may
    be other models to choose from.
    """

    shown: dict[str, Any]
    opened: list[Dependency]
    used: Dependency
    deleted: Dependency
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
                js_on_load=RUNS_JS,
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

        shown = self._following(runs, owner)
        renamed = on(self._list.edit, lambda owner, key, name: runs.rename(owner, key, name), None)
        deleted = on(self._list.delete, lambda owner, key: runs.delete(owner, key), None)
        resuming = on(self._list.play, resumed, run_id)
        on(self._list.download, packed, self._file).success(None, None, None, js=_SAVE_JS)
        ticked = self._list.input(_tick, self._ticked, self._ticked, **quiet)
        stopped = self._stop_all.click(lambda owner: runs.stop_all(owner), owner, None, **quiet)
        for event in (renamed, deleted, resuming, ticked, stopped):
            event.then(**shown)
        return RunsWired(
            shown=shown,
            opened=[on(self._list.select, opened, run_id), resuming],
            used=on(self._list.submit, opened, run_id),
            deleted=deleted,
            changed=[renamed, deleted],
        )

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
        streams = Latest()

        async def follow(
            owner: str, ticked: Sequence[str], request: gr.Request
        ) -> AsyncIterator[dict[Any, Any]]:
            shown, stream = None, streams.begin(request.session_hash)
            yield {self._list: gr.skip()}  # a stream without any value would empty the outputs
            while streams.holds(request.session_hash, stream):
                views = await asyncio.to_thread(_views, runs, owner)
                state = [(view.id, view.state, len(view.events), view.progress) for view in views]
                if state != shown:
                    shown = state
                    yield self.render(views, ticked)
                if all(view.over for view in views):
                    return
                await asyncio.sleep(_POLL_S)
            # What is yielded last is shown once more when the stream ends, over what a newer one shows.
            yield {self._list: gr.skip()}

        return {
            "fn": follow,
            "inputs": [owner, self._ticked],
            "outputs": [self._list, self._compare, self._stop_all],
            "show_progress": "hidden",
            "concurrency_limit": None,
            "trigger_mode": "multiple",
        }

    def render(self, views: Sequence[RunView], ticked: Sequence[str]) -> dict[Any, Any]:
        """Runs, the newest first, as values by component."""
        kept = [view.id for view in views if view.id in ticked]
        return {
            self._list: runs_list(views, kept),
            self._compare: gr.update(
                value=f"Compare ({len(kept)})" if kept else "Compare", interactive=len(kept) >= _FEWEST
            ),
            self._stop_all: gr.update(visible=any(not view.over for view in views)),
        }


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
