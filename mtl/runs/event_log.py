"""The events of a run in its folder: a file that grows by a line per event, and the latest progress."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mtl.model.whole import write_whole
from mtl.schema.events import EpochEnd, Event, Progress, RunEnd, event_from_dict, event_to_dict
from mtl.schema.results import ValidationReport

_EVENTS: Final = "events.jsonl"
_PROGRESS: Final = "progress.json"
# What a line that is no event makes the readers raise; RecursionError: JSON that is nested too deeply.
_NO_EVENT: Final = (ValueError, LookupError, TypeError, AttributeError, RecursionError)


@dataclass(frozen=True)
class EventLog:
    """Reads and writes the events of one run. One process writes; any number may read meanwhile."""

    folder: Path

    def append(self, event: Event) -> None:
        """Adds an event; a Progress only replaces the one before."""
        if isinstance(event, Progress):
            write_whole(self.folder / _PROGRESS, json.dumps(event_to_dict(event)), lasting=False)
            return
        with (self.folder / _EVENTS).open("a", encoding="utf-8") as stream:
            stream.write(_line(event))

    def events(self) -> list[Event]:
        """All events so far, in order. A line that is not whole ends them."""
        try:
            lines = (self.folder / _EVENTS).read_text("utf-8", errors="replace").split("\n")
        except FileNotFoundError:
            return []
        events: list[Event] = []
        # The last line has no line end: it is empty, or is being written just now.
        for line in lines[:-1]:
            try:
                events.append(event_from_dict(json.loads(line)))
            except _NO_EVENT:
                break
        return events

    def is_empty(self) -> bool:
        """Whether nothing was ever told; a log that cannot be read any more is not empty."""
        try:
            return b"\n" not in (self.folder / _EVENTS).read_bytes()
        except FileNotFoundError:
            return True

    def end(self) -> RunEnd | None:
        """The last event of a run that is over; None for any other."""
        events = self.events()
        return events[-1] if events and isinstance(events[-1], RunEnd) else None

    def progress(self) -> Progress | None:
        """The latest progress since the run began or was taken up again; None where none can be read."""
        try:
            event = event_from_dict(json.loads((self.folder / _PROGRESS).read_text("utf-8")))
        except (OSError, *_NO_EVENT):
            return None
        return event if isinstance(event, Progress) else None

    def rewind(self, epoch: int | None) -> None:
        """Prepares for a run to begin, or to go on from the saved state of an epoch.

        Keeps the events up to the end of that epoch; with None, no event. What followed, or was cut off
        in the middle of a line, comes again. The progress is forgotten: it is that of the former try.
        """
        (self.folder / _PROGRESS).unlink(missing_ok=True)
        events = self.events()
        saved = -1 if epoch is None else epoch
        ends = [n for n, e in enumerate(events, 1) if isinstance(e, EpochEnd) and e.epoch <= saved]
        self._replace(events[: ends[-1] if ends else 0])

    def reopen(self) -> None:
        """Takes the end of a run back, and the report that came with it."""
        self._replace([e for e in self.events() if not isinstance(e, RunEnd | ValidationReport)])

    def finish(self, end: RunEnd) -> None:
        """Adds the last event where whatever wrote the log may have stopped in the middle of a line."""
        self._replace([*self.events(), end])

    def _replace(self, events: list[Event]) -> None:
        write_whole(self.folder / _EVENTS, "".join(map(_line, events)))


def _line(event: Event) -> str:
    return json.dumps(event_to_dict(event)) + "\n"
