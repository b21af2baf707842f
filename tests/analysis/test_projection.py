"""Points and groups: what they show of the embeddings, and that the seed decides them."""

import numpy as np
import pytest

from mtl.analysis.projection import cluster, project
from tests.conftest import COMMANDS, POSITIVE, random_unit


@pytest.fixture(scope="module")
def embeddings(encoder):
    return encoder.encode(POSITIVE + COMMANDS)


def test_pca_is_the_singular_value_decomposition(embeddings):
    found = project(embeddings, "pca")
    _, lengths, axes = np.linalg.svd(embeddings - embeddings.mean(0), full_matrices=False)
    expected = (embeddings - embeddings.mean(0)) @ axes[:2].T
    assert np.abs(found.coordinates) == pytest.approx(np.abs(expected), abs=1e-4)
    assert found.explained == pytest.approx(lengths[:2] ** 2 / (lengths**2).sum(), abs=1e-4)


@pytest.mark.parametrize("method", ["mds", "pca", "tsne"])
def test_the_same_seed_gives_the_same_picture(embeddings, method):
    first, second = project(embeddings, method, seed=3), project(embeddings, method, seed=3)
    assert first.coordinates.shape == (36, 2)
    assert np.isfinite(first.coordinates).all()
    assert np.array_equal(first.coordinates, second.coordinates)


@pytest.mark.parametrize(("method", "fewest"), [("mds", 2), ("pca", 2), ("tsne", 4)])
def test_small_sets_can_be_projected_down_to_a_minimum(embeddings, method, fewest):
    for texts in range(fewest, 8):
        assert np.isfinite(project(embeddings[:texts], method).coordinates).all()
    with pytest.raises(ValueError, match=f"{method} needs at least {fewest} texts, got {fewest - 1}"):
        project(embeddings[: fewest - 1], method)


def _stress(points, embeddings):
    """How far the distances on the plane are from those of the embeddings, summed over all pairs."""
    across, between = (np.linalg.norm(p[:, None] - p[None], axis=2) for p in (points, embeddings))
    return ((across - between) ** 2).sum() / 2


def test_mds_keeps_distances_better_than_pca(embeddings):
    mds, pca = (project(embeddings, method).coordinates for method in ("mds", "pca"))
    assert _stress(mds, embeddings) < _stress(pca, embeddings)
    assert project(embeddings, "mds").explained is None


def test_mds_shows_who_is_nearest():
    # Three directions, two texts near each: in the plane each one's neighbour is its partner.
    pairs = np.repeat(np.eye(3, 30, dtype=np.float32), 2, axis=0)
    near = pairs + 0.2 * random_unit(6, 30)
    points = project(near / np.linalg.norm(near, axis=1, keepdims=True), "mds").coordinates
    across = np.linalg.norm(points[:, None] - points[None], axis=2) + 9 * np.eye(6)
    assert across.argmin(1).tolist() == [1, 0, 3, 2, 5, 4]


def test_mds_of_many_texts_is_refused():
    with pytest.raises(ValueError, match="mds takes up to 500 texts, got 501: use pca or tsne"):
        project(random_unit(501, 8), "mds")


def test_tsne_has_no_variance_to_explain(embeddings):
    assert project(embeddings, "tsne").explained is None


@pytest.mark.filterwarnings("ignore:invalid value")
def test_texts_that_are_all_the_same_lie_on_one_point(embeddings):
    mds = project(np.tile(embeddings[:1], (5, 1)), "mds").coordinates
    assert mds == pytest.approx(np.zeros((5, 2)), abs=1e-3)
    same = project(np.tile(embeddings[:1], (5, 1)))
    assert same.coordinates == pytest.approx(np.zeros((5, 2)), abs=1e-6)
    assert np.isfinite(same.explained).all()


def test_an_unknown_method_is_named(embeddings):
    with pytest.raises(ValueError, match="method is 'umap': use one of mds, pca, tsne"):
        project(embeddings, "umap")


def test_clusters_find_groups_the_largest_first():
    centres = random_unit(3, 20)
    groups = np.repeat([2, 0, 1], [5, 12, 8])
    points = (centres[groups] + 0.05 * random_unit(25, 20, seed=1)).astype(np.float32)
    assert cluster(points, 3).tolist() == groups.tolist()


def test_clusters_are_decided_by_the_seed(embeddings):
    assert np.array_equal(cluster(embeddings, 4, seed=1), cluster(embeddings, 4, seed=1))
    assert set(cluster(embeddings, 36)) == set(range(36))


@pytest.mark.parametrize("k", [0, 37])
def test_there_are_as_many_groups_as_texts_at_most(embeddings, k):
    with pytest.raises(ValueError, match=f"k is {k}: use 1 to 36 groups for 36 texts"):
        cluster(embeddings, k)
