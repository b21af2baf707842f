"""Runs that are over, made at once: what a training would leave, without the training."""

import time

from mtl.model.checkpoint import save_model
from mtl.runs.ownership import digest, new_run
from mtl.schema.events import RunEnd


def finished(runs, job, model=None, *, owner="a secret", facts=None):
    """The id of a run of this job that ended with this model."""
    run = new_run(runs.folder)
    run.create(job, owner=digest(owner), created=time.time())
    if model is not None:
        save_model(model, run.model, facts)
    run.log.append(RunEnd(status="finished", best_epoch=1, scores={}, seconds=1.0, reason="all epochs done"))
    return run.id
