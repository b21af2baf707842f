"""A promise travels in the model, and the model keeps it by abstaining."""

import json

import pytest

from mtl.model.archive import FACTS, pack
from mtl.model.checkpoint import load_model, promised_facts, save_model
from mtl.model.files import add_facts
from mtl.schema.results import Promise, TaskPrediction

PROMISE = Promise(at_least=0.95, threshold=0.8, coverage=0.5, confidence=0.9, rows=300)
TEXTS = ["I love this product!", "The bridge was built a century ago."]


@pytest.fixture(scope="module")
def model(trained):
    return trained(epochs=3)[0].best_model


def test_an_answer_below_the_threshold_is_left_to_a_person():
    def said(confidence, promise):
        scores = {"a": confidence, "b": 1 - confidence}
        found = TaskPrediction(label="a", scores=scores, promise=promise)
        return found.sure, found.abstains

    assert said(0.79, PROMISE) == (False, True)
    assert said(0.8, PROMISE) == (True, False)
    assert said(0.55, None) == (False, False)
    assert said(0.61, None) == (True, False)


@pytest.mark.parametrize("zipped", [False, True])
def test_a_promise_is_kept_in_folder_and_zip(model, encoder, tmp_path, zipped):
    path = save_model(model, tmp_path / "model")
    path = pack(path, tmp_path / "model.zip") if zipped else path
    add_facts(path, promised_facts({"sentiment": PROMISE}))
    loaded = load_model(path, encoder)
    assert loaded.promises == {"sentiment": PROMISE}
    for before, after in zip(model.predict(TEXTS), loaded.predict(TEXTS), strict=True):
        assert after.tasks["sentiment"].scores == pytest.approx(before.tasks["sentiment"].scores, abs=1e-6)
        assert after.tasks["sentiment"].promise == PROMISE
        assert after.tasks["intent"].promise is None
    again = load_model(save_model(loaded, tmp_path / "again"), encoder)
    assert again.promises == loaded.promises


def test_json_says_whether_it_abstains_only_where_something_is_promised(model):
    told = model.promising({"sentiment": PROMISE}).predict(TEXTS[:1])[0].to_dict()
    assert told["sentiment"].keys() == {"label", "scores", "sure", "abstains"}
    assert told["intent"].keys() == {"label", "scores", "sure"}


def test_what_becomes_of_a_model_promises_nothing(model):
    assert model.promising({"sentiment": PROMISE}).fork().promises == {}


@pytest.mark.parametrize(
    "promises, why",
    [
        ({"topic": {}}, "a promise for 'topic', and has no such task"),
        ({"sentiment": {"at_least": 0.9}}, "model.json is incomplete"),
        (
            {"sentiment": {**promised_facts({"s": PROMISE})["promises"]["s"], "threshold": 2}},
            "threshold of a",
        ),
        (
            {"sentiment": {**promised_facts({"s": PROMISE})["promises"]["s"], "rows": "many"}},
            "rows of a promise",
        ),
        ([], "model.json is incomplete"),
    ],
)
def test_what_is_no_promise_is_refused(model, encoder, tmp_path, promises, why):
    path = save_model(model, tmp_path / "model")
    facts = json.loads((path / FACTS).read_text("utf-8"))
    (path / FACTS).write_text(json.dumps({**facts, "promises": promises}), "utf-8")
    with pytest.raises(ValueError, match=why):
        load_model(path, encoder)
