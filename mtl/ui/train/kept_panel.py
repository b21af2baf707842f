"""What is kept of a visitor's runs, where, for how long, and the button that deletes it."""

import os
from collections.abc import Callable
from typing import Any, Final

import gradio as gr

from mtl.runs.retention import MOST_DAYS, RUNS_PER_OWNER
from mtl.runs.store import Runs

_ON_A_SPACE: Final = (
    "This page runs on a hosted Space: its disk **forgets everything when the Space sleeps or restarts**. "
    "Download the models that you want to keep."
)
_ASK: Final = """(owner, sure) => [owner, confirm(
    "Delete all your runs, with their rows and models? A run that is in training is stopped first.")]"""


class KeptPanel:
    """Says it in an accordion; `on_delete` wires the button."""

    def __init__(self, runs: Runs) -> None:
        gr.Markdown(lambda: _follows(runs), elem_classes="hint", elem_id="queue-owner")
        with gr.Accordion("What is kept, and deleting it", open=False):
            gr.Markdown(_text(runs), elem_classes="hint")
            self._delete = gr.Button("Delete my runs", variant="stop", size="sm", elem_id="delete-runs")
            self._sure = gr.Checkbox(visible=False)

    def on_delete(self, delete: Callable[[str, bool], Any], owner: gr.BrowserState, run_id: gr.State) -> Any:
        """Calls `delete(owner, sure)` on a click, once the visitor was asked; its value becomes `run_id`."""
        return self._delete.click(delete, [owner, self._sure], run_id, js=_ASK, show_progress="hidden")


def _follows(runs: Runs) -> str:
    """Read whenever the page is loaded: the owner of the queue changes when its process ends."""
    if runs.owns_queue:
        return ""
    return "Another copy of this app uses the same folder of runs. It trains the runs that you start here."


def _text(runs: Runs) -> str:
    where = (
        _ON_A_SPACE
        if os.environ.get("SYSTEM") == "spaces"
        else f"It lies on this machine, in `{runs.folder}`."
    )
    return (
        "Of each run a folder is kept: its settings, your rows as they were cleaned, the course of training, "
        f"and the model. {where} Your last {RUNS_PER_OWNER} runs stay, for at most {MOST_DAYS} days; older "
        "ones make room. A secret in this browser makes them yours: in another browser, or once its data is "
        "cleared, nobody can see them any more."
    )
