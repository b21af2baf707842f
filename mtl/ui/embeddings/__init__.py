"""The Embeddings tab: sentences, their vectors, how similar they are, and what lies behind it."""

import time
from typing import Any, Final

import gradio as gr
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mtl.charts.embeddings import heatmap
from mtl.encoder import Encoder
from mtl.similarity import cosines, order_by_similarity
from mtl.ui.downloads import new_file
from mtl.ui.embeddings.column_panel import ColumnPanel
from mtl.ui.embeddings.layers_panel import LayersPanel
from mtl.ui.embeddings.map_panel import MapPanel
from mtl.ui.embeddings.pairs_panel import PairsPanel, render_pairs
from mtl.ui.embeddings.search_panel import SearchPanel
from mtl.ui.embeddings.sentence_panel import SentencePanel
from mtl.ui.embeddings.sources import MOST_SENTENCES, Sources, lines_of
from mtl.ui.embeddings.training_panel import TrainingPanel
from mtl.ui.links import link_button
from mtl.ui.models import DEFAULT, Models
from mtl.ui.templates import MESSAGES, MESSAGES_CSS, TILES, TILES_CSS

EXAMPLES: Final = {
    "Six kinds of sentence": """I love this product!
I hate the weather today.
Can you tell me the time?
What time is it?
Turn off the lights.
Please switch the lamps off.""",
    "Paraphrases": """Book a table for two tonight
Reserve dinner for two people this evening
The train was cancelled without warning
They called off the train and told nobody
She plays the violin beautifully""",
    "Opposites": """The film was wonderful.
The film was terrible.
The film was not bad at all.
The meal was wonderful.
Nobody liked the film.""",
}


def build(models: Models, owner: gr.BrowserState) -> gr.Textbox:
    """Lays the tab out; returns the box of sentences."""
    encoder = models.encoder
    first = next(iter(EXAMPLES.values()))
    shown = _Shown(encoder)
    start = shown.compare(first, ordered=False)
    with gr.Row():
        with gr.Column(scale=5, min_width=320):
            sentences = gr.Textbox(
                first,
                label="Sentences",
                info=f"One per line, up to {MOST_SENTENCES}. Results follow as you type.",
                lines=9,
                max_lines=14,
                max_length=100_000,
                elem_id="sentences",
            )
            with gr.Row(elem_classes="examples-row"):
                for name, text in EXAMPLES.items():
                    gr.Button(name, size="sm").click(
                        lambda text=text: text, None, sentences, show_progress="hidden"
                    )
                link_button("embeddings", sentences)
            ordered = gr.Checkbox(label="Similar ones side by side in the heatmap", elem_id="ordered")
            message = gr.HTML(start[4], html_template=MESSAGES, css_template=MESSAGES_CSS)
            column = ColumnPanel()
        with gr.Column(scale=7, min_width=320):
            tiles = gr.HTML(start[0], html_template=TILES, css_template=TILES_CSS, elem_id="tiles")
            chart = gr.Plot(start[1], label="Cosine similarity", elem_id="heatmap")
            with gr.Row():
                csv = gr.DownloadButton("Download embeddings (CSV)", start[2], size="sm")
                npy = gr.DownloadButton("Download embeddings (NPY)", start[3], size="sm")
    listening: dict[str, Any] = {"show_progress": "hidden", "concurrency_limit": 2}
    compared = gr.on(
        [sentences.change, ordered.input],
        lambda lines, ordered: shown.compare(lines, ordered=ordered),
        [sentences, ordered],
        [tiles, chart, csv, npy, message],
        trigger_mode="always_last",
        **listening,
    )
    _below(models, owner, sentences, compared, column)
    return sentences


def _below(
    models: Models, owner: gr.BrowserState, sentences: gr.Textbox, compared: Any, column: ColumnPanel
) -> None:
    """The inner tabs, each of which draws when it is opened."""
    encoder, first = models.encoder, str(sentences.value)
    sources = Sources(encoder, models.bundled)
    with gr.Tabs():
        with gr.Tab("Pairs", id="pairs"):
            pairs = PairsPanel(encoder, first)
        with gr.Tab("One sentence", id="sentence"):
            sentence = SentencePanel(encoder, first)
        with gr.Tab("Map", id="map") as tab:
            drawn = MapPanel(sources, models.get("", DEFAULT))
            drawn.wire(tab.select, sentences, column.inputs)
        with gr.Tab("Search", id="search") as tab:
            SearchPanel(sources).wire(tab.select, sentences, column.inputs)
        with gr.Tab("Before and after training", id="moved") as tab:
            TrainingPanel(models).wire(tab.select, sentences, compared, owner)
        with gr.Tab("Layers", id="layers") as tab:
            LayersPanel(sources).wire(tab.select, column.inputs)
    ranked = compared.then(
        lambda lines: render_pairs(encoder, lines),
        sentences,
        pairs.outputs,
        show_progress="hidden",
        concurrency_limit=2,
    )
    pairs.wire(sentences, ranked)
    sentence.wire(sentences, compared)


class _Shown:
    """What the top of the tab shows for some lines of text."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    def compare(self, lines: str, *, ordered: bool) -> tuple[Any, ...]:
        """Tiles, heatmap, the files, messages."""
        given = lines_of(lines)
        texts = given[:MOST_SENTENCES]
        if not texts:
            tell = [_message("Nothing to compare.", "Type a sentence, one per line.")]
            return (*[gr.skip()] * 4, tell)
        began = time.perf_counter()
        embeddings = self._encoder.encode(texts)
        seconds = time.perf_counter() - began
        matrix = cosines(embeddings)
        others = matrix[np.triu_indices(len(texts), k=1)]
        tiles = [
            {"name": "Sentences", "value": len(texts)},
            {"name": "Dimensions", "value": embeddings.shape[1]},
            {"name": "Norm of each", "value": f"{np.linalg.norm(embeddings, axis=1).mean():.3f}"},
            {"name": "Mean cosine", "value": f"{others.mean():.3f}" if len(others) else "-"},
            {"name": "Encoded in", "value": f"{seconds * 1000:.0f} ms"},
        ]
        order = order_by_similarity(matrix) if ordered else list(range(len(texts)))
        numbers = [row + 1 for row in order]
        chart = heatmap(matrix[np.ix_(order, order)], [texts[row] for row in order], numbers)
        return tiles, chart, _csv(texts, embeddings), _npy(embeddings), self._messages(given, texts)

    def _messages(self, given: list[str], texts: list[str]) -> list[dict[str, str]]:
        messages = []
        if len(given) > len(texts):
            messages.append(
                _message("Only a part.", f"The first {MOST_SENTENCES} of {len(given)} lines are compared.")
            )
        cut = [i + 1 for i, cut in enumerate(self._encoder.tokenize(texts).truncated) if cut]
        if cut:
            rows = ", ".join(map(str, cut))
            messages.append(
                _message(
                    "Read in part.",
                    f"Sentence {rows}: longer than the encoder's {self._encoder.max_length} tokens, "
                    "only the start counts.",
                )
            )
        return messages


def _message(title: str, text: str) -> dict[str, str]:
    return {"kind": "note", "title": title, "text": text}


def _csv(texts: list[str], embeddings: NDArray[np.float32]) -> str:
    file = new_file("embeddings.csv")
    frame = pd.DataFrame(embeddings, columns=[f"d{i}" for i in range(embeddings.shape[1])])
    frame.insert(0, "text", texts)
    frame.to_csv(file, index=False, float_format="%.8g")
    return str(file)


def _npy(embeddings: NDArray[np.float32]) -> str:
    file = new_file("embeddings.npy")
    np.save(file, embeddings, allow_pickle=False)
    return str(file)
