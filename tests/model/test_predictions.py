"""Many texts into one file: in order, in chunks, to be stopped and filtered."""

import pandas as pd
import pytest

from mtl.model.multitask import MultiTaskModel
from mtl.model.predictions import Filter, columns, filtered, given_columns, label_texts
from mtl.schema.tasks import Task
from mtl.training.default import load_default

TEXTS = ["Where is it?", "Bring it here.", '=1+1, "quoted"\nand broken', "", "qzxv wkjh"] + [
    "I love it."
] * 300
TASKS = ["sentiment", "intent"]


@pytest.fixture(scope="module")
def model(encoder):
    return load_default(encoder)


def _written(model, texts, path, **options):
    with path.open("w", newline="", encoding="utf-8") as out:
        return list(label_texts(model, texts, out, **options))


@pytest.fixture(scope="module")
def file(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("many") / "out.csv"
    states = _written(model, TEXTS, path)
    assert [state.done for state in states] == [128, 256, 305]
    assert states[-1].eta_s == 0
    assert all(sum(found.values()) == 305 for found in states[-1].counts.values())
    return path


def test_rows_stand_in_order_with_what_the_model_says(model, file):
    rows = pd.read_csv(file, keep_default_na=False)
    assert rows["text"].tolist() == TEXTS
    first = model.predict(TEXTS[:1])[0].tasks["intent"]
    assert rows["intent"][0] == first.label
    assert rows["intent_p_question"][0] == pytest.approx(first.scores["question"], abs=1e-4)


def test_filters_count_the_whole_file_and_show_its_first_rows(file):
    shown, passed = filtered(file, TASKS, Filter(labels={"sentiment": "positive"}))
    assert passed >= 300 and len(shown) == 200
    shown, _ = filtered(file, TASKS, Filter(labels={"intent": "command"}))
    assert "Bring it here." in shown["text"].tolist()
    doubtful, _ = filtered(file, TASKS, Filter(labels={}, unsure=True))
    assert "" in doubtful["text"].tolist() and "I love it." not in doubtful["text"].tolist()


def test_what_was_done_before_a_stop_is_kept(model, tmp_path):
    path = tmp_path / "out.csv"
    answers = iter([False, True])
    (state,) = _written(model, TEXTS, path, stopped=lambda: next(answers))
    assert state.done == 128 and len(pd.read_csv(path)) == 128


def test_nothing_done_is_an_empty_table(model, tmp_path):
    path = tmp_path / "out.csv"
    assert _written(model, TEXTS, path, stopped=lambda: True) == []
    shown, passed = filtered(path, TASKS, Filter(labels={"intent": "command"}, unsure=True))
    assert passed == 0 and shown.empty


def test_a_file_that_is_gone_says_what_to_do(tmp_path):
    with pytest.raises(ValueError, match="label the texts again"):
        filtered(tmp_path / "gone.csv", TASKS, Filter(labels={}))


def test_the_columns_are_those_that_are_documented(model, file):
    header = pd.read_csv(file, nrows=0).columns.tolist()
    assert header == [
        "text",
        *("sentiment", "sentiment_confidence", "sentiment_sure"),
        *("sentiment_p_negative", "sentiment_p_positive"),
        *("intent", "intent_confidence", "intent_sure", "intent_p_question", "intent_p_statement"),
        *("intent_p_command", "intent_p_exclamation"),
        *("opinion", "opinion_confidence", "opinion_sure", "opinion_p_no opinion", "opinion_p_opinion"),
        *("out_of_distribution", "truncated"),
    ]
    assert header == columns(model.tasks)


def test_any_tasks_are_written_read_and_filtered(encoder, tmp_path):
    # Labels that make the columns of one task look like those of another.
    tasks = (Task("type", ("sure", "type_sure", "a,b")), Task("urgency", ("high", "low")))
    model = MultiTaskModel.fresh(encoder, tasks, "embedding", 0)
    path = tmp_path / "out.csv"
    _written(model, TEXTS[:3], path)
    rows = pd.read_csv(path)
    names = ["type", "urgency"]
    for row, prediction in enumerate(model.predict(TEXTS[:3])):
        assert rows["type"][row] == prediction.tasks["type"].label
        assert rows["urgency_p_low"][row] == pytest.approx(
            prediction.tasks["urgency"].scores["low"], abs=1e-5
        )
    label = rows["urgency"][0]
    assert filtered(path, names, Filter(labels={"urgency": label}))[1] == (rows["urgency"] == label).sum()
    assert filtered(path, names, Filter(unsure=True))[1] == 3  # heads that never trained are never sure


def test_the_columns_of_the_texts_file_come_back_as_they_were(model, tmp_path):
    path = tmp_path / "out.csv"
    given = [["007", "Where is it?", "mine", ""], ["8", "Bring it here.", "", "=1+1"]]
    own = pd.DataFrame(given, columns=["No.", "Body", "intent", "intent"])
    _written(model, own["Body"].tolist(), path, beside=own)
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    assert rows.columns[:5].tolist() == ["No.", "Body", "intent (given)", "intent (given 2)", "sentiment"]
    assert rows.iloc[:, :4].values.tolist() == given
    shown, _ = filtered(path, TASKS, Filter(labels={"intent": "command"}))
    assert shown["No."].tolist() == ["8"] and shown.index.tolist() == [1]
    with pytest.raises(ValueError, match="1 texts and 2 rows"):
        _written(model, ["Where is it?"], path, beside=own)


def test_no_column_of_a_file_takes_the_name_of_another():
    names = given_columns(["a", "a (given)", "a", "text"], ["a", "b"])
    assert names == ["a (given)", "a (given) (given)", "a (given 2)", "text"]


def test_the_least_confident_rows_come_first(file):
    rows = pd.read_csv(file, keep_default_na=False)
    lowest = rows[["sentiment_confidence", "intent_confidence"]].min(axis=1)
    shown, passed = filtered(file, TASKS, Filter(order="confidence"))
    assert passed == len(TEXTS) and len(shown) == 200
    assert shown.index.tolist()[:5] == lowest.sort_values(kind="stable").index.tolist()[:5]
    assert lowest[shown.index].is_monotonic_increasing
    kept = ~rows["sentiment_confidence"].isna()
    assert lowest[shown.index].max() <= lowest[kept & ~rows.index.isin(shown.index)].min()
