"""The commands that say how far rows and models can be trusted: their JSON, and how they refuse."""

import json

import pandas as pd
import pytest

from mtl.cli.main import main
from mtl.model.checkpoint import load_model, save_model
from tests.conftest import INTENT, SENTIMENT


@pytest.fixture
def call(capsys):
    """Runs a command, and returns its exit status and what it printed on both ways out."""

    def run(*arguments):
        status = main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


@pytest.fixture
def model(trained, tmp_path):
    """A folder with a model of both tasks."""
    return save_model(trained(epochs=3)[0].best_model, tmp_path / "model")


@pytest.fixture
def wrong(tmp_path):
    """A file in which the labels of two rows are wrong, the ninth and the fiftieth with the header."""
    rows = pd.concat([INTENT, INTENT.iloc[:0]]).copy()
    rows.loc[7, "label"] = "command"
    rows.loc[30, "label"] = "question"
    rows.to_csv(tmp_path / "wrong.csv", index=False)
    return tmp_path / "wrong.csv"


# check --labels


def test_suspects_are_named_by_their_row_in_the_file(call, wrong):
    status, out, _ = call("check", wrong, "--task", "intent", "--labels", "--json")
    found = json.loads(out)
    assert (status, list(found)) == (0, ["suspects"])
    for one in found["suspects"]:
        assert set(one) == {"row", "text", "label", "suggested", "probability"}
        row = pd.read_csv(wrong).iloc[one["row"] - 2]
        assert (row.text, row.label) == (one["text"], one["label"])
    assert 9 in [one["row"] for one in found["suspects"]]
    _, shown, _ = call("check", wrong, "--task", "intent", "--labels")
    assert "row 9: " in shown


def test_suspects_of_one_label_column_need_no_task_and_of_several_do(call, tmp_path):
    rows = SENTIMENT.rename(columns={"label": "sentiment"})
    rows.to_csv(tmp_path / "one.csv", index=False)
    assert call("check", tmp_path / "one.csv", "--labels", "--json")[0] == 0
    rows.assign(topic=["bill", "parcel"] * 24).to_csv(tmp_path / "two.csv", index=False)
    status, _, err = call("check", tmp_path / "two.csv", "--labels")
    assert status == 2
    assert "2 columns of labels (sentiment, topic): say which labels to look at (--task NAME)" in err


# suggest


def test_labels_of_a_file_to_suggest_from_are_not_read_and_it_says_so(call, tmp_path):
    SENTIMENT.to_csv(tmp_path / "texts.csv", index=False)
    status, out, err = call("suggest", tmp_path / "texts.csv", "-n", 2, "--json")
    assert (status, len(json.loads(out))) == (0, 2)
    assert "texts.csv has labels (label): they are not read\n" in err


def test_many_equal_rows_are_refused_in_a_line(call, tmp_path):
    (tmp_path / "same.csv").write_text("text,mood\n" + "Where is it?,calm\n" * 50_000)
    for command in (
        ("check", tmp_path / "same.csv", "--labels"),
        ("forecast", "--task", f"mood={tmp_path / 'same.csv'}"),
    ):
        status, _, err = call(*command)
        assert status == 2 and err.count("\n") == 1
    assert "mood needs 2 to 200 different labels, got 1: calm" in err


def test_suggestions_are_rows_of_the_file(call, tmp_path, model):
    SENTIMENT[["text"]].to_csv(tmp_path / "texts.csv", index=False)
    for more in ((), ("--model", model), ("--model", model, "--task", "intent")):
        status, out, _ = call("suggest", tmp_path / "texts.csv", "-n", 5, "--json", *more)
        found = json.loads(out)
        assert (status, len(found)) == (0, 5)
        for one in found:
            assert set(one) == {"row", "text", "why"}
            assert SENTIMENT.text.iloc[one["row"] - 2] == one["text"]


@pytest.mark.parametrize(
    "lines, more, why",
    [
        (["text", '""', '""'], (), "texts.csv"),
        (["note,number", "hello there,1"], (), "no column of texts"),
        (["text", *["the same"] * 30], (), "all 30 texts are equal"),
        (["text", "one", "two"], ("--text-column", "words"), "no column 'words'"),
        (["text", "one", "two"], ("--task", "intent"), "--task goes with --model"),
        (["text", "one", "two"], ("-n", "0"), "ask for 1 at least"),
    ],
    ids=["empty", "column", "equal", "named", "task", "none"],
)
def test_a_file_without_anything_to_suggest_is_refused(call, tmp_path, lines, more, why):
    (tmp_path / "texts.csv").write_text("\n".join(lines), "utf-8")
    status, out, err = call("suggest", tmp_path / "texts.csv", *more)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert why in err


# forecast


def test_a_forecast_by_task_says_why_it_cannot_tell(call, files):
    status, out, _ = call("forecast", "--sentiment", files["sentiment"], "--json")
    assert status == 0
    found = json.loads(out)["sentiment"]
    assert found["points"] == found["forecast"] == []
    assert "too few" in found["reason"]
    assert "cannot tell" in call("forecast", "--sentiment", files["sentiment"])[1]


def test_a_forecast_in_json(call, tmp_path):
    texts = [f"{text} {more}" for more in ("today", "again", "they say") for text in SENTIMENT.text]
    pd.DataFrame({"text": texts, "label": [*SENTIMENT.label] * 3}).to_csv(tmp_path / "rows.csv", index=False)
    _, out, _ = call("forecast", "--sentiment", tmp_path / "rows.csv", "--json")
    found = json.loads(out)["sentiment"]
    assert set(found) == {"points", "forecast"}
    assert all(set(point) == {"rows", "accuracy"} for point in found["points"])
    assert all(set(seen) == {"rows", "accuracy", "low", "high"} for seen in found["forecast"])
    assert [seen["rows"] for seen in found["forecast"]] == [288, 576]


# promise


@pytest.fixture
def unseen(model, encoder, tmp_path):
    """60 rows with the labels that the model gives them: it is right in all of them."""
    texts = [f"{text} indeed" for text in SENTIMENT.text] + [f"{text} {text}" for text in SENTIMENT.text[:12]]
    labels = [one.tasks["sentiment"].label for one in load_model(model, encoder).predict(texts)]
    pd.DataFrame({"text": texts, "label": labels}).to_csv(tmp_path / "unseen.csv", index=False)
    return tmp_path / "unseen.csv"


def test_a_promise_is_made_kept_and_kept_by_predictions(call, model, unseen, encoder):
    asked = ("promise", model, "--task", "sentiment", "--at-least", 0.95, "--csv", unseen)
    status, out, _ = call(*asked, "--json")
    found = json.loads(out)
    assert (status, set(found)) == (0, {"possible", "threshold", "coverage", "rows_needed"})
    assert (found["possible"], found["coverage"]) == (True, 1.0)
    assert load_model(model, encoder).promises == {}
    assert "promised: at least 95.0%" in call(*asked, "--save")[1]
    promise = load_model(model, encoder).promises["sentiment"]
    assert promise.threshold == found["threshold"]
    text = min(pd.read_csv(unseen).text, key=len)
    told = json.loads(call("predict", text, "--model", model, "--json")[1])[0]
    assert told["sentiment"]["abstains"] == (max(told["sentiment"]["scores"].values()) < promise.threshold)


def test_a_model_that_abstains_says_ask_a_person(call, model):
    facts = json.loads((model / "model.json").read_text("utf-8"))
    never = {"at_least": 0.99, "threshold": 1.0, "coverage": 0.1, "confidence": 0.9, "rows": 99}
    (model / "model.json").write_text(json.dumps({**facts, "promises": {"sentiment": never}}), "utf-8")
    assert "sentiment  ask a person (" in call("predict", "Is it good?", "--model", model)[1]


def test_rows_that_cannot_support_a_promise_say_how_many_could(call, model, unseen):
    asked = ("promise", model, "--task", "sentiment", "--at-least", 0.99, "--csv", unseen)
    status, out, _ = call(*asked, "--json")
    found = json.loads(out)
    assert (status, found["possible"], found["threshold"]) == (0, False, None)
    assert found["rows_needed"] > 60
    status, out, err = call(*asked, "--save")
    assert (status, out.count("too few")) == (2, 1)
    assert "none to keep" in err


def test_of_several_tasks_one_is_named(call, model, unseen):
    status, _, err = call("promise", model, "--at-least", 0.9, "--csv", unseen)
    assert (status, "2 tasks (sentiment, intent): say which" in err) == (2, True)


# because


def test_shares_of_rows_in_json(call, files):
    _, out, _ = call("because", "A lovely film", "--sentiment", files["sentiment"], "-n", 60, "--json")
    found = json.loads(out)
    assert found["bias"] + sum(one["share"] for one in found["shares"]) == pytest.approx(
        found["logit"], abs=1e-6
    )
    assert set(found["shares"][0]) == {"row", "text", "label", "share"}


# test


def test_expectations_decide_the_exit_status(call, model, encoder, tmp_path):
    said = load_model(model, encoder).predict(["A lovely film"])[0].tasks["sentiment"].label
    other = {"positive": "negative", "negative": "positive"}[said]
    for label, status in ((said, 0), (other, 1), ("great", 2)):
        (tmp_path / "tests.csv").write_text(f"text,task,expect\nA lovely film,sentiment,{label}\n", "utf-8")
        assert call("test", model, tmp_path / "tests.csv")[0] == status
    (tmp_path / "tests.csv").write_text(f"text,task,expect\nA lovely film,sentiment,{other}\n", "utf-8")
    status, out, _ = call("test", model, tmp_path / "tests.csv", "--before", model, "--json")
    found = json.loads(out)
    assert (status, found["expectations"], found["newly_broken"], found["newly_mended"]) == (1, 1, [], [])
    assert found["broken"][0]["row"] == 2
    assert found["broken"][0]["answer"] == said
