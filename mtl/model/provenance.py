"""How a saved model came about: the validation report and the events that lie beside its weights."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mtl.model.archive import EVENTS, FORMER_REPORT, LIMITS, REPORT
from mtl.model.files import content, explained, model_facts, names_in, read_json, reading
from mtl.model.plausible import MOST_EVENTS, check_numbers
from mtl.schema.config import TrainConfig
from mtl.schema.events import EpochEnd, Event, RunEnd, RunStarted, event_from_dict
from mtl.schema.results import ValidationReport


def model_report(source: Path | str) -> ValidationReport | None:
    """The validation report that lies beside a saved model; None where there is none.

    Raises ValueError where it is no report, or is about other tasks or labels than the model's.
    """
    path = Path(source)
    facts = model_facts(path)
    with reading(path):
        name = REPORT if REPORT in (there := names_in(path)) else FORMER_REPORT
        values = read_json(content(path, name, LIMITS[name])) if name in there else None
    if name not in there:
        return None
    with explained(path):
        report = _event(values)
        if not isinstance(report, ValidationReport):
            raise ValueError(f"its {name} holds no validation report")
        _check_event(report, facts["tasks"], name)
    return report


def model_events(source: Path | str) -> tuple[Event, ...]:
    """The events of the run that made a saved model, from RunStarted to RunEnd; empty where it has none.

    Raises ValueError where they are no such events, or are about other tasks or labels than the model's.
    """
    path = Path(source)
    facts = model_facts(path)
    with reading(path):
        if EVENTS not in names_in(path):
            return ()
        lines = content(path, EVENTS, LIMITS[EVENTS]).decode("utf-8").split("\n")
        if len(lines) > MOST_EVENTS:
            raise ValueError(f"{path.name} is not a model: its {EVENTS} holds {len(lines):,} lines")
        values = [read_json(line) for line in lines if line]
    with explained(path):
        events = tuple(event for value in values if (event := _event(value)))
        if len(events) < len(values):
            raise ValueError(f"its {EVENTS} holds a line that is no event")
        if not events or not isinstance(events[0], RunStarted) or not isinstance(events[-1], RunEnd):
            raise ValueError(f"its {EVENTS} does not lead from the start of a run to its end")
        for event in events:
            _check_event(event, facts["tasks"], EVENTS)
    return events


def _event(values: Any) -> Event | None:
    try:
        return event_from_dict(values)
    except (ValueError, LookupError, TypeError):
        return None


def _check_event(event: Event, tasks: Mapping[str, list[str]], name: str) -> None:
    """Raises ValueError unless an event is about these tasks, with these labels."""
    try:
        check_numbers(event)
    except ValueError as error:
        raise ValueError(f"its {name} cannot be true: {error}") from None
    about: Mapping[str, Sequence[str]] = tasks
    match event:
        case RunStarted():
            TrainConfig.from_dict(event.config)
            about = event.labels if event.labels.keys() == event.rows.keys() else {}
            if any(not {"train", "validation"} <= counts.keys() for counts in event.rows.values()):
                raise ValueError(f"its {name} lacks numbers of rows")
        case ValidationReport():
            about = {task: report.scores.labels for task, report in event.tasks.items()}
        case RunEnd():
            about = {task: scores.labels for task, scores in event.scores.items()}
        case EpochEnd():
            losses = {"combined", *tasks}
            scores = {f"{task}_{score}" for task in tasks for score in ("accuracy", "macro_f1")}
            if event.train.keys() != losses or event.validation.keys() != losses | scores:
                raise ValueError(f"its {name} is about other tasks or labels")
    if {task: list(labels) for task, labels in about.items()} != tasks:
        raise ValueError(f"its {name} is about other tasks or labels")
