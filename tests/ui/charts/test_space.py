"""Charts of where sentences lie, from points made by hand."""

import numpy as np
import pytest

from mtl.schema.tasks import task_colours
from mtl.ui.charts.space import (
    difference_heatmap,
    layers_chart,
    moved_map,
    probe_chart,
    sentence_map,
    word_heatmap,
)
from tests.conftest import random_unit

POINTS = np.arange(8, dtype=np.float32).reshape(4, 2)
TEXTS = ["first", "<b>second</b>", "third", "x" * 80]


def test_the_map_has_a_trace_per_group_with_its_points_and_texts():
    made = sentence_map(POINTS, TEXTS, ["wet", "dry", "wet", "dry"], ("across", "up"))
    dry, wet = made.data
    assert (dry.name, wet.name) == ("dry", "wet")
    assert (list(wet.x), list(wet.y)) == ([0, 4], [1, 5])
    assert (list(dry.x), list(dry.y)) == ([2, 6], [3, 7])
    assert list(wet.customdata) == ["first", "third"]
    assert list(dry.customdata) == ["&lt;b&gt;second&lt;/b&gt;", "x" * 57 + "..."]
    assert (made.layout.xaxis.title.text, made.layout.yaxis.title.text) == ("across", "up")


def test_groups_are_told_apart_by_colour_and_symbol():
    groups = [f"group {number:02d}" for number in range(16)]
    points = random_unit(16, 2)
    traces = sentence_map(points, groups, groups, ("", "")).data
    looks = {(trace.marker.color, trace.marker.symbol) for trace in traces}
    assert len(looks) == 16
    assert all(len({getattr(t.marker, what) for t in traces[:8]}) == 8 for what in ("color", "symbol"))
    # The order of the texts does not change how a group looks.
    again = sentence_map(points, groups[::-1], groups[::-1], ("", "")).data
    assert [(t.name, t.marker.color) for t in again] == [(t.name, t.marker.color) for t in traces]


def test_a_label_is_text_in_the_legend_and_in_the_hover():
    (trace,) = sentence_map(POINTS, TEXTS, ["<i>a & b</i>"] * 4, ("", "")).data
    assert trace.name == "&lt;i&gt;a &amp; b&lt;/i&gt;"
    assert "<b>&lt;i&gt;a &amp; b&lt;/i&gt;</b>" in trace.hovertemplate


def test_many_points_are_smaller():
    few, many = (
        sentence_map(random_unit(count, 2), ["text"] * count, ["one"] * count, ("", "")).data[0].marker
        for count in (199, 200)
    )
    assert few.size > many.size and few.opacity > many.opacity


def test_every_text_has_a_line_from_before_to_after():
    after = POINTS + 1
    way, before_points, after_points = moved_map(POINTS, after, TEXTS).data
    xs, ys = np.array(way.x, dtype=float).reshape(-1, 3), np.array(way.y, dtype=float).reshape(-1, 3)
    np.testing.assert_array_equal(xs[:, :2], np.stack([POINTS[:, 0], after[:, 0]], axis=1))
    np.testing.assert_array_equal(ys[:, :2], np.stack([POINTS[:, 1], after[:, 1]], axis=1))
    assert np.isnan(xs[:, 2]).all() and np.isnan(ys[:, 2]).all()  # so that no line joins two texts
    assert (before_points.name, after_points.name) == ("before", "after")
    np.testing.assert_array_equal(before_points.x, POINTS[:, 0])
    np.testing.assert_array_equal(after_points.y, after[:, 1])
    assert (before_points.marker.symbol, after_points.marker.symbol) == ("circle-open", "circle")
    assert after_points.customdata[1] == "2. &lt;b&gt;second&lt;/b&gt;"


def test_differences_are_numbered_signed_and_symmetric_about_nothing():
    differences = np.array([[0.0, 0.25], [-0.5, 0.0]], dtype=np.float32)
    made = difference_heatmap(differences, TEXTS[:2])
    (trace,) = made.data
    np.testing.assert_array_equal(trace.z, differences)
    assert (trace.zmin, trace.zmax) == (-0.5, 0.5)
    assert list(trace.x) == list(trace.y) == ["1", "2"]
    assert list(trace.text[0]) == ["+0.00", "+0.25"] and list(trace.text[1]) == ["-0.50", "+0.00"]
    assert made.layout.yaxis.autorange == "reversed"


def test_where_nothing_moved_noise_is_not_blown_up():
    (trace,) = difference_heatmap(np.full((2, 2), 1e-7, dtype=np.float32), TEXTS[:2]).data
    assert (trace.zmin, trace.zmax) == (-0.05, 0.05)


@pytest.mark.parametrize(("count", "shown"), [(15, True), (16, False)])
def test_many_cells_have_no_numbers(count, shown):
    texts = [f"text {number}" for number in range(count)]
    matrix = np.eye(count, dtype=np.float32)
    assert bool(difference_heatmap(matrix, texts).data[0].texttemplate) == shown
    assert bool(word_heatmap(matrix, texts, texts).data[0].texttemplate) == shown


def test_words_down_meet_words_across():
    cosines = np.array([[1.0, 0.2, -0.1], [0.3, 0.4, 0.5]], dtype=np.float32)
    made = word_heatmap(cosines, ["the", "the"], ["a", "<b>", "c"])
    (trace,) = made.data
    np.testing.assert_array_equal(trace.z, cosines)
    assert (trace.zmin, trace.zmax) == (-1, 1)
    assert trace.customdata[1][1] == "the - &lt;b&gt;"
    # A word that comes twice has two rows.
    assert list(made.layout.yaxis.ticktext) == ["the", "the"] and list(made.layout.yaxis.tickvals) == [0, 1]
    assert list(made.layout.xaxis.ticktext) == ["a", "&lt;b&gt;", "c"]


def test_the_cosine_has_a_point_per_layer_and_room_below_zero():
    cosines = [0.5, -0.25, 0.75]
    made = layers_chart(cosines)
    (trace,) = made.data
    assert list(trace.x) == [0, 1, 2] and list(trace.y) == cosines
    assert list(trace.text) == ["0.50", "-0.25", "0.75"]
    low, high = made.layout.yaxis.range
    assert low < -0.25 and high > 1
    assert layers_chart([0.5]).layout.yaxis.range[0] < 0  # zero is on the chart in any case


def test_each_probe_has_bars_and_the_line_that_it_must_beat():
    accuracies = {"sentiment": [0.6, 0.9], "topic": [0.3, 0.5], "<u>": [0.2, 0.4]}
    majorities = {"sentiment": 0.5, "topic": 0.25, "<u>": 0.125}
    made = probe_chart(accuracies, majorities)
    bars, lines = made.data[::2], made.data[1::2]
    colours = task_colours(accuracies)
    for bar, line, name in zip(bars, lines, accuracies, strict=True):
        assert list(bar.x) == list(line.x) == ["0", "1"]
        assert list(bar.y) == accuracies[name] and list(line.y) == [majorities[name]] * 2
        assert bar.marker.color == line.line.color == colours[name]
    assert [bar.name for bar in bars] == ["sentiment", "topic", "&lt;u&gt;"]
    assert lines[1].name == "commonest topic label, 25%"
    # Without colours, patterns and dashes tell them apart.
    assert len({bar.marker.pattern.shape for bar in bars}) == 3
    assert len({line.line.dash for line in lines}) == 3
