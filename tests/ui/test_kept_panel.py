"""What the page says of the runs that are kept."""

import time

from mtl.runs.store import Runs
from mtl.ui.train.kept_panel import _follows, _text


def test_a_space_forgets_its_runs_unless_they_have_a_folder_of_their_own(tmp_path, monkeypatch):
    monkeypatch.setenv("SYSTEM", "spaces")
    monkeypatch.delenv("MTL_RUNS_DIR", raising=False)
    runs = Runs(tmp_path)
    try:
        assert "forgets everything when the Space sleeps" in _text(runs)
        monkeypatch.setenv("MTL_RUNS_DIR", str(tmp_path))  # as on a volume
        assert "forgets everything" not in _text(runs) and f"in `{tmp_path}`" in _text(runs)
    finally:
        runs.close()


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
