"""What to label next: one of each kind at the start, then what a model is unsure of."""

import numpy as np
import pytest

from mtl.analysis.suggest import suggest
from mtl.analysis.suggestions import doubtful, typical
from tests.conftest import COMMANDS, NEGATIVE, POSITIVE, QUESTIONS, random_unit

TEXTS = [*QUESTIONS, *COMMANDS, *POSITIVE, *NEGATIVE]


def _groups(count, each, dimension=16, seed=0):
    """Unit vectors (text, dim) around so many centres, and the centre of each."""
    rng = np.random.default_rng(seed)
    of = np.repeat(np.arange(count), each)
    vectors = random_unit(count, dimension)[of] + 0.05 * rng.normal(size=(len(of), dimension))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), of


def test_at_the_start_each_group_gets_its_most_typical_text():
    embeddings, of = _groups(5, 8)
    texts = [f"text {n}" for n in range(len(of))]
    found = typical(texts, embeddings, 5)
    assert sorted(of[one.row] for one in found) == [0, 1, 2, 3, 4]
    assert all(one.why == "It is typical of 7 similar texts, none with a label." for one in found)
    assert all(one.text == texts[one.row] for one in found)


def test_what_a_label_covers_comes_last():
    embeddings, of = _groups(5, 8)
    texts = [f"text {n}" for n in range(len(of))]
    covered = [0, 8]  # of groups 0 and 1
    found = typical(texts, embeddings, 3, labelled=covered)
    assert sorted(of[one.row] for one in found) == [2, 3, 4]
    assert not {one.row for one in found} & set(covered)


def test_a_model_proposes_what_it_is_unsure_of_and_unlike_each_other():
    embeddings, of = _groups(4, 50)
    # All of groups 0 and 1 are about as doubtful, nothing of the others.
    first = np.where(of < 2, 0.505, 0.99) + 0.004 * np.random.default_rng(0).random(len(of))
    given = {"topic": (("a", "b"), np.stack([first, 1 - first], axis=1))}
    found = doubtful([f"text {n}" for n in range(len(of))], embeddings, given, 2)
    assert sorted(of[one.row] for one in found) == [0, 1]
    assert all("the model hesitates between a (51%) and b (49%)" in one.why for one in found)


def test_of_several_tasks_the_hardest_one_counts():
    embeddings, _ = _groups(1, 3)
    easy = np.array([[0.9, 0.1]] * 3)
    given = {
        "form": (("x", "y"), easy),
        "topic": (("a", "b"), np.array([[0.9, 0.1], [0.5, 0.5], [0.9, 0.1]])),
    }
    (found,) = doubtful(["one", "two", "three"], embeddings, given, 1)
    assert (found.row, found.why.split()[1]) == (1, "topic")


def test_real_texts_with_an_encoder_and_with_a_model(encoder, trained):
    model = trained(epochs=3)[0].best_model
    for knows in (encoder, model):
        found = suggest(TEXTS, knows, 6)
        assert len({one.row for one in found}) == 6
        assert found == suggest(TEXTS, knows, 6)
    chosen = suggest(TEXTS, model, 6, task="sentiment")
    assert all(one.why.startswith("For sentiment the model hesitates") for one in chosen)


def test_equal_texts_are_proposed_once_and_empty_ones_never(encoder, trained):
    texts = ["Good morning", "good  Morning", "", "Open the door", "Good morning", "  "]
    for knows in (encoder, trained(epochs=3)[0].best_model):
        assert sorted(one.row for one in suggest(texts, knows, 10)) == [0, 3]


@pytest.mark.parametrize(
    "texts, count, why",
    [
        (["", " "], 10, "every cell is empty"),
        ([], 10, "no texts"),
        (["a"] * 50_001, 10, "50,000 at most"),
        (["Same"] * 50_000, 10, "all 50,000 texts are equal"),
        (["a", "b"], 0, "ask for 1 at least"),
    ],
    ids=["empty", "none", "many", "equal", "zero"],
)
def test_what_cannot_be_chosen_from_is_refused(encoder, texts, count, why):
    with pytest.raises(ValueError, match=why):
        suggest(texts, encoder, count)


def test_an_unknown_task_is_refused(trained):
    with pytest.raises(ValueError, match="no topic head: it has sentiment, intent"):
        suggest(TEXTS, trained(epochs=3)[0].best_model, task="topic")
