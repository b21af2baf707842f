"""The words of the page say what they mean in statistics."""

from mtl.ui.glossary import WORDS


def test_an_interval_is_one_of_confidence_and_not_of_prediction():
    meaning = WORDS["95% interval"]
    # About where the true score lies, not where other scores would.
    assert "hold the true score" in meaning
    assert "draws" not in meaning


def test_the_words_are_about_any_tasks():
    text = " ".join([*WORDS, *WORDS.values()]).lower()
    assert "sentiment" not in text and "intent" not in text
