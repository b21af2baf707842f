"""Five label columns of one file, each of another kind, learnt together as well as one at a time."""

from dataclasses import replace
from pathlib import Path

import pytest

from mtl.schema.config import TrainConfig
from mtl.schema.events import RunEnd
from mtl.training.embedding_cache import EmbeddingCache
from mtl.training.train import model_for
from mtl.training.trainer import Trainer
from tests.conftest import one, parts_of

FILE = Path(__file__).parent / "five_tasks.csv"
TASKS = {"form", "topic", "urgency", "sentiment", "product"}
POINT = 0.01


@pytest.fixture(scope="module")
def parts():
    # One row of 148 is less than a point.
    return parts_of(data=FILE, fraction=0.3)


@pytest.fixture(scope="module")
def run(encoder):
    cached = EmbeddingCache()

    def train(parts):
        config = TrainConfig(epochs=20)
        trainer = Trainer(model_for(parts, config, encoder), parts, config, fast=False, remembered=cached)
        return one(RunEnd, list(trainer)), trainer.best_model

    return train


@pytest.fixture(scope="module")
def together(parts, run):
    return run(parts)


def test_the_rows_are_distinct(parts):
    assert set(parts.tasks) == TASKS
    assert len(parts.texts) >= 400
    assert parts.near_duplicates == 0
    assert all(len(task.validation) > 1 / POINT for task in parts.tasks.values())


def test_five_heads_learn_together_as_well_as_each_alone(parts, run, together):
    end, model = together
    assert {task.name for task in model.tasks} == TASKS
    for name, task in parts.tasks.items():
        alone = run(replace(parts, tasks={name: task}))[0].scores[name]
        assert alone.rows == end.scores[name].rows == len(task.validation)
        assert alone.accuracy > 0.85
        assert end.scores[name].accuracy >= alone.accuracy - POINT, name


def test_one_pass_predicts_all_five(together):
    _, model = together
    (found,) = model.predict(["Why did you charge me twice for this camera? I need the money today."])
    assert {name: task.label for name, task in found.tasks.items()} == {
        "form": "question",
        "topic": "billing",
        "urgency": "high",
        "sentiment": "negative",
        "product": "camera",
    }
