"""A data set by its name, as a file of the visitor's: only where the host allows it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import gradio as gr

from mtl.data.named_file import checked_name, fetched, file_name
from mtl.schema.limits import limits
from mtl.ui.downloads import new_file
from mtl.ui.errors import told_to_the_visitor
from mtl.ui.templates import MESSAGES, MESSAGES_CSS
from mtl.ui.temporary import has_room
from mtl.ui.train.task_files import TaskFiles

_LONGEST: Final = 120


class NamedData:
    """A name, and what was found under it; the rows go to the boxes of `files`.

    `credits`: licence and citation of each file that was loaded, by its name.
    """

    def __init__(self, files: TaskFiles) -> None:
        self._files = files
        with gr.Accordion("A data set by its name", open=False, elem_id="named-data"):
            self._name = gr.Textbox(
                label="Name",
                info="sst2, trec, banking77, or user/name of the Hugging Face Hub.",
                max_length=_LONGEST,
                elem_id="named-data-name",
            )
            self._load = gr.Button("Load", size="sm", elem_id="named-data-load")
            self._found = gr.HTML(
                [], html_template=MESSAGES, css_template=MESSAGES_CSS, elem_id="named-data-found"
            )
        self.credits = gr.State({})

    def wire(self) -> None:
        """Lets the button work."""
        form: set[Any] = {self._name, self.credits, *self._files.inputs}
        gr.on(
            [self._load.click, self._name.submit],
            self.load,
            form,
            [self._found, self.credits, *self._files.inputs],
            show_progress_on=self._name,
        )

    def load(self, values: Mapping[Any, Any]) -> dict[Any, Any]:
        """The rows as a file, in the box of its task, and whose they are. One visitor at a time."""
        with told_to_the_visitor():
            name = checked_name(values[self._name])
            if not has_room(limits().upload_bytes):
                raise limits().refusal("temporary_bytes", "Too much was uploaded just now", "try again later")
            found = fetched(name, new_file(file_name(name)))
        return {
            self._found: [{"kind": "", "title": "Loaded", "text": found.credit}],
            self.credits: {**values[self.credits], found.file.name: found.credit},
            **self._files.fill(self._beside(found.file, found.task, values)),
        }

    def _beside(self, file: Path, task: str | None, values: Mapping[Any, Any]) -> dict[str, Path]:
        """The files as they are, with this one; one with several columns of labels stands alone."""
        files = self._files.read(values)
        return self._files.alone(files, file) if task is None else {**files, task: file}
