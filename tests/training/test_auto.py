"""Auto: which strategy so many rows lead to, and how the run tells it."""

import pytest

from mtl.schema.config import RECOMMENDED, FreezeStrategy, TrainConfig, config_named
from mtl.schema.events import RunStarted, StageStarted
from mtl.training.auto import FEW_LABELS, FEW_ROWS, longest, reason, settled
from mtl.training.freezing import planned
from tests.conftest import one


@pytest.mark.parametrize(
    ("rows", "labels", "strategy"),
    [
        (4, 2, "warm-start"),
        (FEW_ROWS, FEW_LABELS, "warm-start"),
        (FEW_ROWS + 1, 2, "heads"),
        (10**6, 2, "heads"),
        (FEW_ROWS, FEW_LABELS + 1, "heads"),
    ],
)
def test_the_numbers_of_rows_and_labels_decide(rows, labels, strategy):
    assert settled(RECOMMENDED, rows, labels).freeze == strategy
    told = reason(rows, labels)
    assert ("first learns to pull" in told) == (strategy == "warm-start")


def test_many_labels_are_told_as_the_reason():
    assert reason(700, 77).startswith("auto: 77 labels are many")


def test_a_named_strategy_and_all_other_settings_stay():
    named = TrainConfig(freeze="last-2", epochs=3)
    assert settled(named, 10, 2) is named
    left_open = TrainConfig(freeze="auto", epochs=3, seed=4)
    assert settled(left_open, 10, 2) == TrainConfig(freeze="warm-start", epochs=3, seed=4)
    assert left_open.freeze is FreezeStrategy.AUTO


def test_it_is_what_recommended_means():
    assert config_named("recommended").freeze is config_named("auto").freeze is FreezeStrategy.AUTO
    with pytest.raises(ValueError, match="depends on the number of rows"):
        planned(RECOMMENDED, 6)


def test_a_run_tells_what_it_chose_and_why(build, parts, monkeypatch):
    monkeypatch.setattr("mtl.training.contrastive.STEPS", 2)
    events = list(build(freeze="auto", epochs=2))
    started = one(RunStarted, events)
    assert started.config["freeze"] == "warm-start"
    assert started.notes[0].startswith(f"auto: {longest(parts)} rows are few")
    assert next(e for e in events if isinstance(e, StageStarted)).name == "contrastive"


def test_more_rows_lead_to_heads_with_their_reason(build, monkeypatch):
    monkeypatch.setattr("mtl.training.auto.FEW_ROWS", 3)
    events = list(build(freeze="auto", epochs=1))
    started = one(RunStarted, events)
    assert started.config["freeze"] == "heads"
    assert "enough for heads" in started.notes[0]
