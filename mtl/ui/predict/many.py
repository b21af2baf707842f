"""Many sentences at once: pasted or from a CSV file, with progress, Stop, filters, and a file to keep."""

import html
import threading
import time
from collections.abc import Hashable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import gradio as gr

from mtl.data.columns import column_of_texts
from mtl.data.table import read_table
from mtl.model.predictions import SHOWN, Filter, Labelled, filtered, label_texts
from mtl.schema.tasks import INTENT, SENTIMENT, TASK_NAMES
from mtl.ui.charts.predicting import label_mix
from mtl.ui.downloads import new_file
from mtl.ui.models import DEFAULT, Models
from mtl.ui.templates import PROGRESS, PROGRESS_CSS, TABLE, TABLE_CSS

ANY: Final = "any"
_MAX_ROWS: Final = 100_000
_REDRAW_S: Final = 0.5
_FIRST: Final = """Stop sending me these emails.
Thank you for the quick delivery!
Where can I change my address?
Fix this broken app now.
The parcel is on the second shelf."""


class ManyPanel:
    """The box of lines, the file, and what became of them."""

    def __init__(self, models: Models, model: gr.Dropdown, owner: gr.BrowserState) -> None:
        self._models = models
        self._running: dict[str, threading.Event] = {}
        with gr.Row():
            lines = gr.Textbox(
                _FIRST, label="Sentences, one per line", lines=6, max_lines=6, scale=7, elem_id="many-lines"
            )
            file = gr.File(
                label=f"Or a CSV with a text column, up to {_MAX_ROWS:,} rows",
                file_types=[".csv", ".tsv", ".txt"],
                height=170,
                scale=4,
                elem_id="many-file",
            )
        with gr.Row():
            start = gr.Button("Label them", variant="primary", elem_id="many-start")
            stop = gr.Button("Stop, keep what is done", elem_id="many-stop")
        *_, shown = self.run(_FIRST, None, DEFAULT, "")
        progress, chart, path, download, by_sentiment, by_intent = shown
        bar = gr.HTML(progress, html_template=PROGRESS, css_template=PROGRESS_CSS, elem_id="many-progress")
        mix = gr.Plot(chart, show_label=False, elem_id="many-mix")
        with gr.Row():
            sentiment = gr.Dropdown(
                by_sentiment["choices"], value=ANY, label="Sentiment", elem_id="many-sentiment"
            )
            intent = gr.Dropdown(by_intent["choices"], value=ANY, label="Intent", elem_id="many-intent")
            unsure = gr.Checkbox(False, label="Only unsure or unfamiliar", elem_id="many-unsure")
        made = gr.State(path)
        rows, told = self.table(path, ANY, ANY, False)
        note = gr.Markdown(told, elem_classes="hint", elem_id="many-note")
        table = gr.HTML(
            rows,
            html_template=TABLE,
            css_template=TABLE_CSS + ".scroll { max-height: 360px; }",
            elem_id="many-table",
        )
        save = gr.DownloadButton("Download labels and probabilities (CSV)", download, elem_id="many-download")
        filters, found = [made, sentiment, intent, unsure], [table, note]
        start.click(
            self.run,
            [lines, file, model, owner],
            [bar, mix, made, save, sentiment, intent],
            show_progress_on=bar,
            concurrency_limit=2,
        ).then(self.table, filters, found, show_progress="hidden")
        stop.click(self.stop, owner, None, show_progress="hidden")
        for choice in (sentiment, intent, unsure):
            choice.input(self.table, filters, found, show_progress="hidden")

    def run(self, lines: str, file: str | None, key: str, owner: str) -> Iterator[tuple[Any, ...]]:
        """Progress and the mix of labels as they grow; at the end the file and the labels to filter by."""
        try:
            texts = _texts(lines, file)
            model = self._models.get(owner or "", key)
        except ValueError as error:
            raise gr.Error(html.escape(str(error)), duration=None, print_exception=False) from error
        stopped = self._running[owner] = threading.Event()
        path, drawn = new_file("predictions.csv"), time.monotonic()
        state = Labelled(done=0, total=len(texts), eta_s=0, counts={task.name: {} for task in model.tasks})
        try:
            with path.open("w", newline="", encoding="utf-8") as out:
                for state in label_texts(model, texts, out, stopped=stopped.is_set):
                    if time.monotonic() - drawn > _REDRAW_S:
                        drawn = time.monotonic()
                        yield _progress(state), label_mix(state.counts), *(gr.skip() for _ in range(4))
        finally:
            if self._running.get(owner) is stopped:
                del self._running[owner]
        labels = {task.name: task.labels for task in model.tasks}
        choices = (gr.update(choices=[ANY, *labels.get(name, ())], value=ANY) for name in TASK_NAMES)
        yield _progress(state, ended=True), label_mix(state.counts), str(path), str(path), *choices

    def stop(self, owner: str) -> None:
        """Ends this visitor's labelling after the chunk at hand."""
        if running := self._running.get(owner):
            running.set()

    def table(self, path: str, sentiment: str, intent: str, unsure: bool) -> tuple[dict[str, Any], str]:
        """The rows that pass the filters, over the whole file, and how many there are."""
        labels = {n: label for n, label in ((SENTIMENT, sentiment), (INTENT, intent)) if label != ANY}
        try:
            rows, passed = filtered(Path(path), Filter(labels=labels, unsure=unsure))
        except ValueError as error:
            raise gr.Error(html.escape(str(error)), duration=None, print_exception=False) from error
        columns = [c for c in ("text", SENTIMENT, INTENT) if c in rows]
        shown = [[_marked(row, column) for column in columns] for row in rows.to_dict("records")]
        first = f", the first {SHOWN} are shown" if passed > SHOWN else ""
        note = f"{passed:,} rows pass the filters{first}. ? means not sure, or unfamiliar."
        return {"columns": columns, "rows": shown}, note


def _marked(row: Mapping[Hashable, Any], column: str) -> str:
    """A cell; a label that the model is not sure of, or that stands on an unfamiliar text, has a mark."""
    sure = column == "text" or (row[f"{column}_sure"] and not row["out_of_distribution"])
    return f"{row[column]}" if sure else f"{row[column]} ?"


def _texts(lines: str, file: str | None) -> list[str]:
    if file:
        texts = column_of_texts(read_table(Path(file)))
    else:
        texts = [line.strip() for line in lines.splitlines() if line.strip()]
    if not texts:
        raise ValueError("there is nothing to label: paste sentences, one per line, or choose a CSV file")
    if len(texts) > _MAX_ROWS:
        raise ValueError(f"{len(texts):,} rows are too many: split the file, {_MAX_ROWS:,} at a time")
    return texts


def _progress(state: Labelled, *, ended: bool = False) -> dict[str, Any]:
    whole = state.done == state.total
    what = "labelled" if whole or not ended else "labelled, then stopped"
    eta = "" if ended else f"about {state.eta_s:.0f} s left"
    text = f"{state.done:,} of {state.total:,} {what}"
    return {"percent": f"{100 * state.done / state.total:.1f}", "text": text, "eta": eta}
