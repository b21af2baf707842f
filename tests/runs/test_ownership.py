"""Whose run it is."""

import pytest

from tests.runs.conftest import OWNER, SHORT, STRANGER, create, over, wait


def test_nobody_else_can_see_or_stop_a_run(runs, rows):
    run_id = create(runs, OWNER, rows, SHORT)
    for forbidden in (runs.view, runs.stop, runs.rows, runs.resume):
        with pytest.raises(ValueError, match="this run is not here any more"):
            forbidden(STRANGER, run_id)
    assert run_id not in [view.id for view in runs.of(STRANGER)]
    runs.delete_all(STRANGER)
    assert wait(runs, run_id, over).state == "finished"


def test_the_secret_is_not_on_disk(runs, rows):
    run_id = create(runs, OWNER, rows, SHORT)
    wait(runs, run_id, over)
    for file in (runs.folder / run_id).rglob("*"):
        if file.is_file():
            assert OWNER.encode() not in file.read_bytes()


@pytest.mark.parametrize("run_id", ["", "..", "../elsewhere", "a/b", "unknown"])
def test_an_id_leads_nowhere_else(runs, run_id):
    with pytest.raises(ValueError, match="not here any more"):
        runs.view(OWNER, run_id)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"owner": "x", "created": 1.0}', '{"format": 1}'])
def test_a_run_of_another_program_does_no_harm(runs, rows, content):
    odd = runs.folder / "odd"
    odd.mkdir(exist_ok=True)
    (odd / "run.json").write_text(content)
    assert all(view.id != "odd" for view in runs.of(OWNER))
    with pytest.raises(ValueError, match="not here any more"):
        runs.view(OWNER, "odd")
