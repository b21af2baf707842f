"""Suspicious labels of a run, what is said to them, and the run that learns from it."""

import shlex
import shutil
from dataclasses import replace

import numpy as np
import pytest

from mtl.data.bundled import bundled_files
from mtl.data.corrections import corrections_table
from mtl.data.examination import load_rows
from mtl.data.sources import corrected_rows, parts_for
from mtl.evaluation.earlier import EARLIER
from mtl.evaluation.suspects import LEAST_ROWS
from mtl.runs import second_look
from mtl.runs.corrected import corrected_job
from mtl.runs.folder import RunFolder
from mtl.runs.job import Job
from mtl.runs.second_look import SecondLook, look
from mtl.runs.train_into import train_into, trainer_for
from mtl.runs.trained_rows import training_rows
from mtl.schema.config import TrainConfig
from mtl.schema.results import ValidationReport
from tests.conftest import SENTIMENT, one

CONFIG = TrainConfig(epochs=2, batch_size=16, freeze="heads", augmentation="off")
ROWS, WRONG = 200, tuple(range(5, 200, 20))


def mislabelled():
    """Rows of which ten have the wrong label; the right labels (row,) as well."""
    every = load_rows(bundled_files()["intent"], "intent")
    chosen = np.random.default_rng(0).permutation(len(every.texts))[:ROWS]
    right = every.labels[chosen]
    labels = right.copy()
    labels[list(WRONG)] = (labels[list(WRONG)] + 1) % 4
    return replace(every, texts=tuple(every.texts[at] for at in chosen), labels=labels), right


@pytest.fixture(scope="module")
def rows():
    return mislabelled()[0]


def _folder(path, *rows, config=CONFIG, **more):
    run = RunFolder(path / "a-run")
    run.create(
        Job(rows=rows, config=config, command="python -m mtl train --out m", **more), owner="o", created=1
    )
    return run


@pytest.fixture(scope="module")
def looked(rows, encoder, tmp_path_factory):
    """A run whose rows were looked at, and all that the look yielded."""
    run = _folder(tmp_path_factory.mktemp("looked"), rows, load_rows(SENTIMENT[:40:3], "sentiment"))
    return run, list(look(run, encoder))


@pytest.fixture
def run(looked, tmp_path):
    """The same run for a test that changes it."""
    return RunFolder(shutil.copytree(looked[0].path, tmp_path / "a-run"))


def _all_accepted(run):
    found = SecondLook.load(run.path)
    for number in range(len(found.findings)):
        found = found.said(number, "accept")
    found.save(run.path)
    return found


def test_only_training_rows_are_looked_at_and_once(looked, rows, encoder, monkeypatch):
    run, (*shares, found) = looked
    assert shares[0] == 0 and all(0 <= share < 1 for share in shares)
    parts = parts_for(run.job().rows, CONFIG)
    training = {parts.texts[row] for row in parts.tasks["intent"].train.rows}
    wrong = {rows.texts[at] for at in WRONG}
    assert len({one.text for one in found.findings} & wrong) >= 5
    assert {text for one in found.findings for text in (one.text, *one.neighbours)} <= training
    assert {one.task for one in found.findings} == {"intent"}
    assert all(one.label != one.suggested and one.verdict == "" for one in found.findings)
    for row in found.findings:
        assert 1 <= len(row.words) <= 3 and all(row.text[start:end].strip() for start, end in row.words)
    assert SecondLook.load(run.path) == found
    (note,) = found.notes
    assert f"sentiment rows are too few to contradict a label: give {LEAST_ROWS} at least" in note
    monkeypatch.setattr(second_look, "suspects", None)
    assert list(look(run, encoder)) == [found]


def test_a_damaged_file_is_made_again(run, looked, encoder):
    found = looked[1][-1]
    for content in ("", "[", "[]", '{"rows": 1}', '{"rows": "x", "findings": [{}], "notes": []}', "[" * 9999):
        (run.path / "suspects.json").write_text(content)
        assert SecondLook.load(run.path) is None
    assert [*look(run, encoder)][-1] == found


@pytest.mark.parametrize("number", [-1, 10_000, True, "0", None, [0], 0.0])
def test_a_verdict_is_about_a_row_that_is_there(looked, number):
    found = looked[1][-1]
    with pytest.raises(ValueError, match="not here any more"):
        found.said(number, "accept")


@pytest.mark.parametrize("verdict", ["yes", None, [], {}, 1])
def test_a_verdict_is_one_of_three(looked, verdict):
    found = looked[1][-1]
    with pytest.raises(ValueError, match="not here any more"):
        found.said(0, verdict)


def test_nothing_accepted_is_nothing_to_train_with(run, looked):
    looked[1][-1].said(0, "keep").save(run.path)
    with pytest.raises(ValueError, match="no label is accepted yet"):
        corrected_job(run)
    (run.path / "suspects.json").unlink()
    with pytest.raises(ValueError, match="no label is accepted yet"):
        corrected_job(run)


def test_rows_keep_their_places_and_the_same_rows_validate(run):
    found = _all_accepted(run)
    job = corrected_job(run)
    before = parts_for(run.job().rows, CONFIG)
    after = parts_for(job.rows, job.config, job.corrections)
    assert after.texts == before.texts and job.config == CONFIG
    for name in before.tasks:
        old, new = before.tasks[name], after.tasks[name]
        for side in ("train", "validation"):
            assert np.array_equal(getattr(old, side).rows, getattr(new, side).rows)
        assert np.array_equal(old.validation.labels, new.validation.labels)
    changed = np.flatnonzero(before.tasks["intent"].train.labels != after.tasks["intent"].train.labels)
    assert {before.texts[before.tasks["intent"].train.rows[at]] for at in changed} == {
        one.text for one in found.findings
    }
    assert job.relabelled == len(found.findings)
    assert shlex.split(job.command)[4:] == ["--corrections", "corrections.csv", "--out", "m"]


def test_the_command_s_file_of_corrections_gives_the_same_rows(run, tmp_path):
    _all_accepted(run)
    job = corrected_job(run)
    corrections_table(job.corrections).to_csv(tmp_path / "corrections.csv", index=False)
    again = parts_for(job.rows, job.config, corrected_rows(tmp_path / "corrections.csv", job.rows))
    wanted = parts_for(job.rows, job.config, job.corrections)
    assert again.texts == wanted.texts
    for name, task in wanted.tasks.items():
        assert np.array_equal(again.tasks[name].train.labels, task.train.labels)
        assert np.array_equal(again.tasks[name].train.rows, task.train.rows)


def test_corrections_add_up_from_run_to_run(run, encoder, tmp_path):
    found = SecondLook.load(run.path)
    found.said(0, "accept").save(run.path)
    second = RunFolder(tmp_path / "second")
    second.create(corrected_job(run), owner="o", created=2)
    looked = [*look(second, encoder)][-1]
    other = next(i for i, one in enumerate(looked.findings) if one.text != found.findings[0].text)
    looked.said(other, "accept").save(second.path)
    job = corrected_job(second)
    (corrections,) = job.corrections
    assert set(corrections.texts) == {found.findings[0].text, looked.findings[other].text}
    assert (job.relabelled, job.source) == (1, ", 1 corrected")


def test_a_label_does_not_lose_its_last_row(run, looked):
    found = looked[1][-1]
    few = training_rows(run.job())["intent"]
    label = found.findings[0].label
    doubts = tuple(
        replace(
            found.findings[0], text=text, label=label, suggested=found.findings[0].suggested, verdict="accept"
        )
        for text, number in zip(few.texts, few.labels, strict=True)
        if few.task.labels[number] == label
    )
    replace(found, findings=doubts).save(run.path)
    with pytest.raises(ValueError, match=f"intent label '{label}' would lose its last row"):
        corrected_job(run)


def test_too_many_rows_are_for_the_command_line(run, encoder, monkeypatch):
    (run.path / "suspects.json").unlink()
    monkeypatch.setattr(second_look, "MOST_TEXTS", 100)
    with pytest.raises(ValueError, match="100 can be looked at here: use the command python -m mtl check"):
        next(look(run, encoder))


def test_an_uploaded_model_has_no_rows(run, encoder):
    (run.path / "suspects.json").unlink()
    run.path.joinpath("run.json").write_text('{"format": 3, "owner": "o", "created": 1, "uploaded": true}')
    with pytest.raises(ValueError, match="trained elsewhere: its rows are not here"):
        next(look(run, encoder))


def _report(run, encoder):
    job = run.job()
    return one(ValidationReport, list(train_into(run.model, job, trainer_for(job, encoder), encoder)))


def test_the_report_of_the_next_run_shows_the_gain(tmp_path, rows, encoder):
    run = _folder(tmp_path, rows)
    before = _report(run, encoder).tasks["intent"]
    list(look(run, encoder))
    found = _all_accepted(run)
    second = RunFolder(tmp_path / "second")
    second.create(corrected_job(run), owner="o", created=2)
    assert second.job().earlier == str(run.model)
    after = _report(second, encoder).tasks["intent"]
    first = after.baselines[0]
    assert first.name == f"{EARLIER}{len(found.findings)} labels were corrected"
    assert first.accuracy == before.scores.accuracy
    assert first.gain == pytest.approx(after.scores.accuracy - before.scores.accuracy)
    assert first.gain_interval.low <= first.gain <= first.gain_interval.high
    assert after.scores.rows == before.scores.rows
    # The run before may be gone by then.
    run.remove()
    third = RunFolder(tmp_path / "third")
    third.create(second.job(), owner="o", created=3)
    assert not _report(third, encoder).tasks["intent"].baselines[0].name.startswith(EARLIER)
