"""Records -> Plotly figures. No titles, no colours for text: the page's theme gives those."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from mtl.records import EpochEnd, Event, RunStarted, StageStarted, TaskScores, Verdict

# Okabe and Ito's colour-blind safe blue and vermilion: sentiment and intent, everywhere.
SENTIMENT_COLOUR: Final = "#0072b2"
INTENT_COLOUR: Final = "#d55e00"
COMBINED_COLOUR: Final = "#7a6ff0"
TASK_COLOURS: Final = {
    "combined": COMBINED_COLOUR,
    "sentiment": SENTIMENT_COLOUR,
    "intent": INTENT_COLOUR,
}
_GRID: Final = "rgba(128,128,128,.18)"
_CLEAR: Final = "rgba(0,0,0,0)"
_HEATMAP_VALUES: Final = 30


def figure(height: int) -> go.Figure:
    """An empty figure in the page's style: transparent, no template, fixed axes."""
    made = go.Figure()
    made.update_layout(
        template=None,
        height=height,
        paper_bgcolor=_CLEAR,
        plot_bgcolor=_CLEAR,
        margin={"l": 56, "r": 16, "t": 56, "b": 44},
        font={"family": "IBM Plex Sans, sans-serif", "size": 13},
        legend={"orientation": "h", "x": 0, "y": -76 / (height - 100), "yanchor": "top"},
        hoverlabel={"font": {"family": "IBM Plex Sans, sans-serif"}},
    )
    made.update_xaxes(gridcolor=_GRID, zeroline=False, fixedrange=True, title_font_size=13)
    made.update_yaxes(gridcolor=_GRID, zeroline=False, fixedrange=True, title_font_size=13)
    return made


def heatmap(matrix: NDArray[np.float32], texts: Sequence[str]) -> go.Figure:
    """Cosine similarity of every sentence with every other; numbered like the list of sentences."""
    numbers = [str(i + 1) for i in range(len(texts))]
    hover = [[f"{a}<br>{b}" for b in map(_plain, texts)] for a in map(_plain, texts)]
    made = figure(max(340, min(660, 110 + 52 * len(texts))))
    made.add_trace(
        go.Heatmap(
            z=matrix,
            x=numbers,
            y=numbers,
            customdata=hover,
            hovertemplate="%{customdata}<br><b>cosine %{z:.3f}</b><extra></extra>",
            texttemplate="%{z:.2f}" if len(texts) <= _HEATMAP_VALUES else None,
            zmin=-1,
            zmax=1,
            xgap=2,
            ygap=2,
            # Blue-white-orange with a middle that reads as "nothing in common" in both modes.
            colorscale=[[0, "#b35806"], [0.5, "#f1f0ee"], [0.75, "#7fb2d9"], [1, "#08457e"]],
            colorbar={"thickness": 10, "outlinewidth": 0, "tickvals": [-1, -0.5, 0, 0.5, 1]},
        )
    )
    made.update_layout(margin={"l": 40, "r": 8, "t": 64, "b": 12})
    made.update_xaxes(type="category", side="top", showgrid=False)
    made.update_yaxes(type="category", autorange="reversed", showgrid=False)
    return made


def embedding_strip(embedding: NDArray[np.float32]) -> go.Figure:
    """One sentence's numbers, (dim,), as coloured cells in rows of 48."""
    width = 48
    rows = -(-len(embedding) // width)
    cells = np.full(rows * width, np.nan, dtype=np.float32)
    cells[: len(embedding)] = embedding
    bound = float(np.abs(embedding).max())
    made = figure(70 + 22 * rows)
    made.add_trace(
        go.Heatmap(
            z=cells.reshape(rows, width),
            customdata=np.arange(rows * width).reshape(rows, width),
            hovertemplate="dimension %{customdata}: %{z:.4f}<extra></extra>",
            zmin=-bound,
            zmax=bound,
            xgap=1,
            ygap=1,
            colorscale=[[0, INTENT_COLOUR], [0.5, "#f1f0ee"], [1, SENTIMENT_COLOUR]],
            showscale=False,
        )
    )
    made.update_layout(margin={"l": 8, "r": 8, "t": 44, "b": 8})
    made.update_xaxes(visible=False)
    made.update_yaxes(visible=False, autorange="reversed")
    return made


def loss_chart(events: Sequence[Event], epochs: int = 10) -> go.Figure:
    """Losses per epoch: combined thick, tasks thin; training solid, validation dashed.

    Marks the best epoch, the stages, and chance level: the combined loss of always saying every
    label with the same probability (ln 2 for sentiment + ln K for K intents). Once the run was judged, also
    the validation loss of the best head on the frozen encoder.
    """
    ends = [event for event in events if isinstance(event, EpochEnd)]
    started = next((event for event in events if isinstance(event, RunStarted)), None)
    made = figure(460)
    tasks = [n for n in TASK_COLOURS if not ends or n in ends[0].train]
    if len(tasks) == 2:
        tasks.remove("combined")
    for name in tasks:
        for side, dash in (("train", "solid"), ("validation", "dash")):
            made.add_trace(
                go.Scatter(
                    x=[e.epoch for e in ends],
                    y=[getattr(e, side)[name] for e in ends],
                    name=f"{name}, {side}",
                    mode="lines+markers",
                    line={"color": TASK_COLOURS[name], "dash": dash, "width": _width(name, tasks)},
                    marker={"size": 6 if side == "train" else 7, "symbol": _symbol(side)},
                    hovertemplate=f"epoch %{{x}}<br>{name}, {side}: %{{y:.4f}}<extra></extra>",
                )
            )
    if started:
        epochs = started.config["epochs"]
        _level(made, sum(math.log(len(labels)) for labels in started.labels.values()), "chance")
    for event in events:
        if isinstance(event, Verdict):
            _level(made, sum(task.optimum_loss for task in event.tasks.values()), "best frozen head")
    _mark_best(made, ends, tasks[0])
    _mark_stages(made, events)
    _epoch_axis(made, epochs)
    made.update_yaxes(title_text="loss (nats)", rangemode="tozero", range=None if ends else [0, 2.2])
    made.update_layout(uirevision="loss")
    return made


def score_chart(events: Sequence[Event], epochs: int = 10) -> go.Figure:
    """Validation accuracy (solid) and macro-F1 (dotted) per task and epoch."""
    ends = [event for event in events if isinstance(event, EpochEnd)]
    started = next((event for event in events if isinstance(event, RunStarted)), None)
    made = figure(360)
    for name in ("sentiment", "intent"):
        if ends and name not in ends[0].train:
            continue
        for score, dash in (("accuracy", "solid"), ("macro_f1", "dot")):
            made.add_trace(
                go.Scatter(
                    x=[e.epoch for e in ends],
                    y=[e.validation[f"{name}_{score}"] for e in ends],
                    name=f"{name}, {score.replace('_f1', '-F1')}",
                    mode="lines+markers",
                    line={"color": TASK_COLOURS[name], "dash": dash, "width": 2},
                    hovertemplate=f"epoch %{{x}}<br>{name}: %{{y:.3f}}<extra></extra>",
                )
            )
    _epoch_axis(made, started.config["epochs"] if started else epochs)
    made.update_yaxes(title_text="validation score", range=[0, 1.02], tickformat=".0%")
    made.update_layout(uirevision="score")
    return made


def confusion_chart(name: str, scores: TaskScores) -> go.Figure:
    """Rows of each true label (down) by what they were called (across)."""
    counts = np.array(scores.confusion)
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    labels = [_plain(label) for label in scores.labels]
    made = figure(max(320, min(900, 150 + 44 * len(labels))))
    made.add_trace(
        go.Heatmap(
            z=shares,
            x=labels,
            y=labels,
            text=counts,
            texttemplate="%{text}" if len(labels) <= _HEATMAP_VALUES else None,
            hovertemplate="%{y} called %{x}: %{text} rows<extra></extra>",
            zmin=0,
            zmax=1,
            xgap=2,
            ygap=2,
            colorscale=[[0, "#f1f0ee"], [1, TASK_COLOURS[name]]],
            showscale=False,
        )
    )
    made.update_layout(margin={"l": 8, "r": 48, "t": 120, "b": 8})
    made.update_xaxes(type="category", side="top", showgrid=False, tickangle=-35)
    made.update_yaxes(type="category", autorange="reversed", showgrid=False, automargin=True)
    return made


def _width(name: str, tasks: Sequence[str]) -> float:
    return 3 if name == tasks[0] else 1.5


def _symbol(side: str) -> str:
    return "circle" if side == "train" else "circle-open"


def _level(made: go.Figure, loss: float, name: str) -> None:
    made.add_hline(
        y=loss,
        line={"color": "rgba(128,128,128,.8)", "width": 1, "dash": "dot"},
        annotation={"text": f"{name} {loss:.2f}", "font": {"size": 12}},
        annotation_position="bottom right",
    )


def _mark_best(made: go.Figure, ends: Sequence[EpochEnd], name: str) -> None:
    best = next((e for e in reversed(ends) if e.best), None)
    if best is None:
        return
    made.add_trace(
        go.Scatter(
            x=[best.epoch],
            y=[best.validation[name]],
            name=f"best epoch: {best.epoch}",
            mode="markers",
            marker={
                "symbol": "star",
                "size": 15,
                "color": TASK_COLOURS[name],
                "line": {"color": "white", "width": 1},
            },
            hovertemplate=f"best epoch: {best.epoch}<extra></extra>",
        )
    )


def _mark_stages(made: go.Figure, events: Sequence[Event]) -> None:
    epoch = 0
    for event in events:
        if isinstance(event, EpochEnd):
            epoch = event.epoch
        elif isinstance(event, StageStarted) and event.index > 0:
            made.add_vline(
                x=epoch + 0.5,
                line={"color": "rgba(128,128,128,.8)", "width": 1, "dash": "dash"},
                annotation={"text": event.name, "font": {"size": 12}},
                annotation_position="top",
                annotation_hovertext=_plain(event.reason),
            )


def _epoch_axis(made: go.Figure, epochs: int) -> None:
    step = max(1, round(epochs / 10))
    made.update_xaxes(title_text="epoch", range=[-0.3, epochs + 0.3], dtick=step, tick0=0)


def _plain(text: str) -> str:
    """Plotly reads some HTML in labels: a text stays a text, and a long one is cut."""
    short = text if len(text) <= 60 else text[:57] + "..."
    return short.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
