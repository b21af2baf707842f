"""What the panels of the Embeddings tab show, from the real encoder."""

import asyncio
import gc
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import gradio as gr
import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.metrics.pairwise import cosine_similarity

from mtl.analysis.probe import LayerProbe, Probe, probe
from mtl.analysis.similarity import cosines
from mtl.runs.store import Runs
from mtl.ui.bundled import Bundled
from mtl.ui.embeddings.column_panel import ColumnPanel
from mtl.ui.embeddings.examples import EXAMPLES, caption
from mtl.ui.embeddings.files_panel import FilesPanel
from mtl.ui.embeddings.grid import MOST_ROWS, matrix_grid, shade, texts_of
from mtl.ui.embeddings.layers_panel import LayersPanel, seen
from mtl.ui.embeddings.map_panel import MapPanel
from mtl.ui.embeddings.matrix_panel import MatrixPanel
from mtl.ui.embeddings.numbers_panel import NumbersPanel
from mtl.ui.embeddings.pair import pair_detail
from mtl.ui.embeddings.search_panel import SearchPanel
from mtl.ui.embeddings.sources import NO_COLUMN, Sources, columns_of
from mtl.ui.embeddings.training_panel import TrainingPanel
from mtl.ui.embeddings.words_panel import WordsPanel
from mtl.ui.models import DEFAULT, UNTRAINED, Models

VISITOR = gr.Request(session_hash="visitor")
LINES = "A cat sleeps.\nTaxes rose <b>again</b>.\n\n  A kitten naps.  "
TEXTS = ["A cat sleeps.", "Taxes rose <b>again</b>.", "A kitten naps."]


@pytest.fixture(scope="module")
def models(encoder, tmp_path_factory):
    runs = Runs(tmp_path_factory.mktemp("runs"), None)
    yield Models(encoder, runs)
    runs.close()


@pytest.fixture
def sources(encoder, monkeypatch):
    """With a few of the bundled sentences of both tasks, so that the tests are quick."""
    whole = Bundled.rows.func(Bundled(encoder))
    few = tuple(part[:60] + part[-60:] for part in whole)
    monkeypatch.setattr(Bundled, "rows", property(lambda self: few))
    return Sources(encoder, Bundled(encoder))


def _in_page(make, *given):
    with gr.Blocks():
        return make(*given)


def _choices(update):
    return [value for _, value in update["choices"]]


def _shown(update):
    """What a panel gives, by the ids of its parts."""
    return {part.elem_id: value for part, value in update.items()}


@pytest.fixture
def table_csv(tmp_path):
    file = tmp_path / "table.csv"
    rows = [(f"{n}", f"Room {n} has a view of the sea", ("loud", "calm")[n % 2]) for n in range(40)]
    file.write_text("id,remark,noise\n" + "\n".join(",".join(row) for row in rows), "utf-8")
    return str(file)


def test_the_closest_pair_comes_first_and_is_shown_in_detail(sources):
    shown = _shown(_in_page(WordsPanel, sources).render(LINES))
    table = shown["pairs"]
    assert table.iloc[0].tolist()[1:] == ["1. A cat sleeps.", "3. A kitten naps."]
    assert [float(cosine) for cosine in table["cosine"]] == sorted(map(float, table["cosine"]), reverse=True)
    assert _choices(shown["pair-a"]) == _choices(shown["pair-b"]) == [0, 1, 2]
    assert (shown["pair-a"]["value"], shown["pair-b"]["value"]) == (0, 2)
    assert shown["pair-words"]["second"] == "A kitten naps."


def test_a_pair_can_be_asked_for_and_one_that_is_not_there_is_the_closest(sources):
    panel = _in_page(WordsPanel, sources)
    shown = _shown(panel.render(LINES, (1, 2)))
    assert (shown["pair-a"]["value"], shown["pair-b"]["value"]) == (1, 2)
    assert shown["pair-words"]["first"] == TEXTS[1]
    for pair in ((1, 9), (-1, 0)):
        assert _shown(panel.render(LINES, pair))["pair-words"]["second"] == "A kitten naps."


def test_the_detail_agrees_with_scikit_learn(encoder):
    shown, by_layer = pair_detail(encoder, "A cat sleeps.", "A kitten naps.")
    expected = cosine_similarity(encoder.encode(["A cat sleeps.", "A kitten naps."]))[0, 1]
    assert shown["title"] == f"{expected:.2f}"
    assert f"{np.degrees(np.arccos(expected)):.0f} degrees" in shown["note"]
    assert "Closest different words: “cat” and “kitten”" in shown["note"]
    assert [column["text"] for column in shown["grid"]["columns"]] == ["A", "kitten", "naps", "."]
    assert [row["text"] for row in shown["grid"]["rows"]] == ["A", "cat", "sleeps", "."]
    assert by_layer[-1] == pytest.approx(expected, abs=1e-5)
    assert len(by_layer) == 7


def test_one_sentence_has_no_pair_and_says_so(sources):
    for panel, display in ((WordsPanel, "pair-words"), (MatrixPanel, "matrix-pair")):
        given = ("Alone here.", False)[: 2 if panel is MatrixPanel else 1]
        shown = _shown(_in_page(panel, sources).render(*given))
        assert "needs two sentences. Type another line." in shown[display]["note"]
        assert "title" not in shown[display]


def test_without_sentences_every_panel_is_empty_and_has_nothing_to_choose(sources, models):
    words = _shown(_in_page(WordsPanel, sources).render(" "))
    assert (words["pair-a"]["choices"], words["pair-a"]["value"]) == ([], None)
    assert words["pairs"].empty and words["pair-layers"]["value"] is None
    assert _shown(_in_page(MatrixPanel, sources).render(" ", True))["matrix"] == {"columns": [], "rows": []}
    numbers = _shown(_in_page(NumbersPanel, sources).render(" ", 3))
    assert (numbers["which"]["choices"], numbers["which"]["value"]) == ([], None)
    assert numbers["numbers"].empty and numbers["tokens"]["tokens"] == []
    files = _shown(_in_page(FilesPanel, sources).render(" "))
    assert not files["files-csv"]["interactive"] and files["files-csv"]["value"] is None
    moved = _shown(_in_page(TrainingPanel, models).compare("", DEFAULT, " "))
    assert moved["moved-pairs"] == {"columns": [], "rows": []} and not moved["moved-map"].data


def test_the_matrix_bears_the_sentences_and_a_cell_its_pair(sources):
    panel = _in_page(MatrixPanel, sources)
    grid = _shown(panel.render(LINES, False))["matrix"]
    assert [row["text"] for row in grid["rows"]] == [f"{n + 1}. {text}" for n, text in enumerate(TEXTS)]
    assert [column["text"] for column in grid["columns"]] == ["1", "2", "3"]
    expected = cosine_similarity(sources.encoder.encode(TEXTS))
    shown = [[float(cell["text"]) for cell in row["cells"]] for row in grid["rows"]]
    np.testing.assert_allclose(shown, expected, atol=0.006)
    pair = _shown(panel.press(LINES, grid["rows"][0]["cells"][1]["key"]))["matrix-pair"]
    assert (pair["first"], pair["second"]) == (TEXTS[0], TEXTS[1])
    order = [row["text"][0] for row in _shown(panel.render(LINES, True))["matrix"]["rows"]]
    assert "".join(order) in ("132", "312", "213", "231")  # 1 and 3 stand together


def test_many_sentences_stand_in_blocks_that_open(sources):
    kinds = ("The soup was {}", "Turn the radio {}", "My train left {}")
    endings = "cold hot late early on off slow quick loud mild odd green".split()
    lines = "\n".join(kind.format(ending) for ending in endings for kind in kinds)
    panel = _in_page(MatrixPanel, sources)
    grid = _shown(panel.render(lines, False))["matrix"]
    assert len(grid["rows"]) <= 12 < MOST_ROWS < 36
    keys = [row["cells"][0]["key"].partition("|")[0] for row in grid["rows"]]
    assert sorted(int(number) for key in keys for number in key.split(",")) == list(range(36))
    # A block opens: its own sentences, each in a row.
    big = max(range(len(keys)), key=lambda row: keys[row].count(","))
    assert grid["rows"][big]["more"] == f"+ {keys[big].count(',')}"
    opened = _shown(panel.press(lines, grid["rows"][big]["cells"][big]["key"]))
    assert opened["matrix-all"]["visible"]
    numbers = [row["text"].partition(".")[0] for row in opened["matrix"]["rows"]]
    assert numbers == [str(int(number) + 1) for number in keys[big].split(",")]
    # The value of a block is the mean of its pairs, each sentence's own 1 left out.
    rows = [int(number) for number in keys[big].split(",")]
    inner = cosines(sources.encoder.encode(lines.splitlines()))[np.ix_(rows, rows)]
    mean = (inner.sum() - len(rows)) / (len(rows) * (len(rows) - 1))
    assert float(grid["rows"][big]["cells"][big]["text"]) == pytest.approx(mean, abs=0.006)


@pytest.mark.parametrize("key", ["", "1", "a|b", "0|0|0", "9|0", "-1|0", "<b>|0"])
def test_a_cell_that_is_not_there_is_refused(sources, key):
    with pytest.raises(ValueError, match=r"is no cell: press one|have changed: press the cell again"):
        texts_of(key, 3)


@pytest.mark.parametrize("value", np.linspace(-1, 1, 41))
def test_a_cell_can_be_read_on_its_colour(value):
    look = shade(float(value))
    channels = np.array([int(part) for part in look["back"][4:-1].split(",")]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    luminance = linear @ [0.2126, 0.7152, 0.0722]
    ink = {"#000": 0.0, "#fff": 1.0}[look["ink"]]
    low, high = sorted((luminance, ink))
    assert (high + 0.05) / (low + 0.05) >= 4.5


def test_differences_bear_their_sign_and_nothing_is_no_minus():
    matrix = np.array([[0.0, 0.25], [-0.001, 0.0]], dtype=np.float32)
    grid = matrix_grid(matrix, ["one", "two"], bound=0.25)
    assert [[cell["text"] for cell in row["cells"]] for row in grid["rows"]] == [
        ["+0.00", "+0.25"],
        ["+0.00", "+0.00"],
    ]
    assert grid["rows"][0]["cells"][1]["back"] == shade(1.0)["back"]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_the_caption_of_an_example_tells_its_real_numbers(encoder, example):
    matrix = cosines(encoder.encode(example.lines))
    said = caption(example.lines, matrix)
    assert said == example.said.format(*(float(matrix[pair]) for pair in example.pairs))
    assert len(said) < 120
    # Another encoder may see it otherwise: then it is not said.
    assert caption(example.lines, np.zeros_like(matrix)).startswith("Closest:")


def test_the_caption_of_other_sentences_tells_the_closest_pair(encoder):
    matrix = cosines(encoder.encode(TEXTS))
    assert f"“A cat sleeps.” and “A kitten naps.” have {matrix[0, 2]:.2f}" in caption(TEXTS, matrix)
    assert caption(TEXTS[:1], matrix[:1, :1]) == "One sentence lies alone. Type another line."
    assert caption([], matrix[:0, :0]).startswith("Type one sentence per line")


def test_a_sentence_shows_its_pieces_and_its_numbers(sources):
    shown = _shown(_in_page(NumbersPanel, sources).render("unbelievably good\n" + LINES, 0))
    assert shown["which"]["value"] == 0
    kinds = [(token["text"], token["kind"]) for token in shown["tokens"]["tokens"]]
    assert kinds[0] == ("[CLS]", "special") and kinds[-1] == ("[SEP]", "special")
    assert sum(kind == "piece" for _, kind in kinds) > 1 and ("good", "") in kinds
    assert "384 numbers; as an arrow their length is 1.0000" in shown["tokens"]["facts"]
    embedding = sources.encoder.encode(["unbelievably good"])[0]
    # Alone or among others: to float tolerance.
    np.testing.assert_allclose(shown["numbers"]["value"].astype(float), embedding, atol=2e-6)
    assert shown["tokens"]["cut"] == "" and shown["strip"]["value"].data


def test_what_is_not_read_any_more_is_shown(sources):
    long = "fish " * 300 + "and the end of it"
    shown = _shown(_in_page(NumbersPanel, sources).render(long, 5))
    assert shown["tokens"]["cut"].endswith('and the end of it"')


def test_columns_are_guessed_and_can_be_chosen(sources, table_csv):
    assert columns_of(table_csv) == (["id", "remark", "noise"], "remark", "noise")
    told = []
    found = sources.column(table_csv, "remark", "noise", told.append)
    assert found.texts[3] == "Room 3 has a view of the sea" and found.labels["noise"][:2] == ("loud", "calm")
    assert told == [1.0] and found.embeddings.shape == (40, 384)
    again = sources.column(table_csv, "remark", NO_COLUMN, told.append)
    assert again.labels == {} and again.embeddings is found.embeddings and told == [1.0]


@pytest.mark.parametrize(
    ("column", "message"),
    [(None, "No CSV file yet"), ("colour", "table.csv has no column 'colour'")],
)
def test_a_column_that_is_not_there_is_named(sources, table_csv, column, message):
    with pytest.raises(ValueError, match=message):
        sources.column(table_csv, column, None, lambda done: None)


@pytest.fixture
def drawn(sources, models):
    """Draws a map; returns what is said of it, what to notice, messages and the traces by name."""

    def draw(
        lines="", file=None, text=None, label=None, source="typed", colour="automatic", method="automatic"
    ):
        shown = _shown(panel.draw(VISITOR, lines, file, text, label, source, colour, method, 800))
        traces = {trace.name: trace for trace in shown["map"].data if trace.name is not None}
        return shown["map-said"], shown["map-caption"], shown["map-notes"], traces

    with gr.Blocks():
        panel = MapPanel(sources, models.get("", DEFAULT), EXAMPLES[0].text)
        column = ColumnPanel()
        panel.lay_out_caption()
        panel.lay_out_settings(column)
    draw.panel, draw.column = panel, column
    return draw


def test_the_map_bears_the_sentences_and_joins_the_close_ones(drawn, sources):
    said, noticed, messages, traces = drawn(LINES)
    assert list(traces["texts"].text) == [
        "A cat sleeps.",
        "Taxes rose &lt;b&gt;again&lt;/b&gt;.",
        "A kitten naps.",
    ]
    cosine = cosine_similarity(sources.encoder.encode(TEXTS))[0, 2]
    assert [list(pair) for pair in traces["pairs"].customdata] == [[0, 2]]
    assert list(traces["pairs"].text) == [f"{cosine:.2f}"]
    assert len(traces[""].x) == 1  # what is joined to nothing belongs to no group
    assert "the cosine is 0.35 or more" in said and "Distances on the map" in said
    assert noticed.startswith("Closest:") and messages == []


def test_the_map_of_nothing_and_of_one_sentence(drawn):
    said, noticed, messages, traces = drawn("")
    assert (said, messages, traces) == ("", [], {}) and noticed.startswith("Type one sentence")
    _, noticed, _, traces = drawn("Alone here.")
    assert list(traces["texts"].text) == ["Alone here."] and "Type another line" in noticed


def test_lines_that_are_too_many_or_too_long_are_told(drawn):
    *_, messages, traces = drawn("\n".join(f"sentence {number}" for number in range(203)))
    assert messages[0]["text"] == "The first 200 of 203 lines are compared."
    assert sum(len(trace.x) for name, trace in traces.items() if name not in ("texts", "pairs")) == 200
    *_, messages, _ = drawn("short\n" + "fish " * 300)
    assert messages[0]["text"] == "Only the start of sentence 2 counts: the encoder reads 256 tokens."


def test_the_map_can_be_pca_and_says_how_much_it_shows(drawn, sources):
    said, _, _, traces = drawn(LINES, colour="intent", method="pca")
    shares = PCA(2).fit(sources.encoder.encode(TEXTS)).explained_variance_ratio_
    assert f"{shares.sum():.0%} of the variance" in said
    assert "by the intent that the default model predicts" in said
    hovers = " ".join(text for trace in traces.values() for text in trace.hovertext or ())
    assert "<b>again" not in hovers and "again" in hovers  # what was typed is text, never markup


def test_the_map_uses_the_labels_that_rows_bear(drawn, table_csv):
    said, noticed, _, traces = drawn(source="bundled", colour="sentiment")
    assert "60 of 120 sentences, coloured by their own labels" in said and noticed in said
    assert {"negative", "positive"} <= set(traces)
    column = {"file": table_csv, "text": "remark", "source": "csv"}
    said, _, _, traces = drawn(**column, label="noise", method="tsne")
    assert "only who is near whom" in said
    assert {"calm", "loud"} <= set(traces)
    said, *_ = drawn(**column, label="noise", colour="intent")
    assert "by the intent that the default model predicts" in said
    *_, traces = drawn(**column, colour="cluster", method="pca")
    assert "cluster 1" in traces
    *_, messages, traces = drawn(source="csv", colour="cluster")
    assert messages[0]["kind"] == "problem" and "press Your CSV" in messages[0]["text"] and traces == {}


def test_the_map_offers_the_tasks_and_the_column_that_was_chosen(drawn):
    offered = drawn.panel.offer("noise")
    assert _choices(offered) == ["automatic", "noise", "sentiment", "intent", "opinion", "cluster"]
    assert _choices(drawn.panel.offer(NO_COLUMN)) == [
        "automatic",
        "sentiment",
        "intent",
        "opinion",
        "cluster",
    ]
    # Sentences that were changed to ones without such a label are still drawn.
    said, *_, traces = drawn(source="bundled", colour="noise")
    assert "by their own labels" in said and traces
    said, *_ = drawn(LINES, colour="noise")
    assert "the fewest that join them" in said


def test_a_file_is_looked_at_with_its_columns_guessed(drawn, table_csv, tmp_path):
    taken = {part.label: value for part, value in drawn.column.take(table_csv).items() if part.elem_id}
    assert (taken["Column of texts"]["value"], taken["Column of labels"]["value"]) == ("remark", "noise")
    empty = tmp_path / "empty.csv"
    empty.write_text("", "utf-8")
    with pytest.raises(gr.Error, match=r"empty\.csv: "):
        drawn.column.take(str(empty))


def test_a_text_that_occurs_twice_keeps_each_of_its_labels(drawn, tmp_path):
    file = tmp_path / "twice.csv"
    rows = ["It rains,wet", "It rains,", "The sun shines,dry", "A cold wind blows,dry"]
    file.write_text("remark,weather\n" + "\n".join(rows), "utf-8")
    column = {"file": str(file), "text": "remark", "label": "weather", "source": "csv"}
    said, *_, traces = drawn(**column, method="pca")
    assert "3 of 4 sentences, coloured by their own labels" in said
    points = {name: [t.partition("<br>")[0] for t in traces[name].hovertext] for name in ("dry", "wet")}
    assert points == {"dry": ["The sun shines", "A cold wind blows"], "wet": ["It rains"]}


def test_a_map_that_was_overtaken_is_not_shown(models):
    sources = Sources(models.encoder, models.bundled)
    with gr.Blocks():
        panel = MapPanel(sources, models.get("", DEFAULT), EXAMPLES[0].text)
        panel.lay_out_caption()
        panel.lay_out_settings(ColumnPanel())
    began, may_end = threading.Event(), threading.Event()
    encode = sources.lines

    def slow(lines):
        began.set()
        may_end.wait()
        return encode(lines)

    sources.lines = slow
    with ThreadPoolExecutor(1) as thread:
        earlier = thread.submit(panel.typed, VISITOR, LINES, "automatic", "automatic", 800)
        began.wait()
        sources.lines = encode
        later = panel.typed(VISITOR, "", "automatic", "automatic", 800)
        other = panel.typed(gr.Request(session_hash="other"), LINES, "automatic", "automatic", 800)
        may_end.set()
        assert earlier.result() == {panel.chart: gr.skip()}
    assert len(later) == len(other) == 5


def _search(panel, *given):
    async def last():
        return [_shown(shown) async for shown in panel.search(VISITOR, *given)][-1]

    # In a thread of its own: where browser tests ran before, this one has an event loop already.
    with ThreadPoolExecutor(1) as thread:
        shown = thread.submit(asyncio.run, last()).result()
    return shown["search-said"], shown["search-found"]


def test_the_search_finds_what_scikit_learn_finds(sources):
    panel = _in_page(SearchPanel, sources)
    messages, found = _search(panel, "", None, None, None, "It broke after a week", "bundled")
    assert messages == [] and len(found["rows"]) == 10
    texts, _, labels = sources.bundled.rows
    among = cosine_similarity(
        sources.encoder.encode(["It broke after a week"]), sources.encoder.encode(texts)
    )
    best = np.argsort(-among[0])[:10]
    assert [text for _, text, _ in found["rows"]] == [texts[row] for row in best]
    assert [label for _, _, label in found["rows"]] == [labels[row] for row in best]
    shown = [float(cosine) for cosine, _, _ in found["rows"]]
    np.testing.assert_allclose(shown, among[0][best], atol=2e-3)


def test_the_search_looks_at_what_was_typed_and_shows_nothing_where_there_is_nothing(sources):
    panel = _in_page(SearchPanel, sources)
    _, found = _search(panel, LINES, None, None, None, "kitty", "typed")
    assert len(found["rows"]) == 3 and found["rows"][-1][1] == "Taxes rose <b>again</b>."
    messages, found = _search(panel, "", None, None, None, "kitty", "typed")
    assert "type some" in messages[0]["text"] and found["rows"] == []
    messages, found = _search(panel, LINES, None, None, None, " ", "typed")
    assert messages[0]["text"] == "Type what to look for" and found["rows"] == []


def _compare(panel, key, lines=LINES):
    shown = _shown(panel.compare("", key, lines))
    return shown["moved-said"], shown["moved-map"], shown["moved-pairs"]


def _numbers(grid):
    return np.array([[float(cell["text"]) for cell in row["cells"]] for row in grid["rows"]])


def test_training_moves_nothing_while_the_encoder_is_frozen(models):
    panel = _in_page(TrainingPanel, models)
    assert UNTRAINED not in _choices(panel.choices(""))
    assert panel.choices("", "a run that was deleted")["value"] == DEFAULT
    messages, moved, differences = _compare(panel, UNTRAINED)
    assert messages[0]["title"] == "Nothing moved."
    assert np.abs(_numbers(differences)).max() == 0
    # Noise is not blown up to deep colours.
    assert {cell["back"] for row in differences["rows"] for cell in row["cells"]} == {shade(0.0)["back"]}
    assert moved.data


def test_what_the_default_model_moved_is_told_in_numbers(models):
    messages, moved, differences = _compare(_in_page(TrainingPanel, models), DEFAULT)
    assert messages[0]["title"] == "Layers 3, 4, 5, 6 moved."
    assert "Spearman's correlation" in messages[0]["text"]
    after = models.get("", DEFAULT).encoder
    expected = cosine_similarity(after.encode(TEXTS)) - cosine_similarity(models.encoder.encode(TEXTS))
    np.testing.assert_allclose(_numbers(differences), expected, atol=0.006)
    assert len(moved.data[1].x) == 3


def test_comparing_keeps_no_encoder_alive(models, monkeypatch):
    panel = _in_page(TrainingPanel, models)
    # A model of which nobody keeps a copy.
    fork = models.get("", DEFAULT).fork([6])
    alive = weakref.ref(fork.encoder)
    monkeypatch.setitem(models._always, "fork", fork)
    assert _compare(panel, "fork")[0][0]["title"].startswith("Layers")
    monkeypatch.undo()
    del fork
    gc.collect()
    assert alive() is None


def test_two_sentences_are_needed_to_compare(models):
    messages, *_ = _compare(_in_page(TrainingPanel, models), DEFAULT, "One only.")
    assert "two sentences" in messages[0]["text"]


def test_layers_are_probed_for_the_visitors_own_label(sources, table_csv):
    panel = _in_page(LayersPanel, sources)
    shown = _shown(panel.own(table_csv, "remark", "noise"))
    texts, labels = sources.labelled(table_csv, "remark", "noise")
    pooled = sources.encoder.layer_embeddings(sources.encoder.tokenize(texts), fast=True).numpy()
    expected = [f"{layer.accuracy:.1%}" for layer in probe(pooled, labels).layers]
    assert shown["probe-table"]["rows"] == [["noise", *expected]]
    assert shown["probe-said"][0]["title"] == "Noise:"
    names = [part.name for part in shown["probe-chart"].data]
    assert names == ["noise", "commonest noise label, 50%"]
    # Without a label nothing is left of the last one.
    shown = _shown(panel.own(table_csv, "remark", NO_COLUMN))
    assert shown["probe-said"][0]["text"].endswith("probed for a label: choose the column that holds it")
    assert shown["probe-table"]["rows"] == [] and not shown["probe-chart"].data


def test_layers_are_probed_for_both_tasks_of_the_bundled_sentences(sources):
    shown = _shown(_in_page(LayersPanel, sources).bundled())
    table = shown["probe-table"]
    assert [row[0] for row in table["rows"]] == ["sentiment", "intent"]
    assert [message["title"] for message in shown["probe-said"]] == ["Sentiment:", "Intent:"]
    assert table["columns"] == ["label", *(f"layer {layer}" for layer in range(7))]


@pytest.mark.parametrize(
    ("accuracies", "said"),
    [
        ((0.32, 0.30), "No layer does better than always answering soup (35%); the best has 32%."),
        ((0.35, 0.30), "No layer does better than always answering soup (35%); the best has 35%."),
        ((0.80, 0.76), "Best at layer 0: 80%; last layer: 76%; always answering soup (35%)"),
        ((0.70, 0.76), "Best at the last layer, 1: 76%; always answering soup (35%)"),
    ],
)
def test_a_probe_is_praised_only_where_it_beats_the_commonest_label(accuracies, said):
    layers = tuple(LayerProbe(layer=n, accuracy=a, rows=40) for n, a in enumerate(accuracies))
    found = Probe(layers=layers, majority=0.35, commonest="soup", train_rows=160)
    text = seen("dish", found)["text"]
    assert text.startswith(said) and text.endswith("40 rows tested.")


def test_a_label_that_is_noise_is_not_praised(encoder):
    noise = np.random.default_rng(0).normal(size=(200, 3, 8)).astype(np.float32)
    labels = ["soup"] * 150 + ["bread"] * 50
    found = probe(noise, labels)
    assert found.commonest == "soup" and found.majority == 0.75
    assert found.best.accuracy > found.majority or "No layer does better" in seen("dish", found)["text"]
