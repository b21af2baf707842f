"""The map: sentences as points, each beside its text, close ones joined by lines."""

from dataclasses import dataclass
from typing import Any, Final

import gradio as gr
import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from mtl.analysis.projection import Method, Projection, cluster, project
from mtl.analysis.similarity import Pair, groups_of, joining_pairs
from mtl.model.multitask import MultiTaskModel
from mtl.ui.charts.sentence_map import HEIGHT, sentence_map
from mtl.ui.charts.space import empty_chart
from mtl.ui.embeddings.column_panel import ColumnPanel
from mtl.ui.embeddings.examples import caption
from mtl.ui.embeddings.sources import MOST_SENTENCES, NO_COLUMN, SOURCES, Sentences, Sources, lines_of
from mtl.ui.embeddings.templates import CAPTION, RULER
from mtl.ui.task_choice import task_choices
from mtl.ui.templates import MESSAGES, MESSAGES_CSS

# More points hide each other, and t-SNE would take minutes.
_MOST_POINTS: Final = 1500
# Up to so many MDS shows best who is near whom, then t-SNE; beyond, it takes too long while one types.
_FEW: Final = 60
_CLUSTERS: Final = 6
# From which cosine on two sentences are joined: among few, and among many, where it takes more to stand out.
_CLOSE, _CLOSE_AMONG_MANY = 0.35, 0.5
_SEED: Final = 0
# Of the map on a desktop, until the page tells its own.
_WIDTH: Final = 800
_AUTOMATIC: Final = "automatic"
_JOINED: Final = "joined"
_CLUSTER: Final = "cluster"
_METHODS: Final = [("Automatic", _AUTOMATIC), ("MDS", "mds"), ("PCA", "pca"), ("t-SNE", "tsne")]


@dataclass(frozen=True, kw_only=True)
class _Grouped:
    """Rows to draw, the group of each ("": none), what the groups are, and the lines."""

    rows: NDArray[np.int64]
    groups: list[str]
    by: str
    pairs: list[Pair]


class MapPanel:
    """The chart, its caption and what there is to choose. Sentences without labels get those that `model`
    predicts. `draw` fills `outputs` from `inputs`.
    """

    def __init__(self, sources: Sources, model: MultiTaskModel, first: str) -> None:
        self._sources = sources
        self._model = model
        self._first = sources.lines(first)
        chart, *said = self._figure(self._first, _AUTOMATIC, _AUTOMATIC, _WIDTH)
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
                self._colours(), value=_AUTOMATIC, label="Colour and symbol", elem_id="map-colour"
            )
            method = gr.Radio(_METHODS, value=_AUTOMATIC, label="Projection", elem_id="map-method")
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
        return {self.choices[0]: "csv", self._colour: _AUTOMATIC}

    def offer(self, label: str | None) -> Any:
        """An update of the choice of colours, for the column of labels that was chosen."""
        own = label if label and label != NO_COLUMN else None
        return gr.update(choices=self._colours(own), value=_AUTOMATIC)

    def typed(self, lines: str, colour: str, method: str, width: float) -> dict[Any, Any]:
        """The map of the sentences in the box, to which it turns when they change."""
        drawn = self.draw(lines, None, None, None, "typed", colour, method, width)
        return {**drawn, self.choices[0]: "typed"}

    def _colours(self, own: str | None = None) -> list[tuple[str, str]]:
        tasks = [task.name for task in self._model.tasks] + self._sources.bundled_tasks()
        names = [_AUTOMATIC, *([own] if own else []), *tasks, _CLUSTER]
        return task_choices(list(dict.fromkeys(names)))

    def draw(
        self,
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
        """The map, what to notice, and what there is to say about it."""
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
        grouped = self._groups(found, colour)
        projection, note = _projected(found.embeddings[grouped.rows], method)
        chart = sentence_map(
            projection.coordinates,
            [found.texts[row] for row in grouped.rows],
            grouped.groups,
            pairs=grouped.pairs,
            width=width,
            legend=not grouped.pairs and any(grouped.groups),
        )
        return chart, f"{len(grouped.rows)} of {len(found.texts)} sentences, {grouped.by}.", note

    def _could_not_take(self, lines: str, found: Sentences) -> list[dict[str, str]]:
        messages = []
        given = len(lines_of(lines))
        if given > len(found.texts):
            text = f"The first {MOST_SENTENCES} of {given} lines are compared."
            messages.append({"kind": "note", "title": "Only a part.", "text": text})
        encoder = self._sources.encoder
        texts = list(found.texts)
        long = [i + 1 for i, cut in enumerate(encoder.tokenize(texts).truncated) if cut] if texts else []
        if long:
            rows = ", ".join(map(str, long))
            text = (
                f"Sentence {rows}: longer than the encoder's {encoder.max_length} tokens; the start counts."
            )
            messages.append({"kind": "note", "title": "Read in part.", "text": text})
        return messages

    def _groups(self, found: Sentences, colour: str) -> _Grouped:
        names = [task.name for task in self._model.tasks]
        known = (_CLUSTER, *found.labels, *names)
        if colour not in known:
            # Automatic, or the sentences were changed and the new ones have no such label.
            joined = len(found.texts) <= MOST_SENTENCES and not found.labels
            colour = _JOINED if joined else next(iter(found.labels), _CLUSTER)
        if colour in found.labels:
            labels = found.labels[colour]
            rows = _sample(np.flatnonzero([bool(label) for label in labels]))
            return _Grouped(
                rows=rows, groups=[labels[row] for row in rows], by="coloured by their own labels", pairs=[]
            )
        rows = _sample(np.arange(len(found.texts)))
        if colour == _JOINED:
            return _joined(found, rows)
        if colour == _CLUSTER:
            numbers = cluster(found.embeddings[rows], min(_CLUSTERS, len(rows)), _SEED)
            clusters = [f"cluster {number + 1}" for number in numbers]
            return _Grouped(rows=rows, groups=clusters, by="in clusters by k-means", pairs=[])
        predictions = self._model.predict([found.texts[row] for row in rows])
        groups = [prediction.tasks[colour].label for prediction in predictions]
        by = f"coloured by the {colour} that the default model predicts"
        return _Grouped(rows=rows, groups=groups, by=by, pairs=[])


def _joined(found: Sentences, rows: NDArray[np.int64]) -> _Grouped:
    """Sentences joined by lines are one group; one that is joined to none has none."""
    close = _CLOSE if len(rows) <= _FEW else _CLOSE_AMONG_MANY
    pairs = joining_pairs(found.cosines, close)
    numbers = groups_of(pairs, len(rows))
    groups = [f"{number:03d}" if numbers.count(number) > 1 else "" for number in numbers]
    by = f"lines where the cosine is {close} or more, the fewest that join them"
    return _Grouped(rows=rows, groups=groups, by=by, pairs=pairs)


def _projected(embeddings: NDArray[np.float32], method: str) -> tuple[Projection, str]:
    """Points, and how far the plane can be trusted."""
    count = len(embeddings)
    if count == 1:
        return Projection(coordinates=np.zeros((1, 2), dtype=np.float32)), ""
    automatic: Method = "mds" if count <= _FEW else "tsne" if count <= MOST_SENTENCES else "pca"
    chosen: Any = automatic if method == _AUTOMATIC else method
    projection = project(embeddings, chosen, _SEED)
    if projection.explained:
        shown = sum(projection.explained)
        return projection, f"The two axes show {shown:.0%} of the variance; the rest is not on the map."
    if chosen == "mds":
        return projection, "Distances on the map are as near to the real ones as a plane allows."
    return projection, "In t-SNE only who is near whom means something: not the axes, not the distances."


def _sample(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    if len(rows) <= _MOST_POINTS:
        return rows
    return np.sort(np.random.default_rng(_SEED).choice(rows, _MOST_POINTS, replace=False))
