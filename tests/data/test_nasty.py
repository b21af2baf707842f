"""Files as they arrive: for each in `nasty/`, what can be used of it and what is said about it.

`expected.json` holds the expectations: issues as [kind, severity, rows], and where reading changes
texts, these.
"""

import json
import random
from pathlib import Path

import pytest

from mtl.data.examination import examine
from mtl.data.issues import Choice
from mtl.data.table import read_table
from mtl.schema.limits import limits

FOLDER = Path(__file__).parents[1] / "data" / "nasty"
EXPECTED = json.loads((FOLDER / "expected.json").read_text("utf-8"))

LEFT_OUT = "no_text no_label header neutral stars scale duplicate disputed single_row".split()
# Cells and what they are said to mean.
MEANINGS = {
    "zero_and_four.csv": (("0", "negative"), ("4", "positive")),
    "one_and_two.csv": (("1", "positive"), ("2", "negative")),
    "zero_one_two.csv": (("0", "negative"), ("1", ""), ("2", "positive")),
    "unknown_words.csv": (("happy", "pos"), ("meh", "neg")),
}


def test_every_file_has_its_expectations():
    assert {file.name for file in FOLDER.iterdir()} - {"expected.json"} == set(EXPECTED)
    assert len(EXPECTED) >= 40


@pytest.mark.parametrize("name", EXPECTED)
def test_the_reader_says_what_is_expected(name):
    expected = EXPECTED[name]
    report = examine(FOLDER / name, expected["task"])
    said = [[issue.kind, issue.severity, list(issue.rows)] for issue in report.issues]
    assert said == expected["issues"]
    assert report.usable == expected["usable"]
    assert report.counts() == expected["counts"]
    assert [text for text, _ in report.pairs] == expected.get("texts", [text for text, _ in report.pairs])
    for issue in report.issues:
        assert issue.what
        assert issue.action


@pytest.mark.parametrize("name", [name for name in EXPECTED if EXPECTED[name]["usable"]])
def test_every_row_is_used_or_spoken_of(name):
    report = examine(FOLDER / name, EXPECTED[name]["task"])
    left_out = {row for f in report.issues if f.kind in LEFT_OUT for row in f.rows}
    blank = 2 if name == "joint_with_blanks.csv" else 0  # there a blank belongs to the other task
    assert len(report.rows().texts) + len(left_out) + blank == len(read_table(FOLDER / name).cells)


@pytest.mark.parametrize("name", [name for name in EXPECTED if not EXPECTED[name]["usable"]])
def test_what_cannot_be_used_is_refused_with_the_reason(name):
    report = examine(FOLDER / name, EXPECTED[name]["task"])
    reason = next(f for f in report.issues if f.severity != "fixed")
    with pytest.raises(ValueError) as error:
        report.rows()
    assert str(reason) in str(error.value)


@pytest.mark.parametrize(
    ("name", "choice"),
    [
        ("two_text_columns.csv", Choice(text_column="comment")),
        (
            "nothing_recognised.csv",
            Choice(
                text_column="alpha",
                label_column="BETA",
                labels=(
                    ("warm", "positive"),
                    ("red", "positive"),
                    ("stale", "negative"),
                    ("cold", "negative"),
                ),
            ),
        ),
        ("two_label_columns.csv", Choice(label_column="rating")),
        ("same_name_twice.csv", Choice(text_column="text (2)")),
        *((name, Choice(labels=labels)) for name, labels in MEANINGS.items()),
    ],
)
def test_a_choice_makes_a_file_usable(name, choice):
    assert not examine(FOLDER / name, "sentiment").usable
    report = examine(FOLDER / name, "sentiment", choice)
    assert report.usable
    assert min(report.counts().values()) >= 2


def test_meanings_are_those_that_were_given():
    report = examine(FOLDER / "one_and_two.csv", "sentiment", Choice(labels=MEANINGS["one_and_two.csv"]))
    assert report.pairs[:2] == (("Bad soup", "positive"), ("Good soup", "negative"))


def test_a_hundred_thousand_rows_are_examined(tmp_path):
    draw = random.Random(0)
    words = "the a soup film was lovely cold café &amp; said <b>nice</b> don’t 😀 really".split()
    file = tmp_path / "many.csv"
    with file.open("w", encoding="utf-8") as stream:
        stream.write("id,review,stars\n")
        for i in range(limits().rows):
            stream.write(f"{i},{' '.join(draw.choices(words, k=12))} {i},{i % 5 + 1}\n")
    report = examine(file, "sentiment")
    assert report.usable
    assert report.counts() == {"negative": 40_000, "positive": 40_000}
    by_kind = {issue.kind: issue for issue in report.issues}
    assert set(by_kind) == {"index_column", "html", "emoji", "stars"}
    assert len(by_kind["stars"].rows) == 20_000
    assert by_kind["stars"].rows[:2] == (4, 9)
