"""Charts of what the layers know, from numbers made by hand."""

from mtl.schema.tasks import task_colours
from mtl.ui.charts.space import empty_chart, layers_chart, probe_chart


def test_an_empty_chart_says_so_in_words_that_are_no_markup():
    (words,) = empty_chart("<b>Nothing</b>").layout.annotations
    assert words.text == "&lt;b&gt;Nothing&lt;/b&gt;" and not empty_chart("").data


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
