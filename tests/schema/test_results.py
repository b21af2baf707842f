"""Predictions: what an answer needs to mean anything."""

import pytest

from mtl.schema.results import Prediction, TaskPrediction


def _answers(**labels):
    tasks = {name: TaskPrediction(label=label, scores={label: 0.9}) for name, label in labels.items()}
    return Prediction(text="The meeting is at 3 pm", tasks=tasks)


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        ({"sentiment": "negative"}, None),
        ({"sentiment": "negative", "opinion": "opinion"}, None),
        ({"sentiment": "negative", "opinion": "no opinion"}, "No clear feeling"),
        ({"intent": "statement", "opinion": "no opinion"}, None),
    ],
)
def test_an_answer_stands_unless_what_it_needs_is_denied(labels, told):
    need = _answers(**labels).unmet(next(iter(labels)))
    assert (need.otherwise if need else None) == told
