"""A learning curve that is carried on, and the cases in which it cannot be."""

import numpy as np
import pytest

from mtl.data.examination import LabelledRows
from mtl.evaluation.forecast import forecast, foresee
from mtl.schema.tasks import Task

SIZES = np.array([50, 100, 200, 400])


def _errors(curve, noise=0.0, draws=5, seed=0):
    exact = np.array([curve(size) for size in SIZES])
    return exact + np.random.default_rng(seed).normal(0, noise, (draws, len(SIZES)))


def _clouds(rows, labels=3, dimension=8, noise=1.0, seed=0):
    """Rows whose layer embeddings, (row, 2, dim), lie in a cloud for each label."""
    rng = np.random.default_rng(seed)
    ids = np.arange(rows) % labels
    centres = rng.normal(size=(labels, 2, dimension))
    embeddings = (centres[ids] + noise * rng.normal(size=(rows, 2, dimension))).astype(np.float32)
    task = Task("topic", tuple("abc"[:labels]))
    return LabelledRows(task=task, texts=tuple(map(str, range(rows))), labels=ids), embeddings


def test_a_power_law_is_carried_on():
    def curve(size):
        return 0.05 + 2 * size**-0.5

    for rows in (1000, 2000):
        found = foresee(SIZES, _errors(curve), 500, rows)
        assert found.rows == rows
        assert found.accuracy == pytest.approx(1 - curve(rows), abs=0.02)
        assert found.low < 1 - curve(rows) < found.high


def test_intervals_widen_with_noise_fewer_rows_and_distance():
    def curve(size):
        return 0.05 + 2 * size**-0.5

    def width(noise=0.01, total=500, rows=1000):
        found = foresee(SIZES, _errors(curve, noise), total, rows)
        return found.high - found.low

    assert width(noise=0.05) > width()
    assert width(total=100) > width()
    assert width(rows=2000) > width()


def test_accuracy_is_a_share():
    found = foresee(SIZES, _errors(lambda size: 0.0), 500, 1000)
    assert 0 <= found.low <= found.accuracy <= found.high <= 1


def test_the_curve_of_rows_is_measured_on_others():
    rows, embeddings = _clouds(300, noise=2.0)
    found = forecast(rows, embeddings)
    assert found.reason is None
    sizes = [point.rows for point in found.points]
    assert sizes == sorted(sizes) and sizes[-1] == 240
    assert found.points[0].accuracy < found.points[-1].accuracy
    assert [seen.rows for seen in found.forecast] == [600, 1200]
    assert found == forecast(rows, embeddings)


@pytest.mark.parametrize("rows, labels, why", [(99, 3, "99 rows are too few"), (40, 2, "100 at least")])
def test_few_rows_cannot_tell(rows, labels, why):
    found = forecast(*_clouds(rows, labels))
    assert found.forecast == found.points == ()
    assert why in found.reason


def test_rows_that_teach_nothing_cannot_tell():
    rows, embeddings = _clouds(300)
    drawn = np.random.default_rng(0).permutation(rows.labels)
    found = forecast(LabelledRows(task=rows.task, texts=rows.texts, labels=drawn), embeddings)
    assert found.forecast == ()
    assert found.points
    assert "no better than always answering the most frequent label" in found.reason
