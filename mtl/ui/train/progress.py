"""How far a run is: a bar, what it is doing, the time left, and its speed."""

from typing import Any, Final

from mtl.runs.view import RunView
from mtl.schema.events import EpochEnd, Progress, RunEnd, RunStarted, StageStarted
from mtl.schema.words import duration

IDLE: Final = {"percent": 0, "text": "", "eta": "", "facts": ""}
_PHASES: Final = {
    "encoding": "Encoding the sentences, once",
    "fitting heads": "Fitting the heads before layers are unfrozen",
    "training": "Training",
    "evaluating": "Evaluating the best epoch against its baselines",
}
_OVER: Final = {
    "interrupted": "Interrupted. Resume continues from the last finished epoch.",
    "finished": "Finished.",
    "stopped": "Stopped.",
    "failed": "Failed.",
}
_EXAMPLE: Final = "An example: how the default model was trained. Start a run of your own."


def progress_bar(view: RunView) -> dict[str, Any]:
    """Values for the template: percent in [0, 100], text, eta and facts."""
    if view.over:
        text = _OVER[view.state] if view.id else _EXAMPLE
        return _bar(0 if view.state == "interrupted" else 100, text, facts=_facts(view))
    if view.state == "waiting":
        about = "" if view.wait_s is None else f"its turn in about {duration(view.wait_s)}"
        return _bar(0, f"Waiting: place {view.position} in the queue", about)
    if view.state == "stopping":
        return _bar(100, "Stopping after this batch ...")
    now, started = view.progress, started_of(view)
    # Progress without a first event was left by a run that was killed and now begins anew.
    if now is None or started is None:
        return _bar(0, "Starting ...")
    epochs = int(started.config["epochs"])
    return _bar(_percent(view, now, epochs), _doing(now), _eta(view, now, epochs), _facts(view))


def started_of(view: RunView) -> RunStarted | None:
    """The run's first event; None before it."""
    return next((e for e in view.events if isinstance(e, RunStarted)), None)


def _bar(percent: int, text: str, eta: str = "", facts: str = "") -> dict[str, Any]:
    return {"percent": percent, "text": text, "eta": eta, "facts": facts}


def _percent(view: RunView, now: Progress, epochs: int) -> int:
    return round(100 * (_done(view, now) / epochs if now.phase == "training" else now.fraction))


def _done(view: RunView, now: Progress) -> float:
    """Epochs that are finished, and the finished part of the current one."""
    done = max((e.epoch for e in view.events if isinstance(e, EpochEnd)), default=0)
    return done + (now.fraction if now.epoch == done + 1 else 0.0)


def _last_epoch(view: RunView) -> EpochEnd | None:
    """The last trained epoch of the present stage: an epoch of another stage takes another time."""
    for event in reversed(view.events):
        if isinstance(event, StageStarted):
            return None
        if isinstance(event, EpochEnd) and event.epoch:
            return event
    return None


def _doing(now: Progress) -> str:
    return f"{_PHASES[now.phase]}{f', epoch {now.epoch}' if now.phase == 'training' else ''}"


def _eta(view: RunView, now: Progress, epochs: int) -> str:
    """The time left: for all epochs, once one has shown how long they take; until then for this part."""
    last = _last_epoch(view)
    if now.phase == "training" and last:
        return f"about {duration((epochs - _done(view, now)) * last.seconds)} of training to go"
    return "" if now.eta_s is None else f"about {duration(now.eta_s)} to go in this part"


def _facts(view: RunView) -> str:
    """Time so far, speed, and what need not be computed again."""
    facts = []
    end = view.events[-1] if view.events else None
    elapsed = end.seconds if isinstance(end, RunEnd) else view.progress.elapsed_s if view.progress else None
    if elapsed:
        facts.append(f"{duration(elapsed)} so far" if not view.over else f"took {duration(elapsed)}")
    last, started = _last_epoch(view), started_of(view)
    if last and last.seconds and started:
        rows = max(n["train"] for n in started.rows.values()) * len(started.rows)
        facts.append(f"{rows / last.seconds:,.0f} rows per second")
    stage = next((e for e in reversed(view.events) if isinstance(e, StageStarted)), None)
    if stage and stage.cached_layers:
        layers = f"layers 1 to {stage.cached_layers}" if stage.cached_layers > 1 else "layer 1"
        facts.append(f"{layers} computed once for all epochs")
    return ", ".join(facts)
