"""Label a file without a browser: what is proposed, what is refused, and whose the file is."""

import csv
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import pytest

from mtl.runs.store import Runs
from mtl.teaching import queue
from mtl.teaching.lesson import Lesson
from mtl.ui.models import Models
from mtl.ui.train.queue_panel import QueuePanel
from mtl.ui.train.teach_words import Teacher, key_of
from tests.teaching.test_queue import SENTENCES
from tests.teaching.test_taught import MAILS


@pytest.fixture(scope="module")
def teacher(encoder, tmp_path_factory):
    runs = Runs(tmp_path_factory.mktemp("runs"))
    models = Models(encoder, runs)
    yield Teacher(models.vectors, models.familiar)
    runs.close()


@pytest.fixture(scope="module")
def panel(teacher):
    with gr.Blocks():
        return QueuePanel(teacher)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    file = tmp_path_factory.mktemp("files") / "mails.csv"
    near = [f"{text[:-1]}, please." for text in SENTENCES[:12]]
    file.write_text("\n".join(["text", *(f'"{text}"' for text in (*SENTENCES, *near, "=1+1 lamps"))]))
    return str(file)


@pytest.fixture
def lesson():
    lesson = Lesson().add_labels(", ".join(MAILS))
    for label, texts in MAILS.items():
        lesson = lesson.teach(texts, label)
    return lesson


@pytest.fixture
def see(panel, file):
    """What anna sees with a lesson; she has dropped the file."""
    panel.load(file, "anna")
    yield lambda lesson: panel.refresh("anna", lesson)[panel._shown]
    panel.forget("anna")


def _press(what, seen, **more):
    return {"what": what, "key": seen["key"], **more}


def test_a_label_a_skip_and_undo(panel, see, lesson):
    first = see(lesson)
    assert first["settled"].endswith("% of 49 settled")
    assert [label["digit"] for label in first["labels"]] == ["1", "2", "3"]
    assert [bool(label["percent"]) for label in first["labels"]].count(True) == 1
    taught = panel.labelling.act("anna", lesson, _press("label", first, label=key_of("spam")))
    assert taught.label_of(first["text"]) == "spam"
    second = see(taught)
    assert second["key"] != first["key"]
    # Pressed twice: the sentence is not in focus any more.
    assert panel.labelling.act("anna", taught, _press("label", first, label=key_of("order"))) is taught
    assert panel.labelling.act("anna", taught, _press("skip", second)) is taught
    assert see(taught)["key"] not in (first["key"], second["key"])
    assert panel.labelling.act("anna", taught, {"what": "undo"}) is taught
    assert see(taught)["key"] == second["key"]
    assert panel.labelling.act("anna", taught, {"what": "undo"}) == lesson
    assert see(lesson)["key"] == first["key"]
    panel.labelling.act("anna", lesson, {"what": "more"})
    assert see(lesson)["key"] != first["key"]


def test_those_alike_that_are_ticked_get_the_label_too(panel, see, lesson):
    for _ in range(49):
        seen = see(lesson)
        if seen["alike"]:
            break
        panel.labelling.act("anna", lesson, _press("skip", seen))
    keys = [one["key"] for one in seen["alike"]]
    taught = panel.labelling.act(
        "anna", lesson, _press("label", seen, label=key_of("order"), ticked=[*keys, "x", 5])
    )
    assert len(taught.rows) == len(lesson.rows) + 1 + len(keys)
    assert panel.labelling.act("anna", taught, {"what": "undo"}) == lesson


def test_what_the_lesson_lacks_is_said_and_nothing_is_lost(panel, see, lesson):
    assert see(Lesson())["said"] == "Name your labels above, and it begins."
    assert "two labels" in see(Lesson().add_labels("order"))["said"]
    assert see(lesson)["text"]
    for _ in range(49):
        panel.labelling.act("anna", lesson, _press("skip", see(lesson)))
    assert see(lesson)["said"] == "Every sentence has a label or was skipped."
    assert see(lesson)["undo"]


def test_it_says_when_the_model_would_have_said_it_all(panel, see, lesson, monkeypatch):
    monkeypatch.setattr(queue, "ENOUGH", 5)
    for _ in range(49):
        seen = see(lesson)
        if any("likely to help little" in note for note in seen["notes"]):
            break
        label = next(label for label in seen["labels"] if label["kind"])
        lesson = panel.labelling.act("anna", lesson, _press("label", seen, label=label["key"]))
    # After 30 typical ones, the model's own answers to those of which it was unsure.
    assert len(lesson.rows) == 9 + 30 + 5


def test_the_answers_are_a_file(panel, see, lesson):
    see(lesson)
    with Path(panel.save("anna", lesson)).open(encoding="utf-8") as opened:
        rows = list(csv.DictReader(opened))
    assert [row["text"] for row in rows[:36]] == SENTENCES
    assert rows[-1]["text"] == "'=1+1 lamps"
    assert set(rows[0]) == {"text", "label", "probability"}
    assert all(row["label"] in MAILS and 0 < float(row["probability"]) <= 1 for row in rows)


def test_the_file_is_its_visitor_s_until_deleted(panel, see, lesson):
    seen = see(lesson)
    for owner in ("ben", "", None):
        assert panel.refresh(owner, lesson)[panel._shown] == {"name": ""}
        with pytest.raises(ValueError, match="drop it again. What you labelled is kept"):
            panel.labelling.act(owner, lesson, _press("skip", seen))
    assert panel.arrive("anna", lesson)[panel._folds.open] == "file"
    assert panel.forget("anna")[panel._shown] == {"name": ""}
    with pytest.raises(gr.Error, match="drop it again"):
        panel.save("anna", lesson)
    assert panel._folds.open not in panel.arrive("anna", lesson)
    (last,) = panel.read("anna", SimpleNamespace(session_hash="x"))
    assert not last[panel._save]["visible"]


@pytest.mark.parametrize(
    "data", [None, [], "label", {"what": []}, {"what": "label", "key": 5}, {"what": "skip", "key": None}]
)
def test_what_means_nothing_does_nothing(panel, see, lesson, data):
    see(lesson)
    assert panel.labelling.act("anna", lesson, data) is lesson


def test_what_cannot_be_done_is_said(panel, see, lesson):
    seen = see(lesson)
    with pytest.raises(ValueError, match="label is not here any more"):
        panel.labelling.act("anna", lesson, _press("label", seen, label=["x"]))
    with pytest.raises(ValueError, match="nothing to undo"):
        panel.labelling.act("anna", lesson, {"what": "undo"})
    with pytest.raises(gr.Error, match="no file"):
        panel.load(None, "anna")
    assert see(lesson)["key"] == seen["key"]
