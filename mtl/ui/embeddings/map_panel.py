"""Sentences as points in the plane, coloured by what they are."""

from typing import Any, Final

import gradio as gr
import numpy as np

from mtl.analysis.projection import Method, cluster, project
from mtl.model.multitask import MultiTaskModel
from mtl.schema.tasks import INTENT, SENTIMENT
from mtl.ui.charts.base import figure
from mtl.ui.charts.space import sentence_map
from mtl.ui.embeddings.sources import SOURCES, Sentences, Sources
from mtl.ui.templates import MESSAGES, MESSAGES_CSS

# More points hide each other, and t-SNE would take minutes.
_MOST_POINTS: Final = 1500
_CLUSTERS: Final = 6
_SEED: Final = 0


class MapPanel:
    """Where the sentences lie. `predict` labels what bears no label of its own."""

    def __init__(self, sources: Sources, predict: MultiTaskModel) -> None:
        self._sources = sources
        self._predict = predict
        with gr.Row():
            self._source = gr.Radio(SOURCES, value="typed", label="Sentences", elem_id="map-source")
            self._colour = gr.Radio(
                [("Sentiment", SENTIMENT), ("Intent", INTENT), ("Cluster", "cluster")],
                value=INTENT,
                label="Colour and symbol",
                elem_id="map-colour",
            )
            self._method = gr.Radio(
                [("PCA", "pca"), ("t-SNE, takes seconds", "tsne")],
                value="pca",
                label="Projection",
                elem_id="map-method",
            )
        self._said = gr.HTML([], html_template=MESSAGES, css_template=MESSAGES_CSS, elem_id="map-said")
        self._chart = gr.Plot(figure(520), label="Map: who lies near whom", elem_id="map")
        self.inputs = [self._source, self._colour, self._method]
        self.outputs = [self._said, self._chart]

    def wire(self, opened: Any, sentences: gr.Textbox, column: list[Any]) -> None:
        """Draws when its tab is opened, and whenever one of its choices changes."""
        inputs = [sentences, *column, *self.inputs]
        listening: dict[str, Any] = {"show_progress_on": self._chart, "concurrency_limit": 2}
        opened(self.draw, inputs, self.outputs, **listening)
        for box in self.inputs:
            box.input(self.draw, inputs, self.outputs, **listening)

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
        """What is said about the map, and the map."""
        try:
            found = self._sources.of(
                source, lines, file, text, label, lambda done: progress(done, desc="Encoding, once")
            )
            shown, groups, by = self._groups(found, colour)
            projection = project(shown.embeddings, method, _SEED)
        except ValueError as error:
            return [{"kind": "problem", "title": "No map.", "text": str(error)}], gr.skip()
        said = [f"{len(shown.texts)} of {len(found.texts)} sentences, {by}."]
        axes = ("", "")
        if projection.explained:
            first, second = projection.explained
            axes = (f"first component ({first:.0%})", f"second component ({second:.0%})")
            said.append(
                f"The two axes show {first + second:.0%} of the variance; the rest is not on the map."
            )
        else:
            said.append("In t-SNE only who is near whom means something: not the axes, not the distances.")
        message = {"kind": "note", "title": "", "text": " ".join(said)}
        return [message], sentence_map(projection.coordinates, shown.texts, groups, axes)

    def _groups(self, found: Sentences, colour: str) -> tuple[Sentences, list[str], str]:
        """The sentences to draw, the group of each, and what the groups are."""
        if colour == "cluster":
            shown = _sample(found, np.arange(len(found.texts)))
            numbers = cluster(shown.embeddings, min(_CLUSTERS, len(shown.texts)), _SEED)
            return shown, [f"cluster {number + 1}" for number in numbers], "in clusters by k-means"
        own = found.labels.get(colour) or next(
            (labels for name, labels in found.labels.items() if name not in (SENTIMENT, INTENT)), None
        )
        if own:
            shown = _sample(found, np.flatnonzero([bool(label) for label in own]))
            known = dict(zip(found.texts, own, strict=True))
            return shown, [known[text] for text in shown.texts], "by their own labels"
        shown = _sample(found, np.arange(len(found.texts)))
        predictions = self._predict.predict(list(shown.texts))
        groups = [prediction.tasks[colour].label for prediction in predictions]
        return shown, groups, f"by the {colour} that the default model predicts"


def _sample(found: Sentences, rows: Any) -> Sentences:
    if len(rows) > _MOST_POINTS:
        rows = np.sort(np.random.default_rng(_SEED).choice(rows, _MOST_POINTS, replace=False))
    return Sentences(texts=tuple(found.texts[row] for row in rows), embeddings=found.embeddings[rows])
