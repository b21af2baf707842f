"""Many sentences on the page: labelled by all tasks of the chosen model, and filtered by them."""

import gradio as gr
import pandas as pd
import pytest

from mtl.runs.store import Runs
from mtl.ui.models import DEFAULT, Models
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
        return ManyPanel(
            models, gr.Dropdown(models.choices(""), value=DEFAULT, label="Model"), gr.BrowserState("")
        )


@pytest.mark.parametrize("key", [DEFAULT, "eight"])
def test_every_task_is_labelled_counted_and_can_be_filtered_by(models, panel, key):
    *_, last = panel.run(LINES, None, key, "")
    tasks = [task.name for task in models.get("", key).tasks]
    assert last[panel.bar]["text"] == "4 of 4 labelled"
    shown = [last[box] for box in panel.labels.boxes]
    assert [box["label"] for box in shown if box["visible"]] == [name.capitalize() for name in tasks]
    assert sum(sum(trace.x) for trace in last[panel.mix].data) == 4 * len(tasks)
    made = last[panel.made]
    assert made["tasks"] == tasks and made["file"] == last[panel.save]
    rows = pd.read_csv(made["file"], keep_default_na=False)
    assert rows["text"].tolist() == [line for line in LINES.splitlines() if line]
    whole = panel.filter(made, False, *[""] * 8)
    assert whole[panel.table]["columns"] == ["text", *tasks] and len(whole[panel.table]["rows"]) == 4
    label = rows[tasks[-1]][0]
    labels = [*[""] * (len(tasks) - 1), label]
    part = panel.filter(made, False, *labels)
    expected = rows["text"][rows[tasks[-1]] == label].tolist()
    assert [row[0] for row in part[panel.table]["rows"]] == expected
    assert part[panel.note].startswith(f"{len(expected)} rows pass")


def test_what_is_not_sure_has_a_mark(panel):
    *_, last = panel.run(LINES, None, DEFAULT, "")
    doubtful = panel.filter(last[panel.made], True, *[""] * 8)[panel.table]["rows"]
    marked = {row[0]: row[1:] for row in doubtful}
    assert marked["qzxv wkjh"] and all(cell.endswith(" ?") for cell in marked["qzxv wkjh"])
    assert "Bring it here." not in marked


def test_labels_of_a_file_that_is_gone_and_no_text_are_told(panel, tmp_path):
    with pytest.raises(gr.Error, match="label the texts again"):
        panel.filter({"file": str(tmp_path / "gone.csv"), "tasks": list(EIGHT)}, False)
    with pytest.raises(gr.Error, match="nothing to label"):
        list(panel.run(" \n ", None, DEFAULT, ""))
