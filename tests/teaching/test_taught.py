"""What a lesson teaches the real encoder."""

import numpy as np
import pytest

from mtl.evaluation.metrics import accuracy_interval
from mtl.schema.results import TaskScores
from mtl.teaching.lesson import Lesson
from mtl.teaching.taught import LeftOut, model_of, teach
from mtl.teaching.vectors import Vectors
from mtl.training.default import load_default

MAILS = {
    "complaint": [
        "The kettle broke after two days and I want my money back.",
        "My parcel is three weeks late and nobody answers.",
        "The jacket you sent has a hole in its sleeve.",
    ],
    "order": [
        "I would like to buy two of the blue lamps.",
        "Please send six chairs to our office.",
        "Can I get the large table in oak?",
    ],
    "spam": [
        "You have won a cruise, click here now!",
        "Cheap pills without prescription, today only.",
        "Make thousands a week from your sofa.",
    ],
}
NEW = {
    "The radio stopped working and I am very unhappy.": "complaint",
    "We need ten more of these chairs, please.": "order",
    "Congratulations, claim your free prize today!": "spam",
    "I want to return this, it arrived damaged.": "complaint",
    "I'll take one clock and a carpet.": "order",
}


@pytest.fixture(scope="module")
def vectors(encoder):
    return Vectors(encoder, load_default(encoder).head("intent"))


@pytest.fixture(scope="module")
def lesson():
    lesson = Lesson().add_labels(", ".join(MAILS))
    for label, texts in MAILS.items():
        lesson = lesson.teach(texts, label)
    return lesson


def _said(taught, vectors, texts):
    features = vectors.features(vectors.layer_embeddings(list(texts)))
    return [taught.lesson.names[label] for label in taught.probabilities(features).argmax(1)]


def test_nine_sentences_are_enough_for_five_new_ones(lesson, vectors):
    taught = teach(lesson, vectors)
    assert _said(taught, vectors, NEW) == list(NEW.values())
    assert taught.left_out.rows == 9
    assert taught.left_out.right >= 7
    assert len(taught.mistaken) == taught.left_out.rows - taught.left_out.right
    assert not taught.guessed
    assert not taught.few


def test_names_alone_guess(vectors):
    taught = teach(Lesson().add_labels("complaint, order, spam"), vectors)
    assert taught.guessed == ("complaint", "order", "spam")
    assert taught.left_out is None
    assert _said(taught, vectors, ["This is a complaint."]) == ["complaint"]


def test_a_label_without_rows_is_known_by_its_name(lesson, vectors):
    taught = teach(lesson.add_labels("job application").forget(MAILS["spam"][0]), vectors)
    assert taught.guessed == ("job application",)
    assert taught.few == ("spam",)
    text = "I am writing to apply for the position, my CV is attached."
    assert _said(taught, vectors, [text]) == ["job application"]


def test_one_label_is_not_enough(vectors):
    with pytest.raises(ValueError, match="needs two labels: add another"):
        teach(Lesson().add_labels("order").teach("Two chairs", "order"), vectors)


def test_the_same_lesson_gives_the_same_head(lesson, vectors):
    one, other = teach(lesson, vectors), teach(lesson, vectors)
    assert (one.head.weights == other.head.weights).all()


def test_a_text_is_encoded_once(encoder, vectors, monkeypatch):
    first = vectors.layer_embeddings(["Never seen before", "Never seen before"])
    monkeypatch.setattr(encoder, "layer_embeddings", None)
    assert (vectors.layer_embeddings(["Never seen before"])[0] == first[0]).all()


def test_the_model_answers_as_the_head(lesson, vectors):
    taught = teach(lesson, vectors)
    model = model_of(taught, vectors)
    features = vectors.features(vectors.layer_embeddings(list(NEW)))
    expected = taught.probabilities(features)
    for prediction, row in zip(model.predict(list(NEW)), expected, strict=True):
        assert list(prediction.tasks["topic"].scores) == list(MAILS)
        assert list(prediction.tasks["topic"].scores.values()) == pytest.approx(row, abs=1e-4)


def test_the_interval_is_that_of_the_report():
    scores = TaskScores(
        rows=12, accuracy=11 / 12, macro_f1=0.9, calibration_error=0, labels=("a", "b"),
        confusion=((6, 0), (1, 5)),
    )  # fmt: skip
    assert LeftOut(right=11, rows=12).interval == accuracy_interval(scores)


def test_a_lesson_of_many_labels_and_rows_gives_numbers(vectors):
    lesson = Lesson().add_labels("\n".join(f"label {n}" for n in range(60)))
    for number in range(60):
        lesson = lesson.teach(f"This is sentence {number}", f"label {number}")
    taught = teach(lesson, vectors)
    assert np.isfinite(taught.head.weights).all()
    assert taught.left_out.rows == 60
