"""The data part of the form is kept on the server, for its owner, within bounds."""

import time

import pytest

from mtl.ui.train.kept_form import KeptForm, KeptForms
from mtl.ui.train.picked import OWN, Picked
from mtl.ui.train.questions import Answers


@pytest.fixture
def forms(tmp_path):
    return KeptForms(tmp_path / "runs")


@pytest.fixture
def form(tmp_path):
    files = {}
    for name in ("sentiment", "topic", "test"):
        files[name] = tmp_path / f"<b>{name}</b> of mine.csv".replace("/", "-")
        files[name].write_text(f"text,{name}\nHere,a\nThere,b\n", "utf-8")
    answers = Answers(columns={("topic", "text"): "a|b"}, cells={("sentiment", "negative"): ["0", "1"]})
    own = {name: files[name] for name in ("sentiment", "topic")}
    picked = Picked(choice=OWN, files=own, unticked=frozenset({"tone"}), answers=answers)
    return KeptForm(picked=picked, tests={"sentiment": files["test"]})


def test_a_form_comes_back_with_copies_of_its_files(forms, form):
    forms.save("me", form)
    kept = forms.load("me")
    assert kept.lost == ()
    assert (kept.picked.choice, kept.picked.unticked) == (OWN, {"tone"})
    assert kept.picked.answers == form.picked.answers
    for again, given in ((kept.picked.files, form.picked.files), (kept.tests, form.tests)):
        assert {task: file.name for task, file in again.items()} == {t: f.name for t, f in given.items()}
        assert all(again[task].read_bytes() == given[task].read_bytes() for task in given)
        assert all(again[task] != given[task] for task in given)
    # What the page later deletes of its own is not what is kept.
    for file in kept.picked.files.values():
        file.unlink()
    assert forms.load("me").lost == ()


def test_nobody_else_gets_it_and_it_can_be_deleted(forms, form, tmp_path):
    forms.save("me", form)
    assert forms.load("you") is None
    assert not [path for path in (tmp_path / "runs").rglob("*") if path.name == "me"]
    forms.delete("you")
    assert forms.load("me")
    forms.delete("me")
    assert forms.load("me") is None
    assert not list((tmp_path / "runs").rglob("*.csv"))


def test_files_that_are_left_out_are_deleted(forms, form, tmp_path):
    forms.save("me", form)
    forms.save("me", KeptForm(picked=Picked(choice=OWN, files={"topic": form.picked.files["topic"]})))
    assert len(list((tmp_path / "runs").rglob("*.csv"))) == 1
    assert list(forms.load("me").picked.files) == ["topic"]


def test_what_does_not_fit_is_named(forms, form, limited):
    size = form.picked.files["sentiment"].stat().st_size
    limited(visitor_file_bytes=size)
    forms.save("me", form)
    kept = forms.load("me")
    assert list(kept.picked.files) == ["sentiment"] and kept.picked.choice == OWN
    assert set(kept.lost) == {form.picked.files["topic"].name, form.tests["sentiment"].name}


def test_old_forms_make_room(forms, form, limited):
    forms.save("first", form)
    time.sleep(0.02)
    limited(file_bytes=100)
    forms.save("second", form)
    assert forms.load("first") is None and forms.load("second")
    limited(days=0)
    forms.save("third", form)
    assert forms.load("second") is None


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"choice": 3, "files": {"a": 1}, "tests": {}}'])
def test_what_cannot_be_read_is_left_alone(forms, form, tmp_path, content):
    forms.save("me", form)
    (kept,) = (tmp_path / "runs").rglob("form.json")
    kept.write_text(content, "utf-8")
    assert forms.load("me") is None
