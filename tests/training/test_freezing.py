"""The three facts of freezing, for every parameter of every stage of every strategy."""

import pytest
import torch

from mtl.model.multitask import MultiTaskModel
from mtl.schema.config import FreezeStrategy, TrainConfig
from mtl.schema.events import RunEnd
from mtl.schema.tasks import INTENT_TASK, SENTIMENT_TASK
from mtl.training.freezing import MANY_ROWS, freeze, rates, stages
from tests.conftest import epochs_of, one

LAYERS = 6
# "auto" is one of the others, once the rows are known.
STRATEGIES = [strategy for strategy in FreezeStrategy if strategy is not FreezeStrategy.AUTO]
STAGES = [
    pytest.param(stage, index, id=f"{strategy}:{stage.name}")
    for strategy in STRATEGIES
    for index, stage in enumerate(stages(strategy, LAYERS))
]
# What each strategy trains beside the heads; 0 = word embeddings.
EXPECTED = {
    "frozen": [()],
    "heads": [()],
    "last-1": [(6,)],
    "last-2": [(5, 6)],
    "last-3": [(4, 5, 6)],
    "last-4": [(3, 4, 5, 6)],
    "last-5": [(2, 3, 4, 5, 6)],
    "last-6": [(1, 2, 3, 4, 5, 6)],
    "gradual": [(), (5, 6), (3, 4, 5, 6)],
    "warm-start": [(1, 2, 3, 4, 5, 6), ()],
    "full": [(0, 1, 2, 3, 4, 5, 6)],
}


@pytest.fixture(scope="module")
def model(encoder):
    return MultiTaskModel.fresh(encoder, (SENTIMENT_TASK, INTENT_TASK), "layers", seed=0)


def _block(name):
    """The block that something in the model belongs to, by its name; None for heads and containers."""
    if name.startswith("encoder.embeddings"):
        return 0
    return int(name.split(".")[2]) + 1 if name.startswith("encoder.layers.") else None


def _trains(name, stage):
    return stage.heads if name.startswith("heads.") else _block(name) in stage.blocks


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_each_strategy_trains_the_layers_of_its_name(strategy):
    assert [stage.blocks for stage in stages(strategy, LAYERS)] == EXPECTED[strategy]
    # In a contrastive stage the heads are not trained but set.
    assert all(
        stage.heads == (strategy != "frozen" and not stage.contrastive) for stage in stages(strategy, LAYERS)
    )


@pytest.mark.parametrize(("stage", "index"), STAGES)
def test_every_parameter_is_either_trained_in_all_respects_or_in_none(model, stage, index):
    fork = model.fork(stage.blocks)
    groups = freeze(fork, stage, rates(TrainConfig(), stage, index, rows=100), weight_decay=0.01)
    in_groups = [id(parameter) for group in groups for parameter in group["params"]]
    for name, parameter in fork.named_parameters():
        assert parameter.requires_grad == _trains(name, stage), name
        assert in_groups.count(id(parameter)) == int(_trains(name, stage)), name
    assert len(in_groups) == sum(_trains(name, stage) for name, _ in fork.named_parameters())


@pytest.mark.parametrize(("stage", "index"), STAGES)
def test_only_unfrozen_blocks_are_in_training_mode(model, stage, index):
    fork = model.fork(stage.blocks)
    fork.train()  # whatever somebody did before
    freeze(fork, stage, rates(TrainConfig(), stage, index, rows=100), weight_decay=0.01)
    for name, module in fork.named_modules():
        assert module.training == (_block(name) in stage.blocks), name
    model.eval()


@pytest.mark.parametrize(("stage", "index"), STAGES)
def test_freezing_a_fork_leaves_its_base_frozen(model, stage, index):
    freeze(model.fork(stage.blocks), stage, rates(TrainConfig(), stage, index, rows=100), weight_decay=0.01)
    assert not any(parameter.requires_grad for parameter in model.parameters())
    assert not any(module.training for module in model.modules())


@pytest.mark.parametrize(("stage", "index"), STAGES)
def test_weight_decay_acts_on_matrices_only(model, stage, index):
    fork = model.fork(stage.blocks)
    for group in freeze(fork, stage, rates(TrainConfig(), stage, index, rows=100), weight_decay=0.05):
        for parameter in group["params"]:
            assert group["weight_decay"] == (0.05 if parameter.ndim > 1 else 0.0)


def test_the_learning_rate_falls_from_block_to_block_going_down(model):
    (stage,) = stages(FreezeStrategy.FULL, LAYERS)
    fork = model.fork(stage.blocks)
    groups = freeze(fork, stage, rates(TrainConfig(encoder_lr=1e-4), stage, 0, rows=100), weight_decay=0.01)
    blocks = {id(p): _block(name) for name, p in fork.named_parameters()}
    peaks = {blocks[id(p)]: group["peak"] for group in groups for p in group["params"]}
    assert peaks[6] == 1e-4
    for lower, upper in zip(range(6), range(1, 7), strict=True):
        assert peaks[lower] == pytest.approx(peaks[upper] / 1.5)
    assert {p["warm"] for p in groups if blocks[id(p["params"][0])] is None} == {False}
    assert {p["warm"] for p in groups if blocks[id(p["params"][0])] is not None} == {True}


def test_every_block_s_learning_rate_is_lower_in_the_later_gradual_stage():
    _, second, third = stages(FreezeStrategy.GRADUAL, LAYERS)
    config = TrainConfig(freeze="gradual")
    assert rates(config, third, 2, 100).encoder == rates(config, second, 1, 100).encoder / 2


def test_given_learning_rates_are_used_as_they_are():
    config = TrainConfig(head_lr=0.002, encoder_lr=1e-5)
    for stage in (*stages(FreezeStrategy.HEADS, LAYERS), *stages(FreezeStrategy.LAST_2, LAYERS)):
        assert rates(config, stage, 0, 100).head == 0.002
        assert rates(config, stage, 0, MANY_ROWS).encoder == 1e-5


def test_heads_learn_slower_beside_a_moving_encoder():
    (alone,), (beside,) = stages(FreezeStrategy.HEADS, LAYERS), stages(FreezeStrategy.LAST_1, LAYERS)
    assert rates(TrainConfig(), beside, 0, 100).head < rates(TrainConfig(), alone, 0, 100).head


def test_heads_learn_slower_from_many_rows():
    (alone,) = stages(FreezeStrategy.HEADS, LAYERS)
    assert rates(TrainConfig(), alone, 0, MANY_ROWS).head < rates(TrainConfig(), alone, 0, 100).head


@pytest.mark.parametrize(
    ("strategy", "heights"),
    [("heads", [6]), ("last-2", [4]), ("last-6", [0]), ("full", [-1]), ("gradual", [6, 4, 2])],
)
def test_training_enters_below_the_lowest_moving_block(strategy, heights):
    assert [stage.entry(LAYERS) for stage in stages(FreezeStrategy(strategy), LAYERS)] == heights


def test_gradual_unfreezing_goes_no_deeper_than_the_encoder():
    assert [stage.blocks for stage in stages(FreezeStrategy.GRADUAL, 3)] == [(), (2, 3), (1, 2, 3)]


@pytest.mark.parametrize("strategy", ["heads", "last-1", "last-2", "full", "gradual"])
def test_training_moves_what_trains_and_not_one_bit_of_the_rest(strategy, encoder, pristine, trained):
    # Heads that hardly learn make every gradual stage a plateau of three epochs.
    slow = {"head_lr": 1e-5, "encoder_lr": 1e-5, "epochs": 7} if strategy == "gradual" else {}
    trainer, events = trained(**{"freeze": strategy, "encoder_lr": 3e-5, "epochs": 3, **slow})
    best, moving = trainer.best_model, EXPECTED[strategy][-1]
    # Otherwise the best model would be the one before its layers moved.
    assert one(RunEnd, events).best_epoch == epochs_of(events)[-1].epoch > 0
    for name, tensor in best.encoder.state_dict().items():
        block = _block(f"encoder.{name}")
        if block not in moving:
            assert torch.equal(tensor, pristine[name]), name
        elif tensor.is_floating_point():
            assert not torch.equal(tensor, pristine[name]), name
    for name, tensor in encoder.state_dict().items():
        assert torch.equal(tensor, pristine[name]), name


def test_training_heads_moves_both_heads_and_leaves_the_given_ones(build, encoder):
    start = MultiTaskModel.fresh(encoder, (SENTIMENT_TASK, INTENT_TASK), "layers", seed=0)
    before = {name: tensor.clone() for name, tensor in start.heads.state_dict().items()}
    trainer = build(model=start, epochs=1)
    list(trainer)
    for name, tensor in start.heads.state_dict().items():
        assert torch.equal(tensor.nan_to_num(), before[name].nan_to_num()), name
    for name, tensor in trainer.best_model.heads.state_dict().items():
        assert not torch.equal(tensor, before[name]), name


def test_modules_that_never_moved_are_the_base_s_own(encoder, trained):
    best = trained(freeze="last-2", encoder_lr=3e-5, epochs=3)[0].best_model
    shared = [own is base for own, base in zip(best.encoder.blocks(), encoder.blocks(), strict=True)]
    assert shared == [True] * 5 + [False] * 2
