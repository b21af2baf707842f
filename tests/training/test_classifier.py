"""The model as a scikit-learn classifier: alone, in a pipeline, and in a search over its settings."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks

from mtl import MultiTaskClassifier
from mtl.schema.config import config_named

THINGS = "lamp chair phone kettle jacket radio table clock ladder carpet".split()
TEXTS = [f"{said} the {thing}." for thing in THINGS for said in ("I love", "I hate")]
LABELS = ["good", "bad"] * len(THINGS)


@pytest.fixture(scope="module")
def fitted():
    return MultiTaskClassifier(freeze="heads", epochs=3).fit(TEXTS, LABELS)


def test_it_predicts_labels_with_their_probabilities(fitted):
    assert fitted.classes_.tolist() == ["bad", "good"]
    assert fitted.predict(["I love the sofa.", "I hate the sofa."]).tolist() == ["good", "bad"]
    probabilities = fitted.predict_proba(["I love the sofa.", "I hate the sofa."])
    assert probabilities.shape == (2, 2) and np.allclose(probabilities.sum(1), 1, atol=1e-6)
    assert probabilities.argmax(1).tolist() == [1, 0]
    assert fitted.score(TEXTS, LABELS) == 1.0


def test_labels_come_back_as_they_were():
    stars = MultiTaskClassifier(freeze="heads", epochs=3).fit(TEXTS, [5, 1] * len(THINGS))
    said = stars.predict(["I love the sofa."])
    assert stars.classes_.tolist() == [1, 5] and said.dtype.kind == "i" and said.tolist() == [5]


def test_several_tasks_learn_at_once_and_a_missing_label_counts_for_none():
    texts = [*TEXTS, *(f"Do you like the {thing}?" for thing in THINGS)]
    y = pd.DataFrame({"opinion": LABELS + [None] * len(THINGS), "asks": [0] * len(TEXTS) + [1] * len(THINGS)})
    both = MultiTaskClassifier(freeze="heads", epochs=3).fit(texts, y)
    assert [task.name for task in both.model_.tasks] == ["opinion", "asks"]
    assert [labels.tolist() for labels in both.classes_] == [["bad", "good"], [0, 1]]
    assert both.predict(["I hate the sofa.", "Do you like the sofa?"])[:, 1].tolist() == [0, 1]
    assert both.predict(["I hate the sofa."])[0, 0] == "bad"
    assert [found.shape for found in both.predict_proba(texts)] == [(30, 2), (30, 2)]
    assert both.score(texts, y) == 1.0


def test_it_works_in_a_pipeline_in_cross_validation_and_in_a_search():
    one = MultiTaskClassifier(epochs=2, freeze="heads")
    lower = make_pipeline(FunctionTransformer(lambda texts: [text.lower() for text in texts]), one)
    assert lower.fit(TEXTS, LABELS).score(TEXTS, LABELS) >= 0.9
    assert cross_val_score(one, TEXTS, LABELS, cv=2).min() >= 0.8
    search = GridSearchCV(one, {"freeze": ["frozen", "heads"], "head_lr": [1e-3]}, cv=2).fit(TEXTS, LABELS)
    assert search.best_params_ == {"freeze": "heads", "head_lr": 1e-3}
    assert search.predict(["I love the sofa."]).tolist() == ["good"]


def test_a_clone_has_the_settings_and_no_model(fitted):
    copy = clone(fitted)
    assert copy.get_params() == fitted.get_params() and not hasattr(copy, "model_")


def test_its_settings_are_the_recommended_ones():
    settings = MultiTaskClassifier().get_params()
    assert settings.pop("encoder") is None
    assert settings.items() <= config_named("recommended").to_dict().items()


@parametrize_with_checks([MultiTaskClassifier()])
def test_what_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    ("X", "y", "said"),
    [
        ([["a"], ["b"]], [0, 1], r"X has to be texts, \(text,\), but they have the shape \(2, 1\)"),
        (["a", 3.5], [0, 1], "X has to be texts, .* but 3.5 is among them"),
        ([], [], "X has to be texts"),
        (TEXTS, LABELS[:-1], "inconsistent numbers of samples"),
        (TEXTS, ["good"] * len(TEXTS), "label needs 2 to .* different labels, got 1: good"),
        (TEXTS, np.zeros((20, 2, 2)), r"y has to be labels, .* but has the shape \(20, 2, 2\)"),
        (TEXTS, pd.DataFrame([LABELS] * 2, index=["a", "a"]).T, "the columns of y need different names"),
    ],
)
def test_what_cannot_be_learnt_is_told(X, y, said):
    with pytest.raises(ValueError, match=said):
        MultiTaskClassifier(freeze="heads").fit(X, y)


def test_a_wrong_setting_is_told_when_it_is_fitted():
    with pytest.raises(ValueError, match="freeze is 'most'"):
        MultiTaskClassifier(freeze="most").fit(TEXTS, LABELS)
