"""Boxes for files: one for each known task, and further files under the names of their tasks."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import gradio as gr

from mtl.schema.tasks import KNOWN_TASKS, clean_task_name
from mtl.ui.errors import told_to_the_visitor

_TYPES: Final = [".csv", ".tsv", ".txt"]


class TaskFiles:
    """The boxes; `read` tells which file each task has, and `changes` are the events of a change, `uploads`
    those of a visitor who gives a file.

    `kind` tells several of these apart: "Sentiment CSV" and "Sentiment test CSV".
    """

    def __init__(self, kind: str = "") -> None:
        ending = f"{kind}-" if kind else ""
        with gr.Row(elem_classes="task-files"):
            self._boxes = {
                name: gr.File(
                    label=f"{name.capitalize()} {kind} CSV".replace("  ", " "),
                    file_types=_TYPES,
                    height=110,
                    min_width=160,
                    elem_id=f"{name}-{ending}file",
                )
                for name in KNOWN_TASKS
            }
        with gr.Accordion("A file for another task", open=False, elem_id=f"further-{ending}file"):
            self._name = gr.Textbox(
                label="Name",
                info="What the labels are about, such as topic.",
                max_length=40,
                elem_id=f"further-{ending}name",
            )
            self._file = gr.File(
                label=f"Its {kind} CSV".replace("  ", " "),
                file_types=_TYPES,
                height=110,
                min_width=160,
                elem_id=f"further-{ending}upload",
            )
            add = gr.Button("Add", size="sm", elem_id=f"add-{ending}file")
        # Files stay under their names; those whose names are listed are used.
        self._added = gr.State({})
        self._used = gr.Dropdown(
            [],
            label="Further files",
            info="Remove a name to leave its file out.",
            multiselect=True,
            visible=False,
            elem_id=f"further-{ending}files",
        )
        self.inputs = [*self._boxes.values(), self._added, self._used]
        self.changes = [*(box.change for box in self._boxes.values()), self._used.change]
        self.uploads = [box.upload for box in (*self._boxes.values(), self._file)]
        form: set[Any] = {self._added, self._used, self._name, self._file}
        add.click(self._add, form, list(form), show_progress="hidden")

    def read(self, values: Mapping[Any, Any]) -> dict[str, Path]:
        """The file of each task that has one; `values` are those of a set of components."""
        given = {name: values[box] for name, box in self._boxes.items()}
        further = {name: values[self._added][name] for name in values[self._used] or []}
        return {name: Path(file) for name, file in {**given, **further}.items() if file}

    def alone(self, files: Mapping[str, Path], file: Path) -> dict[str, Path]:
        """These files with one for all known tasks in the place of theirs: it has columns for several."""
        further = {name: other for name, other in files.items() if name not in self._boxes}
        return {next(iter(self._boxes)): file, **further}

    def fill(self, files: Mapping[str, Path]) -> dict[Any, Any]:
        """Files by component, as `read` tells them."""
        further = {name: str(file) for name, file in files.items() if name not in self._boxes}
        known = {box: str(files[name]) if name in files else None for name, box in self._boxes.items()}
        used = gr.update(choices=list(further), value=list(further), visible=bool(further))
        return {**known, self._added: further, self._used: used}

    def _add(self, values: Mapping[Any, Any]) -> dict[Any, Any]:
        with told_to_the_visitor():
            name = further_name(values[self._name])
            if not values[self._file]:
                raise ValueError(f"There is no file for {name} yet: upload one, then press Add.")
        used = list(dict.fromkeys([*(values[self._used] or []), name]))
        added = {**values[self._added], name: values[self._file]}
        return {
            self._added: added,
            self._used: gr.update(choices=list(added), value=used, visible=True),
            self._name: "",
            self._file: None,
        }


def further_name(raw: str) -> str:
    """What was typed as the name of a task. Raises ValueError where it can be none, or has a box."""
    name = clean_task_name(raw)
    if name in KNOWN_TASKS:
        raise ValueError(f"{name.capitalize()} has a box of its own: upload the file there.")
    return name
