"""More rows: how accurate the run's tasks would be with more of them, computed when it is asked for."""

from collections.abc import Iterator
from typing import Any, Final

import gradio as gr
from cachetools import LRUCache
from gradio.events import Dependency

from mtl.data.examination import LabelledRows
from mtl.evaluation.forecast import Forecast, forecast
from mtl.model.encoder import Encoder
from mtl.runs.store import Runs
from mtl.schema.tasks import MAX_TASKS, task_colours
from mtl.ui.charts.forecast import forecast_chart
from mtl.ui.errors import sentence_of
from mtl.ui.train.run_rows import finished_job

FOLD: Final = "forecast"
# More of them take minutes and gigabytes; the command line takes those, too.
MOST_ROWS: Final = 20_000
_KEPT: Final = 64

_NOTE: Final = (
    "For a head on the encoder as it is, in 9 of 10 cases. What unfreezing brings is measured by "
    "“Run all strategies” in My runs."
)
_SAID: Final = """
<section style="--task:{{value.colour}}"><b>{{value.title}}</b> <span role="status">{{value.text}}</span>
<p>{{value.note}}</p></section>"""
_SAID_CSS: Final = """
section { border-left: 3px solid var(--task, var(--combined)); padding: 2px 0 2px 12px;
          color: var(--body-text-color); overflow-wrap: anywhere; }
p { margin: 0; font-size: var(--text-s); color: var(--body-text-color-subdued); }
p:empty { display: none; }
"""


class Forecasts:
    """What more rows would bring; the most recent are kept. Any thread may ask."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._known: LRUCache[int, Forecast] = LRUCache(_KEPT)

    def of(self, rows: LabelledRows) -> Forecast:
        """The forecast of a task, as the command gives it for the same rows."""
        key = hash((rows.task, rows.texts, rows.labels.tobytes()))
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._made(rows)
        return found

    def _made(self, rows: LabelledRows) -> Forecast:
        if len(rows.texts) > MOST_ROWS:
            why = f"{len(rows.texts):,} rows are too many to try here; `python -m mtl forecast` takes them"
            return Forecast(points=(), forecast=(), reason=why)
        embeddings = self._encoder.layer_embeddings(self._encoder.tokenize(rows.texts), fast=True)
        return forecast(rows, embeddings.numpy())


class ForecastPanel:
    """For each task a sentence and its chart; empty until the fold is opened."""

    def __init__(self) -> None:
        self._said, self._charts, self._columns = list[gr.HTML](), list[gr.Plot](), list[gr.Column]()
        with gr.Row():
            for number in range(1, MAX_TASKS + 1):
                with gr.Column(min_width=320, visible=number == 1) as column:
                    said = gr.HTML(
                        _line(""),
                        html_template=_SAID,
                        css_template=_SAID_CSS,
                        elem_id=f"forecast-said-{number}",
                    )
                    chart = gr.Plot(
                        forecast_chart((), (), "#808080"),
                        show_label=False,
                        visible=False,
                        elem_id=f"forecast-chart-{number}",
                    )
                self._said.append(said)
                self._charts.append(chart)
                self._columns.append(column)
        self.outputs: list[Any] = [*self._columns, *self._said, *self._charts]

    def wire(
        self,
        encoder: Encoder,
        runs: Runs,
        owner: gr.BrowserState,
        run_id: gr.State,
        opened: gr.State,
        pressed: Dependency,
    ) -> None:
        """Computes after `pressed`, and for another run, where `opened` then holds `FOLD`."""
        forecasts = Forecasts(encoder)

        def foresee(opened: str, owner: str, run_id: str) -> Iterator[dict[Any, Any]]:
            if opened != FOLD:
                yield {self._said[0]: gr.skip()}
                return
            yield self.message("Refitting on growing parts of the rows ...")
            try:
                job = finished_job(runs, owner, run_id)
                found = [(rows, forecasts.of(rows)) for rows in job.rows]
            except ValueError as error:
                yield self.message(sentence_of(error))
            else:
                yield self.render(found)

        how: dict[str, Any] = {
            "inputs": [opened, owner, run_id],
            "outputs": self.outputs,
            "show_progress": "hidden",
            "concurrency_limit": 1,
        }
        pressed.then(foresee, **how)
        run_id.change(foresee, **how)

    def message(self, text: str) -> dict[Any, Any]:
        """Updates of `outputs` that say something instead of a forecast."""
        return self._filled([_line(text)], [])

    def render(self, found: list[tuple[LabelledRows, Forecast]]) -> dict[Any, Any]:
        """Updates of `outputs` that show the forecast of each task."""
        colours = task_colours(rows.task.name for rows, _ in found)
        said = [_told(rows, made, colours[rows.task.name]) for rows, made in found]
        charts = [
            forecast_chart(made.points, made.forecast, colours[rows.task.name]) if made.points else None
            for rows, made in found
        ]
        return self._filled(said, charts)

    def _filled(self, said: list[dict[str, str]], charts: list[Any]) -> dict[Any, Any]:
        values: dict[Any, Any] = {}
        for place, (column, line, plot) in enumerate(
            zip(self._columns, self._said, self._charts, strict=True)
        ):
            chart = charts[place] if place < len(charts) else None
            values[column] = gr.update(visible=place < len(said))
            values[line] = said[place] if place < len(said) else _line("")
            values[plot] = gr.update(visible=False) if chart is None else gr.update(value=chart, visible=True)
        return values


def sentence(made: Forecast, rows: int) -> str:
    """What twice the rows would bring, in a sentence; or that the rows cannot tell, and why."""
    if not made.forecast:
        return f"Cannot tell: {made.reason}."
    seen, now = made.forecast[0], made.points[-1].accuracy
    return (
        f"With {seen.rows - rows:,} more rows: {_hundred(now)} → {_hundred(seen.accuracy)} of 100 right "
        f"({_hundred(seen.low)} to {_hundred(seen.high)})."
    )


def _told(rows: LabelledRows, made: Forecast, colour: str) -> dict[str, str]:
    note = _NOTE if made.forecast else ""
    text = sentence(made, len(rows.texts))
    return {"title": f"{rows.task.name.capitalize()}.", "text": text, "note": note, "colour": colour}


def _line(text: str) -> dict[str, str]:
    return {"title": "", "text": text, "note": "", "colour": "var(--combined)"}


def _hundred(accuracy: float) -> str:
    return f"{100 * accuracy:.0f}"
