"""What may be shown of a run: its folder, read at one moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from mtl.runs.folder import RunFolder
from mtl.schema.events import (
    EpochEnd,
    Event,
    Progress,
    RunEnd,
)

RunState = Literal["waiting", "running", "stopping", "interrupted", "finished", "stopped", "failed"]


@dataclass(frozen=True, kw_only=True)
class RunView:
    """What a page may show of a run.

    `position`: its place among the waiting, from 1; `wait_s`: seconds until its turn, about, where that can
    be said. `model`: of the best epoch; `latest`: of the last finished one, while the run goes on.
    `uploaded`: only its model is here, it was trained elsewhere. `command`: what does the same on the
    command line. `config`: its settings as JSON has them. `data`: a fingerprint of each task's rows.
    """

    id: str
    state: RunState
    position: int
    events: tuple[Event, ...]
    progress: Progress | None
    model: Path | None
    latest: Path | None = None
    wait_s: float | None = None
    uploaded: bool = False
    command: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, str] = field(default_factory=dict)

    @property
    def over(self) -> bool:
        """Nothing more will happen by itself."""
        return self.state not in ("waiting", "running", "stopping")


def view_of(run: RunFolder, *, position: int, active: bool, wait_s: float | None) -> RunView:
    """The run as its folder shows it; its place in the queue, and whether it trains, only the queue knows."""
    events, description = run.events(), run.description()
    return RunView(
        id=run.id,
        state=_state(run, events, waiting=position > 0, active=active),
        position=position,
        events=tuple(events),
        progress=run.progress(),
        model=run.model if run.has_model() else None,
        latest=run.latest(),
        wait_s=wait_s,
        uploaded=bool(description.get("uploaded")),
        command=description.get("command", ""),
        config=description.get("config", {}),
        data=description.get("data", {}),
    )


def _state(run: RunFolder, events: Sequence[Event], *, waiting: bool, active: bool) -> RunState:
    if events and isinstance(events[-1], RunEnd):
        return events[-1].status
    if waiting:
        return "waiting"
    if active:
        return "stopping" if run.asked_to_stop() else "running"
    return "interrupted"


def seconds_left(run: RunFolder) -> float | None:
    """Seconds until a run is over, about; None where nothing is known."""
    try:
        expected, config = run.description().get("expected_s"), run.config()
    except OSError:  # it was deleted just now
        return 0.0
    if expected is None:
        return None
    done = max((e.epoch for e in run.events() if isinstance(e, EpochEnd)), default=0)
    return float(expected) * (1 - done / config.epochs)
