"""A small button in the header that says that a run goes on, on whatever tab the visitor is."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final

import gradio as gr

from mtl.runs.store import Runs
from mtl.runs.view import RunView
from mtl.ui.train.progress import percent_done

_POLL_S: Final = 1.0


class RunPill:
    """The button; it is there only while a run of the visitor goes on."""

    def __init__(self) -> None:
        self.button = gr.Button(
            "", visible=False, size="sm", min_width=0, scale=0, elem_id="run-pill", elem_classes="run-pill"
        )

    def following(self, runs: Runs, owner: gr.BrowserState) -> dict[str, Any]:
        """Arguments of a listener that follows the run that goes on, and ends with the last one.

        Wire it to the load of the page, and to whatever starts a run.
        """

        async def follow(owner: str) -> AsyncIterator[Any]:
            shown = None
            yield gr.skip()  # a stream without any value would empty the button
            while run_id := await asyncio.to_thread(runs.current, owner) if owner else "":
                try:
                    words = pill_words(await asyncio.to_thread(runs.view, owner, run_id))
                except ValueError:  # it was deleted just now
                    break
                if words != shown:
                    shown = words
                    yield gr.update(value=words, visible=True)
                await asyncio.sleep(_POLL_S)
            yield gr.update(visible=False)

        return {
            "fn": follow,
            "inputs": owner,
            "outputs": self.button,
            "show_progress": "hidden",
            "concurrency_limit": None,
            "trigger_mode": "multiple",
        }


def pill_words(view: RunView) -> str:
    """What the button says of a run."""
    if view.state == "waiting":
        return f"Waiting: place {view.position}"
    if view.state == "stopping":
        return "Stopping ..."
    return f"Training ... {percent_done(view)}%"
