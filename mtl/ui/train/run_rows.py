"""The rows of the run that the page shows, for what is computed from them when somebody asks."""

from mtl.runs.job import Job
from mtl.runs.ownership import find
from mtl.runs.store import Runs
from mtl.runs.trained_rows import job_of


def finished_job(runs: Runs, owner: str, run_id: str) -> Job:
    """What the run was asked to do, with its rows. Raises ValueError, which says why, where its rows are not
    here, or the run goes on."""
    if not run_id:
        raise ValueError("This is an example: train a run with your own rows, and open this again")
    if not runs.view(owner or "", run_id).over:
        raise ValueError("The run goes on: open this again when it is over")
    return job_of(find(runs.folder, owner or "", run_id))
