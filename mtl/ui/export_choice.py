"""A quiet choice of formats in which a model can be taken away, for a row of buttons."""

import importlib.util
import shutil
from pathlib import Path
from typing import Final

import gradio as gr

from mtl.exports.export import Export, Format, export_model
from mtl.runs.compared_texts import compared_texts
from mtl.ui.downloads import new_file
from mtl.ui.errors import told_to_the_visitor
from mtl.ui.models import DEFAULT, Models

_ASK: Final = "Save as ..."
_FORMATS: Final[dict[str, Format]] = {
    "One web page": "html",
    "ONNX Runtime": "onnx",
    "sentence-transformers": "sentence-transformer",
}
_NAMES: Final[dict[Format, str]] = {
    "html": "model.html",
    "onnx": "model-onnx",
    "sentence-transformer": "model-sentence-transformer",
}


class ExportChoice:
    """A dropdown, and a button that nobody sees: once the file is there, the browser saves it."""

    def __init__(self, elem_id: str) -> None:
        there = importlib.util.find_spec("onnxruntime") and importlib.util.find_spec("onnxscript")
        formats = [name for name, format in _FORMATS.items() if format != "onnx" or there]
        self._choice = gr.Dropdown(
            [_ASK, *formats],
            value=_ASK,
            label="Save the model as",
            show_label=False,
            container=False,
            scale=0,
            min_width=120,
            elem_id=elem_id,
            elem_classes="save-as",
        )
        self._file = gr.DownloadButton(elem_id=f"{elem_id}-file", elem_classes="unseen")
        self._save = f"() => document.querySelector('#{elem_id}-file')?.click()"

    def wire(self, models: Models, owner: gr.BrowserState, key: gr.State | gr.Dropdown) -> None:
        """Lets the choice write the model under `key`; one file is written at a time."""

        def write(owner: str, key: str, name: str) -> str:
            with told_to_the_visitor():
                if name not in _FORMATS:
                    raise ValueError("choose a format")
                made = _written(models, owner, key, _FORMATS[name])
            return str(made)

        chosen = self._choice.input(
            write,
            [owner, key, self._choice],
            self._file,
            show_progress_on=self._choice,
            concurrency_limit=1,
            concurrency_id="exports",
        )
        chosen.success(None, None, None, js=self._save)
        chosen.then(lambda: _ASK, None, self._choice, show_progress="hidden")


def _written(models: Models, owner: str, key: str, format: Format) -> Path:
    key = key or DEFAULT  # before the first run, Train shows how the default model was trained
    folder = models.folder(owner, key)
    texts = compared_texts(folder) if folder else []
    made = export_model(models.get(owner, key), format, new_file(_NAMES[format]), texts or None)
    gr.Info(_told(made))
    if made.path.is_file():
        return made.path
    packed = Path(shutil.make_archive(str(made.path), "zip", made.path))
    shutil.rmtree(made.path)
    return packed


def _told(made: Export) -> str:
    lowest = min(made.agreement.values(), key=lambda agreement: agreement.labels or 0)
    return f"{made.nbytes / 1e6:.0f} MB. It agrees with the model {lowest}."
