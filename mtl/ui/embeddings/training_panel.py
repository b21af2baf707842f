"""How training moved the encoder: the same sentences before and after."""

import threading
from typing import Any, Final
from weakref import WeakKeyDictionary

import gradio as gr
import numpy as np

from mtl.analysis.projection import project
from mtl.analysis.sentence_pairs import read_pairs, spearman_of
from mtl.analysis.similarity import Shift, shift
from mtl.data.bundled import PARAPHRASES
from mtl.model.encoder import Encoder
from mtl.ui.charts.base import figure
from mtl.ui.charts.space import difference_heatmap, moved_map
from mtl.ui.embeddings.sources import MOST_SENTENCES, lines_of
from mtl.ui.models import DEFAULT, UNTRAINED, Models
from mtl.ui.templates import MESSAGES, MESSAGES_CSS

# By chance alone, Spearman's correlation on 60 pairs varies by about this much.
_SUFFERS: Final = 0.03


class TrainingPanel:
    """The encoder as it came, and that of the model chosen in `model`."""

    def __init__(self, models: Models) -> None:
        self._models = models
        # Kept as long as the encoder, which is not kept alive for it.
        self._known: WeakKeyDictionary[Encoder, float] = WeakKeyDictionary()
        self._lock = threading.Lock()
        self.model = gr.Dropdown(
            [choice for choice in models.choices("") if choice[1] != UNTRAINED],
            value=DEFAULT,
            label="Before: the encoder as it came. After: the encoder of",
            info="Runs that trained heads only left the encoder as it was.",
            elem_id="after-model",
        )
        self._messages = gr.HTML([], html_template=MESSAGES, css_template=MESSAGES_CSS, elem_id="moved-said")
        with gr.Row():
            self._map = gr.Plot(
                figure(520), label="The way of each sentence on one map (PCA)", elem_id="moved-map"
            )
            self._differences = gr.Plot(
                figure(520), label="How much closer two are now", elem_id="moved-pairs"
            )

    def wire(
        self, opened: Any, sentences: gr.Textbox, compared: Any, owner: gr.BrowserState
    ) -> dict[str, Any]:
        """Compares when its tab is opened, and whenever model or sentences change.

        Returns the arguments of a listener that compares.
        """
        quiet: dict[str, Any] = {"show_progress": "hidden", "concurrency_limit": 2}
        comparing: dict[str, Any] = {
            "fn": self.compare,
            "inputs": [owner, self.model, sentences],
            "outputs": [self._messages, self._map, self._differences],
            **quiet,
        }
        opened(self.choices, owner, self.model, **quiet).then(**comparing)
        self.model.input(**comparing)
        compared.then(**comparing)
        return comparing

    def choices(self, owner: str) -> Any:
        """Models that were trained."""
        return gr.update(choices=[c for c in self._models.choices(owner) if c[1] != UNTRAINED])

    def compare(self, owner: str, key: str, lines: str) -> tuple[Any, ...]:
        """In words, as a map, and pair by pair."""
        texts = lines_of(lines)[:MOST_SENTENCES]
        try:
            after = self._models.get(owner or "", key).encoder
            if len(texts) < 2:
                raise ValueError("type at least two sentences above")
        except ValueError as error:
            return [{"kind": "problem", "title": "", "text": str(error)}], gr.skip(), gr.skip()
        before = self._models.encoder
        was, now = before.encode(texts), after.encode(texts)
        moved = shift(was, now)
        both = project(np.concatenate([was, now])).coordinates
        return (
            self._words(moved, after),
            moved_map(both[: len(texts)], both[len(texts) :], texts),
            difference_heatmap(moved.pairs, texts),
        )

    def _words(self, moved: Shift, after: Encoder) -> list[dict[str, str]]:
        if not after.changed:
            text = "Only heads were trained: every embedding is what it was."
            return [{"kind": "note", "title": "Nothing moved.", "text": text}]
        was, now = self._spearman(self._models.encoder), self._spearman(after)
        kept = float(moved.kept.mean())
        summary = (
            f"A sentence's cosine to its former self is {kept:.2f} on average, {moved.kept.min():.2f} at "
            f"least; {moved.common:.0%} of the movement is common to all of them. On 60 rated pairs of "
            f"sentences Spearman's correlation with people's scores goes from {was:.2f} to {now:.2f}."
        )
        layers = ", ".join(map(str, after.changed))
        messages = [{"kind": "note", "title": f"Layers {layers} moved.", "text": summary}]
        if was - now > _SUFFERS:
            text = (
                "sentences that mean the same are told from others less well than before. What is good for "
                "the tasks is not good for search or clustering: use the encoder as it came for those."
            )
            messages.append({"kind": "problem", "title": "General similarity suffers:", "text": text})
        return messages

    def _spearman(self, encoder: Encoder) -> float:
        with self._lock:
            known = self._known.get(encoder)
        if known is None:
            known = spearman_of(encoder, read_pairs(PARAPHRASES))
            with self._lock:
                self._known[encoder] = known
        return known
