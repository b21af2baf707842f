"""Many sentences on the page: labelled by all tasks of the chosen model, and filtered by them."""

import gradio as gr
import pandas as pd
import pytest

from mtl.model.predictions import Filter
from mtl.runs.store import Runs
from mtl.schema.tasks import serving_tasks
from mtl.ui.models import DEFAULT, Models
from mtl.ui.predict.corrections_panel import CorrectionsPanel
from mtl.ui.predict.labelled import Made, labelled_rows
from mtl.ui.predict.many import ManyPanel
from tests.ui.eight_tasks import EIGHT, eight_tasks_on

LINES = "Where is it?\nBring it here.\nI hate it.\n\nqzxv wkjh"


@pytest.fixture(scope="module")
def models(encoder, tmp_path_factory):
    runs = Runs(tmp_path_factory.mktemp("runs"), None)
    made = Models(encoder, runs)
    made._always["eight"] = eight_tasks_on(encoder)
    yield made
    runs.close()


@pytest.fixture(scope="module")
def panel(models):
    with gr.Blocks():
        return ManyPanel(models, CorrectionsPanel(models, gr.BrowserState([])))


def _run(panel, lines=LINES, file=None, column=None, key=DEFAULT):
    *_, last = panel.run(lines, file, column, key, "")
    return last


@pytest.mark.parametrize("key", [DEFAULT, "eight"])
def test_every_task_is_labelled_counted_and_can_be_filtered_by(models, panel, key):
    last = _run(panel, key=key)
    tasks = [task.name for task in models.get("", key).tasks]
    assert last[panel.bar]["text"] == "4 of 4 labelled"
    shown = [last[box] for box in panel.labels.boxes]
    assert [box["label"] for box in shown if box["visible"]] == [name.capitalize() for name in tasks]
    assert sum(sum(trace.x) for trace in last[panel.mix].data) == 4 * len(tasks)
    made = last[panel.made]
    assert made["tasks"] == tasks and made["file"] == last[panel.save]["value"]
    rows = pd.read_csv(made["file"], keep_default_na=False)
    assert rows["text"].tolist() == [line for line in LINES.splitlines() if line]
    whole = panel.filter(made, False, False, *[""] * 8)
    # What only serves another task is in the file, and not on the page.
    told = [name for name in tasks if name not in serving_tasks(tasks)]
    assert whole[panel.table]["columns"] == ["text", *told] and len(whole[panel.table]["rows"]) == 4
    label = rows[tasks[-1]][0]
    labels = [*[""] * (len(tasks) - 1), label]
    part = panel.filter(made, False, False, *labels)
    expected = rows["text"][rows[tasks[-1]] == label].tolist()
    assert [row["text"] for row in part[panel.table]["rows"]] == expected
    assert part[panel.note].startswith(f"{len(expected)} row")


def test_what_is_not_sure_is_doubtful_and_the_least_confident_can_come_first(panel):
    made = _run(panel)[panel.made]
    doubtful = panel.filter(made, True, False, *[""] * 8)[panel.table]["rows"]
    marked = {row["text"]: [answer["kind"] for answer in row["answers"]] for row in doubtful}
    assert marked["qzxv wkjh"] == ["doubtful", "doubtful"]
    assert "Bring it here." not in marked
    ordered = panel.filter(made, False, True, *[""] * 8)[panel.table]["rows"]
    rows = pd.read_csv(made["file"])
    lowest = rows[["sentiment_confidence", "intent_confidence"]].min(axis=1)
    assert [row["text"] for row in ordered] == rows["text"][lowest.sort_values().index].tolist()


def test_a_new_labelling_clears_what_the_last_one_left(panel):
    begun, *_ = panel.run(LINES, None, None, DEFAULT, "")
    assert begun[panel.table]["rows"] == [] and begun[panel.note] == "" and begun[panel.made] is None
    assert begun[panel.save] == {"value": None, "interactive": False, "__type__": "update"}
    assert not begun[panel.form]["visible"] and begun[panel.bar]["text"] == "0 of 4 labelled"


@pytest.fixture
def orders(tmp_path):
    file = tmp_path / "orders.csv"
    file.write_text("No.,Customer wrote,Notes\n007,Where is it?,a long note\n8,Stop it now!,\n", "utf-8")
    return str(file)


def test_the_column_of_texts_is_chosen_with_a_preview(panel, orders):
    column, preview = panel._input._column, panel._input._preview
    looked = panel._input.look(orders)
    names = ["No.", "Customer wrote", "Notes"]
    assert looked[column]["choices"] == list(zip(names, map(str.lower, names), strict=True))
    assert looked[column]["value"] == "customer wrote"
    shown = panel._input.choose(orders, "notes")[preview]
    assert [cell["text"] for cell in shown["columns"]] == names
    assert [cell["kind"] for cell in shown["rows"][0]] == ["", "", "chosen"]
    assert not panel._input.look(None)[column]["visible"]


def test_all_columns_come_back(panel, orders):
    made = _run(panel, file=orders, column="customer wrote")[panel.made]
    rows = pd.read_csv(made["file"], dtype=str, keep_default_na=False)
    assert rows.columns[:5].tolist() == [
        *("No.", "Customer wrote", "Notes"),
        *("sentiment", "sentiment_confidence"),
    ]
    assert rows["No."].tolist() == ["007", "8"]
    table = panel.filter(made, False, False)[panel.table]
    assert [row["text"] for row in table["rows"]] == ["Where is it?", "Stop it now!"]
    assert table["rows"][1]["answers"][1]["label"] == "command"
    other = _run(panel, file=orders, column="notes")[panel.made]
    assert other["text"] == "Notes"


def test_a_row_is_corrected_in_the_labels_of_the_model_that_labelled_it(panel):
    made = _run(panel, key="eight")[panel.made]
    table = panel.filter(made, False, False)[panel.table]
    event = type("Press", (), {"_data": {"row": 2}})()
    picked = panel.pick(table, made, "", event)
    assert picked[panel.picked] == "I hate it." and picked[panel.form]["visible"]
    assert [picked[box]["label"] for box in panel.right.boxes] == [
        f"{n.capitalize()} should be" for n in EIGHT
    ]
    kept = [{"text": "Open it", "labels": {"intent": "command"}}]
    updates = panel.correct(kept, "I hate it.", "", made, "negative", "", "battery", *[""] * 5)
    assert updates[panel._corrections.kept][1] == {
        "text": "I hate it.",
        "labels": {"sentiment": "negative", "topic": "battery"},
    }
    assert updates[panel.train]["value"] == "Train with 2 corrections" and updates[panel.train]["visible"]
    with pytest.raises(gr.Error, match="choose what it should be"):
        panel.correct(kept, "I hate it.", "", made, *[""] * 8)


def test_an_answer_without_what_it_needs_says_so(tmp_path):
    file = tmp_path / "made.csv"
    head = "text,sentiment,sentiment_confidence,sentiment_sure,opinion,opinion_confidence,opinion_sure"
    file.write_text(
        f"{head},out_of_distribution,truncated\n"
        "At 3 pm,negative,.8,True,no opinion,.9,True,False,False\n"
        "I hate it,negative,.999,True,opinion,.9,True,False,False\n"
    )
    made = Made(file=str(file), model=DEFAULT, tasks=["sentiment", "opinion"], text="text")
    table, _ = labelled_rows(made, Filter())
    assert table["columns"] == ["text", "sentiment"]
    assert [row["answers"][0]["label"] for row in table["rows"]] == ["No clear feeling", "negative"]
    assert table["rows"][1]["answers"][0]["percent"] == "> 99%"


def test_labels_of_a_file_that_is_gone_and_no_text_are_told(panel, tmp_path):
    gone = {"file": str(tmp_path / "gone.csv"), "model": DEFAULT, "tasks": list(EIGHT), "text": "text"}
    with pytest.raises(gr.Error, match="label the texts again"):
        panel.filter(gone, False, False)
    with pytest.raises(gr.Error, match="nothing to label"):
        list(panel.run(" \n ", None, None, DEFAULT, ""))
