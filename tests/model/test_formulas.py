"""No text of ours is a formula in somebody's spreadsheet, and each comes back as it was."""

import csv
import io

import pytest

from mtl.data.cleaning import clean_texts
from mtl.model.predictions import Filter, filtered, label_texts
from mtl.schema.formulas import guarded, unguarded
from mtl.ui.predict.corrections_panel import as_csv

LINK = '=HYPERLINK("http://127.0.0.1/"&A1)'
FORMULAS = ("=1+1", "'=1", LINK, "+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "- a list")


@pytest.mark.parametrize("text", [*FORMULAS, "\t=1", "\r=1"])
def test_a_formula_is_shown_as_text_and_comes_back(text):
    assert guarded(text) == f"'{text}"
    assert unguarded(guarded(text)) == text


@pytest.mark.parametrize("cell", ["-5", "+1.5", "-0,25", "'quoted'", "a=b", "", "'", 5, -2.5, None, True])
def test_what_is_no_formula_stays(cell):
    assert guarded(cell) is cell or guarded(cell) == cell
    assert unguarded(cell) == cell


def test_predictions_hold_no_formula_and_are_shown_as_they_were(trained, tmp_path):
    file, model = tmp_path / "predictions.csv", trained(epochs=3)[0].best_model
    with file.open("w", newline="", encoding="utf-8") as out:
        list(label_texts(model, FORMULAS, out, guard=True))
    for row in csv.reader(file.open(encoding="utf-8")):
        assert not row[0].startswith(("=", "+", "-", "@"))
    shown, _ = filtered(file, [task.name for task in model.tasks], Filter())
    assert shown["text"].tolist() == list(FORMULAS)


def test_corrections_hold_no_formula_and_are_read_as_they_were():
    kept = [{"text": text, "labels": {"topic": "=label"}} for text in FORMULAS]
    header, *rows = csv.reader(io.StringIO(as_csv(kept)))
    assert all(cell[0] == "'" for row in rows for cell in row)
    texts, _ = clean_texts([text for text, _ in rows], range(len(rows)))
    assert texts == list(FORMULAS)
