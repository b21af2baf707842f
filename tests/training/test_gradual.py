"""Gradual unfreezing: each stage has a share of the epochs, and the plan says which."""

import pytest

from mtl.data.bundled import bundled_files, source_report_files
from mtl.data.table import read_table
from mtl.schema.config import TrainConfig
from mtl.schema.events import RunStarted, StageStarted
from mtl.training.plan import plan_of
from tests.conftest import epochs_of, one, parts_of


def _own_rows():
    """120 rows of one task."""
    name, file = next(iter(bundled_files().items()))
    return {name: read_table(file).cells.sample(120, random_state=0)}


def _stages(events):
    return [event for event in events if isinstance(event, StageStarted)]


@pytest.mark.parametrize(
    ("sources", "epochs"), [(_own_rows, 10), (source_report_files, 5)], ids=["own rows", "the small set"]
)
def test_every_stage_of_the_plan_has_its_turn(build, sources, epochs):
    data = parts_of(**sources())
    trainer = build(data, freeze="gradual", epochs=epochs, fast=True)
    longest = max(len(task.train) for task in data.tasks.values())
    plan = plan_of(trainer.base, TrainConfig(freeze="gradual", epochs=epochs), longest)
    events = list(trainer)
    assert [stage.name for stage in _stages(events)] == [stage.name for stage in plan]
    assert len(plan) == 3
    trained = [[e.stage for e in epochs_of(events) if e.epoch].count(stage) for stage in range(3)]
    assert all(1 <= count <= stage.epochs for count, stage in zip(trained, _stages(events), strict=True))
    assert sum(trained) <= epochs == sum(stage.epochs for stage in plan)


@pytest.mark.parametrize(
    ("epochs", "shares"), [(1, [1]), (2, [1, 1]), (3, [1, 1, 1]), (5, [1, 2, 2]), (10, [3, 3, 4])]
)
def test_the_plan_shares_the_epochs_out(build, epochs, shares):
    config = TrainConfig(freeze="gradual", epochs=epochs)
    assert [stage.epochs for stage in plan_of(build().base, config, 36)] == shares


def test_other_strategies_have_one_stage_with_all_epochs(build):
    for freeze, epochs in (("heads", 7), ("last-2", 7), ("full", 7), ("frozen", 0)):
        (stage,) = plan_of(build().base, TrainConfig(freeze=freeze, epochs=7), 36)
        assert stage.epochs == epochs


def test_too_few_epochs_leave_the_last_stages_out_and_that_is_said(build):
    events = list(build(freeze="gradual", epochs=2))
    assert [stage.name for stage in _stages(events)] == ["heads", "last-2"]
    assert (
        "gradual has 3 stages, but 2 epochs are enough for 2 only: last-4 is left out. "
        "Give it 3 epochs or more"
    ) in one(RunStarted, events).notes


def test_what_a_stalled_stage_leaves_goes_to_the_next_ones(trained):
    # Heads that hardly learn stall after three epochs.
    events = trained(freeze="gradual", head_lr=1e-5, encoder_lr=1e-6, epochs=20)[1]
    assert [stage.epochs for stage in _stages(events)] == [6, 8, 14]
    assert [[e.stage for e in epochs_of(events) if e.epoch].count(stage) for stage in range(3)] == [3, 3, 3]
