"""Where in the encoder the labels live: a linear probe on every layer."""

import threading
from collections.abc import Mapping
from typing import Any, Final

import gradio as gr
import numpy as np
from gradio.events import Dependency

from mtl.analysis.probe import Probe, probe
from mtl.ui.charts.space import empty_chart, probe_chart
from mtl.ui.embeddings.sources import Sources
from mtl.ui.templates import MESSAGES, MESSAGES_CSS, TABLE, TABLE_CSS

# Enough to tell layers apart by three points, and some seconds of work.
_MOST_ROWS: Final = 1000
_CHUNK: Final = 200
_NO_TABLE: Final[dict[str, Any]] = {"columns": [], "rows": []}


class LayersPanel:
    """A chart of the bundled sentences, or of the visitor's CSV."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._lock = threading.Lock()
        self._bundled: dict[str, Probe] = {}
        gr.Markdown(
            "How well can a label be read off each layer? A linear probe per layer tells.",
            elem_classes="hint",
        )
        with gr.Row(elem_classes="pills"):
            self._again = gr.Button("Bundled sentences", elem_id="probe-bundled")
            self._own = gr.Button("Your CSV", elem_id="probe-own")
        self._messages = gr.HTML([], html_template=MESSAGES, css_template=MESSAGES_CSS, elem_id="probe-said")
        self._chart = gr.Plot(
            empty_chart("The layers are being read."),
            label="Accuracy of a linear probe on each layer",
            elem_id="probe-chart",
        )
        self._table = gr.HTML(_NO_TABLE, html_template=TABLE, css_template=TABLE_CSS, elem_id="probe-table")

    def wire(self, opened: Dependency, column: list[Any]) -> None:
        """Probes the bundled sentences when its panel is opened, the visitor's on a press."""
        outputs: list[Any] = [self._messages, self._chart, self._table]
        listening: dict[str, Any] = {"show_progress_on": self._chart, "concurrency_limit": 1}
        opened.then(self.bundled, None, outputs, **listening)
        self._again.click(self.bundled, None, outputs, **listening)
        self._own.click(self.own, column, outputs, **listening)

    def bundled(self, progress: gr.Progress = gr.Progress()) -> dict[Any, Any]:  # noqa: B008
        """A sample of the bundled sentences, per task; computed once."""
        with self._lock:
            if not self._bundled:
                texts, tasks, labels = self._sources.bundled.rows
                for name in dict.fromkeys(tasks):
                    rows = [row for row, task in enumerate(tasks) if task == name]
                    pairs = [(texts[row], labels[row]) for row in rows]
                    self._bundled[name] = self._probe(pairs, progress, f"Reading {name} rows")
            return self._render(self._bundled)

    def own(
        self,
        file: str | None,
        text: str | None,
        label: str | None,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> dict[Any, Any]:
        """The visitor's labelled column."""
        try:
            texts, labels = self._sources.labelled(file, text, label)
            found = self._probe(list(zip(texts, labels, strict=True)), progress, "Reading your rows")
        except ValueError as error:
            return {
                self._messages: [{"kind": "problem", "title": "No probe.", "text": str(error)}],
                self._chart: empty_chart("Nothing to show."),
                self._table: _NO_TABLE,
            }
        return self._render({str(label): found})

    def _probe(self, pairs: list[tuple[str, str]], progress: gr.Progress, what: str) -> Probe:
        if len(pairs) > _MOST_ROWS:
            chosen = np.random.default_rng(0).choice(len(pairs), _MOST_ROWS, replace=False)
            pairs = [pairs[row] for row in np.sort(chosen)]
        encoder, parts = self._sources.encoder, []
        for start in range(0, len(pairs), _CHUNK):
            progress(start / len(pairs), desc=what)
            tokens = encoder.tokenize([text for text, _ in pairs[start : start + _CHUNK]])
            parts.append(encoder.layer_embeddings(tokens, fast=True).numpy())
        progress(1.0, desc="Fitting a probe per layer")
        return probe(np.concatenate(parts), [label for _, label in pairs])

    def _render(self, probes: Mapping[str, Probe]) -> dict[Any, Any]:
        """The probes in words, as bars, and as a table."""
        accuracies = {name: [layer.accuracy for layer in p.layers] for name, p in probes.items()}
        rows = [[name, *(f"{a:.1%}" for a in values)] for name, values in accuracies.items()]
        depth = len(next(iter(accuracies.values())))
        return {
            self._messages: [seen(name, p) for name, p in probes.items()],
            self._chart: probe_chart(accuracies, {name: p.majority for name, p in probes.items()}),
            self._table: {"columns": ["label", *(f"layer {n}" for n in range(depth))], "rows": rows},
        }


def seen(name: str, found: Probe) -> dict[str, str]:
    """What a probe found, in words: nothing to praise where no layer beats the commonest label."""
    best, last = found.best, found.layers[-1]
    commonest = f"always answering {found.commonest} ({found.majority:.0%})"
    if best.accuracy <= found.majority:
        text = f"No layer does better than {commonest}; the best has {best.accuracy:.0%}."
    elif best.layer == last.layer:
        text = f"Best at the last layer, {best.layer}: {best.accuracy:.0%}; {commonest} is the least to beat."
    else:
        text = f"Best at layer {best.layer}: {best.accuracy:.0%}; last layer: {last.accuracy:.0%}; "
        text += f"{commonest} is the least to beat."
    return {"kind": "note", "title": f"{name.capitalize()}:", "text": f"{text} {best.rows:,} rows tested."}
