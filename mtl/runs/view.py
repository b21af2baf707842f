"""What may be shown of a run: its folder, read at one moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from mtl.runs.folder import RunFolder
from mtl.runs.ownership import created
from mtl.runs.pace import Pace, recent_pace
from mtl.runs.queue import Queue, is_running, is_waiting
from mtl.schema.events import EpochEnd, Event, Progress, RunEnd

RunState = Literal["waiting", "running", "stopping", "interrupted", "finished", "stopped", "failed"]


@dataclass(frozen=True, kw_only=True)
class RunView:
    """What a page may show of a run.

    `position`: its place among the waiting, from 1; 0 for any other run. `wait_s`: about how many seconds
    until its turn, where that is known. `model`: of the best epoch; `latest`: of the last finished one,
    while the run goes on. `uploaded`: the model was trained elsewhere. `command`: does the same on the
    command line. `source`: what its rows are called, such as their files. `config`: the settings as JSON
    has them. `data`: a fingerprint of each task's rows. `corrected`: whether corrections train, too. `name`:
    what its owner calls it, if anything. `created`: in seconds since 1970. `resumable`: whether `Runs.resume`
    takes it up again.
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
    source: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, str] = field(default_factory=dict)
    corrected: bool = False
    name: str = ""
    created: float = 0.0
    resumable: bool = False

    @property
    def over(self) -> bool:
        """Whether nothing more happens unless somebody asks for it."""
        return self.state not in ("waiting", "running", "stopping")


def view_of(run: RunFolder, queue: Queue) -> RunView:
    """The run as its folder and the queue show it now."""
    # The queue is read before the events: a run that ends in between has its end among them.
    ahead = _ahead(run, queue)
    running = is_running(run)
    events, job = run.log.events(), run.job_description()
    state = _state(run, events, waiting=ahead is not None, running=running)
    return RunView(
        id=run.id,
        state=state,
        position=0 if ahead is None else len(ahead) + 1,
        events=tuple(events),
        progress=run.log.progress(),
        model=run.model if run.has_model() else None,
        latest=run.latest(),
        wait_s=None if ahead is None else wait_s([*queue.running(), *ahead]),
        uploaded=run.uploaded(),
        command=job.get("command", ""),
        source=job.get("source", ""),
        config=job.get("config", {}),
        data=job.get("data", {}),
        corrected=bool(job.get("corrections")),
        name=run.name,
        created=created(run),
        resumable=bool(job)
        and (state == "interrupted" or (state in ("stopped", "failed") and _can_go_on(run, events[-1], job))),
    )


def is_over(run: RunFolder) -> bool:
    """`RunView.over`, without the rest of the view."""
    in_queue = is_waiting(run) or is_running(run)
    return not in_queue or run.log.end() is not None


def _ahead(run: RunFolder, queue: Queue) -> list[RunFolder] | None:
    """The waiting runs before this one; None where it does not wait."""
    if not is_waiting(run):
        return None
    waiting = queue.waiting()
    return waiting[: waiting.index(run)] if run in waiting else None


def _state(run: RunFolder, events: Sequence[Event], *, waiting: bool, running: bool) -> RunState:
    if events and isinstance(events[-1], RunEnd):
        return events[-1].status
    if waiting:
        return "waiting"
    if running:
        return "stopping" if run.asked_to_stop() else "running"
    return "interrupted"


def _can_go_on(run: RunFolder, end: Event, job: Mapping[str, Any]) -> bool:
    """Whether a run that ended early has an epoch to go on from, and time left."""
    limit = job.get("config", {}).get("time_limit_s")
    in_time = limit is None or (isinstance(end, RunEnd) and end.seconds < limit)
    return in_time and run.state_file.exists()


def wait_s(ahead: Sequence[RunFolder]) -> float | None:
    """About how many seconds these runs take together; None where that is not known.

    It goes by what was expected of each, and by how much longer the last runs here took than that.
    """
    known = []
    pace = recent_pace(ahead[0].path.parent) if ahead else Pace()
    for run in ahead:
        seconds = _seconds_left(run, pace)
        if seconds is None:
            return None
        known.append(seconds)
    return sum(known)


def _seconds_left(run: RunFolder, pace: Pace) -> float | None:
    """About how many seconds a run still needs; None where nothing is known."""
    job = run.job_description()
    if not job:  # it was deleted just now, or ends at once because it cannot be read
        return 0.0
    expected, now = _expected_s(job, pace), run.log.progress()
    if expected is None:
        return None
    if now is not None and now.phase == "evaluating" and now.eta_s is not None:
        return now.eta_s
    elapsed = now.elapsed_s if now is not None and now.elapsed_s is not None else 0.0
    if elapsed < expected:
        return expected - elapsed
    # It is late: what is left is guessed from its epochs.
    done = max((e.epoch for e in run.log.events() if isinstance(e, EpochEnd)), default=0)
    return expected * (1 - done / int(job["config"]["epochs"]))


def _expected_s(job: Mapping[str, Any], pace: Pace) -> float | None:
    """Seconds of the whole run; never more than it may take."""
    expected = pace.typical_s if job["expected_s"] is None else float(job["expected_s"]) * pace.factor
    limit = job["config"].get("time_limit_s")
    return expected if expected is None or limit is None else min(expected, float(limit))
