"""How training moved the encoder: the same sentences before and after."""

import threading
from typing import Any, Final
from weakref import WeakKeyDictionary

import gradio as gr
import numpy as np
from gradio.events import Dependency

from mtl.analysis.projection import project
from mtl.analysis.sentence_pairs import read_pairs, spearman_of
from mtl.analysis.similarity import Shift, shift
from mtl.data.bundled import PARAPHRASES
from mtl.model.encoder import Encoder
from mtl.schema.limits import limits
from mtl.ui.charts.sentence_map import HEIGHT, moved_map
from mtl.ui.charts.space import empty_chart
from mtl.ui.embeddings.grid import EMPTY, matrix_grid
from mtl.ui.embeddings.sources import lines_of
from mtl.ui.embeddings.templates import DIFFERENCES, GRID_CSS
from mtl.ui.models import DEFAULT, Models
from mtl.ui.templates import MESSAGES, MESSAGES_CSS

# By chance alone, Spearman's correlation on 60 pairs varies by about this much.
_SUFFERS: Final = 0.03
# Where hardly anything moved, noise is not blown up to deep colours.
_LEAST_BOUND: Final = 0.05
_NO_MAP: Final = empty_chart("", HEIGHT)


class TrainingPanel:
    """The encoder as it came, and that of the model chosen in `model`."""

    def __init__(self, models: Models) -> None:
        self._models = models
        # Kept as long as the encoder, which is not kept alive for it.
        self._known: WeakKeyDictionary[Encoder, float] = WeakKeyDictionary()
        self._lock = threading.Lock()
        self.model = gr.Dropdown(
            models.trained(""),
            value=DEFAULT,
            label="Compare with the encoder of",
            info="Runs that trained heads only left the encoder as it was.",
            elem_id="after-model",
        )
        self._messages = gr.HTML([], html_template=MESSAGES, css_template=MESSAGES_CSS, elem_id="moved-said")
        with gr.Row(elem_classes="beside"):
            with gr.Column(scale=7, min_width=320):
                self._map = gr.Plot(_NO_MAP, label="How each sentence moved", elem_id="moved-map")
            with gr.Column(scale=5, min_width=320):
                gr.Markdown("How much closer two sentences are now", elem_classes="hint")
                self._differences = gr.HTML(
                    EMPTY,
                    html_template=DIFFERENCES,
                    css_template=GRID_CSS,
                    elem_id="moved-pairs",
                )
        self.outputs: list[Any] = [self._messages, self._map, self._differences]

    def wire(
        self, opened: Dependency, sentences: gr.Textbox, ruler: gr.HTML, owner: gr.BrowserState
    ) -> dict[str, Any]:
        """Offers the models when its panel is opened, and compares when another is chosen.

        Returns the arguments of a listener that compares.
        """
        comparing: dict[str, Any] = {
            "fn": self.compare,
            "inputs": [owner, self.model, sentences, ruler],
            "outputs": self.outputs,
            "show_progress": "hidden",
            "concurrency_limit": 2,
        }
        opened.then(self.choices, [owner, self.model], self.model, show_progress="hidden")
        self.model.input(**comparing)
        return comparing

    def choices(self, owner: str, key: str = DEFAULT) -> Any:
        """Models that were trained; of one that is there no more the choice falls back to the default."""
        offered = self._models.trained(owner)
        known = any(other == key for _, other in offered)
        return gr.update(choices=offered, value=key if known else DEFAULT)

    def compare(self, owner: str, key: str, lines: str, width: float = 0) -> dict[Any, Any]:
        """In words, as a map, and pair by pair."""
        texts = lines_of(lines)[: limits().sentences]
        try:
            after = self._models.get(owner or "", key).encoder
            if len(texts) < 2:
                raise ValueError("Type at least two sentences in the box")
        except ValueError as error:
            return {
                **self.empty(),
                self._messages: [{"kind": "note", "title": "", "text": str(error)}],
            }
        before = self._models.encoder
        was, now = before.encode(texts), after.encode(texts)
        moved = shift(was, now)
        both = project(np.concatenate([was, now])).coordinates
        bound = max(_LEAST_BOUND, float(np.abs(moved.pairs).max()))
        return {
            self._messages: self._words(moved, after),
            self._map: moved_map(
                both[: len(texts)], both[len(texts) :], texts, width=int(min(width or 700, 700))
            ),
            self._differences: matrix_grid(moved.pairs, texts, bound=bound),
        }

    def empty(self) -> dict[Any, Any]:
        """Nothing."""
        return {self._messages: [], self._map: _NO_MAP, self._differences: EMPTY}

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
