"""Temporary files have a folder of their own, which has a limit, and none outlives the app for long."""

import os
import subprocess
import sys
import time

import pytest

from mtl.schema.limits import limits_from
from mtl.ui.login import take_login
from mtl.ui.temporary import has_room

OPEN = (
    "import tempfile, time; from mtl.ui.temporary import own_folder; lock = own_folder();"
    "print(tempfile.mkdtemp(), flush=True); time.sleep(600)"
)


def test_what_a_killed_app_left_goes_and_what_a_living_one_has_stays(tmp_path):
    def opened():
        environment = {**os.environ, "TMPDIR": str(tmp_path)}
        app = subprocess.Popen(
            [sys.executable, "-c", OPEN], env=environment, stdout=subprocess.PIPE, text=True
        )
        return app, app.stdout.readline().strip()

    apps = []
    try:
        apps += [opened(), opened()]
        (killed, left), (_, kept) = apps
        assert left.startswith(f"{tmp_path}/sentence-lab-app-")
        killed.kill()
        killed.wait()
        apps.append(opened())
        assert not os.path.exists(left) and os.path.exists(kept)
    finally:
        for app, _ in apps:
            app.kill()
            app.wait()
            app.stdout.close()


def test_the_oldest_files_make_room_and_those_of_just_now_stay(tmp_path, limited):
    limited(temporary_bytes=1000)

    def filled(folder):
        for number, age in enumerate((9000, 8000, 5)):
            file = folder / f"{number}" / "file"
            file.parent.mkdir(parents=True)
            file.write_bytes(bytes(300))
            os.utime(file, (1, time.time() - age))
        return folder

    def left(folder):
        return sorted(file.parent.name for file in folder.glob("*/file"))

    own, another = filled(tmp_path / "sentence-lab-app-1"), filled(tmp_path / "another")
    assert has_room(100, own) and left(own) == ["0", "1", "2"]
    assert has_room(300, own) and left(own) == ["1", "2"]
    assert not has_room(800, own) and left(own) == ["2"]
    # In a folder of others nothing is deleted.
    assert has_room(10_000, another) and left(another) == ["0", "1", "2"]


def test_a_login_is_read_once_and_taken_out():
    environment = {"MTL_LOGIN": "anna:pass:word", "PATH": "x"}
    assert take_login(environment) == ("anna", "pass:word")
    assert environment == {"PATH": "x"}
    assert take_login(environment) is None


@pytest.mark.parametrize("given", ["anna", ":word", "anna:", ":"])
def test_half_a_login_is_refused_without_saying_it(given):
    with pytest.raises(ValueError, match="write it as name:password") as error:
        take_login({"MTL_LOGIN": given})
    assert given not in f"{error.value}".removesuffix("name:password") or given == ":"


@pytest.mark.parametrize(("given", "expected"), [("off", 0), ("OFF", 0), ("on", 1), ("0", 0), ("1", 1)])
def test_uploads_are_a_switch(given, expected):
    assert limits_from({"MTL_UPLOADS": given}).uploads == expected
