"""Teach without a browser: what is told, what is refused, and whose the model is."""

from types import SimpleNamespace

import gradio as gr
import pytest

from mtl.runs.store import Runs
from mtl.teaching.lesson import Lesson
from mtl.teaching.taught import teach
from mtl.ui.models import TAUGHT, Models
from mtl.ui.train.teach_panel import TeachPanel
from mtl.ui.train.teach_words import key_of
from tests.teaching.test_taught import MAILS, NEW


@pytest.fixture(scope="module")
def models(encoder, tmp_path_factory):
    runs = Runs(tmp_path_factory.mktemp("runs"))
    yield Models(encoder, runs)
    runs.close()


@pytest.fixture(scope="module")
def panel(models):
    with gr.Blocks():
        return TeachPanel(models, gr.BrowserState(None))


@pytest.fixture(scope="module")
def lesson():
    lesson = Lesson().add_labels(", ".join(MAILS))
    for label, texts in MAILS.items():
        lesson = lesson.teach(texts, label)
    return lesson


def _edit(panel, lesson, **data):
    return panel._edit(lesson, "", None, SimpleNamespace(_data=data))[panel.lesson]


def test_what_the_browser_keeps_is_shown_again(panel, lesson):
    shown = panel.restore(lesson.to_dict())
    assert shown[panel.lesson] == lesson
    assert panel.restore(None)[panel.lesson] == Lesson()
    with pytest.raises(ValueError, match="cannot be read: name your labels anew"):
        panel.restore({"labels": 3})


def test_what_is_pressed_is_found_by_its_key(panel, lesson):
    first, spam = MAILS["order"][0], key_of("spam")
    assert _edit(panel, lesson, what="forget", key=key_of(first)).counts == (3, 2, 3)
    assert _edit(panel, lesson, what="merge", key=key_of("order"), into=spam).counts == (3, 6)
    assert _edit(panel, lesson, what="rename", key=spam, name="ads", about="they sell").names[2] == "ads"
    assert _edit(panel, lesson, what="drop", key=spam).names == ("complaint", "order")


@pytest.mark.parametrize(
    "data", [{}, {"what": "drop", "key": "x"}, {"what": "forget", "key": 3}, {"what": ["merge"], "key": None}]
)
def test_what_is_not_there_is_said(panel, lesson, data):
    with pytest.raises(ValueError, match="not here any more"):
        _edit(panel, lesson, **data)


def test_another_language_and_missing_sentences_are_told(panel, lesson):
    teacher = panel._teacher
    german = "Das Gerät ist schon wieder kaputt und niemand antwortet mir."
    assert any("English" in note for note in teacher.answer(lesson, german)["notes"])
    assert not any("English" in note for note in teacher.answer(lesson, next(iter(NEW)))["notes"])
    (left_out, guessed) = teacher.score(lesson.add_labels("praise"))
    assert "of 9 sentences right when each is left out" in left_out["title"]
    assert guessed["title"] == "praise"
    assert "only guesses" in teacher.score(Lesson().add_labels("a, b"))[0]["text"]


def test_the_taught_model_is_its_visitor_s_until_deleted(models, lesson):
    models.keep_taught("anna", teach(lesson, models.vectors))
    (prediction,) = models.get("anna", TAUGHT).predict([next(iter(NEW))])
    assert prediction.tasks["topic"].label == "complaint"
    assert ("Taught live: complaint, order, spam", TAUGHT) in models.choices("anna")
    assert TAUGHT not in [key for _, key in (*models.choices("ben"), *models.trained("anna"))]
    assert models.folder("anna", TAUGHT) is None
    models.forget_taught("anna")
    for visitor in ("anna", "ben", ""):
        with pytest.raises(ValueError, match="press Use in Predict"):
            models.get(visitor, TAUGHT)
    with pytest.raises(ValueError, match="does not know you"):
        models.keep_taught("", teach(lesson, models.vectors))
