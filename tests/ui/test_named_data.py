"""The box for a data set by its name: there only where the host allows it, and then like an upload."""

from importlib.util import find_spec

import gradio as gr
import pandas as pd
import pytest

from mtl.ui.train import named_data
from mtl.ui.train.data_panel import DataPanel
from mtl.ui.train.kept_form import KeptForm, KeptForms
from mtl.ui.train.picked import OWN, Picked
from tests.conftest import INTENT, SENTIMENT

with_datasets = pytest.mark.skipif(find_spec("datasets") is None, reason="needs the extra [datasets]")


def _panel():
    with gr.Blocks() as page:
        panel = DataPanel()
        with panel.folds.panel("tests"):
            pass
        panel.wire()
    return page, panel


@pytest.fixture
def offered(limited, monkeypatch):
    """A panel whose box takes the path of a folder, too, as if it were a name."""
    limited(datasets="on")
    monkeypatch.setattr(named_data, "checked_name", lambda name: name)
    return _panel()[1]


def _values(panel, **more):
    """What the components of the panel hold when the page is opened."""
    boxes = [*panel.inputs, panel._named._name, panel._opened]
    return {box: getattr(box, "value", None) for box in boxes} | more


def _loaded(panel, folder, values=None):
    """What the components hold once the data set was loaded."""
    values = values or {**_values(panel), panel._choice: OWN}
    updates = panel._named.load({**values, panel._named._name: str(folder)})
    plain = {box: u["value"] if isinstance(u, dict) and "__type__" in u else u for box, u in updates.items()}
    return {**values, **plain}


def _folder(path, **columns):
    path.mkdir()
    pd.DataFrame(columns).to_csv(path / "train.csv", index=False)
    return path


@pytest.mark.parametrize("allowed", [False, pytest.param(True, marks=with_datasets)])
def test_nothing_of_it_is_on_the_page_unless_the_host_allows_it(limited, allowed):
    limited(datasets="on" if allowed else "off")
    page, _ = _panel()
    said = str(page.get_config_file())
    assert ("named-data" in said, "Hugging Face" in said) == (allowed, allowed)


@with_datasets
def test_a_path_is_refused(limited, tmp_path):
    limited(datasets="on")
    _, panel = _panel()
    rows = _folder(tmp_path / "rows", text=SENTIMENT["text"], label=SENTIMENT["label"])
    for name in (str(rows), "../rows", ""):
        with pytest.raises(gr.Error, match="is no data set: use sst2, trec, banking77"):
            _loaded(panel, name)
    limited(datasets="off")  # as who calls the function of a page that has it no more
    with pytest.raises(gr.Error, match="This page loads no data sets by name"):
        _loaded(panel, "sst2")


@with_datasets
def test_rows_are_examined_as_a_file_and_their_credit_reaches_the_card(offered, tmp_path):
    folder = _folder(tmp_path / "moods", text=SENTIMENT["text"], label=SENTIMENT["label"])
    (folder / "README.md").write_text("---\nlicense: cc-by-4.0\n---\n")
    values = _loaded(offered, folder)
    picked = offered.read(values)
    (rows,) = picked.rows()
    assert (rows.task.name, len(rows.texts)) == ("moods", len(SENTIMENT))
    credit = f"moods (train): {len(SENTIMENT)} rows; licence: cc-by-4.0; cite: see its page"
    assert picked.credit == values[offered._named._found][0]["text"] == credit
    assert Picked(choice="Small set", credits=picked.credits).credit == ""
    kept = KeptForms(tmp_path / "runs")
    kept.save("me", KeptForm(picked=picked))
    assert kept.load("me").picked.credit == credit
    assert offered.fill(kept.load("me").picked)[offered._named.credits] == picked.credits


@with_datasets
def test_several_columns_of_labels_stand_alone(offered, tmp_path):
    urgency = ["low", "high"] * (len(INTENT) // 2)
    both = _folder(tmp_path / "both", text=INTENT["text"], intent=INTENT["label"], urgency=urgency)
    given = [box for box in offered.inputs if isinstance(box, gr.File)]
    values = {**_values(offered), offered._choice: OWN, given[1]: str(both / "train.csv")}
    picked = offered.read(_loaded(offered, both, values))
    assert set(picked.files) == {"sentiment"}  # the box of a known task, the others empty
    assert set(picked.sources()) == {"intent", "urgency"} and picked.credit.startswith("both (train)")
