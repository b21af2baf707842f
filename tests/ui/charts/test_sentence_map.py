"""Maps of sentences, from points made by hand."""

import numpy as np

from mtl.analysis.similarity import Pair
from mtl.ui.charts.sentence_map import HEIGHT, moved_map, sentence_map
from tests.conftest import random_unit

POINTS = np.array([[0, 5], [8, 4], [1, 1], [7, 0]], dtype=np.float32)
TEXTS = ["first", "<b>second</b>", "third", "x" * 80]
PAIRS = [Pair(first=0, second=2, cosine=0.9), Pair(first=1, second=3, cosine=0.4)]


def _map(groups, texts=TEXTS, points=POINTS, **options):
    """The traces of a map by name; lines have none."""
    made = sentence_map(points, texts, groups, **options)
    return made, {trace.name: trace for trace in made.data if trace.name is not None}


def test_the_map_has_a_trace_per_group_with_its_points_and_texts():
    made, traces = _map(["wet", "dry", "wet", "dry"])
    assert list(traces) == ["dry", "wet", "texts"]
    dry, wet = traces["dry"], traces["wet"]
    # The first text lies at the upper left, whichever way the points came.
    assert wet.x[0] < dry.x[0] and wet.x[0] < dry.x[1] and wet.y[0] > wet.y[1]
    assert [text.partition("<br>")[0] for text in wet.hovertext] == ["first", "third"]
    assert dry.hovertext[0].startswith("&lt;b&gt;second&lt;/b&gt;<br>")
    assert dry.hovertext[1].replace("<br>", "").startswith("x" * 80)  # whole, in lines
    assert made.layout.height == HEIGHT and made.layout.showlegend


def test_every_point_lies_within_the_map_and_bears_its_text():
    for width in (800, 340):
        made, traces = _map([""] * 4, width=width)
        texts = traces["texts"]
        assert list(texts.text) == ["first", "&lt;b&gt;second&lt;/b&gt;", "third", texts.text[3]]
        assert texts.text[3].endswith("…") and len(texts.text[3]) < 50
        across, up = made.layout.xaxis.range, made.layout.yaxis.range
        assert across[1] < width and up[1] < HEIGHT
        assert all(0 < x < across[1] for x in texts.x) and all(0 < y < up[1] for y in texts.y)


def test_typing_flips_no_map():
    _, traces = _map([""] * 4)
    for turned in (POINTS * [-1, 1], POINTS * [1, -1], -POINTS):
        _, again = _map([""] * 4, points=turned.astype(np.float32))
        np.testing.assert_allclose(again["texts"].x, traces["texts"].x, atol=1e-3)
        np.testing.assert_allclose(again["texts"].y, traces["texts"].y, atol=1e-3)


def test_a_phone_is_held_upright():
    _, wide = _map([""] * 4, width=800)
    _, narrow = _map([""] * 4, width=340)
    assert np.ptp(wide["texts"].x) > np.ptp(wide["texts"].y)
    assert np.ptp(narrow["texts"].y) > np.ptp(narrow["texts"].x)


def test_close_sentences_are_joined_and_the_line_tells_its_cosine():
    made, traces = _map(["a", "b", "a", "b"], pairs=PAIRS, legend=False)
    lines = [trace for trace in made.data if trace.mode == "lines"]
    assert [len(line.x) for line in lines] == [2, 2]
    assert lines[0].line.width > lines[1].line.width  # the closer, the stronger
    middles = traces["pairs"]
    assert [list(pair) for pair in middles.customdata] == [[0, 2], [1, 3]]
    assert list(middles.text) == ["0.90", "0.40"]
    assert "<br>&lt;b&gt;" not in middles.hovertext[0] and "cosine 0.90" in middles.hovertext[0]
    assert "&lt;b&gt;second" in middles.hovertext[1]


def test_only_the_strongest_lines_bear_a_number():
    pairs = [Pair(first=row, second=row + 1, cosine=0.9 - row / 10) for row in range(5)]
    _, traces = _map([""] * 6, texts=["text"] * 6, points=random_unit(6, 2), pairs=pairs)
    assert list(traces["pairs"].text) == ["0.90", "0.80", "0.70", "", ""]


def test_groups_are_told_apart_by_colour_and_symbol():
    groups = [f"group {number:02d}" for number in range(16)]
    points = random_unit(16, 2)
    _, traces = _map(groups, texts=groups, points=points)
    shown = [traces[group] for group in groups]
    assert len({(trace.marker.color, trace.marker.symbol) for trace in shown}) == 16
    assert all(len({getattr(t.marker, what) for t in shown[:8]}) == 8 for what in ("color", "symbol"))
    # The order of the texts does not change how a group looks.
    _, again = _map(groups[::-1], texts=groups[::-1], points=points)
    assert [again[group].marker.color for group in groups] == [trace.marker.color for trace in shown]


def test_one_that_belongs_to_no_group_is_grey():
    _, traces = _map(["a", "", "a", ""])
    assert traces[""].marker.color != traces["a"].marker.color and len(traces[""].x) == 2


def test_a_label_is_text_in_the_legend_and_in_the_hover():
    _, traces = _map(["<i>a & b</i>"] * 4)
    trace = traces["&lt;i&gt;a &amp; b&lt;/i&gt;"]
    assert trace.hovertext[0].endswith("<b>&lt;i&gt;a &amp; b&lt;/i&gt;</b>")


def test_many_points_are_smaller_can_be_zoomed_and_only_some_bear_their_text():
    sentences = [f"a sentence of several words, number {number}" for number in range(200)]
    sizes = []
    for count in (4, 200, 300):
        texts = (sentences * 2)[:count]
        made, traces = _map(["one"] * count, texts=texts, points=random_unit(count, 2))
        sizes.append(traces["one"].marker.size)
        assert made.layout.xaxis.fixedrange == (count == 4)
        assert len(traces["one"].hovertext) == count  # hover tells all
        if count == 300:
            assert "texts" not in traces
        else:
            shown = sum(bool(text) for text in traces["texts"].text)
            assert shown == 4 if count == 4 else 2 < shown < 60
    assert sizes == sorted(sizes, reverse=True) and sizes[0] > sizes[-1]


def test_one_point_and_points_that_are_all_the_same_are_drawn():
    for points in (np.zeros((1, 2)), np.zeros((3, 2))):
        count = len(points)
        made, traces = _map([""] * count, texts=TEXTS[:count], points=points.astype(np.float32))
        middle = made.layout.xaxis.range[1] / 2
        assert list(traces["texts"].x) == [middle] * count


def test_every_text_has_a_line_from_before_to_after():
    after = POINTS[::-1].copy()
    way, before_points, after_points, texts = moved_map(POINTS, after, TEXTS).data
    xs, ys = np.array(way.x, dtype=float).reshape(-1, 3), np.array(way.y, dtype=float).reshape(-1, 3)
    np.testing.assert_array_equal(xs[:, :2], np.stack([before_points.x, after_points.x], axis=1))
    np.testing.assert_array_equal(ys[:, :2], np.stack([before_points.y, after_points.y], axis=1))
    assert np.isnan(xs[:, 2]).all() and np.isnan(ys[:, 2]).all()  # so that no line joins two texts
    assert (before_points.name, after_points.name) == ("before", "after")
    # Both lie on one map: what was last comes first and stands where the last one stood.
    np.testing.assert_allclose(before_points.x, after_points.x[::-1])
    assert (before_points.marker.symbol, after_points.marker.symbol) == ("circle-open", "circle")
    assert after_points.hovertext[1] == "&lt;b&gt;second&lt;/b&gt;<br><b>after</b>"
    np.testing.assert_array_equal(texts.x, after_points.x)
