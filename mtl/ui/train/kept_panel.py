"""What is kept of a visitor's runs, where, for how long, and the button that deletes it."""

import os
from collections.abc import Callable, Sequence
from typing import Any, Final

import gradio as gr

from mtl.runs.store import Runs
from mtl.schema.limits import limits

_ON_A_SPACE: Final = (
    "This page runs on a hosted Space: its disk **forgets everything when the Space sleeps or restarts**. "
    "Download the models that you want to keep."
)
_ASK: Final = """(owner, sure) => [owner, confirm(
    "Delete all your runs with their rows and models, the files that you chose, and what you taught? A run " +
    "that is in training is stopped first.")]"""


class KeptPanel:
    """An accordion that says what is kept; `on_delete` wires its button."""

    def __init__(self, runs: Runs) -> None:
        gr.Markdown(lambda: _follows(runs), elem_classes="hint", elem_id="queue-owner")
        with gr.Accordion("What is kept, and deleting it", open=False):
            gr.Markdown(_text(runs), elem_classes="hint")
            self._delete = gr.Button(
                "Delete everything of mine", variant="stop", size="sm", elem_id="delete-runs"
            )
            self._sure = gr.Checkbox(visible=False)

    def on_delete(
        self, delete: Callable[[str, bool], Any], owner: gr.BrowserState, outputs: Sequence[Any]
    ) -> Any:
        """On a click asks the visitor, then calls `delete(owner, sure)`."""
        return self._delete.click(delete, [owner, self._sure], outputs, js=_ASK, show_progress="hidden")


def _follows(runs: Runs) -> str:
    """Read whenever the page is loaded: the owner of the queue changes when its process ends."""
    if runs.owns_queue:
        return ""
    return "Another copy of this app uses the same folder of runs. It trains the runs that you start here."


def _text(runs: Runs) -> str:
    # Whoever names a folder on a Space has given it a volume.
    forgets = os.environ.get("SYSTEM") == "spaces" and not os.environ.get("MTL_RUNS_DIR")
    where = _ON_A_SPACE if forgets else f"The folders are on this machine, in `{runs.folder}`."
    most = limits()
    return (
        "Each run has a folder with its settings, your cleaned rows, the events of its training, and the "
        f"model. {where} Your last {most.visitor_runs} runs are kept, for at most {most.days} days, and so "
        f"are the files in the form (up to {most.shown('visitor_file_bytes')}). Only this browser can open "
        f"them. A run here takes at most {most.shown('epochs')} and {most.shown('run_minutes')}, a file "
        f"{most.shown('rows')} and {most.shown('upload_bytes')}."
    )
