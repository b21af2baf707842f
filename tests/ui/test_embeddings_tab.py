"""What the panels of the Embeddings tab show, from the real encoder."""

import asyncio
import gc
import weakref
from concurrent.futures import ThreadPoolExecutor

import gradio as gr
import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.metrics.pairwise import cosine_similarity

from mtl.analysis.probe import probe
from mtl.runs.store import Runs
from mtl.ui.bundled import Bundled
from mtl.ui.embeddings import pairs_panel
from mtl.ui.embeddings.layers_panel import LayersPanel
from mtl.ui.embeddings.map_panel import MapPanel
from mtl.ui.embeddings.search_panel import SearchPanel
from mtl.ui.embeddings.sentence_panel import render_sentence
from mtl.ui.embeddings.sources import NO_COLUMN, Sources, columns_of
from mtl.ui.embeddings.training_panel import TrainingPanel
from mtl.ui.models import DEFAULT, UNTRAINED, Models

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


@pytest.fixture
def table_csv(tmp_path):
    file = tmp_path / "table.csv"
    rows = [(f"{n}", f"Room {n} has a view of the sea", ("loud", "calm")[n % 2]) for n in range(40)]
    file.write_text("id,remark,noise\n" + "\n".join(",".join(row) for row in rows), "utf-8")
    return str(file)


def test_the_closest_pair_comes_first_and_is_shown_in_detail(encoder):
    table, one, other = pairs_panel.render_pairs(encoder, LINES)
    assert table.iloc[0].tolist()[1:] == ["1. A cat sleeps.", "3. A kitten naps."]
    assert [float(cosine) for cosine in table["cosine"]] == sorted(map(float, table["cosine"]), reverse=True)
    assert _choices(one) == _choices(other) == [0, 1, 2]
    assert (one["value"], other["value"]) == (0, 2)


def test_the_detail_agrees_with_scikit_learn(encoder):
    messages, words, layers = pairs_panel.render_detail(encoder, LINES, 0, 2)
    expected = cosine_similarity(encoder.encode(["A cat sleeps.", "A kitten naps."]))[0, 1]
    assert messages[0]["title"] == f"Cosine {expected:.3f}."
    assert f"{np.degrees(np.arccos(expected)):.0f} degrees" in messages[0]["text"]
    assert 'Closest different words: "cat" and "kitten"' in messages[0]["text"]
    assert list(words.layout.xaxis.ticktext) == ["A", "kitten", "naps", "."]
    assert layers.data[0].y[-1] == pytest.approx(expected, abs=1e-5)
    assert len(layers.data[0].y) == 7


def test_one_sentence_has_no_pair_and_says_so(encoder):
    messages, *_ = pairs_panel.render_detail(encoder, "Alone here.", 0, 1)
    assert messages[0]["title"] == "A pair needs two sentences."


def test_a_sentence_shows_its_pieces_and_its_numbers(encoder):
    which, tokens, strip, numbers = render_sentence(encoder, "unbelievably good\n" + LINES, 0)
    assert which["value"] == 0
    kinds = [(token["text"], token["kind"]) for token in tokens["tokens"]]
    assert kinds[0] == ("[CLS]", "special") and kinds[-1] == ("[SEP]", "special")
    assert sum(kind == "piece" for _, kind in kinds) > 1 and ("good", "") in kinds
    assert "Norm 1.0000, 384 dimensions" in tokens["facts"]
    embedding = encoder.encode(["unbelievably good"])[0]
    np.testing.assert_allclose(numbers["value"].astype(float), embedding, atol=1e-6)
    assert tokens["cut"] == "" and strip.data


def test_what_is_not_read_any_more_is_shown(encoder):
    long = "fish " * 300 + "and the end of it"
    assert render_sentence(encoder, long, 5)[1]["cut"].endswith('and the end of it"')


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
    [(None, "no CSV file yet"), ("colour", "table.csv has no column 'colour'")],
)
def test_a_column_that_is_not_there_is_named(sources, table_csv, column, message):
    with pytest.raises(ValueError, match=message):
        sources.column(table_csv, column, None, lambda done: None)


def test_the_map_is_pca_and_says_how_much_it_shows(sources, models):
    panel = _in_page(MapPanel, sources, models.get("", DEFAULT))
    messages, chart = panel.draw(LINES, None, None, None, "typed", "intent", "pca")
    shares = PCA(2).fit(sources.encoder.encode(TEXTS)).explained_variance_ratio_
    assert f"{shares.sum():.0%} of the variance" in messages[0]["text"]
    assert "by the intent that the default model predicts" in messages[0]["text"]
    hovers = " ".join(str(text) for trace in chart.data for text in (trace.text or trace.customdata))
    assert "<b>again" not in hovers and "again" in hovers  # what was typed is text, never markup


def test_the_map_uses_the_labels_that_rows_bear(sources, models, table_csv):
    panel = _in_page(MapPanel, sources, models.get("", DEFAULT))
    messages, chart = panel.draw("", None, None, None, "bundled", "sentiment", "pca")
    assert "60 of 120 sentences, by their own labels" in messages[0]["text"]
    assert sorted(trace.name for trace in chart.data) == ["negative", "positive"]
    messages, chart = panel.draw("", table_csv, "remark", "noise", "csv", "noise", "tsne")
    assert "only who is near whom" in messages[0]["text"]
    assert sorted(trace.name for trace in chart.data) == ["calm", "loud"]
    messages, _ = panel.draw("", table_csv, "remark", "noise", "csv", "intent", "pca")
    assert "by the intent that the default model predicts" in messages[0]["text"]
    messages, chart = panel.draw("", table_csv, "remark", None, "csv", "cluster", "pca")
    assert chart.data[0].name == "cluster 1"
    messages, _ = panel.draw("", None, None, None, "csv", "cluster", "pca")
    assert messages[0]["kind"] == "problem" and "upload one" in messages[0]["text"]


def test_the_map_offers_the_tasks_and_the_column_that_was_chosen(sources, models):
    panel = _in_page(MapPanel, sources, models.get("", DEFAULT))
    offered = panel.offer("noise")
    assert _choices(offered) == ["noise", "sentiment", "intent", "cluster"] and offered["value"] == "noise"
    offered = panel.offer(NO_COLUMN)
    assert _choices(offered) == ["sentiment", "intent", "cluster"] and offered["value"] == "intent"
    # Sentences that were changed to ones without such a label are still drawn.
    messages, chart = panel.draw("", None, None, None, "bundled", "noise", "pca")
    assert "by their own labels" in messages[0]["text"] and chart.data
    messages, _ = panel.draw(LINES, None, None, None, "typed", "noise", "pca")
    assert "by the intent that the default model predicts" in messages[0]["text"]


def test_a_text_that_occurs_twice_keeps_each_of_its_labels(sources, models, tmp_path):
    file = tmp_path / "twice.csv"
    rows = ["It rains,wet", "It rains,", "The sun shines,dry", "A cold wind blows,dry"]
    file.write_text("remark,weather\n" + "\n".join(rows), "utf-8")
    panel = _in_page(MapPanel, sources, models.get("", DEFAULT))
    messages, chart = panel.draw("", str(file), "remark", "weather", "csv", "weather", "pca")
    assert "3 of 4 sentences, by their own labels" in messages[0]["text"]
    points = {trace.name: list(trace.customdata) for trace in chart.data}
    assert points == {"dry": ["The sun shines", "A cold wind blows"], "wet": ["It rains"]}


def _search(panel, *given):
    async def last():
        return [shown async for shown in panel.search(*given)][-1]

    # In a thread of its own: where browser tests ran before, this one has an event loop already.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, last()).result()


def test_the_search_finds_what_scikit_learn_finds(sources):
    panel = _in_page(SearchPanel, sources)
    messages, found = _search(panel, "", None, None, None, "It broke after a week", "bundled")
    assert messages == [] and len(found["rows"]) == 10
    texts, _, labels = sources.bundled.rows
    cosines = cosine_similarity(
        sources.encoder.encode(["It broke after a week"]), sources.encoder.encode(texts)
    )
    best = np.argsort(-cosines[0])[:10]
    assert [text for _, text, _ in found["rows"]] == [texts[row] for row in best]
    assert [label for _, _, label in found["rows"]] == [labels[row] for row in best]
    shown = [float(cosine) for cosine, _, _ in found["rows"]]
    np.testing.assert_allclose(shown, cosines[0][best], atol=2e-3)


def test_the_search_looks_at_what_was_typed_and_says_when_there_is_nothing(sources):
    panel = _in_page(SearchPanel, sources)
    _, found = _search(panel, LINES, None, None, None, "kitty", "typed")
    assert len(found["rows"]) == 3 and found["rows"][-1][1] == "Taxes rose <b>again</b>."
    messages, _ = _search(panel, "", None, None, None, "kitty", "typed")
    assert "type some" in messages[0]["text"]
    messages, _ = _search(panel, LINES, None, None, None, " ", "typed")
    assert messages[0]["text"] == "type what to look for"


def test_training_moves_nothing_while_the_encoder_is_frozen(models):
    panel = _in_page(TrainingPanel, models)
    assert UNTRAINED not in _choices(panel.choices(""))
    messages, moved, differences = panel.compare("", UNTRAINED, LINES)
    assert messages[0]["title"] == "Nothing moved."
    assert np.abs(np.array(differences.data[0].z, dtype=float)).max() < 1e-6
    assert moved.data


def test_what_the_default_model_moved_is_told_in_numbers(models):
    panel = _in_page(TrainingPanel, models)
    messages, _, differences = panel.compare("", DEFAULT, LINES)
    assert messages[0]["title"] == "Layers 3, 4, 5, 6 moved."
    assert "Spearman's correlation" in messages[0]["text"]
    after = models.get("", DEFAULT).encoder
    expected = cosine_similarity(after.encode(TEXTS)) - cosine_similarity(models.encoder.encode(TEXTS))
    shown = np.array(differences.data[0].z, dtype=float)
    assert np.abs(shown).max() == pytest.approx(np.abs(expected).max(), abs=1e-3)


def test_comparing_keeps_no_encoder_alive(models, monkeypatch):
    panel = _in_page(TrainingPanel, models)
    # A model of which nobody keeps a copy.
    fork = models.get("", DEFAULT).fork([6])
    alive = weakref.ref(fork.encoder)
    monkeypatch.setitem(models._always, "fork", fork)
    assert panel.compare("", "fork", LINES)[0][0]["title"].startswith("Layers")
    monkeypatch.undo()
    del fork
    gc.collect()
    assert alive() is None


def test_two_sentences_are_needed_to_compare(models):
    panel = _in_page(TrainingPanel, models)
    messages, *_ = panel.compare("", DEFAULT, "One only.")
    assert messages[0]["kind"] == "problem" and "two sentences" in messages[0]["text"]


def test_layers_are_probed_for_the_visitors_own_label(sources, table_csv):
    panel = _in_page(LayersPanel, sources)
    messages, chart, table = panel.own(table_csv, "remark", "noise")
    texts, labels = sources.labelled(table_csv, "remark", "noise")
    pooled = sources.encoder.layer_embeddings(sources.encoder.tokenize(texts), fast=True).numpy()
    expected = [f"{layer.accuracy:.1%}" for layer in probe(pooled, labels).layers]
    assert table["rows"] == [["noise", *expected]]
    assert messages[0]["title"] == "Noise:"
    assert [part.name for part in chart.data] == ["noise", "commonest noise label, 50%"]
    messages, *_ = panel.own(table_csv, "remark", NO_COLUMN)
    assert messages[0]["text"] == "the layers are probed for a label: choose the column that holds it"


def test_layers_are_probed_for_both_tasks_of_the_bundled_sentences(sources):
    messages, _, table = _in_page(LayersPanel, sources).bundled()
    assert [row[0] for row in table["rows"]] == ["sentiment", "intent"]
    assert [message["title"] for message in messages] == ["Sentiment:", "Intent:"]
    assert table["columns"] == ["label", *(f"layer {layer}" for layer in range(7))]
