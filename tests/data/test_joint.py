"""One file with several label columns: which columns a head could learn, and what is learnt."""

import itertools

import numpy as np
import pandas as pd
import pytest

from mtl.data import table as tables
from mtl.data.columns import find_columns
from mtl.data.examination import examine
from mtl.data.issues import NO_CHOICE, Choice
from mtl.data.joint import LabelColumn, as_joint, label_columns
from mtl.data.sources import labelled_rows
from mtl.data.table import read_table, table_from_frame
from mtl.schema.tasks import MAX_TASKS
from tests.conftest import INTENT, SENTIMENT

MONTHS = [f"2024-{month:02}-01" for month in range(1, 13)]


def rows(n=48, **columns):
    """A table of `n` texts; each column repeats its values."""
    texts = [f"{text} {i}" for i, text in zip(range(n), itertools.cycle(SENTIMENT["text"]))]
    repeated = {
        name.replace("__", " "): list(itertools.islice(itertools.cycle(v), n)) for name, v in columns.items()
    }
    return pd.DataFrame({"text": texts, **repeated})


def found(frame):
    return [(column.column, column.task) for column in label_columns(table_from_frame(frame))]


def test_text_sentiment_and_intent_give_just_these_two():
    frame = INTENT.rename(columns={"label": "intent"}).assign(sentiment=SENTIMENT["label"])
    assert found(frame) == [("sentiment", "sentiment"), ("intent", "intent")]


def test_known_names_come_first_and_any_other_label_column_is_a_task():
    frame = rows(
        topic=["bill", "Delivery"], urgency=["1", "2", "3"], Stars=["1", "5", "4"], intent=["a", "b"]
    )
    assert label_columns(table_from_frame(frame)) == (
        LabelColumn("stars", "sentiment", ("positive", "negative"), 48),
        LabelColumn("intent", "intent", ("a", "b"), 48),
        LabelColumn("topic", "topic", ("bill", "Delivery"), 48),
        LabelColumn("urgency", "urgency", ("1", "2", "3"), 48),
    )


@pytest.mark.parametrize(
    ("name", "values"),
    [
        pytest.param("ticket", [f"T{i}" for i in range(48)], id="ids"),
        pytest.param("customer_id", ["7", "8", "9"], id="ids that repeat"),
        pytest.param("", [str(i) for i in range(48)], id="row numbers without a name"),
        pytest.param("place", [str(i) for i in range(100, 148)], id="row numbers"),
        pytest.param("remark", [f"they said it was number {i} of them" for i in range(48)], id="free text"),
        pytest.param("opened", MONTHS, id="dates"),
        pytest.param("at", ["9:30", "10:15", "11:00 am"], id="times"),
        pytest.param("topic_confidence", ["0.5", "1"], id="confidences by name"),
        pytest.param("certain", ["0.25", "0.9", "0.75"], id="confidences by value"),
        pytest.param("retweets", [str(i) for i in range(12)], id="counts"),
        pytest.param("topic", ["bill"], id="one value"),
        pytest.param("intent", ["question"], id="one value of a known task"),
        pytest.param("topic", ["", " "], id="nothing"),
        pytest.param("combined", ["a", "b"], id="a name that means something else here"),
    ],
)
def test_what_no_head_could_learn_is_no_task(name, values):
    frame = rows(urgency=["low", "high"])
    frame[name] = rows(x=values)["x"]
    assert found(frame) == [("urgency", "urgency")]


def test_a_word_of_a_known_task_in_a_name_does_not_take_other_columns():
    frame = rows(airline_sentiment=["positive", "negative"], urgency_score=["1", "2", "3", "4", "5"])
    assert found(frame) == [("airline_sentiment", "sentiment"), ("urgency_score", "urgency_score")]
    assert found(rows(rating=["PG", "R"])) == [("rating", "rating")]


def test_each_label_column_is_the_one_that_its_task_finds_in_the_file():
    frame = rows(topic=["a", "b"], urgency__level=["low", "high"], stars=["1", "5", "4"])
    table = table_from_frame(frame)
    for column in label_columns(table):
        assert find_columns(table, column.task, NO_CHOICE)[0].label == column.column


def test_long_labels_that_repeat_are_labels():
    long = ["credit reporting and other personal reports", "money transfer or virtual money service"]
    assert found(rows(product=long)) == [("product", "product")]


def test_five_columns_give_five_tasks_and_the_file_is_parsed_once(tmp_path, monkeypatch):
    frame = rows(
        sentiment=["positive", "negative"],
        form=["question", "request", "remark"],
        topic=["billing", "delivery", "returns", "login"],
        urgency=["low", "medium", "high"],
        product=["phone", "watch"],
    )
    frame.loc[::5, "topic"] = ""
    frame.to_csv(tmp_path / "five.csv", index=False)
    reads, records_of = [], tables.records_of
    monkeypatch.setattr(tables, "records_of", lambda text, name: reads.append(name) or records_of(text, name))
    got = labelled_rows({}, data=tmp_path / "five.csv")
    assert reads == ["five.csv"]
    assert [row.task.name for row in got] == ["sentiment", "form", "topic", "urgency", "product"]
    assert [len(row.texts) for row in got] == [48, 48, 38, 48, 48]
    assert got[3].task.labels == ("high", "low", "medium")


def test_a_row_may_lack_labels_without_a_word_about_it():
    frame = rows(topic=["a", "b", ""], urgency=["low", "high"])
    table = table_from_frame(frame)
    joint = as_joint(table, label_columns(table))
    for task, n in (("topic", 32), ("urgency", 48)):
        report = examine(joint, task)
        assert (len(report.pairs), report.issues) == (n, ())
    # Read for one task alone, it is worth a note.
    assert [issue.kind for issue in examine(table, "topic").issues] == ["other_columns", "no_label"]


def test_some_of_the_columns_can_be_chosen():
    frame = rows(topic=["a", "b"], Urgency=["low", "high"], stars=["1", "5", "4"])

    def learnt(learn, **choice):
        return [row.task.name for row in labelled_rows({}, data=frame, learn=learn, choice=choice)]

    assert learnt(["Urgency", "sentiment"]) == ["urgency", "sentiment"]
    assert learnt(["stars"]) == ["sentiment"]
    assert learnt(["kind"], kind=Choice(label_column="Topic")) == ["kind"]
    with pytest.raises(ValueError, match="no label column for 'mood': it has sentiment, topic, urgency"):
        learnt(["mood"])
    with pytest.raises(ValueError, match="column 'topic' .* is read twice, for topic and for kind"):
        learnt(["topic", "kind"], kind=Choice(label_column="topic"))
    with pytest.raises(ValueError, match="--learn chooses among the label columns of one file"):
        labelled_rows({"topic": frame}, learn=["topic"])


def test_more_than_eight_columns_have_to_be_chosen_from():
    names = [f"part{'abcdefghi'[i]}" for i in range(MAX_TASKS + 1)]
    frame = rows(**dict.fromkeys(names, ("x", "y")))
    assert len(label_columns(table_from_frame(frame))) == MAX_TASKS
    with pytest.raises(
        ValueError, match=f"9 columns of labels .{', '.join(names)}.: at most 8 .*--learn A,B"
    ):
        labelled_rows({}, data=frame)
    assert len(labelled_rows({}, data=frame, learn=names[1:])) == MAX_TASKS
    with pytest.raises(ValueError, match="there are 9 tasks"):
        labelled_rows({"urgency": rows(urgency=["low", "high"])}, data=frame, learn=names[1:])


def test_a_file_for_a_further_task_may_stand_beside_a_joint_file():
    joint, other = rows(topic=["a", "b"], urgency=["low", "high"]), rows(label=["x", "y"])
    got = labelled_rows({"Kind ": other}, data=joint)
    assert [row.task.name for row in got] == ["topic", "urgency", "kind"]
    with pytest.raises(ValueError, match="topic is given twice, in the column 'topic' of the data frame"):
        labelled_rows({"topic": other}, data=joint)
    with pytest.raises(ValueError, match="two of the tasks Topic, topic have one name"):
        labelled_rows({"Topic": other, "topic": other})


def test_one_label_column_is_a_task_of_its_name_unless_that_is_label():
    assert [row.task.name for row in labelled_rows({}, data=rows(category=["a", "b"]))] == ["category"]
    with pytest.raises(ValueError, match="'label', which names no task: .*--task NAME=the data frame"):
        labelled_rows({}, data=rows(label=["a", "b"]))


def test_a_task_without_an_entry_finds_its_column_by_its_name():
    frame = rows(Product__line=["a", "b"], urgency=["low", "high"])
    (got,) = labelled_rows({"product line": frame})
    assert got.task.labels == ("a", "b")
    (by_content,) = labelled_rows({"topic": rows(kind=["a", "b"])})
    assert by_content.task.labels == ("a", "b")
    assert not examine(rows(kind=["a", "b"], sort=["x", "y"]), "topic").usable


def test_a_table_that_was_read_is_examined_as_its_file_is(tmp_path):
    file = tmp_path / "rows.csv"
    INTENT.to_csv(file, index=False)
    table = read_table(file)
    before = table.cells.copy()
    assert examine(table, "intent") == examine(file, "intent")
    assert table.cells.equals(before)
    with pytest.raises(ValueError, match="^rows.csv: "):
        labelled_rows({"sentiment": table})


def test_labels_with_stars_and_numbers_are_counted():
    frame = rows(n=4, sentiment=["5", "1", "", "4"], topic=["a", "a", "b", "b"])
    first, _ = label_columns(table_from_frame(frame.replace("", np.nan)))
    assert first == LabelColumn("sentiment", "sentiment", ("positive", "negative"), 3)
