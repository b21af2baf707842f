"""How far a run is: its phases, what it is doing, the time left, and its speed."""

from dataclasses import dataclass
from typing import Any, Final

from mtl.runs.view import RunView
from mtl.schema.events import EpochEnd, Progress, StageStarted
from mtl.schema.words import duration
from mtl.ui.train.run_words import epochs_of, started_of, took

IDLE: Final = {"percent": 0, "text": "", "eta": "", "facts": "", "steps": [], "numbers": []}
# What a run does, one after the other, and about which part of its time goes there.
_STEPS: Final = {"encoding": 20, "training": 60, "evaluating": 20}
_NAMES: Final = {"encoding": "Encoding", "training": "Training", "evaluating": "Evaluating"}
_PHASES: Final = {
    "encoding": "Encoding the sentences, once",
    "fitting heads": "Fitting the heads before layers are unfrozen",
    "evaluating": "Evaluating the best epoch against its baselines",
}
_RESUME: Final = "Resume continues from the last finished epoch."
_DAMAGED: Final = "Interrupted. Its files cannot be read any more: start it again."
_OVER: Final = {
    "interrupted": f"Interrupted. {_RESUME}",
    "finished": "Finished.",
    "stopped": "Stopped.",
    "failed": "Failed.",
}


@dataclass(frozen=True)
class _Course:
    """A run that goes on: the phase it is in, and how much of it is done, in [0, 1]."""

    view: RunView
    now: Progress
    epochs: int

    @property
    def step(self) -> str:
        # A later stage encodes again: that is a part of the training.
        if self.now.phase != "evaluating" and self.trained:
            return "training"
        return "encoding" if self.now.phase == "fitting heads" else self.now.phase

    @property
    def trained(self) -> int:
        """Epochs that are finished."""
        return max((e.epoch for e in epochs_of(self.view)), default=0)

    @property
    def done(self) -> float:
        if self.step == "training":
            return min(1.0, self.epochs_done / self.epochs)
        return self.now.fraction

    @property
    def epochs_done(self) -> float:
        """Epochs that are finished, and the finished part of the current one."""
        goes_on = self.now.phase == "training" and self.now.epoch == self.trained + 1
        return self.trained + (self.now.fraction if goes_on else 0.0)


def progress_bar(view: RunView) -> dict[str, Any]:
    """Values for the template: percent in [0, 100] of the whole run, its steps, big numbers, text, eta and
    facts."""
    if view.over:
        told = _OVER[view.state] if view.id else ""
        if view.state == "interrupted" and not view.resumable:
            told = _DAMAGED
        return _bar(
            0 if view.state == "interrupted" else 100,
            f"{told} {_RESUME}" if view.resumable and view.state == "failed" else told,
            facts=_facts(view),
        )
    if view.state == "waiting":
        about = "" if view.wait_s is None else f"its turn in about {duration(view.wait_s)}"
        return _bar(0, f"Waiting: place {view.position} in the queue", about)
    if view.state == "stopping" and (view.progress is None or view.progress.phase != "evaluating"):
        return _bar(100, "Stopping after this batch ...")
    course = _course(view)
    if course is None:
        return _bar(0, "Starting ...")
    return {
        **_bar(_percent(course), _doing(course), _eta(course), _facts(view)),
        "steps": _steps(course),
        "numbers": _numbers(course),
    }


def percent_done(view: RunView) -> int:
    """How much of the whole run is done, in [0, 100]."""
    return int(progress_bar(view)["percent"])


def _bar(percent: int, text: str, eta: str = "", facts: str = "") -> dict[str, Any]:
    return {**IDLE, "percent": percent, "text": text, "eta": eta, "facts": facts}


def _course(view: RunView) -> _Course | None:
    now, started = view.progress, started_of(view)
    # Progress without a first event was left by a run that was killed and now begins anew.
    if now is None or started is None:
        return None
    return _Course(view, now, int(started.config["epochs"]))


def _percent(course: _Course) -> int:
    names = list(_STEPS)
    before = sum(_STEPS[name] for name in names[: names.index(course.step)])
    return round(before + _STEPS[course.step] * course.done)


def _steps(course: _Course) -> list[dict[str, Any]]:
    """Each step with a bar of its own: full, under way, or empty."""
    names = list(_STEPS)
    at = names.index(course.step)
    return [
        {
            "name": _NAMES[name],
            "weight": _STEPS[name],
            "percent": 100 if place < at else round(100 * course.done) if place == at else 0,
            "state": "now" if place == at else "",
        }
        for place, name in enumerate(names)
    ]


def _numbers(course: _Course) -> list[dict[str, str]]:
    """The epoch, the combined loss, and the time that the epochs still take."""
    left = _training_left_s(course)
    return [
        {"name": "Epoch", "value": f"{course.trained} of {course.epochs}"},
        {"name": "Combined loss, validation", "value": _loss(course)},
        *([] if left is None else [{"name": "Left to train", "value": f"about {duration(left)}"}]),
    ]


def _loss(course: _Course) -> str:
    """The combined validation loss after the last epoch."""
    epochs = epochs_of(course.view)
    return f"{epochs[-1].validation['combined']:.3f}" if epochs else "-"


def _last_epoch(view: RunView) -> EpochEnd | None:
    """The last trained epoch of the present stage: an epoch of another stage takes another time."""
    for event in reversed(view.events):
        if isinstance(event, StageStarted):
            return None
        if isinstance(event, EpochEnd) and event.epoch:
            return event
    return None


def _doing(course: _Course) -> str:
    if course.now.phase != "training":
        return _PHASES[course.now.phase]
    return f"Training, epoch {course.now.epoch} of {course.epochs}, loss {_loss(course)}"


def _training_left_s(course: _Course) -> float | None:
    """Seconds for all epochs that are left, once one has shown how long they take."""
    last = _last_epoch(course.view)
    if course.now.phase != "training" or last is None:
        return None
    return (course.epochs - course.epochs_done) * last.seconds


def _eta(course: _Course) -> str:
    """The time left: for all epochs, where that is known; until then for this part."""
    left = _training_left_s(course)
    if left is not None:
        return f"about {duration(left)} of training to go"
    return "" if course.now.eta_s is None else f"about {duration(course.now.eta_s)} to go in this part"


def _facts(view: RunView) -> str:
    """Time so far, speed, and what need not be computed again."""
    facts = []
    if elapsed := took(view):
        facts.append(f"Took {elapsed}" if view.over else f"{elapsed} so far")
    last, started = _last_epoch(view), started_of(view)
    if last and last.seconds and started:
        rows = max(n["train"] for n in started.rows.values()) * len(started.rows)
        facts.append(f"{rows / last.seconds:,.0f} rows per second")
    stage = next((e for e in reversed(view.events) if isinstance(e, StageStarted)), None)
    if stage and stage.cached_layers:
        layers = f"layers 1 to {stage.cached_layers}" if stage.cached_layers > 1 else "layer 1"
        facts.append(f"{layers} computed once for all epochs")
    return ", ".join(facts)
