"""What a visitor does on the Embeddings tab."""

import numpy as np
import pandas as pd
import pytest

LINES = "A cat sleeps\nTaxes rose again\nA kitten naps"


@pytest.fixture
def embeddings(visitor):
    visitor.page.fill("#sentences textarea", LINES)
    visitor.wait_for_text("#tiles", "Sentences 3")
    return visitor


def _chart(visitor, chart, condition):
    """Waits until `condition`, in JavaScript, holds of a chart's `data`, its arrays decoded."""
    visitor.page.wait_for_function(
        "([chart, holds]) => { const data = document.querySelector(`${chart} .js-plotly-plot`)?._fullData;"
        " return data?.length && new Function('data', `return ${holds}`)(data); }",
        arg=[chart, condition],
    )


def test_files_hold_the_vectors(embeddings):
    saved = {}
    for kind in ("CSV", "NPY"):
        with embeddings.page.expect_download() as download:
            embeddings.page.get_by_role("button", name=f"Download embeddings ({kind})").click()
        saved[kind] = download.value.path()
    table, vectors = pd.read_csv(saved["CSV"]), np.load(saved["NPY"])
    assert table["text"].tolist() == LINES.splitlines()
    np.testing.assert_allclose(table.drop(columns="text"), vectors, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_a_switch_puts_similar_sentences_side_by_side(embeddings):
    _chart(embeddings, "#heatmap", "data[0].x.join() === '1,2,3'")
    embeddings.page.get_by_label("Similar ones side by side").check()
    _chart(embeddings, "#heatmap", "['2,1,3', '2,3,1', '1,3,2', '3,1,2'].includes(data[0].x.join())")


def test_a_pair_can_be_pressed_or_chosen(embeddings):
    embeddings.wait_for_text("#pairs", "3. A kitten naps")
    embeddings.wait_for_text("#pair-said", '"cat" and "kitten"')  # the closest pair is there unasked
    embeddings.page.locator('#pairs [data-testid="cell-2-1"]').click()
    embeddings.page.wait_for_function("() => document.querySelector('#pair-b input').value.startsWith('2.')")
    _chart(embeddings, "#pair-words", "data[0].z.length === 3 && data[0].z[0].length === 3")
    embeddings.page.click("#pair-a input")
    embeddings.page.get_by_role("option", name="3. A kitten naps").click()
    embeddings.wait_for_text("#pair-said", '"naps" and "Taxes"')
    _chart(embeddings, "#pair-layers", "data[0].y.length === 7")


def test_one_sentence_in_pieces_and_numbers(embeddings):
    embeddings.tab("One sentence")
    embeddings.page.click("#which input")
    embeddings.page.get_by_role("option", name="2. Taxes rose again").click()
    embeddings.wait_for_text("#tokens", "[CLS] taxes rose again [SEP]")
    embeddings.wait_for_text("#numbers", "dimension")
    embeddings.page.fill("#sentences textarea", "Incomprehensibilities")
    embeddings.wait_for_text("#tokens", "##")


def test_the_map_draws_what_is_asked_for(embeddings):
    points = "data.reduce((sum, trace) => sum + trace.x.length, 0)"
    embeddings.tab("Map")
    _chart(embeddings, "#map", f"{points} === 3")
    embeddings.wait_for_text("#map-said", "of the variance")
    embeddings.page.locator("#map-source").get_by_label("Bundled sentences").check()
    _chart(embeddings, "#map", f"{points} === 1500")
    embeddings.page.locator("#map-colour").get_by_label("Cluster").check()
    _chart(embeddings, "#map", "data[0].name === 'cluster 1'")
    embeddings.page.locator("#map-source").get_by_label("The sentences above").check()
    _chart(embeddings, "#map", f"{points} === 3")
    embeddings.page.locator("#map-method").get_by_label("t-SNE").check()
    embeddings.wait_for_text("#map-said", "tsne needs at least 4 texts")


def test_the_search_follows_the_typing(embeddings):
    embeddings.tab("Search")
    embeddings.wait_for_text("#search-found", "The waiter")
    embeddings.page.fill(
        "#search-query input, #search-query textarea", "Which platform does the train leave from?"
    )
    embeddings.wait_for_text("#search-found", "question")
    embeddings.page.locator("#search-source").get_by_label("The sentences above").check()
    embeddings.wait_for_text("#search-found", "Taxes rose again")


def test_a_column_of_a_file_can_be_searched_and_probed(visitor, tmp_path):
    file = tmp_path / "rooms.csv"
    rows = [
        f"{n},Room {n} has a view of the {('sea', 'yard')[n % 2]},{('calm', 'loud')[n % 2]}"
        for n in range(60)
    ]
    file.write_text("id,remark,noise\n" + "\n".join(rows), "utf-8")
    visitor.page.get_by_role("button", name="Or a CSV column").click()
    visitor.page.set_input_files("#column-file input[type=file]", str(file))
    visitor.page.wait_for_function("() => document.querySelector('#column-text input').value === 'remark'")
    visitor.tab("Search")
    visitor.page.locator("#search-source").get_by_label("A CSV column").check()
    visitor.page.fill("#search-query input, #search-query textarea", "a room with a view of the yard")
    visitor.wait_for_text("#search-found", "loud")
    visitor.tab("Layers")
    visitor.page.click("#probe-own")
    visitor.wait_for_text("#probe-said", "Noise:")
    _chart(visitor, "#probe-chart", "data[0].y.length === 7")


def test_before_and_after_training(embeddings):
    embeddings.tab("Before and after training")
    embeddings.wait_for_text("#moved-said", "Layers 3, 4, 5, 6 moved")
    _chart(embeddings, "#moved-pairs", "data[0].z.length === 3")
    embeddings.page.fill("#sentences textarea", LINES + "\nA dog barks")
    _chart(embeddings, "#moved-pairs", "data[0].z.length === 4")


def test_the_layers_of_the_bundled_sentences_are_probed(visitor):
    visitor.tab("Layers")
    visitor.wait_for_text("#probe-said", "Intent:")
    visitor.wait_for_text("#probe-table", "layer 6")
