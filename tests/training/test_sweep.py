"""Several ways of training, side by side."""

import pytest

from mtl.data.examination import load_rows
from mtl.data.sources import labelled_rows
from mtl.schema.config import REPORT, FreezeStrategy, config_named
from mtl.schema.events import RunEnd
from mtl.training.sweep import Result, compare
from tests.conftest import INTENT, SENTIMENT, frame


@pytest.fixture(scope="module")
def outcomes(encoder):
    configs = {
        "report": config_named("report", epochs=2),
        "heads": config_named("heads", epochs=3),
        "last-1": config_named("last-1", epochs=2),
    }
    test = load_rows(
        frame(positive=["a joy to use", "so kind"], negative=["it broke", "rude staff"]), "sentiment"
    )
    rows = labelled_rows({"sentiment": SENTIMENT, "intent": INTENT})
    return list(compare(configs, rows, encoder, [test]))


def test_a_name_stands_for_a_preset_or_a_strategy():
    assert config_named("report") == REPORT
    assert config_named("last-3", seed=4).freeze is FreezeStrategy.LAST_3
    assert config_named("last-3", seed=4).seed == 4
    with pytest.raises(ValueError, match="'lost' is no preset or freeze strategy: use some of report"):
        config_named("lost")


def test_every_way_tells_its_events_and_then_its_result(outcomes):
    results = [(name, item) for name, item in outcomes if isinstance(item, Result)]
    assert [name for name, _ in results] == ["report", "heads", "last-1"]
    for name, result in results:
        at = outcomes.index((name, result))
        assert isinstance(outcomes[at - 1][1], RunEnd)


def test_test_rows_count_where_there_are_some(outcomes):
    for _, result in outcomes:
        if isinstance(result, Result):
            assert result.scores["sentiment"].rows == 4
            assert result.scores["intent"].rows > 4
            interval = result.accuracy_intervals["intent"]
            assert interval.low <= result.scores["intent"].accuracy <= interval.high


def test_the_ways_differ_as_they_should(outcomes):
    report, heads, last = (item for _, item in outcomes if isinstance(item, Result))
    assert report.losses[1] > 2
    assert heads.losses[1] < 1.5
    assert report.parameters < heads.parameters < last.parameters
