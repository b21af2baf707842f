"""Charts of vectors made by hand."""

import numpy as np

from mtl.ui.charts.embeddings import embedding_strip, heatmap
from tests.conftest import random_unit


def test_the_heatmap_shows_every_pair():
    matrix = np.array([[1.0, 0.3], [0.3, 1.0]], dtype=np.float32)
    (trace,) = heatmap(matrix, ["first", "second"]).data
    assert np.array_equal(trace.z, matrix)
    assert (trace.zmin, trace.zmax) == (-1, 1)
    assert trace.customdata[0][1] == "first<br>second"


def test_texts_with_tags_stay_texts():
    (trace,) = heatmap(np.eye(1, dtype=np.float32), ["<b>bold</b> & <a href='x'>"]).data
    assert trace.customdata[0][0].startswith("&lt;b&gt;bold&lt;/b&gt; &amp; &lt;a")


def test_long_texts_are_cut():
    (trace,) = heatmap(np.eye(1, dtype=np.float32), ["x" * 500]).data
    assert len(trace.customdata[0][0]) == len("<br>") + 2 * 60


def test_the_strip_shows_every_dimension_once():
    embedding = random_unit(384)
    (trace,) = embedding_strip(embedding).data
    assert np.array_equal(trace.z.flatten(), embedding)
    assert (trace.zmin, trace.zmax) == (-np.abs(embedding).max(), np.abs(embedding).max())


def test_the_strip_takes_any_dimension():
    (trace,) = embedding_strip(random_unit(50)).data
    assert trace.z.shape == (2, 48)
    assert np.isnan(trace.z).sum() == 46
