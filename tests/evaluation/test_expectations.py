"""Tests for a model: what a file of them says, what holds, and what is found broken."""

import pytest
import torch

from mtl.evaluation.changes import negation, other_name, polite, typo
from mtl.evaluation.expectations import check_expectations, read_expectations
from mtl.schema.tasks import Task

TASKS = (Task("sentiment", ("negative", "positive"), "binary"), Task("topic", ("bill", "same", "parcel")))


@pytest.fixture
def read(tmp_path):
    """Reads the expectations in these lines of a file."""

    def run(*lines, tasks=TASKS):
        (tmp_path / "tests.csv").write_text("\n".join(["text,task,expect,when", *lines]), "utf-8")
        return read_expectations(tmp_path / "tests.csv", tasks)

    return run


@pytest.mark.parametrize(
    "change, text, changed",
    [
        (typo, "The service was wonderful!", "The service was wondreful!"),
        (typo, "Go on", "Go on"),
        (polite, "Close the door!", "Close the door, please!"),
        (polite, "...", "..."),
        (other_name, "Tom met Anna.", "Ahmed met Maria."),
        (other_name, "Tomorrow it rains.", "Tomorrow it rains."),
        (negation, "The food is good.", "The food is not good."),
        (negation, "The food is not good.", "The food is good."),
        (negation, "I can't recommend it", "I can recommend it"),
        (negation, "It doesn't work", "It does work"),
        (negation, "I like it", "I do not like it"),
        (negation, "Wonderful!", "Wonderful!"),
    ],
)
def test_a_change_is_always_the_same(change, text, changed):
    assert change(text) == changed


def test_each_kind_is_read(read):
    found = read(
        '"Good, really",sentiment,Pos,',
        "A parcel,topic,same,a packet",
        "A parcel,topic,parcel,",
        "The food is good,sentiment,changes,",
        "Where is Tom?,sentiment,SAME,Name",
    )
    # "same" is a label of topic, so that it is one here.
    assert [(e.row, e.kind, e.label, e.other) for e in found] == [
        (2, "is", "positive", None),
        (3, "is", "same", None),
        (4, "is", "parcel", None),
        (5, "changes", None, "The food is not good"),
        (6, "same", None, "Where is Ahmed?"),
    ]


def test_without_a_way_every_one_counts_that_changes_the_text(read):
    found = read("The service is good.,sentiment,same,")
    assert [e.under for e in found] == ["typo", "polite", "lower case"]
    (other,) = read("The food is good.,sentiment,same,The meal is good.")
    assert (other.under, other.other) == ("another text", "The meal is good.")


def test_the_only_task_need_not_be_named(read):
    (found,) = read("Good,,positive,", tasks=TASKS[:1])
    assert found.task == "sentiment"


@pytest.mark.parametrize(
    "line, why",
    [
        (
            "Good,sentiment,great,",
            "row 2: 'great' is neither same, nor changes, nor one of the labels negative",
        ),
        ("Good,,positive,", "row 2: task is empty, and the model has several"),
        ("Good,mood,positive,", "row 2: the model has no mood head"),
        (",sentiment,positive,", "row 2: text is empty"),
        ("Good,sentiment,,", "row 2: expect is empty"),
        ("Good,sentiment,changes,", "negation changes nothing in 'Good', write the other text"),
        ("Good,sentiment,same,name", "name changes nothing in 'Good'"),
        ("Good,sentiment,same,Good", "the other text is the text itself"),
        ("", "holds no expectation"),
    ],
)
def test_what_no_model_could_be_tested_by_is_told(read, line, why):
    with pytest.raises(ValueError, match=why):
        read(line)


def test_a_missing_column_is_told(tmp_path):
    (tmp_path / "tests.csv").write_text("text,label\nGood,positive\n")
    with pytest.raises(ValueError, match="no column 'expect'"):
        read_expectations(tmp_path / "tests.csv", TASKS)


def test_planted_regressions_are_found_and_nothing_else_every_time(trained):
    model = trained(epochs=3)[0].best_model
    texts = ["The cake was delicious", "A terrible film", "Best concert ever", "The bed was awful"]
    (said,) = {tuple(p.tasks["sentiment"].label for p in model.predict(texts)) for _ in range(20)}
    lines = [f"{text},sentiment,{label}," for text, label in zip(texts, said, strict=True)]
    expected = _read(lines, model)
    for _ in range(20):
        assert all(one.holds for one in check_expectations(model, expected))
    worse = model.fork()
    with torch.no_grad():
        # A head that calls everything what it called the first text.
        worse.head("sentiment").linear.bias.fill_(100.0 if said[0] == "positive" else -100.0)
    for _ in range(20):
        broken = [one.expectation.text for one in check_expectations(worse, expected) if not one.holds]
        assert broken == [text for text, label in zip(texts, said, strict=True) if label != said[0]]
    assert broken


def test_an_answer_that_stays_breaks_a_change_and_the_other_way_round(trained):
    model = trained(epochs=3)[0].best_model
    pair = ("I love this cake", "I hate this awful cake")
    same, changes = _read([f"{pair[0]},sentiment,{kind},{pair[1]}" for kind in ("same", "changes")], model)
    outcomes = check_expectations(model, [same, changes])
    assert sorted(one.holds for one in outcomes) == [False, True]
    differ = outcomes[0].answer != outcomes[0].other_answer
    assert [one.holds for one in outcomes] == [not differ, differ]


def _read(lines, model):
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tests.csv"
        file.write_text("\n".join(["text,task,expect,when", *lines]), "utf-8")
        return read_expectations(file, model.tasks)
