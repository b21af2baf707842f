"""Boxes for files: those of known tasks, and further ones under a name."""

from pathlib import Path

import gradio as gr
import pytest

from mtl.ui.train.task_files import TaskFiles, further_name


@pytest.fixture(scope="module")
def files():
    with gr.Blocks():
        return TaskFiles()


def _values(files, **given):
    empty = {files._added: {}, files._used: [], files._name: "", files._file: None}
    return {**dict.fromkeys(files._boxes.values()), **empty} | {
        getattr(files, f"_{name}"): value for name, value in given.items()
    }


def test_known_tasks_have_boxes(files):
    assert [(box.label, box.elem_id) for box in files._boxes.values()] == [
        ("Sentiment CSV", "sentiment-file"),
        ("Intent CSV", "intent-file"),
    ]
    with gr.Blocks():
        tests = TaskFiles("test")
    assert [(box.label, box.elem_id) for box in tests._boxes.values()] == [
        ("Sentiment test CSV", "sentiment-test-file"),
        ("Intent test CSV", "intent-test-file"),
    ]


def test_a_file_is_added_under_its_name_and_can_be_left_out(files):
    update = files._add(_values(files, name=" Topic ", file="/tmp/t.csv"))
    assert update[files._added] == {"topic": "/tmp/t.csv"}
    assert update[files._used] == gr.update(choices=["topic"], value=["topic"], visible=True)
    assert (update[files._name], update[files._file]) == ("", None)
    kept = {"added": {"topic": "/tmp/t.csv", "tone": "/tmp/o.csv"}}
    assert list(files.read(_values(files, **kept, used=["tone"]))) == ["tone"]
    again = files._add(_values(files, **kept, used=["topic"], name="topic", file="/tmp/new.csv"))
    assert again[files._added]["topic"] == "/tmp/new.csv"
    assert again[files._used]["value"] == ["topic"]


def test_kept_files_fill_the_boxes_again(files):
    given = {"intent": Path("/tmp/i.csv"), "topic": Path("/tmp/t.csv")}
    filled = files.fill(given)
    assert set(filled) == set(files.inputs)
    read = {
        box: value["value"] if isinstance(value, dict) and "value" in value else value
        for box, value in filled.items()
    }
    assert files.read(read) == given
    assert files.fill({})[files._used]["visible"] is False


def test_boxes_come_before_further_files(files):
    values = _values(files, added={"topic": "/tmp/t.csv"}, used=["topic"])
    values[files._boxes["intent"]] = "/tmp/i.csv"
    assert {name: file.name for name, file in files.read(values).items()} == {
        "intent": "i.csv",
        "topic": "t.csv",
    }


@pytest.mark.parametrize(
    ("name", "file", "reason"),
    [
        ("topic", None, "There is no file for topic yet: upload one, then press Add."),
        ("", "/tmp/t.csv", "is no name of a task: use letters"),
        ("combined", "/tmp/t.csv", "A task cannot be called"),
        ("Intent", "/tmp/t.csv", "Intent has a box of its own: upload the file there."),
    ],
)
def test_what_cannot_be_added_is_refused_with_the_reason(files, name, file, reason):
    with pytest.raises(gr.Error) as error:
        files._add(_values(files, name=name, file=file))
    assert reason in error.value.message


def test_a_name_is_cleaned():
    assert further_name("  Customer   Topic ") == "customer topic"
