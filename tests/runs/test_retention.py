"""What is deleted to make room, and when somebody asks for it."""

import time

from mtl.schema.limits import limits
from tests.runs.conftest import LONG, OWNER, SHORT, create, has_trained, over, wait


def test_old_uploads_make_room(runs, archive):
    first = runs.adopt("collector", archive)
    for _ in range(limits().visitor_runs):
        runs.adopt("collector", archive)
    assert len(runs.of("collector")) == limits().visitor_runs
    assert first not in [view.id for view in runs.of("collector")]
    runs.delete_all("collector")


def test_old_runs_make_room(runs, rows, limited):
    limited(visitor_runs=2)
    while len(runs.of("collector")) < 2:
        run_id = create(runs, "collector", rows, SHORT)
        runs.stop("collector", run_id)
        wait(runs, run_id, over, "collector")
    oldest = runs.of("collector")[-1].id
    run_id = create(runs, "collector", rows, SHORT)
    kept = [view.id for view in runs.of("collector")]
    assert len(kept) == 2
    assert oldest not in kept
    wait(runs, run_id, over, "collector")


def test_delete_all_leaves_nothing_of_an_owner(runs, rows, archive):
    kept = runs.adopt(OWNER, archive)
    running = create(runs, "collector", rows, LONG)
    wait(runs, running, has_trained, "collector")
    uploaded = runs.adopt("collector", archive)
    runs.delete_all("collector")
    assert runs.of("collector") == []
    assert kept in [view.id for view in runs.of(OWNER)]
    assert not (runs.folder / uploaded).exists()
    # The one that trained ends first.
    end = time.monotonic() + 20
    while (runs.folder / running).exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert not (runs.folder / running).exists()
