"""The Embeddings tab: sentences, their vectors, how similar they are, and what lies behind it."""

from dataclasses import dataclass
from typing import Any, Final

import gradio as gr

from mtl.ui.embeddings.column_panel import ColumnPanel
from mtl.ui.embeddings.layers_panel import LayersPanel
from mtl.ui.embeddings.map_panel import MapPanel
from mtl.ui.embeddings.overview import Overview
from mtl.ui.embeddings.pairs_panel import PairsPanel, render_pairs
from mtl.ui.embeddings.search_panel import SearchPanel
from mtl.ui.embeddings.sentence_panel import SentencePanel
from mtl.ui.embeddings.sources import MOST_SENTENCES, Sources
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


@dataclass(frozen=True, kw_only=True)
class EmbeddingsTab:
    """The parts that other tabs reach: the box of sentences, the inner tabs, and before and after.

    `compare` are the arguments of a listener that compares the encoder with that of `after`.
    """

    sentences: gr.Textbox
    panels: gr.Tabs
    after: gr.Dropdown
    compare: dict[str, Any]


def build(models: Models, owner: gr.BrowserState) -> EmbeddingsTab:
    """Lays the tab out."""
    encoder = models.encoder
    first = next(iter(EXAMPLES.values()))
    shown = Overview(encoder)
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
            column = ColumnPanel()
            message = gr.HTML(start[4], html_template=MESSAGES, css_template=MESSAGES_CSS)
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
    return _below(models, owner, sentences, compared, column)


def _below(
    models: Models, owner: gr.BrowserState, sentences: gr.Textbox, compared: Any, column: ColumnPanel
) -> EmbeddingsTab:
    """The inner tabs, each of which draws when it is opened."""
    encoder, first = models.encoder, str(sentences.value)
    sources = Sources(encoder, models.bundled)
    with gr.Tabs() as panels:
        with gr.Tab("Pairs", id="pairs"):
            pairs = PairsPanel(encoder, first)
        with gr.Tab("One sentence", id="sentence"):
            sentence = SentencePanel(encoder, first)
        with gr.Tab("Map", id="map") as tab:
            drawn = MapPanel(sources, models.get("", DEFAULT))
            drawn.wire(tab.select, sentences, column)
        with gr.Tab("Search", id="search") as tab:
            SearchPanel(sources).wire(tab.select, sentences, column.inputs)
        with gr.Tab("Before and after training", id="moved") as tab:
            moved = TrainingPanel(models)
            compare = moved.wire(tab.select, sentences, compared, owner)
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
    return EmbeddingsTab(sentences=sentences, panels=panels, after=moved.model, compare=compare)
