"""What one sees of a run: tiles, progress, charts, table, scores, and its model to take away."""

from collections.abc import Callable
from typing import Any, Final

import gradio as gr
import pandas as pd

from mtl.model.archive import pack
from mtl.runs.artifacts import history
from mtl.runs.view import RunView
from mtl.schema.events import (
    EpochEnd,
    Progress,
    RunEnd,
    RunStarted,
    StageEnded,
    StageStarted,
)
from mtl.schema.results import ValidationReport
from mtl.schema.tasks import TASK_NAMES
from mtl.schema.words import describe, duration
from mtl.ui.charts.training import loss_chart, score_chart
from mtl.ui.downloads import new_file
from mtl.ui.templates import (
    MESSAGES,
    MESSAGES_CSS,
    PROGRESS,
    PROGRESS_CSS,
    TILES,
    TILES_CSS,
)
from mtl.ui.train.confusion_panel import ConfusionPanel, render_confusion
from mtl.ui.train.report_panel import ReportPanel, render_report

N_OUTPUTS: Final = 19
_PHASES: Final = {
    "encoding": "Encoding the sentences, once",
    "fitting heads": "Fitting the heads before layers are unfrozen",
    "training": "Training",
    "evaluating": "Evaluating the best epoch against its baselines",
}
_IDLE: Final = {"percent": 0, "text": "", "eta": "", "facts": ""}


class RunPanel:
    """The components, in the order in which `render` fills them."""

    def __init__(self, *, start: gr.Button, stop: gr.Button, resume: gr.Button) -> None:
        self.tiles = gr.HTML(_no_tiles(), html_template=TILES, css_template=TILES_CSS, elem_id="run-tiles")
        progress = gr.HTML(_IDLE, html_template=PROGRESS, css_template=PROGRESS_CSS, elem_id="run-progress")
        losses = gr.Plot(loss_chart(()), label="Combined loss per epoch", elem_id="loss-chart")
        gr.Markdown(
            "The best epoch has the lowest validation loss, averaged over the tasks by their rows; "
            "its model is kept. Chance: every label equally probable. Best frozen head: the lowest "
            "validation loss any head can reach while the encoder stays as it is; drawn when the run ends.",
            elem_classes="hint",
        )
        log = gr.HTML(html_template=MESSAGES, css_template=MESSAGES_CSS, elem_id="run-log")
        with gr.Column(visible=False, elem_id="run-result") as result:
            summary = gr.HTML(html_template=MESSAGES, css_template=MESSAGES_CSS, elem_id="run-end")
            with gr.Row():
                self.use = gr.Button("Use it in Predict", variant="primary", elem_id="use-model")
                self.moved = gr.Button("See what moved", elem_id="see-moved")
                download = gr.DownloadButton("Download the model (zip)", elem_id="download-model")
            command = gr.Textbox(
                label="The same run on the command line",
                interactive=False,
                visible=False,
                buttons=["copy"],
                elem_id="command-line",
            )
            verdict = ReportPanel()
            self._confusion = ConfusionPanel()
        scores = gr.Plot(score_chart(()), label="Validation accuracy and macro-F1 per epoch")
        table = gr.Dataframe(
            _table([]),
            label="Every epoch in numbers",
            interactive=False,
            max_height=360,
            elem_id="epochs-table",
        )
        self.outputs = [
            self.tiles,
            progress,
            losses,
            scores,
            table,
            log,
            result,
            summary,
            download,
            command,
            *verdict.outputs,
            *self._confusion.outputs,
            start,
            stop,
            resume,
        ]

    def wire(self, view: Callable[[str, str], RunView], owner: gr.BrowserState, run_id: gr.State) -> None:
        """Lets the confusion matrices show the rows of `view(owner, run_id)`."""
        self._confusion.wire(view, owner, run_id)


def render(view: RunView, shown: RunView | None = None) -> tuple[Any, ...]:
    """A run as values for `RunPanel.outputs`; what has not changed since `shown` is left alone."""
    if shown is not None and view.events == shown.events and view.state == shown.state:
        return (gr.skip(), _progress(view), *[gr.skip()] * (N_OUTPUTS - 2))
    epochs = [e for e in view.events if isinstance(e, EpochEnd)]
    end = view.events[-1] if view.events and isinstance(view.events[-1], RunEnd) else None
    verdict = next((e for e in view.events if isinstance(e, ValidationReport)), None)
    log = [e for e in view.events if isinstance(e, RunStarted | StageStarted | StageEnded)]
    running = not view.over
    return (
        _tiles(view, epochs),
        _progress(view),
        loss_chart(view.events),
        score_chart(view.events),
        _table(epochs),
        [{"kind": "note", "title": "", "text": describe(event)} for event in log],
        gr.update(visible=end is not None),
        _summary(end, view) if end else [],
        _download(view) if end and view.model else gr.skip(),
        gr.update(value=view.command, visible=bool(view.command)),
        *render_report(verdict),
        *render_confusion(verdict),
        gr.update(interactive=not running, value="Training ..." if running else "Start training"),
        gr.update(interactive=view.state in ("waiting", "running"), value="Stop"),
        gr.update(visible=view.state == "interrupted"),
    )


def _tiles(view: RunView, epochs: list[EpochEnd]) -> list[dict[str, Any]]:
    if not epochs:
        return _no_tiles()
    last = epochs[-1]
    started = next(e for e in view.events if isinstance(e, RunStarted))
    tiles = [
        {"name": "Epoch", "value": f"{last.epoch} / {started.config['epochs']}"},
        {"name": "Loss, training", "value": f"{last.train['combined']:.3f}"},
        {"name": "Loss, validation", "value": f"{last.validation['combined']:.3f}"},
    ]
    for name in TASK_NAMES:
        if name in last.train:
            accuracy = f"{last.validation[f'{name}_accuracy']:.1%}"
            tiles.append({"name": f"{name.capitalize()} acc.", "value": accuracy})
    return tiles


def _no_tiles() -> list[dict[str, Any]]:
    names = (
        "Epoch",
        "Loss, training",
        "Loss, validation",
        *(f"{name.capitalize()} acc." for name in TASK_NAMES),
    )
    return [{"name": name, "value": "-"} for name in names]


def _progress(view: RunView) -> dict[str, Any]:
    if view.over:
        words = {
            "interrupted": "Interrupted. Resume goes on from the last finished epoch.",
            "finished": "Finished.",
            "stopped": "Stopped.",
            "failed": "Failed.",
        }
        if not view.id:
            words = {"finished": "An example: how the default model was trained. Start a run of your own."}
        return _bar(0 if view.state == "interrupted" else 100, words[view.state], facts=_facts(view))
    if view.state == "waiting":
        about = "" if view.wait_s is None else f"its turn in about {duration(view.wait_s)}"
        return _bar(0, f"Waiting: place {view.position} in the queue", about)
    if view.state == "stopping":
        return _bar(100, "Stopping after this batch ...")
    now = view.progress
    if now is None or not view.events:
        return _bar(0, "Starting ...")
    return _bar(_percent(view, now), _doing(now), _eta(view, now), _facts(view))


def _bar(percent: int, text: str, eta: str = "", facts: str = "") -> dict[str, Any]:
    return {"percent": percent, "text": text, "eta": eta, "facts": facts}


def _percent(view: RunView, now: Progress) -> int:
    if now.phase != "training":
        return round(100 * now.fraction)
    return round(100 * _done(view, now) / int(_started(view).config["epochs"]))


def _done(view: RunView, now: Progress) -> float:
    """Epochs behind it, with the part of the one under way."""
    done = max((e.epoch for e in view.events if isinstance(e, EpochEnd)), default=0)
    return done + (now.fraction if now.epoch == done + 1 else 0.0)


def _started(view: RunView) -> RunStarted:
    return next(e for e in view.events if isinstance(e, RunStarted))


def _last_epoch(view: RunView) -> EpochEnd | None:
    """The last one that trained in the present stage: another stage takes another time."""
    for event in reversed(view.events):
        if isinstance(event, StageStarted):
            return None
        if isinstance(event, EpochEnd) and event.epoch:
            return event
    return None


def _doing(now: Progress) -> str:
    return f"{_PHASES[now.phase]}{f', epoch {now.epoch}' if now.phase == 'training' else ''}"


def _eta(view: RunView, now: Progress) -> str:
    """What is left: of all epochs, once one has shown how long they take; else of this part."""
    last = _last_epoch(view)
    if now.phase == "training" and last:
        left = int(_started(view).config["epochs"]) - _done(view, now)
        return f"about {duration(left * last.seconds)} of training to go"
    return "" if now.eta_s is None else f"about {duration(now.eta_s)} to go in this part"


def _facts(view: RunView) -> str:
    """Time so far, speed, and what need not be computed again."""
    facts = []
    end = view.events[-1] if view.events else None
    elapsed = end.seconds if isinstance(end, RunEnd) else view.progress.elapsed_s if view.progress else None
    if elapsed:
        facts.append(f"{duration(elapsed)} so far" if not view.over else f"took {duration(elapsed)}")
    last = _last_epoch(view)
    if last and last.seconds:
        rows = max(n["train"] for n in _started(view).rows.values()) * len(_started(view).rows)
        facts.append(f"{rows / last.seconds:,.0f} rows per second")
    stage = next((e for e in reversed(view.events) if isinstance(e, StageStarted)), None)
    if stage and stage.cached_layers:
        layers = f"layers 1 to {stage.cached_layers}" if stage.cached_layers > 1 else "layer 1"
        facts.append(f"{layers} computed once for all epochs")
    return ", ".join(facts)


def _table(epochs: list[EpochEnd]) -> pd.DataFrame:
    if not epochs:
        return pd.DataFrame(columns=["epoch", "train combined", "val combined", "seconds"])
    table = history(epochs).drop(columns=["selection", "parameters"])
    table.columns = [str(name).replace("validation", "val").replace("_", " ") for name in table.columns]
    return table.round(4)


def _summary(end: RunEnd, view: RunView) -> list[dict[str, str]]:
    messages = [
        {
            "kind": "problem" if end.status == "failed" else "note",
            "title": f"{end.status.capitalize()}.",
            "text": f"{end.reason}. Best epoch: {end.best_epoch}.",
        }
    ]
    if view.model is None:
        messages.append({"kind": "note", "title": "No model.", "text": "No epoch was finished."})
    return messages


def _download(view: RunView) -> str:
    assert view.model is not None
    return str(pack(view.model, new_file("model.zip")))
