"""The command line, in process: what it prints, what it writes, and how it refuses."""

import contextlib
import csv
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mtl.cli import train_commands
from mtl.cli.main import main
from mtl.model.archive import FORMER_REPORT, LIMITS
from mtl.model.checkpoint import load_model, save_model
from mtl.model.files import model_facts
from tests.conftest import INTENT, SENTIMENT

ROOT = Path(__file__).parents[2]
SHORT = ("--freeze", "heads", "--epochs", "2", "--batch-size", "8")
LOSSES = {"combined", "sentiment", "intent"}
SCORES = {f"{task}_{score}" for task in ("sentiment", "intent") for score in ("accuracy", "macro_f1")}


@pytest.fixture
def call(capsys):
    """Runs a command that must succeed, and returns what it printed."""

    def run(*arguments):
        assert main([str(argument) for argument in arguments]) == 0
        return capsys.readouterr().out

    return run


@pytest.fixture
def refusal(capsys):
    """Runs a command that must fail, and returns its one line on standard error."""

    def run(*arguments):
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as end:
            status = end.code
        captured = capsys.readouterr()
        assert status == 2
        assert captured.err.count("\n") == 1
        assert captured.err.endswith("\n")
        return captured.err.rstrip("\n")

    return run


@pytest.fixture(scope="module")
def model(trained, tmp_path_factory):
    """A folder with a model of both tasks."""
    return save_model(trained(epochs=3)[0].best_model, tmp_path_factory.mktemp("cli") / "model")


@pytest.fixture
def joint(tmp_path):
    """A file with columns for three tasks, and one that no head could learn."""
    rows = SENTIMENT.rename(columns={"label": "sentiment"}).assign(
        topic=["bill", "parcel", "repair"] * 16, urgency=["low", "high"] * 24, ticket=range(100, 148)
    )
    rows.loc[::6, "topic"] = ""
    rows.to_csv(tmp_path / "joint.csv", index=False)
    return tmp_path / "joint.csv"


# train


@pytest.fixture(scope="module")
def training(encoder, files, tmp_path_factory):
    """The events that `train --json` printed, and the folder that it wrote."""
    out, printed = tmp_path_factory.mktemp("training") / "model", io.StringIO()
    with contextlib.redirect_stdout(printed):
        status = main(
            ["train", "--sentiment", str(files["sentiment"]), "--intent", str(files["intent"])]
            + ["--out", str(out), "--json", *SHORT, "--freeze", "last-1", "--encoder-lr", "3e-5"]
        )
    assert status == 0
    return [json.loads(line) for line in printed.getvalue().splitlines()], out


def test_train_prints_one_json_object_per_event(training):
    events, _ = training
    kinds = [event["event"] for event in events]
    assert kinds == ["run_started", "stage_started", *["epoch_end"] * 3, "stage_ended", "report", "run_end"]


def test_an_epoch_in_json_has_losses_and_scores(training):
    for epoch in [event for event in training[0] if event["event"] == "epoch_end"]:
        assert {"stage", "epoch", "train", "validation", "seconds"} <= set(epoch)
        assert set(epoch["train"]) == LOSSES
        assert set(epoch["validation"]) == LOSSES | SCORES


def test_the_end_in_json_names_the_model(training):
    events, out = training
    end = events[-1]
    assert {"status", "best_epoch", "scores", "seconds", "model"} <= set(end)
    assert (end["status"], end["model"]) == ("finished", str(out))
    assert set(end["scores"]) == {"sentiment", "intent"}


def test_the_settings_that_were_given_are_used(training):
    config = training[0][0]["config"]
    assert (config["freeze"], config["epochs"], config["batch_size"]) == ("last-1", 2, 8)
    assert config["encoder_lr"] == 3e-5


def test_the_folder_holds_model_facts_and_history(training, encoder):
    events, out = training
    assert {file.name for file in out.iterdir()} == set(LIMITS) - {FORMER_REPORT}
    assert model_facts(out)["best_epoch"] == events[-1]["best_epoch"]
    assert model_facts(out)["changed_blocks"] == [6]
    history = pd.read_csv(out / "history.csv")
    assert history["epoch"].tolist() == [0, 1, 2]
    printed = [event["validation"]["combined"] for event in events if event["event"] == "epoch_end"]
    assert history["validation_combined"].tolist() == pytest.approx(printed, abs=1e-6)
    assert load_model(out, encoder).predict(["Hello"])[0].text == "Hello"


def test_train_without_json_says_the_same_in_words(call, files, tmp_path):
    out = call("train", "--intent", files["intent"], "--out", tmp_path / "model", *SHORT)
    assert "intent: 39 rows train, 9 validate" in out or "intent: 38 rows train, 10 validate" in out
    assert "epoch   2  loss" in out
    assert "finished: all epochs done. Best epoch" in out
    assert "sentiment" not in out


def test_train_takes_one_file_for_both_tasks(call, tmp_path):
    rows = INTENT.rename(columns={"label": "intent"}).assign(sentiment=SENTIMENT["label"])
    rows.to_csv(tmp_path / "both.csv", index=False)
    out = call("train", "--data", tmp_path / "both.csv", "--out", tmp_path / "model", "--json", *SHORT)
    assert set(json.loads(out.splitlines()[0])["rows"]) == {"sentiment", "intent"}


def test_train_takes_a_file_with_several_label_columns_and_files_beside_it(call, joint, tmp_path):
    INTENT.to_csv(tmp_path / "form.csv", index=False)
    out = call(
        *("train", "--data", joint, "--learn", "topic, urgency", "--task", f"form={tmp_path / 'form.csv'}"),
        *("--out", tmp_path / "model", "--json", *SHORT),
    )
    events = [json.loads(line) for line in out.splitlines()]
    assert list(events[0]["rows"]) == ["topic", "urgency", "form"]
    assert events[0]["labels"]["topic"] == ["bill", "parcel", "repair"]
    assert set(events[-1]["scores"]) == {"topic", "urgency", "form"}
    (prediction,) = json.loads(call("predict", "Hello", "--model", tmp_path / "model", "--json"))
    assert set(prediction) == {"text", "topic", "urgency", "form", "truncated", "out_of_distribution"}
    printed = call("predict", "--csv", joint, "--model", tmp_path / "model")
    assert printed.splitlines()[0] == (
        "text,sentiment,topic (given),urgency (given),ticket,topic,topic_confidence,topic_sure,"
        "topic_p_bill,topic_p_parcel,topic_p_repair,urgency,urgency_confidence,urgency_sure,urgency_p_high,urgency_p_low,"
        "form,form_confidence,form_sure,form_p_command,form_p_exclamation,form_p_question,form_p_statement,"
        "out_of_distribution,truncated"
    )
    # Of the file, the tasks that the model has are evaluated.
    scores = json.loads(call("evaluate", "--data", joint, "--model", tmp_path / "model", "--json"))
    assert set(scores) == {"topic", "urgency"}


def test_the_short_options_of_known_tasks_mean_the_long_ones(call, files, tmp_path):
    tests = tmp_path / "tests.csv"
    tests.write_text("text,label\nIs it late?,question\nSit,command\n", "utf-8")
    given = ("train", "--json", *SHORT, "--seed", "3", "--out")
    short = call(*given, tmp_path / "a", "--intent", files["intent"], "--test-intent", tests)
    long = call(*given, tmp_path / "b", "--task", f"Intent={files['intent']}", "--test", f"intent={tests}")

    def losses(out):
        return [e["validation"] for e in map(json.loads, out.splitlines()) if e["event"] == "epoch_end"]

    assert losses(short) == losses(long)


def test_corrections_join_the_training_rows(call, refusal, files, tmp_path, capsys):
    file = tmp_path / "corrections.csv"
    given = ("train", "--intent", files["intent"], "--out", tmp_path / "model", "--corrections", file)
    file.write_text("who,intent\nme,command\n", "utf-8")
    assert "corrections.csv has no column of texts (its columns: who, intent)" in refusal(*given)
    file.write_text("text,topic\nFetch it,dogs\n", "utf-8")
    assert "there are no corrections of intent, only of topic" in refusal(*given)
    file.write_text("text,intent,topic\nFetch it at once,command,dogs\n", "utf-8")
    assert main([str(argument) for argument in (*given, "--json", *SHORT)]) == 0
    printed = capsys.readouterr()
    assert "corrections.csv: column 'topic' is not read, no topic head is trained" in printed.err
    notes = json.loads(printed.out.splitlines()[0])["notes"]
    assert any(note.startswith("corrections that train") and note.endswith(": 1") for note in notes)


def test_the_report_s_preset_can_be_changed_in_parts(call, files, tmp_path):
    out = call(
        *("train", "--intent", files["intent"], "--out", tmp_path / "model", "--json"),
        *("--preset", "report", "--epochs", 1),
    )
    config = json.loads(out.splitlines()[0])["config"]
    assert (config["head_lr"], config["head_input"], config["epochs"]) == (5e-5, "embedding", 1)


def test_settings_of_a_file_can_be_changed_in_parts(call, refusal, files, tmp_path):
    (tmp_path / "s.json").write_text('{"epochs": 7, "seed": 5, "schedule": "constant"}', "utf-8")
    given = ("train", "--intent", files["intent"], "--config", tmp_path / "s.json")
    out = call(*given, "--out", tmp_path / "model", "--json", "--epochs", 1, "--freeze", "heads")
    config = json.loads(out.splitlines()[0])["config"]
    assert (config["epochs"], config["seed"], config["schedule"]) == (1, 5, "constant")
    (tmp_path / "s.json").write_text('{"speed": 7}', "utf-8")
    assert "s.json: unknown setting 'speed'" in refusal(*given, "--out", tmp_path / "other")


def test_training_goes_on_from_a_model(call, files, model, tmp_path):
    out = call(
        *("train", "--intent", files["intent"], "--from", model, "--out", tmp_path / "model", "--json"),
        *SHORT,
    )
    first = next(json.loads(line) for line in out.splitlines() if "epoch_end" in line)
    assert first["train"]["intent"] < 1.0  # below ln 4: not a fresh head


def test_a_full_folder_is_written_into_when_asked(call, files, tmp_path):
    (tmp_path / "note.txt").write_text("mine", "utf-8")
    call("train", "--intent", files["intent"], "--out", tmp_path, "--overwrite", "--json", *SHORT)
    assert (tmp_path / "note.txt").read_text("utf-8") == "mine"
    assert (tmp_path / "model.safetensors").is_file()


def test_an_interrupt_stops_training_and_keeps_the_model(call, files, tmp_path, monkeypatch):
    before, printed = signal.getsignal(signal.SIGINT), train_commands.print_json

    def interrupting(value):
        printed(value)
        if value["event"] == "epoch_end":
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(train_commands, "print_json", interrupting)
    out = call(
        *("train", "--intent", files["intent"], "--out", tmp_path / "model", "--json"),
        *("--freeze", "last-1", "--epochs", 1000),
    )
    assert json.loads(out.splitlines()[-1])["status"] == "stopped"
    assert (tmp_path / "model" / "model.safetensors").is_file()
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("strategy", ["heads", "gradual"])
def test_a_stopped_training_is_resumed(call, refusal, files, tmp_path, monkeypatch, strategy):
    calls, real = [], train_commands.print_json
    command = ["train", "--intent", files["intent"], "--freeze", strategy, "--epochs", 5, "--json"]

    def interrupting(value):
        calls.append(value)
        if value.get("epoch") == 2:
            signal.raise_signal(signal.SIGINT)
        real(value)

    monkeypatch.setattr(train_commands, "print_json", interrupting)
    stopped = call(*command, "--out", tmp_path / "model")
    assert json.loads(stopped.splitlines()[-1])["status"] == "stopped"
    monkeypatch.undo()
    resume = ["--out", tmp_path / "model", "--resume"]
    assert "epochs was 5 and is 7 now" in refusal(*command[:-2], 7, *resume)
    other = ["train", "--sentiment", files["sentiment"], *command[3:]]
    assert "was trained on other rows" in refusal(*other, *resume)
    call(*command, "--out", tmp_path / "whole")
    assert "holds no training that was stopped" in refusal(*command, "--out", tmp_path / "whole", "--resume")
    out = call(*command, *resume, "--time-limit", 3600)  # more time is no other setting
    assert json.loads(out.splitlines()[-1])["status"] == "finished"
    columns = ["epoch", "stage", "best", "train_combined", "validation_combined"]
    resumed, whole = (pd.read_csv(tmp_path / name / "history.csv")[columns] for name in ("model", "whole"))
    assert resumed["epoch"].tolist() == list(range(6))
    pd.testing.assert_frame_equal(resumed, whole, rtol=1e-4)
    assert not (tmp_path / "model" / "state.safetensors").exists()


# predict, evaluate, embed, check


def test_predict_in_json(call, model, encoder):
    texts = ["I love this product!", "Where is it?"]
    predictions = json.loads(call("predict", *texts, "--model", model, "--json"))
    assert [p["text"] for p in predictions] == texts
    expected = load_model(model, encoder).predict(texts)
    for prediction, right in zip(predictions, expected, strict=True):
        for name, labels in (("sentiment", 2), ("intent", 4)):
            assert set(prediction[name]) == {"label", "scores", "sure"}
            assert len(prediction[name]["scores"]) == labels
            assert sum(prediction[name]["scores"].values()) == pytest.approx(1)
            assert prediction[name]["label"] == right.tasks[name].label


def test_predict_in_words(call, model):
    out = call("predict", "Where is it?", "word " * 300, "--model", model)
    assert "Where is it?\n  sentiment " in out
    assert out.count("only the start of this text was read") == 1


def test_predict_has_a_model_of_its_own(call):
    (prediction,) = json.loads(call("predict", "I love this product!", "--json"))
    assert prediction["sentiment"]["label"] == "positive"


def test_predict_tells_in_words_where_sentiment_means_nothing(call):
    neutral, judged = call("predict", "The meeting is at 3 pm.", "I love this product!").split("I love")
    assert "no clear feeling (" in neutral.lower() and "no opinion" in neutral
    assert "no clear feeling" not in judged.lower() and "positive" in judged


def test_predict_labels_a_file(call, model, tmp_path):
    texts = ["I love this product!", 'With "quotes", commas\nand lines', "Where is it?"]
    pd.DataFrame({"id": [1, 2, 3], "Text": texts}).to_csv(tmp_path / "in.csv", index=False)
    call("predict", "--csv", tmp_path / "in.csv", "--out", tmp_path / "out.csv", "--model", model)
    rows = pd.read_csv(tmp_path / "out.csv")
    assert rows["Text"].tolist() == texts and rows["id"].tolist() == [1, 2, 3]
    assert set(rows["sentiment"]) <= {"negative", "positive"}
    sums = rows[[f"intent_p_{x}" for x in ("question", "statement", "command", "exclamation")]].sum(axis=1)
    assert sums.tolist() == pytest.approx([1, 1, 1], abs=1e-5)


def test_predict_finds_a_single_column_of_texts_by_name(call, model, tmp_path):
    (tmp_path / "in.csv").write_text("Sentence\nWell, who is it?\nStop\n", "utf-8")
    out = call("predict", "--csv", tmp_path / "in.csv", "--model", model)
    assert [row["Sentence"] for row in csv.DictReader(out.splitlines())] == ["Well, who is it?", "Stop"]


def test_predict_keeps_all_columns_and_reads_the_one_that_is_named(call, model, tmp_path, refusal):
    (tmp_path / "in.csv").write_text("No.,Body,intent\n007,Where is it?,mine\n008,Stop,\n", "utf-8")
    out = call("predict", "--csv", tmp_path / "in.csv", "--text-column", "body", "--model", model)
    first, second = csv.DictReader(out.splitlines())
    assert list(first)[:4] == ["No.", "Body", "intent (given)", "sentiment"]
    assert (first["No."], first["intent (given)"], second["Body"]) == ("007", "mine", "Stop")
    assert float(first["intent_confidence"]) == float(first[f"intent_p_{first['intent']}"])
    assert "--text-column goes with --csv" in refusal("predict", "Hello", "--text-column", "body")


def test_predict_writes_a_file_to_standard_output(call, model, files):
    printed = call("predict", "--csv", files["intent"], "--model", model)
    rows = list(csv.DictReader(printed.splitlines()))
    assert [row["text"] for row in rows] == INTENT["text"].tolist()
    as_json = json.loads(call("predict", "--csv", files["intent"], "--model", model, "--json"))
    assert [row["intent"]["label"] for row in as_json] == [row["intent"] for row in rows]


def test_evaluate_in_json(call, model, files):
    both = ("--sentiment", files["sentiment"], "--intent", files["intent"])
    scores = json.loads(call("evaluate", *both, "--model", model, "--json"))
    assert set(scores) == {"sentiment", "intent"}
    for task in scores.values():
        assert set(task) == {
            "rows",
            "accuracy",
            "macro_f1",
            "calibration_error",
            "labels",
            "confusion",
        }
        assert task["rows"] == sum(map(sum, task["confusion"])) == 48
        right = sum(row[i] for i, row in enumerate(task["confusion"]))
        assert task["accuracy"] == pytest.approx(right / 48)


def test_evaluate_in_words(call, model, files):
    out = call("evaluate", "--intent", files["intent"], "--model", model)
    assert out.startswith("intent: accuracy 0.")
    assert "true \\ predicted" in out
    for number in ("95% interval", "macro-F1", "calibration error"):
        assert number in out


def test_evaluate_can_strip_the_texts_first(call, model, files, tmp_path):
    stripped = tmp_path / "stripped.csv"
    rows = pd.read_csv(files["intent"])
    rows["text"] = rows["text"].str.lower().str.rstrip(".!?")
    rows.to_csv(stripped, index=False)
    by_option = call("evaluate", "--intent", files["intent"], "--model", model, "--stripped", "--json")
    assert by_option == call("evaluate", "--intent", stripped, "--model", model, "--json")
    assert by_option != call("evaluate", "--intent", files["intent"], "--model", model, "--json")


def test_test_rows_judge_the_result(call, files, tmp_path):
    test = tmp_path / "test.csv"
    test.write_text("text,label\nNever been so happy,positive\nIt fell apart,negative\nA sad day,negative\n")
    given = ("--sentiment", files["sentiment"], "--test-sentiment", test, "--json", *SHORT)
    lines = call("train", *given, "--out", tmp_path / "model").splitlines()
    (verdict,) = [event for event in map(json.loads, lines) if event["event"] == "report"]
    assert verdict["tasks"]["sentiment"]["source"] == "test"
    assert verdict["tasks"]["sentiment"]["scores"]["rows"] == 3


def test_test_rows_that_cannot_judge_are_refused_at_once(refusal, files, tmp_path):
    given = ("--sentiment", files["sentiment"], "--out", tmp_path / "model")
    own = refusal("train", *given, "--test-sentiment", files["sentiment"])
    assert "every sentiment test row is also among the rows to train on" in own
    assert "no intent rows to train on" in refusal("train", *given, "--test-intent", files["intent"])
    assert not (tmp_path / "model").exists()


def test_embed_in_json(call, encoder):
    texts = ["I love this product!", "I adore it."]
    result = json.loads(call("embed", *texts, "--json"))
    assert {"dimension", "embeddings", "cosine"} <= set(result)
    assert result["dimension"] == 384
    assert np.array(result["embeddings"]) == pytest.approx(encoder.encode(texts), abs=1e-6)
    embeddings = np.array(result["embeddings"])
    assert np.array(result["cosine"]) == pytest.approx(embeddings @ embeddings.T, abs=1e-5)


def test_embed_in_words_ranks_the_pairs(call):
    out = call("embed", "I love this product!", "The sky is blue.", "I adore this product.")
    assert out.startswith("3 texts, 384 dimensions, unit norm")
    pairs = [line for line in out.splitlines() if "  |  " in line]
    assert len(pairs) == 3
    assert pairs[0].endswith("I love this product!  |  I adore this product.")


def test_check_in_json(call, tmp_path):
    (tmp_path / "rows.csv").write_text("text,label\na,pos\nb,neg\n,neg\na,pos\nc,+\nd,-\n", "utf-8")
    report = json.loads(call("check", tmp_path / "rows.csv", "--task", "sentiment", "--json"))
    assert (report["task"], report["rows"], report["usable"]) == ("sentiment", 4, True)
    assert report["labels"] == {"positive": 2, "negative": 2}
    assert [(f["severity"], f["rows"]) for f in report["issues"]] == [("fixed", [4]), ("fixed", [5])]


def test_check_says_what_was_found_and_what_happens(call, tmp_path):
    (tmp_path / "rows.csv").write_text("text,label\na,pos\nb,neg\n,neg\na,pos\nc,+\nd,-\n", "utf-8")
    report = json.loads(call("check", tmp_path / "rows.csv", "--task", "sentiment", "--json"))
    assert [(f["kind"], f["what"], f["action"]) for f in report["issues"]] == [
        ("no_text", "no text", "left out"),
        ("duplicate", "the same text and label as an earlier row", "left out"),
    ]
    words = call("check", tmp_path / "rows.csv", "--task", "sentiment")
    assert "       2  positive\n" in words
    assert "  fixed: row 4: no text; left out\n" in words


def test_check_lists_what_a_head_could_learn(call, joint):
    assert call("check", joint).splitlines() == [
        "joint.csv: 3 columns of labels",
        "  sentiment  column 'sentiment', 48 rows, 2 labels: positive, negative",
        "  topic      column 'topic', 40 rows, 3 labels: parcel, repair, bill",
        "  urgency    column 'urgency', 48 rows, 2 labels: low, high",
    ]
    listed = json.loads(call("check", joint, "--json"))["label_columns"]
    assert [(column["task"], column["rows"]) for column in listed] == [
        ("sentiment", 48),
        ("topic", 40),
        ("urgency", 48),
    ]


def test_check_takes_any_task(call, joint):
    out = call("check", joint, "--task", "Topic")
    assert out.startswith("joint.csv: 40 topic rows can be used\n")
    own = ("--task", "kind", "--label-column", "kind:topic", "--label", "kind:bill=money")
    assert "       8  money\n" in call("check", joint, *own)


def test_check_of_a_file_with_one_label_column_is_a_check_of_its_task(call, refusal, files, tmp_path):
    out = call("check", files["intent"])
    assert out.startswith("intent.csv: 1 column of labels\n  label  column 'label', 48 rows, 4 labels")
    assert "intent.csv: 48 label rows can be used" in out
    report = json.loads(call("check", files["intent"], "--json"))
    assert (report["task"], report["rows"], len(report["label_columns"])) == ("label", 48, 1)
    (tmp_path / "none.csv").write_text("text,day\nHello you,2024-01-01\nHello,2024-01-02\n", "utf-8")
    assert "none.csv has no column of labels (its columns: text, day): name the task (--task" in refusal(
        "check", tmp_path / "none.csv"
    )


OPEN = "first,second,mood\na,A first,0\nb,A second,4\nc,A third,2\nd,A fourth,0\ne,A fifth,4\n"
ANSWERS = ("--text-column", "second", "--label", "0=negative", "--label", "4=pos", "--label", "2=")


def test_what_a_file_leaves_open_can_be_said(call, tmp_path):
    (tmp_path / "open.csv").write_text(OPEN, "utf-8")
    answers = ("--label-column", "Mood", *ANSWERS)
    report = json.loads(call("check", tmp_path / "open.csv", "--task", "sentiment", "--json", *answers))
    assert (report["usable"], report["labels"]) == (True, {"negative": 2, "positive": 2})


def test_what_is_said_for_one_task_leaves_the_other_alone(call, files, model, tmp_path):
    (tmp_path / "open.csv").write_text(OPEN, "utf-8")
    answers = ["sentiment:" + answer if i % 2 else answer for i, answer in enumerate(ANSWERS)]
    out = call(
        *("evaluate", "--sentiment", tmp_path / "open.csv", "--intent", files["intent"], "--model", model),
        *(*answers, "--label-column", "sentiment:mood", "--json"),
    )
    scores = json.loads(out)
    assert (scores["sentiment"]["rows"], scores["intent"]["rows"]) == (4, 48)


def test_training_takes_what_is_said(call, tmp_path):
    (tmp_path / "open.csv").write_text(OPEN, "utf-8")
    out = call(
        *("train", "--sentiment", tmp_path / "open.csv", "--out", tmp_path / "model", "--json"),
        *("--label-column", "mood", *ANSWERS, "--val-fraction", "0.5", *SHORT),
    )
    assert json.loads(out.splitlines()[0])["rows"]["sentiment"]


def test_a_meaning_without_a_label_is_refused(refusal, files):
    message = refusal("check", files["intent"], "--task", "intent", "--label", "maybe")
    assert "--label is 'maybe': give it as CELL=LABEL" in message


def test_check_in_words(call, files):
    out = call("check", files["intent"], "--task", "intent")
    assert out.startswith("intent.csv: 48 intent rows can be used")


# Refusals: status 2, one line


def test_a_bad_flag_is_refused(refusal):
    assert "unrecognized arguments: --epoks" in refusal("embed", "hi", "--epoks", "3")


def test_no_command_is_refused(refusal):
    assert "COMMAND" in refusal()


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--freeze", "last-9"], "freeze is 'last-9': use one of auto, frozen, heads"),
        (["--freeze", ""], "freeze is ''"),
        (["--epochs", "0"], "epochs is 0: use a whole number from 1 to 1000"),
        (["--epochs", "many"], "invalid int value: 'many'"),
        (["--head-lr", "5"], "head_lr is 5.0: use a number"),
        (["--goal", "90"], "goal is 90.0: use a number from 0 to 1"),
        (["--head-input", "both"], "invalid choice: 'both'"),
        (["--preset", "best"], "invalid choice: 'best'"),
        (["--encoder", "no/such encoder"], "encoder 'no/such encoder' is neither a folder nor"),
    ],
)
def test_bad_settings_are_refused(refusal, files, tmp_path, monkeypatch, flags, message):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert message in refusal("train", "--intent", files["intent"], "--out", tmp_path / "model", *flags)
    assert not (tmp_path / "model").exists()


def test_missing_files_are_refused(refusal, tmp_path):
    none = tmp_path / "none.csv"
    for command in (
        ("train", "--intent", none, "--out", tmp_path / "model"),
        ("predict", "--csv", none),
        ("evaluate", "--intent", none),
        ("check", none, "--task", "intent"),
    ):
        assert f"cannot read {none}: No such file or directory" in refusal(*command)


def test_training_on_nothing_is_refused(refusal, tmp_path):
    assert "nothing to train on" in refusal("train", "--out", tmp_path / "model")


def test_a_full_folder_is_refused(refusal, files, tmp_path):
    (tmp_path / "note.txt").touch()
    message = refusal("train", "--intent", files["intent"], "--out", tmp_path)
    assert f"{tmp_path} is not empty: choose another folder, or add --overwrite" in message
    assert sorted(file.name for file in tmp_path.iterdir()) == ["note.txt"]


def test_a_file_in_the_place_of_the_folder_is_refused(refusal, files):
    assert "is a file: give a folder" in refusal(
        "train", "--intent", files["intent"], "--out", files["sentiment"]
    )


def test_labels_that_the_first_model_lacks_are_refused(refusal, model, tmp_path):
    (tmp_path / "own.csv").write_text("text,label\na,x\nb,y\nc,x\nd,y\n", "utf-8")
    message = refusal("train", "--intent", tmp_path / "own.csv", "--from", model, "--out", tmp_path / "model")
    assert "own.csv: intent label 'x' is not one of the model's labels" in message


def test_tasks_that_are_given_twice_are_refused(refusal, files, joint, tmp_path):
    given = ("train", "--out", tmp_path / "model", "--sentiment", files["sentiment"])
    twice = refusal(*given, "--task", f"sentiment={joint}")
    assert f"--task gives sentiment 2 times: {files['sentiment']}, {joint}; give it once" in twice
    assert "sentiment is given twice, in the column 'sentiment' of joint.csv and in sentiment.csv" in refusal(
        *given, "--data", joint
    )
    assert not (tmp_path / "model").exists()


def test_tasks_without_a_name_are_refused(refusal, files, joint, tmp_path):
    given = ("train", "--out", tmp_path / "model")
    assert "'rows.csv' names no task: give it as NAME=FILE.csv" in refusal(*given, "--task", "rows.csv")
    assert "a task cannot be called 'combined'" in refusal(*given, "--task", "combined=rows.csv")
    assert "'label', which names no task: give the file by the name" in refusal(
        *given, "--data", files["intent"]
    )
    assert "has no label column for 'mood': it has sentiment, topic, urgency" in refusal(
        *given, "--data", joint, "--learn", "mood"
    )


def test_rows_for_a_head_that_the_model_lacks_are_refused(refusal, joint, model):
    assert "the model has no topic head: it has sentiment, intent" in refusal(
        "evaluate", "--task", f"topic={joint}", "--model", model
    )
    assert "the model has no urgency head: it has sentiment, intent" in refusal(
        "evaluate", "--data", joint, "--learn", "urgency", "--model", model
    )


def test_what_is_no_model_is_refused(refusal, files, tmp_path):
    assert "is not a model" in refusal("predict", "hi", "--model", tmp_path)
    assert "is not a model or is damaged" in refusal("predict", "hi", "--model", files["intent"])


def test_unclear_predictions_are_refused(refusal, files):
    assert "nothing to predict" in refusal("predict")
    assert "not both" in refusal("predict", "hi", "--csv", files["intent"])
    assert "--out goes with --csv" in refusal("predict", "hi", "--out", "x.csv")


def test_a_file_without_texts_is_refused(refusal, tmp_path):
    (tmp_path / "in.csv").write_text("who,when\nhi,now\n", "utf-8")
    assert "in.csv has no column of texts (its columns: who, when)" in refusal(
        "predict", "--csv", tmp_path / "in.csv"
    )
    (tmp_path / "in.csv").write_text("text,who\nWell, hi,me\n", "utf-8")
    assert "row 2: in.csv has more fields than columns" in refusal("predict", "--csv", tmp_path / "in.csv")


def test_evaluating_on_nothing_is_refused(refusal):
    assert "nothing to evaluate on" in refusal("evaluate")


def test_an_output_that_cannot_be_written_is_refused(refusal, files, model, tmp_path):
    out = tmp_path / "missing" / "out.csv"
    assert "out.csv" in refusal("predict", "--csv", files["intent"], "--out", out, "--model", model)


def test_a_folder_that_cannot_be_made_is_refused_before_training(refusal, files):
    out = files["sentiment"] / "model"
    assert str(files["sentiment"]) in refusal("train", "--intent", files["intent"], "--out", out, "--json")


def test_an_unusable_file_is_an_error_of_check(refusal, tmp_path):
    (tmp_path / "rows.csv").write_text("text,label\na,maybe\n", "utf-8")
    message = refusal("check", tmp_path / "rows.csv", "--task", "sentiment")
    assert "row 2: sentiment label of unknown meaning: 'maybe'" in message
    assert "--label" in message


def test_a_refusal_is_one_line_for_a_process_of_its_own(model, tmp_path):
    # Here nothing was loaded before: what libraries print while they load would show.
    (tmp_path / "own.csv").write_text("text,label\na,x\nb,y\nc,x\nd,y\n", "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mtl", "train", "--intent", tmp_path / "own.csv", "--from", model]
        + ["--out", tmp_path / "model"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("python -m mtl train: error: own.csv: intent label 'x' is not")


def test_compare_prints_one_table(call, files):
    both = ("--sentiment", files["sentiment"], "--intent", files["intent"])
    lines = call("compare", *both, "--ways", "report, heads", "--epochs", "1").splitlines()
    assert lines[0].startswith("|  | sentiment | intent | loss, training | loss, validation |")
    assert [line.split(" | ")[0] for line in lines[2:]] == ["| report", "| heads"]
    results = json.loads(call("compare", *both, "--ways", "heads", "--epochs", "1", "--json"))
    assert [result["name"] for result in results] == ["heads"]


def test_compare_refuses_a_way_that_it_does_not_know(refusal, files):
    said = refusal("compare", "--sentiment", files["sentiment"], "--ways", "heads,fast")
    assert "'fast' is no preset or freeze strategy" in said
