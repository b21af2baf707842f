"""The bundled sentences: balanced, distinct, varied."""

import itertools
import re

import pandas as pd
import pytest

from mtl.data.bundled import bundled_files, source_report_files
from mtl.data.examination import examine
from mtl.schema.tasks import INTENT_LABELS, SENTIMENT_LABELS

LABELS = {"sentiment": SENTIMENT_LABELS, "intent": INTENT_LABELS}
FILES = [(name, file) for files in (bundled_files(), source_report_files()) for name, file in files.items()]


def _words(text):
    return re.findall(r"[\w']+", text.lower())


@pytest.mark.parametrize(("name", "file"), FILES, ids=lambda value: getattr(value, "stem", None))
def test_labels_are_balanced_and_the_reader_changes_nothing(name, file):
    report = examine(file, name)
    assert {issue.kind for issue in report.issues} <= {"emoji"}
    assert set(report.counts()) == set(LABELS[name])
    assert len(set(report.counts().values())) == 1


def test_the_reports_sets_have_a_hundred_rows():
    assert [len(pd.read_csv(file)) for file in source_report_files().values()] == [100, 100]


@pytest.mark.parametrize("name", bundled_files())
def test_there_are_many_and_varied_sentences(name):
    texts = pd.read_csv(bundled_files()[name])["text"]
    assert len(texts) >= 1500
    # The share of distinct pairs falls with the number of rows in any language: measured on as many.
    sample = texts.sample(1500, random_state=0)
    bigrams = [pair for text in sample for pair in itertools.pairwise(_words(text))]
    assert len(set(bigrams)) / len(bigrams) >= 0.7


@pytest.mark.parametrize("name", bundled_files())
def test_no_two_rows_are_nearly_the_same(name):
    sets = [frozenset(_words(text)) for text in pd.read_csv(bundled_files()[name])["text"]]
    by_word = {}
    for row, words in enumerate(sets):
        for word in words:
            by_word.setdefault(word, []).append(row)
    for row, words in enumerate(sets):
        rare = sorted(words, key=lambda word: len(by_word[word]))
        # Two sets with a Jaccard index of 0.8 share a word among the rarest fifth of either.
        near = {other for word in rare[: len(words) // 5 + 1] for other in by_word[word] if other > row}
        for other in near:
            assert len(words & sets[other]) < 0.8 * len(words | sets[other]), (row + 2, other + 2)


def test_intent_cannot_be_read_off_the_final_mark():
    texts = pd.read_csv(bundled_files()["intent"])["text"]
    assert (~texts.str.rstrip().str[-1].isin(list(".!?"))).mean() >= 0.35
