"""The committed model is what the bundled sentences give."""

import pytest

from mtl.api import BUNDLED, DEFAULT_MODEL, load_default, train
from mtl.checkpoint import model_facts

SENTENCES = (
    "I love this product!",
    "I hate the weather today.",
    "Can you tell me the time?",
    "turn off the lights",
    "What a mess",
    "The train leaves at nine.",
)


def test_rebuilding_gives_the_same_answers(encoder):
    rebuilt = train(**BUNDLED, encoder=encoder)
    for committed, again in zip(
        load_default(encoder).predict(SENTENCES), rebuilt.predict(SENTENCES), strict=True
    ):
        for name, task in committed.tasks.items():
            # CPUs with native bfloat16 and those without see slightly different features.
            assert again.tasks[name].label == task.label
            assert again.tasks[name].scores == pytest.approx(task.scores, abs=0.03)


def test_it_was_trained_on_every_bundled_row(encoder):
    rows = model_facts(DEFAULT_MODEL)["rows"]
    for name, file in BUNDLED.items():
        assert sum(rows[name].values()) == len(file.read_text("utf-8").splitlines()) - 1


@pytest.mark.parametrize(
    ("text", "task", "label"),
    [
        ("I love this product!", "sentiment", "positive"),
        ("I hate the weather today.", "sentiment", "negative"),
        ("Can you tell me the time?", "intent", "question"),
        ("This is the best day of my life!", "intent", "exclamation"),
        ("Turn off the lights.", "intent", "command"),
        ("The sky is blue today.", "intent", "statement"),
    ],
)
def test_it_answers_the_reports_sentences_rightly(encoder, text, task, label):
    assert load_default(encoder).predict([text])[0].tasks[task].label == label
