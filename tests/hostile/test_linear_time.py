"""Time grows with the length of a text and no faster, whatever a visitor writes.

A pattern that goes back and forth takes time with the square of the length: sixteen times for a text four
times as long, where an honest one takes four times.
"""

import ast
import importlib
import pkgutil
import re
import time
from pathlib import Path

import pytest

import mtl
from mtl.analysis.word_spans import read
from mtl.data.cleaning import clean_texts
from mtl.data.column_names import names_measure, plain
from mtl.data.csv_records import records_of
from mtl.data.examination import examine
from mtl.data.header import is_header
from mtl.data.near_duplicates import groups
from mtl.schema.tasks import clean_label, clean_task_name, plain_label

SHORT, LONG = 5_000, 20_000
MOST = 9  # between the 4 of honest work and the 16 of a square
BRIEF_S = 0.03

UNITS = (
    "a", " ", "1", "+", "-", ".", "!", "'", '"', "_", "\t", "\n", "\x85", "\u0301", "\u200b", "ð", "\xc3",
    "<", "<br ", "<br\n", "</p", "&", "&amp", "&amp;", "&#1", "=a", "+a", "@a.", "1.", "1,", "1-", "a-",
    "(1", " (1)", " (", "★", "0", ".0", "[", "]", "ab ", ";", " ;", '" ', "İ", "\ufb01", "0 ", "a\u0301",
)  # fmt: skip
STARTS = ("", "=", "+", "1.", '"', "<br ", "x", "&amp;")


def patterns():
    found = {}
    for module in pkgutil.walk_packages(mtl.__path__, "mtl."):
        if module.name.endswith(("__main__", "use_model")):
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, re.Pattern):
                found[f"{module.name}.{name}"] = value
    return found


def hostile(length, starts=STARTS):
    for start in starts:
        for unit in UNITS:
            yield start + unit * (length // len(unit)) + "x~"


def cost(work, argument, times=3):
    """Seconds of this thread, whatever else the machine does; the best of a few times."""
    taken = []
    for _ in range(times):
        began = time.thread_time()
        work(argument)
        taken.append(time.thread_time() - began)
        if taken[-1] < BRIEF_S:
            break
    return min(taken)


def check(work, starts=STARTS):
    for short, long in zip(hostile(SHORT, starts), hostile(LONG, starts), strict=True):
        dear = cost(work, long, times=1)
        if dear > BRIEF_S:
            cheap = cost(work, short)
            if dear >= MOST * cheap:  # the machine may have been busy: the best of three decides
                dear = cost(work, long)
            assert dear < MOST * cheap, f"{long[:12]!r}...: {cheap:.3f} s, four times as long {dear:.3f} s"


@pytest.mark.parametrize("name", sorted(patterns()))
def test_no_pattern_goes_back_and_forth(name):
    pattern = patterns()[name]

    def work(text):
        pattern.fullmatch(text)
        pattern.match(text)
        pattern.sub("", text)

    check(work)


@pytest.mark.parametrize(
    "work",
    [
        lambda text: clean_texts([text], [1]),
        lambda text: groups([text, text + " a"]),
        lambda text: records_of(f"text,label\n{text},positive\n", "x.csv"),
        lambda text: records_of(f'text,label\n"a"b {text},positive\n', "x.csv"),
        lambda text: is_header([text, "x"], [[text, "1"]]),
        plain_label,
        plain,
        names_measure,
        lambda text: clean_label("sentiment", text),
        lambda text: clean_task_name(text[:30]) if text[:30].strip().isalpha() else None,
    ],
    ids="clean near records quotes header label name measure meaning task".split(),
)
def test_no_step_of_the_reader_takes_the_square_of_a_text(work):
    def tried(text):
        try:
            work(text)
        except ValueError as error:
            # Its own refusal, not one of Python's limits met on the way.
            assert "Exceeds the limit" not in str(error)

    check(tried)


def test_words_are_found_in_time_with_the_length_of_a_text(encoder):
    check(lambda text: read(encoder, [text]), starts=[""])


def test_every_pattern_is_among_those_that_are_tried():
    """One that is written where it is used would be overlooked; a separator's own pattern is tried above."""
    inline = {
        f"{file.name}: {ast.unparse(node)}"
        for file in Path(mtl.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).startswith("re.")
        and ast.unparse(node.func) not in ("re.compile", "re.escape")
    }
    assert {text.partition(":")[0] for text in inline} <= {"csv_records.py"}
    assert len(patterns()) > 20


@pytest.mark.parametrize("digits", [5_000, 100_000])
def test_a_number_of_thousands_of_digits_is_text(tmp_path, digits):
    number = "1" * digits
    texts, _ = clean_texts([f"fish &amp; chips &#{number};"], [2])
    assert texts == [f"fish &amp; chips &#{number};"]
    file = tmp_path / "rows.csv"
    rows = [f"{number}{place % 2},It was {word},{place % 2}" for place, word in enumerate("abcdefgh")]
    for header in ("id,text,sentiment", "text,sentiment"):
        file.write_text("\n".join([header, *rows]), "utf-8")
        report = examine(file, "sentiment")
        assert "Exceeds the limit" not in " ".join(map(str, report.issues))
