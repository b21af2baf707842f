"""Charts of predictions, from numbers made by hand."""

from mtl.analysis.attribution import LabelAttribution, LayerAttribution
from mtl.schema.tasks import MAX_TASKS, task_colours
from mtl.ui.charts.predicting import label_mix, layer_attributions


def test_layers_and_bias_are_bars_and_those_against_are_hatched():
    layers = tuple(
        LayerAttribution(layer=layer, words=words, special=0.25, constant=0.0)
        for layer, words in ((5, 1.0), (6, -2.0))
    )
    part = LabelAttribution(label="high", logit=-0.25, words=(), layers=layers, bias=0.25, relative=True)
    made = layer_attributions(part, "#123456")
    (bars,) = made.data
    assert list(bars.x) == ["5", "6", "bias"] and list(bars.y) == [1.25, -1.75, 0.25]
    assert bars.marker.color == "#123456"
    assert list(bars.marker.pattern.shape) == ["", "/", ""]
    low, high = made.layout.yaxis.range
    assert low == -high and high > 1.75


def test_labels_are_counted_by_task_the_most_frequent_first():
    counts = {"topic": {"a": 1, "b<": 30, "c": 2}, "urgency": {"low": 33}}
    topic, urgency = label_mix(counts).data
    assert list(topic.y) == ["topic: b&lt;", "topic: c", "topic: a"] and list(topic.x) == [30, 2, 1]
    assert list(urgency.x) == [33]
    colours = task_colours(counts)
    assert [topic.marker.color, urgency.marker.color] == [colours["topic"], colours["urgency"]]


def test_every_bar_has_room_however_many_tasks_there_are():
    counts = {f"task {n}": {f"label {i}": i + 1 for i in range(20)} for n in range(MAX_TASKS)}
    made = label_mix(counts)
    assert all(len(trace.y) == 12 for trace in made.data)
    assert made.layout.height >= 16 * 12 * MAX_TASKS
    assert label_mix({"one": {"a": 1}}).layout.height == 260
    assert label_mix({"one": {}}).data[0].x == ()
