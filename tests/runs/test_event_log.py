"""The events of a run in its log."""

from mtl.runs.event_log import EventLog
from mtl.schema.events import EpochEnd, Progress, RunEnd
from tests.conftest import epochs_of


def test_a_progress_replaces_the_one_before(tmp_path):
    log = EventLog(tmp_path)
    assert log.progress() is None
    for fraction in (0.1, 0.2):
        log.append(Progress(phase="training", fraction=fraction, epoch=1))
    assert log.progress().fraction == 0.2
    assert log.events() == []


def test_a_line_that_is_still_being_written_is_no_event(tmp_path, sample_events):
    log = EventLog(tmp_path)
    for event in sample_events:
        log.append(event)
    assert log.events() == sample_events
    file = tmp_path / "events.jsonl"
    content = file.read_text("utf-8")
    file.write_text(content[:-20], "utf-8")
    assert log.events() == sample_events[:-1]
    assert log.end() is None
    # Whoever wrote it died there: what ends the run for it does not run into that line.
    end = RunEnd(status="failed", best_epoch=0, scores={}, seconds=0.0, reason="killed")
    log.finish(end)
    assert log.events() == [*sample_events[:-1], end]


def test_rewinding_keeps_what_was_told_up_to_the_saved_epoch(tmp_path, sample_events):
    log = EventLog(tmp_path)
    for event in sample_events:
        log.append(event)
    last = max(epoch.epoch for epoch in epochs_of(sample_events))
    for saved in (last + 1, last, 1):
        log.rewind(saved)
        kept = log.events()
        assert kept == sample_events[: len(kept)]
        assert kept[-1] == [epoch for epoch in epochs_of(sample_events) if epoch.epoch <= saved][-1]
    log.rewind(None)
    assert log.events() == []


def test_an_epoch_is_a_line(tmp_path, sample_events):
    log = EventLog(tmp_path)
    epochs = [event for event in sample_events if isinstance(event, EpochEnd)]
    for event in epochs:
        log.append(event)
    assert len((tmp_path / "events.jsonl").read_text("utf-8").splitlines()) == len(epochs)


def test_a_line_that_is_no_event_ends_the_log(tmp_path, sample_events):
    log = EventLog(tmp_path)
    for event in sample_events[:3]:
        log.append(event)
    with (tmp_path / "events.jsonl").open("a") as stream:
        stream.write('{"event": "epoch_end", "sta\n{"event": "unheard of"}\n')
    log.append(sample_events[3])
    assert log.events() == sample_events[:3]
    log.finish(sample_events[-1])
    assert log.events() == [*sample_events[:3], sample_events[-1]]


def test_a_run_that_begins_again_has_no_progress(tmp_path, sample_events):
    log = EventLog(tmp_path)
    for event in (*sample_events[:3], Progress(phase="training", fraction=0.5, epoch=1)):
        log.append(event)
    log.rewind(0)
    assert log.progress() is None
    assert log.events() == sample_events[:3]
