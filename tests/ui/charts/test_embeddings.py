"""The chart of a vector made by hand."""

import numpy as np

from mtl.ui.charts.embeddings import embedding_strip
from tests.conftest import random_unit


def test_the_strip_shows_every_dimension_once():
    embedding = random_unit(384)
    (trace,) = embedding_strip(embedding).data
    assert np.array_equal(trace.z.flatten(), embedding)
    assert (trace.zmin, trace.zmax) == (-np.abs(embedding).max(), np.abs(embedding).max())


def test_the_strip_takes_any_dimension():
    (trace,) = embedding_strip(random_unit(50)).data
    assert trace.z.shape == (2, 48)
    assert np.isnan(trace.z).sum() == 46
