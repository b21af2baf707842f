"""The map: sentences as points, each beside its text, close ones joined by lines."""

from typing import Any, Final

import gradio as gr
import plotly.graph_objects as go

from mtl.model.multitask import MultiTaskModel
from mtl.schema.limits import limits
from mtl.ui.charts.sentence_map import HEIGHT, sentence_map
from mtl.ui.charts.space import empty_chart
from mtl.ui.embeddings.column_panel import ColumnPanel
from mtl.ui.embeddings.examples import caption
from mtl.ui.embeddings.layout import AUTOMATIC, CLUSTER, grouped, projected
from mtl.ui.embeddings.sources import NO_COLUMN, SOURCES, Sentences, Sources, lines_of
from mtl.ui.embeddings.templates import CAPTION, RULER
from mtl.ui.latest import Latest
from mtl.ui.task_choice import task_choices
from mtl.ui.templates import MESSAGES, MESSAGES_CSS

# Of the map on a desktop, until the page tells its own.
_WIDTH: Final = 800
_METHODS: Final = [("Automatic", AUTOMATIC), ("MDS", "mds"), ("PCA", "pca"), ("t-SNE", "tsne")]


class MapPanel:
    """The chart, its caption and what there is to choose. Sentences without labels get those that `model`
    predicts. `draw` fills `outputs` from `inputs`.
    """

    def __init__(self, sources: Sources, model: MultiTaskModel, first: str) -> None:
        self._sources = sources
        self._model = model
        self._asked = Latest()
        self._first = sources.lines(first)
        chart, *said = self._figure(self._first, AUTOMATIC, AUTOMATIC, _WIDTH)
        self._first_said = " ".join(said)
        self.ruler = gr.HTML(_WIDTH, html_template="", js_on_load=RULER, elem_id="map-ruler")
        self.chart = gr.Plot(chart, show_label=False, container=False, elem_id="map")

    def lay_out_caption(self) -> None:
        """What to notice, and what the encoder could not take."""
        said = caption(self._first.texts, self._first.cosines)
        self._caption = gr.HTML(said, html_template=CAPTION, elem_id="map-caption")
        self._messages = gr.HTML([], html_template=MESSAGES, css_template=MESSAGES_CSS, elem_id="map-notes")

    def lay_out_settings(self, column: ColumnPanel) -> None:
        """Which sentences, their colours, the projection."""
        with gr.Row():
            source = gr.Radio(SOURCES, value="typed", label="Sentences", elem_id="map-source")
            column.lay_out()
        with gr.Row():
            self._colour = gr.Radio(
                self._colours(), value=AUTOMATIC, label="Colour and symbol", elem_id="map-colour"
            )
            method = gr.Radio(_METHODS, value=AUTOMATIC, label="Projection", elem_id="map-method")
        self._said = gr.HTML(
            self._first_said, html_template="<p>{{value}}</p>", elem_classes="hint", elem_id="map-said"
        )
        self.choices: list[Any] = [source, self._colour, method]
        self.inputs: list[Any] = [*column.inputs, *self.choices, self.ruler]
        self.outputs: list[Any] = [self.chart, self._caption, self._messages, self._said]

    def wire(self, sentences: gr.Textbox, column: ColumnPanel) -> None:
        """Draws anew whenever one of the choices or the width changes."""
        given = [sentences, *self.inputs]
        listening: dict[str, Any] = {"trigger_mode": "always_last", "concurrency_limit": 2}
        for box in (*self.choices, *column.columns):
            box.input(self.draw, given, self.outputs, show_progress_on=self.chart, **listening)
        label = column.columns[1]
        label.change(self.offer, label, self._colour, show_progress="hidden")
        self.ruler.input(self.draw, given, self.outputs, show_progress="hidden", **listening)

    def look_at_file(self) -> dict[Any, Any]:
        """Updates that turn the map to the CSV file."""
        return {self.choices[0]: "csv", self._colour: AUTOMATIC}

    def offer(self, label: str | None) -> Any:
        """An update of the choice of colours, for the column of labels that was chosen."""
        own = label if label and label != NO_COLUMN else None
        return gr.update(choices=self._colours(own), value=AUTOMATIC)

    def typed(
        self, request: gr.Request, lines: str, colour: str, method: str, width: float
    ) -> dict[Any, Any]:
        """The map of the sentences in the box, to which it turns when they change."""
        drawn = self.draw(request, lines, None, None, None, "typed", colour, method, width)
        overtaken = len(drawn) == 1
        return drawn if overtaken else {**drawn, self.choices[0]: "typed"}

    def _colours(self, own: str | None = None) -> list[tuple[str, str]]:
        tasks = [task.name for task in self._model.tasks] + self._sources.bundled_tasks()
        names = [AUTOMATIC, *([own] if own else []), *tasks, CLUSTER]
        return task_choices(list(dict.fromkeys(names)))

    def draw(
        self,
        request: gr.Request,
        lines: str,
        file: str | None,
        text: str | None,
        label: str | None,
        source: str,
        colour: str,
        method: str,
        width: float,
        progress: gr.Progress = gr.Progress(),  # noqa: B008 (how gradio hands one in)
    ) -> dict[Any, Any]:
        """The map, what to notice, and what there is to say about it; nothing new where it was overtaken."""
        asked = self._asked.begin(request.session_hash)
        drawn = self._map(source, lines, file, text, label, colour, method, width, progress)
        return drawn if self._asked.holds(request.session_hash, asked) else {self.chart: gr.skip()}

    def _map(
        self,
        source: str,
        lines: str,
        file: str | None,
        text: str | None,
        label: str | None,
        colour: str,
        method: str,
        width: float,
        progress: gr.Progress,
    ) -> dict[Any, Any]:
        try:
            found = self._found(
                source, lines, file, text, label, lambda done: progress(done, desc="Encoding")
            )
            return self._drawn(found, source, lines, colour, method, int(width or _WIDTH))
        except ValueError as error:
            message = {"kind": "problem", "title": "No map.", "text": str(error)}
            nothing = empty_chart("Nothing to draw.", HEIGHT)
            return {self.chart: nothing, self._caption: "", self._messages: [message], self._said: ""}

    def _found(self, source: str, lines: str, *column: Any) -> Sentences:
        return self._sources.lines(lines) if source == "typed" else self._sources.of(source, lines, *column)

    def _drawn(
        self, found: Sentences, source: str, lines: str, colour: str, method: str, width: int
    ) -> dict[Any, Any]:
        typed = source == "typed"
        said = caption(found.texts, found.cosines) if typed else ""
        messages = self._could_not_take(lines, found) if typed else []
        if len(found.texts) == 0:
            chart = empty_chart("Your sentences appear here.", HEIGHT)
            return {self.chart: chart, self._caption: said, self._messages: messages, self._said: ""}
        chart, shown, note = self._figure(found, colour, method, width)
        return {
            self.chart: chart,
            self._caption: said or shown,
            self._messages: messages,
            self._said: f"{shown} {note}",
        }

    def _figure(self, found: Sentences, colour: str, method: str, width: int) -> tuple[go.Figure, str, str]:
        """The chart, what it shows, and how far it can be trusted."""
        drawn = grouped(found, colour, self._model)
        projection, note = projected(found.embeddings[drawn.rows], method)
        chart = sentence_map(
            projection.coordinates,
            [found.texts[row] for row in drawn.rows],
            drawn.groups,
            pairs=drawn.pairs,
            width=width,
            legend=not drawn.pairs and any(drawn.groups),
        )
        return chart, f"{len(drawn.rows):,} of {len(found.texts):,} sentences, {drawn.by}.", note

    def _could_not_take(self, lines: str, found: Sentences) -> list[dict[str, str]]:
        messages = []
        given = len(lines_of(lines))
        if given > len(found.texts):
            text = f"The first {limits().sentences} of {given} lines are compared."
            messages.append({"kind": "note", "title": "Only a part.", "text": text})
        encoder = self._sources.encoder
        texts = list(found.texts)
        long = [i + 1 for i, cut in enumerate(encoder.tokenize(texts).truncated) if cut] if texts else []
        if long:
            rows = ", ".join(map(str, long))
            text = f"Only the start of sentence {rows} counts: the encoder reads {encoder.max_length} tokens."
            messages.append({"kind": "note", "title": "Read in part.", "text": text})
        return messages
