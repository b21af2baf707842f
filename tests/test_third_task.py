"""A third known task is one entry in the registry and a CSV file: nothing else in the project names it."""

import json

import pandas as pd
import pytest

import mtl
from mtl.cli.main import main
from mtl.data.issues import Choice
from mtl.data.table import table_from_frame
from mtl.schema.tasks import KNOWN_TASKS, task_colours
from tests.conftest import INTENT, NEGATIVE, POSITIVE, SENTIMENT

URGENCY = mtl.KnownTask(
    name="urgency",
    labels=("can wait", "urgent"),
    kind="binary",
    closed=True,
    spellings={"can wait": ("low", "later"), "urgent": ("high", "asap")},
    guesses={"urgent": ("today",)},
    column_names=(frozenset({"urgency"}), frozenset({"prio"})),
    colour="#123456",
    form_is_telling=True,
)


@pytest.fixture(autouse=True)
def entry(monkeypatch):
    monkeypatch.setitem(KNOWN_TASKS, URGENCY.name, URGENCY)


@pytest.fixture
def file(tmp_path):
    """Rows of the task in its own spellings, under its own name of a column."""
    pairs = [(text, ("LOW", "later")[i % 2]) for i, text in enumerate(POSITIVE)]
    pairs += [(text, ("high", "ASAP.")[i % 2]) for i, text in enumerate(NEGATIVE)]
    rows = pd.DataFrame(pairs, columns=["text", "Prio"])
    rows.assign(other=["a", "b"] * 24).to_csv(tmp_path / "rows.csv", index=False)
    return tmp_path / "rows.csv"


@pytest.fixture
def model(file, encoder):
    return mtl.train(
        {"urgency": file},
        sentiment=SENTIMENT,
        encoder=encoder,
        freeze="heads",
        epochs=5,
        batch_size=8,
        augmentation="off",
    )


def test_its_spellings_guesses_and_column_name_count(file):
    report = mtl.examine(file, "urgency")
    assert report.counts() == {"can wait": 24, "urgent": 24}
    assert report.rows().task == mtl.Task("urgency", ("can wait", "urgent"), "binary")
    assert [(issue.kind, issue.what) for issue in report.issues] == [("other_columns", "column 'other'")]
    # For another task the column is not taken.
    assert [column.task for column in mtl.label_columns(mtl.read_table(file))] == ["urgency", "other"]
    assert mtl.examine(file, "intent").rows().task.labels == ("a", "b")
    unclear = table_from_frame(pd.DataFrame({"text": ["a", "b"], "prio": ["today", "high"]}))
    (issue,) = [issue for issue in mtl.examine(unclear, "urgency").issues if issue.severity == "choice"]
    assert (
        issue.action == "say which mean can wait or urgent, and which to leave out (probably today = urgent)"
    )
    chosen = mtl.examine(unclear, "urgency", Choice(labels=(("today", "low"),)))
    assert dict(chosen.pairs) == {"a": "can wait", "b": "urgent"}


def test_its_augmentation_is_what_the_entry_says(file):
    parts = mtl.parts_for(mtl.labelled_rows({"urgency": file, "sentiment": SENTIMENT}), mtl.TrainConfig())
    assert parts.tasks["urgency"].copies > 20
    assert parts.tasks["sentiment"].copies == 0


def test_it_has_its_colour_and_leaves_the_cycle_to_others():
    colours = task_colours(["sentiment", "urgency", "topic"])
    assert colours["urgency"] == URGENCY.colour
    assert len(set(colours.values())) == 3


def test_it_is_trained_predicted_explained_saved_and_loaded(model, encoder, tmp_path):
    assert [task.name for task in model.tasks] == ["urgency", "sentiment"]
    text = NEGATIVE[0]
    (prediction,) = model.predict([text])
    assert set(prediction.tasks["urgency"].scores) == {"can wait", "urgent"}
    assert prediction.tasks["urgency"].label == "urgent"
    explanation = mtl.explain(model, text)
    assert explanation.prediction.tasks["urgency"].label == "urgent"
    assert set(explanation.tasks) == {"urgency", "sentiment"}
    loaded = mtl.load_model(mtl.save_model(model, tmp_path / "model"), encoder)
    assert loaded.tasks == model.tasks
    assert loaded.predict([text])[0].to_dict() == prediction.to_dict()
    facts = json.loads((tmp_path / "model" / "model.json").read_text("utf-8"))
    assert "urgency" in json.dumps(facts)


def test_the_command_line_has_its_options(file, tmp_path, capsys):
    tests = tmp_path / "tests.csv"
    tests.write_text("text,urgency\nThe lift is stuck,asap\nA quiet day,low\n", "utf-8")
    INTENT.to_csv(tmp_path / "intent.csv", index=False)
    given = ["train", "--urgency", file, "--test-urgency", tests, "--intent", tmp_path / "intent.csv"]
    given += ["--out", tmp_path / "model", "--freeze", "heads", "--epochs", "1", "--json"]
    assert main([str(argument) for argument in given]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert events[0]["labels"]["urgency"] == ["can wait", "urgent"]
    (report,) = [event for event in events if event["event"] == "report"]
    assert report["tasks"]["urgency"]["source"] == "test"
    assert main(["check", str(file), "--task", "urgency"]) == 0
    assert "rows.csv: 48 urgency rows can be used" in capsys.readouterr().out
