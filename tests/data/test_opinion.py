"""The sentences of the task "opinion", those of many languages, and the lists that no model learns from."""

import itertools
import re
from pathlib import Path

import pandas as pd
import pytest

LISTS = Path(__file__).parent / "lists"
ROWS = pd.read_csv(Path(__file__).parents[2] / "data" / "opinion.csv")
LANGUAGES = pd.read_csv(Path(__file__).parents[2] / "data" / "languages.csv", keep_default_na=False)
SIZES = {"neutral": 400, "english": 300, "not_english": 200, "reviews": 200}


def _words(text):
    return frozenset(re.findall(r"[\w']+", text.lower()))


def _near(sets, others):
    by_word = {}
    for row, words in enumerate(others):
        for word in words:
            by_word.setdefault(word, []).append(row)
    for row, words in enumerate(sets):
        for other in {other for word in words for other in by_word.get(word, ())}:
            if len(words & others[other]) >= 0.8 * len(words | others[other]):
                yield row, other


def test_both_labels_are_equally_frequent():
    counts = ROWS["label"].value_counts()
    assert set(counts.index) == {"opinion", "no opinion"}
    assert counts.nunique() == 1
    assert counts.min() >= 1200


def test_no_two_rows_are_nearly_the_same():
    sets = [_words(text) for text in ROWS["text"]]
    assert [(row, other) for row, other in _near(sets, sets) if row < other] == []


def test_marks_and_capitals_do_not_give_the_label_away():
    bare = ~ROWS["text"].str[-1].isin(list(".?!"))
    lower = ROWS["text"] == ROWS["text"].str.lower()
    for trait, wanted in ((bare, 0.48), (lower, 0.32)):
        shares = trait.groupby(ROWS["label"]).mean()
        assert shares.tolist() == pytest.approx([wanted, wanted], abs=0.02)


def test_neighbouring_words_vary():
    for _, texts in ROWS.groupby("label")["text"]:
        pairs = [pair for text in texts for pair in itertools.pairwise(re.findall(r"[\w']+", text.lower()))]
        assert len(set(pairs)) / len(pairs) >= 0.7


@pytest.mark.parametrize("learnt", [ROWS, LANGUAGES], ids=["opinion", "languages"])
@pytest.mark.parametrize(("name", "size"), SIZES.items())
def test_lists_are_held_out(name, size, learnt):
    texts = pd.read_csv(LISTS / f"{name}.csv", keep_default_na=False)["text"]
    assert len(texts) == texts.nunique() == size
    held_out = [_words(text) for text in texts]
    assert set(learnt["text"].str.casefold()).isdisjoint(texts.str.casefold())
    assert list(_near([_words(text) for text in learnt["text"]], held_out)) == []


def test_languages_are_many_and_no_text_comes_twice():
    assert LANGUAGES["text"].str.casefold().is_unique
    counts = LANGUAGES["language"].value_counts()
    assert len(counts) >= 60 and counts["English"] >= 500
