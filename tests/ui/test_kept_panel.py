"""What the page says of the runs that are kept."""

import time

from mtl.runs.store import Runs
from mtl.ui.train.kept_panel import _follows


def test_the_page_says_when_another_copy_trains_its_runs(tmp_path):
    owner, follower = Runs(tmp_path), Runs(tmp_path)
    try:
        assert _follows(owner) == ""
        assert _follows(follower).startswith("Another copy of this app uses the same folder of runs.")
        owner.close()
        end = time.monotonic() + 20
        while _follows(follower) and time.monotonic() < end:
            time.sleep(0.05)
        assert _follows(follower) == ""
    finally:
        owner.close()
        follower.close()
