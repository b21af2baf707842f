"""The rows of the run that the page shows, for what is computed from them when somebody asks."""

from mtl.runs.job import Job
from mtl.runs.store import Runs


def finished_job(runs: Runs, owner: str, run_id: str) -> Job:
    """What the run was asked to do, with its rows. Raises ValueError, which says why, where its rows are not
    here, or the run goes on."""
    if not run_id:
        raise ValueError("This is an example: train a run with your own rows, and open this again")
    if not runs.view(owner or "", run_id).over:
        raise ValueError("The run goes on: open this again when it is over")
    try:
        job = runs.job(owner or "", run_id)
    except OSError:
        raise ValueError("The rows of this run cannot be read any more: train again") from None
    if job is None:
        raise ValueError("This model was trained elsewhere: its rows are not here")
    return job
