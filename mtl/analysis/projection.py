"""Embeddings as points in the plane, and in groups that can be coloured."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE, smacof
from sklearn.metrics.pairwise import euclidean_distances

Method = Literal["mds", "pca", "tsne"]
_FEWEST: Final[dict[Method, int]] = {"mds": 2, "pca": 2, "tsne": 4}
# Its time grows with the square: 0.2 s for 200 texts, seconds for 1,000.
_MOST_MDS: Final = 500


@dataclass(frozen=True, kw_only=True, eq=False)
class Projection:
    """A point for each text. `explained`: the share of the variance, in [0, 1], that each axis shows.

    Only PCA has shares. MDS keeps the distances of all pairs as well as a plane can; the distances and axes
    of t-SNE mean nothing, only who is near whom.
    """

    coordinates: NDArray[np.float32]  # (text, 2)
    explained: tuple[float, float] | None = None


def project(embeddings: NDArray[np.float32], method: Method = "pca", seed: int = 0) -> Projection:
    """Embeddings (text, dim) in the plane; the same seed gives the same picture.

    Metric MDS (SMACOF, de Leeuw 1977) starts from PCA; for few texts it shows best who is near
    whom. t-SNE (van der Maaten and Hinton 2008) starts from PCA, with a perplexity of 30 or a third of the
    texts, whichever is less; it takes a second for 500 texts and six for 2,000.

    Raises ValueError for fewer than 2 texts (MDS, PCA) or 4 (t-SNE), for more than 500 (MDS), and for an
    unknown method.
    """
    if method not in get_args(Method):
        raise ValueError(f"method is {method!r}: use one of {', '.join(get_args(Method))}")
    texts = len(embeddings)
    if texts < _FEWEST[method]:
        raise ValueError(f"{method} needs at least {_FEWEST[method]} texts, got {texts}: add some")
    if method == "pca":
        pca = PCA(n_components=2, random_state=seed)
        coordinates = pca.fit_transform(embeddings)
        # Texts that are all the same have no variance to share.
        first, second = np.nan_to_num(pca.explained_variance_ratio_).tolist()
        return Projection(coordinates=coordinates, explained=(first, second))
    if method == "mds":
        return Projection(coordinates=_mds(embeddings, seed))
    tsne = TSNE(perplexity=min(30.0, (texts - 1) / 3), init="pca", random_state=seed)
    return Projection(coordinates=tsne.fit_transform(embeddings))


def _mds(embeddings: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
    texts = len(embeddings)
    if texts > _MOST_MDS:
        raise ValueError(f"mds takes up to {_MOST_MDS} texts, got {texts}: use pca or tsne")
    start = PCA(n_components=2, random_state=seed).fit_transform(embeddings).astype(np.float64)
    points, _ = smacof(
        euclidean_distances(embeddings.astype(np.float64)),
        init=start,
        n_init=1,
        eps=1e-5,
        random_state=seed,
        normalized_stress=False,
    )
    coordinates: NDArray[np.float32] = points.astype(np.float32)
    return coordinates


def cluster(embeddings: NDArray[np.float32], k: int, seed: int = 0) -> NDArray[np.int64]:
    """The group of each text, (text,), numbered from 0 for the largest: k-means on embeddings (text, dim).

    Fewer groups than k, if fewer texts differ.

    Raises ValueError unless k is between 1 and the number of texts.
    """
    if not 1 <= k <= len(embeddings):
        raise ValueError(f"k is {k}: use 1 to {len(embeddings)} groups for {len(embeddings)} texts")
    groups = KMeans(n_clusters=k, n_init=10, random_state=seed).fit_predict(embeddings)
    by_size = np.argsort(-np.bincount(groups, minlength=k), kind="stable")
    ranks: NDArray[np.int64] = np.argsort(by_size)[groups]
    return ranks
