"""How long a run will take: measured on this machine, added up for every strategy."""

import pytest

from mtl.schema.config import RECOMMENDED, FreezeStrategy
from mtl.training.throughput import Size, Throughput, estimates, measure

THROUGHPUT = Throughput(forward_s=1e-5, train_s=3e-5, step_s=4e-4, head_s=3e-4, regression_s=1e-9)
SIZES = {
    "sentiment": Size(train=1000, validation=250, tokens=12),
    "intent": Size(train=300, validation=75, tokens=8),
}


def test_measuring_gives_times_and_leaves_the_encoder_alone(encoder):
    before = [p.clone() for p in encoder.parameters()]
    throughput = measure(encoder)
    assert 0 < throughput.forward_s < throughput.train_s < 0.01
    assert 0 < throughput.regression_s < 1e-7
    assert 0 < throughput.head_s < throughput.steps_s(2) < throughput.steps_s(8) < 1
    assert all(
        (a == b).all() and not b.requires_grad for a, b in zip(before, encoder.parameters(), strict=True)
    )


def test_every_further_layer_costs_more():
    seconds = estimates(THROUGHPUT, SIZES, RECOMMENDED, 6)
    order = ["frozen", "heads", "last-1", "last-2", "last-4", "last-6", "full"]
    assert sorted(order, key=lambda name: seconds[FreezeStrategy(name)]) == order
    assert seconds[FreezeStrategy.HEADS] < seconds[FreezeStrategy.GRADUAL] < seconds[FreezeStrategy.LAST_4]


def test_the_sum_is_the_one_done_by_hand():
    config = RECOMMENDED
    tokens = 1250 * 12 + 375 * 8
    encoding = 1e-5 * tokens * 6
    steps = -(-1000 // config.batch_size)
    training = 3e-5 * config.batch_size * (12 + 8) * 2
    epoch = steps * (1e-3 + training) + 1e-5 * (250 * 12 + 75 * 8) * 2
    # Two regressions for each task, the second of a third of the cost; there are fewer rows than features.
    report = 1e-9 * 350 * 4 / 3 * (1000**2 + 300**2) + 1e-5 * (250 * 12 + 75 * 8) * 6
    expected = encoding + config.epochs * epoch + report
    assert estimates(THROUGHPUT, SIZES, config, 6)[FreezeStrategy.LAST_2] == pytest.approx(expected)


def test_every_task_adds_its_head_and_its_rows():
    topic = Size(train=100, validation=25, tokens=10)
    two, three = (
        estimates(THROUGHPUT, sizes, RECOMMENDED, 6)[FreezeStrategy.HEADS]
        for sizes in (SIZES, {**SIZES, "topic": topic})
    )
    steps = RECOMMENDED.epochs * -(-1000 // RECOMMENDED.batch_size)
    report = 1e-9 * 350 * 4 / 3 * 100**2
    assert three - two == pytest.approx(1e-5 * 125 * 10 * 6 + steps * 3e-4 + report)


def test_the_report_counts_the_more_the_more_rows_and_labels_there_are():
    def seconds(**changes):
        sizes = {"intent": Size(**{"train": 4000, "validation": 1000, "tokens": 8, **changes})}
        return estimates(THROUGHPUT, sizes, RECOMMENDED, 6)[FreezeStrategy.FROZEN]

    assert seconds(outputs=4) - seconds(outputs=1) == pytest.approx(3 * 1e-9 * 350 * 4 / 3 * 4000 * 2688)
    assert seconds(outputs=4) > 3 * 1e-5 * 5000 * 8 * 6  # more than the encoding


def test_a_strategy_for_more_layers_than_there_are_is_not_estimated():
    assert FreezeStrategy.LAST_4 not in estimates(THROUGHPUT, SIZES, RECOMMENDED, 3)


def test_a_throughput_survives_its_file_and_a_foreign_file_is_none(tmp_path):
    THROUGHPUT.save(tmp_path / "throughput.json")
    assert Throughput.load(tmp_path / "throughput.json") == THROUGHPUT
    # An earlier version's file is measured anew, as any other.
    former = '{"forward_s": 1e-5, "train_s": 3e-5, "step_s": 4e-4, "head_s": 3e-4}'
    (tmp_path / "throughput.json").write_text(former)
    assert Throughput.load(tmp_path / "throughput.json") is None
    (tmp_path / "throughput.json").write_text('{"speed": 3}')
    assert Throughput.load(tmp_path / "throughput.json") is None
    assert Throughput.load(tmp_path / "none.json") is None
