"""The Embeddings tab: sentences, their vectors, and how similar they are."""

import time
from typing import Any, Final

import gradio as gr
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mtl.charts.embeddings import embedding_strip, heatmap
from mtl.encoder import Encoder
from mtl.similarity import cosines, ranked_pairs
from mtl.ui.downloads import new_file
from mtl.ui.templates import MESSAGES, MESSAGES_CSS, TILES, TILES_CSS

MAX_SENTENCES: Final = 100
_MAX_PAIRS: Final = 500

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


def build(encoder: Encoder) -> gr.Textbox:
    """Lays the tab out; returns the box of sentences."""
    first = next(iter(EXAMPLES.values()))
    shown = _Shown(encoder)
    start = shown.compare(first)
    with gr.Row():
        with gr.Column(scale=5, min_width=320):
            sentences = gr.Textbox(
                first,
                label="Sentences",
                info=f"One per line, up to {MAX_SENTENCES}. Results follow as you type.",
                lines=9,
                max_lines=14,
                max_length=50_000,
                elem_id="sentences",
            )
            with gr.Row(elem_classes="examples-row"):
                for name, text in EXAMPLES.items():
                    gr.Button(name, size="sm").click(
                        lambda text=text: text, None, sentences, show_progress="hidden"
                    )
            message = gr.HTML(start[5], html_template=MESSAGES, css_template=MESSAGES_CSS)
        with gr.Column(scale=7, min_width=320):
            tiles = gr.HTML(start[0], html_template=TILES, css_template=TILES_CSS, elem_id="tiles")
            chart = gr.Plot(start[1], label="Cosine similarity", elem_id="heatmap")
    pairs = gr.Dataframe(
        start[2],
        label="Pairs, most similar first",
        wrap=True,
        max_height=320,
        column_widths=["110px", "45%", "45%"],
        interactive=False,
        elem_id="pairs",
    )
    with gr.Row():
        with gr.Column(scale=8, min_width=320):
            which = gr.Dropdown(
                start[3].get("choices"), value=0, label="One sentence's embedding", elem_id="which"
            )
            strip = gr.Plot(shown.strip(first, 0), label="Its numbers, blue positive, orange negative")
        with gr.Column(scale=4, min_width=280):
            numbers = gr.Dataframe(
                shown.numbers(first, 0), label="The numbers", max_height=260, interactive=False
            )
            download = gr.DownloadButton("Download all embeddings (CSV)", start[4], size="sm")
    sentences.change(
        shown.compare,
        sentences,
        [tiles, chart, pairs, which, download, message],
        trigger_mode="always_last",
        show_progress="hidden",
        concurrency_limit=2,
    ).then(shown.strip, [sentences, which], strip, show_progress="hidden").then(
        shown.numbers, [sentences, which], numbers, show_progress="hidden"
    )
    which.input(shown.strip, [sentences, which], strip, show_progress="hidden")
    which.input(shown.numbers, [sentences, which], numbers, show_progress="hidden")
    return sentences


class _Shown:
    """What the tab shows for some lines of text."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    def compare(self, lines: str) -> tuple[Any, ...]:
        """Tiles, heatmap, pairs, choices of one sentence, the CSV file, messages."""
        given = _sentences(lines)
        texts = given[:MAX_SENTENCES]
        if not texts:
            tell = [_message("Nothing to compare.", "Type a sentence, one per line.")]
            return gr.skip(), gr.skip(), gr.skip(), gr.skip(), gr.skip(), tell
        began = time.perf_counter()
        embeddings = self._encoder.encode(texts)
        seconds = time.perf_counter() - began
        matrix = cosines(embeddings)
        ranked = ranked_pairs(matrix)
        mean = f"{np.mean([p.cosine for p in ranked]):.3f}" if ranked else "-"
        norms = np.linalg.norm(embeddings, axis=1)
        tiles = [
            {"name": "Sentences", "value": len(texts)},
            {"name": "Dimensions", "value": embeddings.shape[1]},
            {"name": "Norm of each", "value": f"{norms.mean():.3f}"},
            {"name": "Mean cosine", "value": mean},
            {"name": "Encoded in", "value": f"{seconds * 1000:.0f} ms"},
        ]
        pairs = pd.DataFrame(
            [
                (f"{p.cosine:+.3f}", f"{p.first + 1}. {texts[p.first]}", f"{p.second + 1}. {texts[p.second]}")
                for p in ranked[:_MAX_PAIRS]
            ],
            columns=["cosine", "sentence", "and"],
        )
        choices = [(f"{i + 1}. {text[:80]}", i) for i, text in enumerate(texts)]
        return (
            tiles,
            heatmap(matrix, texts),
            pairs,
            gr.update(choices=choices, value=0),
            _csv(texts, embeddings),
            self._messages(given, texts),
        )

    def strip(self, lines: str, which: int | None) -> Any:
        """The numbers of one sentence as a picture."""
        embedding = self._one(lines, which)
        return gr.skip() if embedding is None else embedding_strip(embedding)

    def numbers(self, lines: str, which: int | None) -> Any:
        """The numbers of one sentence as a table."""
        embedding = self._one(lines, which)
        if embedding is None:
            return gr.skip()
        values = [f"{value:+.6f}" for value in embedding]
        return pd.DataFrame({"dimension": range(len(values)), "value": values})

    def _one(self, lines: str, which: int | None) -> NDArray[np.float32] | None:
        texts = _sentences(lines)[:MAX_SENTENCES]
        if not texts:
            return None
        chosen = which if which is not None and 0 <= which < len(texts) else 0
        embedding: NDArray[np.float32] = self._encoder.encode([texts[chosen]])[0]
        return embedding

    def _messages(self, given: list[str], texts: list[str]) -> list[dict[str, str]]:
        messages = []
        if len(given) > len(texts):
            messages.append(
                _message("Only a part.", f"The first {MAX_SENTENCES} of {len(given)} lines are compared.")
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


def _sentences(lines: str) -> list[str]:
    return [line.strip() for line in lines.splitlines() if line.strip()]


def _message(title: str, text: str) -> dict[str, str]:
    return {"kind": "note", "title": title, "text": text}


def _csv(texts: list[str], embeddings: NDArray[np.float32]) -> str:
    file = new_file("embeddings.csv")
    frame = pd.DataFrame(embeddings, columns=[f"d{i}" for i in range(embeddings.shape[1])])
    frame.insert(0, "text", texts)
    frame.to_csv(file, index=False, float_format="%.8g")
    return str(file)
