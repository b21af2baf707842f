"""The command that does what a run on the page did, and the file that it names where nobody has it yet."""

from typing import Any, Final

import gradio as gr

from mtl.data.corrections import corrections_table
from mtl.runs.ownership import find
from mtl.runs.store import Runs
from mtl.runs.trained_rows import job_of
from mtl.runs.view import RunView
from mtl.ui.downloads import new_file
from mtl.ui.errors import told_to_the_visitor

_SAVE_JS: Final = "() => document.querySelector('#corrections-file')?.click()"


class CommandPanel:
    """A box with the command, and a button for the rows that the run learnt corrected; `render` fills
    `outputs`."""

    def __init__(self) -> None:
        self._command = gr.Textbox(
            label="The same run on the command line",
            interactive=False,
            buttons=["copy"],
            elem_id="command-line",
        )
        with gr.Row(elem_classes="quiet", visible=False, elem_id="command-file") as self._with_file:
            self._save = gr.Button(
                "Download corrections.csv", size="sm", scale=0, min_width=0, elem_id="save-corrections"
            )
        self._file = gr.DownloadButton(elem_id="corrections-file", elem_classes="unseen")
        self.outputs: list[Any] = [self._command, self._with_file]

    def wire(self, runs: Runs, owner: gr.BrowserState, run_id: gr.State) -> None:
        """Lets the button save the file."""

        def saved(owner: str, run_id: str) -> str:
            with told_to_the_visitor():
                return corrections_file(runs, owner, run_id)

        pressed = self._save.click(saved, [owner, run_id], self._file, show_progress="hidden")
        pressed.success(None, None, None, js=_SAVE_JS)

    def render(self, view: RunView) -> dict[Any, Any]:
        """Values for `outputs`, by component."""
        return {
            self._command: view.command or "There is no command for this run: it was not started here.",
            self._with_file: gr.update(visible=view.corrected and bool(view.command)),
        }


def corrections_file(runs: Runs, owner: str, run_id: str) -> str:
    """The path of a CSV file with the corrections of a run, as its command reads them.

    Raises ValueError where the run or its rows are not here.
    """
    job = job_of(find(runs.folder, owner or "", run_id))
    file = new_file("corrections.csv")
    corrections_table(job.corrections).to_csv(file, index=False)
    return str(file)
