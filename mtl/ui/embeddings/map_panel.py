"""Sentences as points in the plane, coloured by what they are."""

from typing import Any, Final

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from mtl.analysis.projection import Method, cluster, project
from mtl.model.multitask import MultiTaskModel
from mtl.ui.charts.base import figure
from mtl.ui.charts.space import sentence_map
from mtl.ui.embeddings.column_panel import ColumnPanel
from mtl.ui.embeddings.sources import NO_COLUMN, SOURCES, Sentences, Sources
from mtl.ui.task_choice import first_choice, task_choices
from mtl.ui.templates import MESSAGES, MESSAGES_CSS

# More points hide each other, and t-SNE would take minutes.
_MOST_POINTS: Final = 1500
_CLUSTERS: Final = 6
_SEED: Final = 0
_CLUSTER: Final = "cluster"


class MapPanel:
    """Where the sentences lie. Sentences without labels get those that `model` predicts."""

    def __init__(self, sources: Sources, model: MultiTaskModel) -> None:
        self._sources = sources
        self._model = model
        with gr.Row():
            self._source = gr.Radio(SOURCES, value="typed", label="Sentences", elem_id="map-source")
            self._colour = gr.Radio(
                self._colours(),
                value=first_choice(model.tasks),
                label="Colour and symbol",
                elem_id="map-colour",
            )
            self._method = gr.Radio(
                [("PCA", "pca"), ("t-SNE, takes seconds", "tsne")],
                value="pca",
                label="Projection",
                elem_id="map-method",
            )
        self._messages = gr.HTML([], html_template=MESSAGES, css_template=MESSAGES_CSS, elem_id="map-said")
        self._chart = gr.Plot(figure(520), label="Map: who lies near whom", elem_id="map")
        self.inputs = [self._source, self._colour, self._method]
        self.outputs = [self._messages, self._chart]

    def wire(self, opened: Any, sentences: gr.Textbox, column: ColumnPanel) -> None:
        """Draws when its tab is opened, and whenever one of its choices changes."""
        inputs = [sentences, *column.inputs, *self.inputs]
        listening: dict[str, Any] = {"show_progress_on": self._chart, "concurrency_limit": 2}
        opened(self.draw, inputs, self.outputs, **listening)
        for box in self.inputs:
            box.input(self.draw, inputs, self.outputs, **listening)
        column.label.change(self.offer, column.label, self._colour, show_progress="hidden")

    def offer(self, label: str | None) -> Any:
        """An update of the choice of colours, for the column of labels that was chosen."""
        own = label if label and label != NO_COLUMN else None
        return gr.update(choices=self._colours(own), value=own or first_choice(self._model.tasks))

    def _colours(self, own: str | None = None) -> list[tuple[str, str]]:
        tasks = [task.name for task in self._model.tasks] + self._sources.bundled_tasks()
        names = [*([own] if own else []), *tasks, _CLUSTER]
        return task_choices(list(dict.fromkeys(names)))

    def draw(
        self,
        lines: str,
        file: str | None,
        text: str | None,
        label: str | None,
        source: str,
        colour: str,
        method: Method,
        progress: gr.Progress = gr.Progress(),  # noqa: B008 (how gradio hands one in)
    ) -> tuple[Any, ...]:
        """What there is to say about the map, and the map."""
        try:
            found = self._sources.of(
                source, lines, file, text, label, lambda done: progress(done, desc="Encoding, once")
            )
            rows, groups, by = self._groups(found, colour)
            projection = project(found.embeddings[rows], method, _SEED)
        except ValueError as error:
            return [{"kind": "problem", "title": "No map.", "text": str(error)}], gr.skip()
        notes = [f"{len(rows)} of {len(found.texts)} sentences, {by}."]
        axes = ("", "")
        if projection.explained:
            first, second = projection.explained
            axes = (f"first component ({first:.0%})", f"second component ({second:.0%})")
            notes.append(
                f"The two axes show {first + second:.0%} of the variance; the rest is not on the map."
            )
        else:
            notes.append("In t-SNE only who is near whom means something: not the axes, not the distances.")
        message = {"kind": "note", "title": "", "text": " ".join(notes)}
        texts = [found.texts[row] for row in rows]
        return [message], sentence_map(projection.coordinates, texts, groups, axes)

    def _groups(self, found: Sentences, colour: str) -> tuple[NDArray[np.int64], list[str], str]:
        """Which rows to draw, the group of each, and what the groups are."""
        names = [task.name for task in self._model.tasks]
        if colour != _CLUSTER and colour not in (*found.labels, *names):
            # The sentences were changed, and the new ones have no such label.
            colour = next(iter(found.labels), first_choice(self._model.tasks))
        if colour in found.labels:
            labels = found.labels[colour]
            rows = _sample(np.flatnonzero([bool(label) for label in labels]))
            return rows, [labels[row] for row in rows], "by their own labels"
        rows = _sample(np.arange(len(found.texts)))
        if colour == _CLUSTER:
            numbers = cluster(found.embeddings[rows], min(_CLUSTERS, len(rows)), _SEED)
            return rows, [f"cluster {number + 1}" for number in numbers], "in clusters by k-means"
        predictions = self._model.predict([found.texts[row] for row in rows])
        groups = [prediction.tasks[colour].label for prediction in predictions]
        return rows, groups, f"by the {colour} that the default model predicts"


def _sample(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    if len(rows) <= _MOST_POINTS:
        return rows
    return np.sort(np.random.default_rng(_SEED).choice(rows, _MOST_POINTS, replace=False))
