"""The Embeddings tab: sentences as a map, how similar they are, and what lies behind it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.events import Dependency

from mtl.schema.limits import limits
from mtl.ui.embeddings.column_panel import ColumnPanel
from mtl.ui.embeddings.examples import EXAMPLES
from mtl.ui.embeddings.files_panel import FilesPanel
from mtl.ui.embeddings.layers_panel import LayersPanel
from mtl.ui.embeddings.map_panel import MapPanel
from mtl.ui.embeddings.matrix_panel import MatrixPanel
from mtl.ui.embeddings.numbers_panel import NumbersPanel
from mtl.ui.embeddings.search_panel import SearchPanel
from mtl.ui.embeddings.sources import Sources
from mtl.ui.embeddings.training_panel import TrainingPanel
from mtl.ui.embeddings.words_panel import WordsPanel
from mtl.ui.folds import Folds
from mtl.ui.latest import Latest
from mtl.ui.links import link_button
from mtl.ui.models import DEFAULT, Models


@dataclass(frozen=True, kw_only=True)
class EmbeddingsTab:
    """The parts that other tabs reach: the box of sentences, the row of panels, and before and after.

    `panels.show("moved")` opens before and after. `compare` are the arguments of a listener that compares the
    encoder with that of `after`.
    """

    sentences: gr.Textbox
    panels: Folds
    after: gr.Dropdown
    compare: dict[str, Any]


def build(models: Models, owner: gr.BrowserState) -> EmbeddingsTab:
    """Lays the tab out."""
    sources = Sources(models.encoder, models.bundled)
    with gr.Row(elem_id="embeddings-top"):
        with gr.Column(scale=4, min_width=300):
            sentences, column = _box()
        with gr.Column(scale=9, min_width=320, elem_id="map-side"):
            drawn = MapPanel(sources, models.get("", DEFAULT), EXAMPLES[0].text)
    drawn.lay_out_caption()
    with gr.Row(elem_classes="quiet", elem_id="embeddings-more"):
        titles = _titles(models.encoder.dimension)
        folds = Folds(titles, "embeddings-folds")
        link_button("embeddings", sentences)
    with folds.panel("settings"):
        drawn.lay_out_settings(column)
    panels = _Panels(models, sources, folds)
    opened = dict(zip(titles, folds.wire(), strict=True))
    compare = panels.wire(opened, sentences, drawn, column, owner)
    return EmbeddingsTab(sentences=sentences, panels=folds, after=panels.moved.model, compare=compare)


def _titles(dimension: int) -> dict[str, str]:
    return {
        "matrix": "Matrix",
        "words": "Word by word",
        "layers": "Layers",
        "search": "Search",
        "moved": "Before and after training",
        "numbers": f"The {dimension} numbers",
        "settings": "Map settings",
        "files": "Download",
    }


def _box() -> tuple[gr.Textbox, ColumnPanel]:
    """The sentences, and what to fill the box with."""
    sentences = gr.Textbox(
        EXAMPLES[0].text,
        label=f"One sentence per line, up to {limits().sentences}",
        lines=16,
        max_lines=16,
        max_length=min(100_000, limits().request_characters),
        elem_id="sentences",
    )
    with gr.Row(elem_classes="pills", elem_id="sentence-examples"):
        for example in EXAMPLES:
            gr.Button(example.name, min_width=0).click(
                lambda text=example.text: text, None, sentences, show_progress="hidden"
            )
        column = ColumnPanel()
    return sentences, column


class _Panels:
    """What the quiet buttons open. A closed panel holds nothing that could be out of date."""

    def __init__(self, models: Models, sources: Sources, folds: Folds) -> None:
        self._folds = folds
        with folds.panel("matrix"):
            self.matrix = MatrixPanel(sources)
        with folds.panel("words"):
            self.words = WordsPanel(sources)
        with folds.panel("layers"):
            self.layers = LayersPanel(sources)
        with folds.panel("search"):
            self.search = SearchPanel(sources)
        with folds.panel("moved"):
            self.moved = TrainingPanel(models)
        with folds.panel("numbers"):
            self.numbers = NumbersPanel(sources)
        with folds.panel("files"):
            self.files = FilesPanel(sources)
        self._following = (self.matrix, self.words, self.moved, self.numbers, self.files)
        self._asked = Latest()
        self._outputs = [part for panel in self._following for part in panel.outputs]

    def wire(
        self,
        opened: Mapping[str, Dependency],
        sentences: gr.Textbox,
        drawn: MapPanel,
        column: ColumnPanel,
        owner: gr.BrowserState,
    ) -> dict[str, Any]:
        """Lets everything follow the box. Returns the arguments of a listener that compares encoders."""
        quiet: dict[str, Any] = {"show_progress": "hidden", "concurrency_limit": 2}
        given = [
            self._folds.open,
            sentences,
            self.matrix.ordered,
            self.numbers.which,
            owner,
            self.moved.model,
            drawn.ruler,
        ]

        def follow(request: gr.Request, colour: str, method: str, *values: Any) -> Iterator[dict[Any, Any]]:
            asked = self._asked.begin(request.session_hash)
            yield drawn.typed(request, values[1], colour, method, values[-1])
            nothing = {part: value for panel in self._following for part, value in panel.empty().items()}
            yield self._unless_overtaken(request, asked, {**nothing, **self.render(*values)})

        followed = sentences.change(
            follow,
            [*drawn.choices[1:], *given],
            [*drawn.outputs, drawn.choices[0], *self._outputs],
            trigger_mode="always_last",
            **quiet,
        )
        for name in ("matrix", "words", "moved", "numbers", "files"):
            opened[name].then(self._opened, given, self._outputs, **quiet)
        self._wire_map(sentences, drawn, column)
        self.matrix.wire(sentences)
        self.words.wire(sentences)
        self.numbers.wire(sentences)
        self.layers.wire(opened["layers"], column.inputs)
        self.search.wire(opened["search"], followed, self._folds, [sentences, *column.inputs])
        return self.moved.wire(opened["moved"], sentences, drawn.ruler, owner)

    def render(
        self,
        opened: str,
        lines: str,
        ordered: bool,
        which: int | None,
        owner: str,
        model: str,
        width: float,
    ) -> dict[Any, Any]:
        """The content of the open panel, if it follows the box."""
        match opened:
            case "matrix":
                return self.matrix.render(lines, ordered)
            case "words":
                return self.words.render(lines)
            case "moved":
                return self.moved.compare(owner, model, lines, width)
            case "numbers":
                return self.numbers.render(lines, which)
            case "files":
                return self.files.render(lines)
            case _:
                return {}

    def _opened(self, request: gr.Request, *values: Any) -> dict[Any, Any]:
        asked = self._asked.begin(request.session_hash)
        return self._unless_overtaken(request, asked, self.render(*values) or self.matrix.empty())

    def _unless_overtaken(self, request: gr.Request, asked: object, shown: dict[Any, Any]) -> dict[Any, Any]:
        newest = self._asked.holds(request.session_hash, asked)
        return shown if newest else {self._outputs[0]: gr.skip()}

    def _wire_map(self, sentences: gr.Textbox, drawn: MapPanel, column: ColumnPanel) -> None:
        """Lets a line of the map open its pair, and a file be looked at."""
        drawn.wire(sentences, column)

        def press(lines: str, event: gr.EventData) -> dict[Any, Any]:
            one, other = (int(number) for number in event._data["pair"])
            return {**self._folds.show("words"), **self.words.render(lines, (one, other))}

        drawn.ruler.select(
            press, sentences, [*self._folds.outputs, *self.words.outputs], show_progress="hidden"
        )

        def take(file: str) -> dict[Any, Any]:
            return {**column.take(file), **drawn.look_at_file(), **self._folds.show("settings")}

        column.upload.upload(
            take, column.upload, [*column.inputs, *drawn.choices, *self._folds.outputs]
        ).success(drawn.draw, [sentences, *drawn.inputs], drawn.outputs, show_progress_on=drawn.chart)
