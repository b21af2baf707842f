"""What a model is worth: against baselines that are fitted here once more, and in words."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from mtl.data.augmentation import augmented
from mtl.data.examination import load_rows
from mtl.data.sources import parts_for
from mtl.evaluation.baselines import frozen_optimum, majority, words_alone
from mtl.evaluation.report import FROZEN_OPTIMUM, MAJORITY, WORDS_ALONE, Yardsticks, task_reports, unseen
from mtl.schema.config import TrainConfig
from mtl.schema.results import Baseline, Interval, TaskScores
from mtl.schema.words import report_lines
from mtl.training.default import load_default
from tests.conftest import INTENT, frame, parts_of

TEST = frame(
    positive=["I adored every minute of it", "Lovely people and good food", "a joy to use"],
    negative=["The worst soup of my life", "It broke at once", "rude people, stale cake"],
)


@pytest.fixture(scope="module")
def yardsticks(build, trained):
    trainer, _ = trained(epochs=6)
    return Yardsticks(
        data=trainer.data,
        encoder=trainer.base.encoder,
        embeddings=trainer.embeddings,
        tests={},
        models={},
    )


@pytest.fixture(scope="module")
def model(trained):
    return trained(epochs=6)[0].best_model


@pytest.fixture(scope="module")
def reports(model, yardsticks):
    return dict(task_reports(model, yardsticks))


def test_every_task_gets_a_report_on_its_validation_rows(reports, yardsticks):
    for name, task in yardsticks.data.tasks.items():
        assert reports[name].source == "validation"
        assert reports[name].scores.rows == len(task.validation)


def test_the_scores_are_those_of_the_run(trained, reports):
    scores = trained(epochs=6)[1][-1].scores
    for name, one in reports.items():
        assert one.scores.accuracy == scores[name].accuracy
        low, high = one.accuracy_interval.low, one.accuracy_interval.high
        assert low <= one.scores.accuracy <= high


def test_baselines_are_compared_on_the_same_rows(reports, yardsticks):
    baselines = {baseline.name: baseline for baseline in reports["intent"].baselines}
    assert list(baselines) == [MAJORITY, WORDS_ALONE, FROZEN_OPTIMUM]
    for baseline in baselines.values():
        assert baseline.gain == pytest.approx(reports["intent"].scores.accuracy - baseline.accuracy)
    task = yardsticks.data.tasks["intent"]
    most = np.bincount(task.train.labels).argmax()
    assert baselines[MAJORITY].accuracy == np.mean(task.validation.labels == most)


def test_the_frozen_optimum_is_where_logistic_regression_ends(model, yardsticks):
    task, head = yardsticks.data.tasks["intent"], model.head("intent")
    optimum = frozen_optimum(head, yardsticks.embeddings, task)
    features = head.scale(yardsticks.embeddings[task.train.rows]).numpy().astype(float)
    anew = LogisticRegression(C=optimum.model.C, max_iter=2000).fit(features, task.train.labels)
    validation = head.scale(yardsticks.embeddings[task.validation.rows]).numpy().astype(float)
    given = anew.predict_proba(validation)[np.arange(len(task.validation)), task.validation.labels]
    assert optimum.loss == pytest.approx(-np.log(given).mean(), abs=0.01)


def test_the_optimum_is_no_worse_than_what_training_finds(trained, reports):
    best = min(e.selection for e in trained(epochs=6)[1] if hasattr(e, "selection"))
    rows = [one.scores.rows for one in reports.values()]
    optimum = np.average([one.optimum_loss for one in reports.values()], weights=rows)
    assert optimum < best + 0.02


def test_words_alone_learn_from_words(yardsticks):
    predicted = words_alone(yardsticks.data, "intent")(["Where is the nearest church?", "Where is the milk?"])
    assert predicted.tolist() == [0, 0]
    assert majority(yardsticks.data.tasks["intent"], 3).shape == (3,)


def test_a_label_without_a_training_row_does_not_break_the_optimum(model, yardsticks):
    task = yardsticks.data.tasks["intent"]
    kept = task.train.labels != 2
    part = replace(task.train, rows=task.train.rows[kept], labels=task.train.labels[kept])
    assert frozen_optimum(model.head("intent"), yardsticks.embeddings, replace(task, train=part)).loss > 1


def test_the_score_without_punctuation_is_told_for_intent(reports):
    assert reports["sentiment"].stripped is None
    assert reports["intent"].stripped.rows == reports["intent"].scores.rows


def test_labels_that_capitals_and_marks_do_not_give_away_have_no_score_without_them(build):
    trainer = build(parts_of(intent=INTENT.assign(label=["a", "b"] * 24)), epochs=1)
    list(trainer)
    yardsticks = Yardsticks(
        data=trainer.data,
        encoder=trainer.base.encoder,
        embeddings=trainer.embeddings,
        tests={},
        models={},
    )
    ((name, report),) = task_reports(trainer.best_model, yardsticks)
    assert (name, report.stripped) == ("intent", None)


def test_wrong_rows_come_most_confident_first(reports, yardsticks):
    for name, one in reports.items():
        wrong = one.scores.rows - sum(line[i] for i, line in enumerate(one.scores.confusion))
        assert len(one.wrong) == wrong
        confidence = [row.confidence for row in one.wrong]
        assert confidence == sorted(confidence, reverse=True)
        truth = dict(
            zip(
                [yardsticks.data.texts[row] for row in yardsticks.data.tasks[name].validation.rows],
                yardsticks.data.tasks[name].validation.labels.tolist(),
                strict=True,
            )
        )
        for row in one.wrong:
            assert yardsticks.data.tasks[name].task.labels[truth[row.text]] == row.label != row.predicted


def test_scores_by_label_follow_from_the_confusion_matrix(reports):
    confusion = np.array(reports["intent"].scores.confusion)
    for i, label in enumerate(reports["intent"].by_label):
        assert label.rows == confusion[i].sum()
        assert label.recall == pytest.approx(confusion[i, i] / confusion[i].sum())
        assert label.precision == pytest.approx(confusion[i, i] / max(1, confusion[:, i].sum()))


def test_test_rows_count_where_they_are_given(model, yardsticks):
    test = load_rows(TEST, "sentiment")
    one = dict(task_reports(model, replace(yardsticks, tests={"sentiment": test})))
    assert (one["sentiment"].source, one["sentiment"].scores.rows) == ("test", 6)
    assert one["intent"].source == "validation"


def test_test_rows_that_also_train_do_not_count(model, yardsticks):
    task = yardsticks.data.tasks["sentiment"]
    known = [yardsticks.data.texts[row] for row in task.train.rows[:2]]
    rows = frame(positive=[*TEST["text"][:3], known[0].upper() + "!"], negative=[*TEST["text"][3:], known[1]])
    test = load_rows(rows, "sentiment")
    assert unseen(test, yardsticks.data).texts == tuple(TEST["text"])
    one = dict(task_reports(model, replace(yardsticks, tests={"sentiment": test})))["sentiment"]
    assert (one.scores.rows, one.left_out) == (6, 2)


def test_other_models_are_baselines_where_their_labels_match(model, yardsticks, encoder):
    default = load_default(encoder)
    reports = dict(task_reports(model, replace(yardsticks, models={"the default model": default})))
    assert all(one.baselines[-1].name == "the default model" for one in reports.values())
    topics = parts_for(
        [load_rows(INTENT.assign(label=["a", "b"] * 24), "intent")], TrainConfig(augmentation="off")
    )
    assert default.tasks[1] != topics.tasks["intent"].task


def test_copies_of_training_rows_train_the_baselines_too(model, yardsticks):
    copied = augmented(yardsticks.data, "on")
    assert len(copied.tasks["intent"].train) > len(yardsticks.data.tasks["intent"].train)
    assert words_alone(copied, "intent")(["where is the salt"]).tolist() == [0]


# In words


def _scores(rows, right):
    return TaskScores(
        rows=rows,
        accuracy=right / rows,
        macro_f1=right / rows,
        calibration_error=0.031,
        labels=("negative", "positive"),
        confusion=((right, rows - right), (0, 0)),
    )


def _baseline(low, high, gain=0.05):
    return Baseline(
        name="a baseline", accuracy=0.6, macro_f1=0.6, gain=gain, gain_interval=Interval(low=low, high=high)
    )


@pytest.fixture
def words(reports):
    def say(**changes):
        return "\n".join(report_lines("sentiment", replace(reports["sentiment"], **changes)))

    return say


def test_a_small_difference_on_few_rows_is_called_noise(words):
    shown = words(scores=_scores(20, 13), baselines=(_baseline(-0.15, 0.25),))
    assert "+5.0 points: this difference is within the noise of 20 rows" in shown
    assert "20 rows are few" in shown


def test_a_clear_difference_is_told_with_its_interval(words):
    shown = words(scores=_scores(2000, 1300), baselines=(_baseline(0.03, 0.07),))
    assert "against a baseline (60.0%): +5.0 points (+3.0 to +7.0)" in shown
    assert "noise" not in shown and "few" not in shown


def test_a_loss_against_a_baseline_is_told_too(words):
    assert "-5.0 points (-7.0 to -3.0)" in words(baselines=(_baseline(-0.07, -0.03, -0.05),))


def test_the_words_tell_what_the_rows_also_did(words):
    assert "12 validation rows, which also chose the epoch" in words()
    assert "test rows, which chose nothing" in words(source="test")
    assert "2 test rows are, or nearly are, rows of the training file" in words(source="test", left_out=2)


def test_no_wrong_row_is_no_proof(words):
    assert "with 60 rows up to 5% may still be" in words(scores=_scores(60, 60))


def test_calibration_is_told(words):
    shown = words(scores=_scores(60, 50), temperature=1.5)
    assert "off by 3.1 points on average (expected calibration error; temperature 1.50)" in shown
