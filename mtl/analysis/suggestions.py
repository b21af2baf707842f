"""Which texts are worth a label next: typical ones at the start, then doubtful ones unlike each other.

Hacohen, Dekel and Weinshall, "Active learning on a budget: opposite strategies suit high and low budgets"
(2022): TypiClust. Zhdanov, "Diverse mini-batch active learning" (2019): clusters of the most doubtful.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

# As in the paper on TypiClust: nearest neighbours that make a text typical, and the most clusters.
_NEIGHBOURS: Final = 20
_MOST_CLUSTERS: Final = 500
# With more rows than this, clusters are found in batches.
_AT_ONCE: Final = 3_000
# Of a larger cluster, a part is compared.
_COMPARED: Final = 2_000
# So many doubtful texts for each that is proposed.
_DOUBTFUL: Final = 10


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """A text that is worth a label; `row` is its place among the texts, from 0. `why` is a sentence."""

    row: int
    text: str
    why: str


def distinct_places(texts: Sequence[str]) -> list[int]:
    """Places of the texts that say something, of equal ones only the first; case and spaces do not count.

    Raises ValueError where there are no such texts, or where all are equal.
    """
    first: dict[str, int] = {}
    for place, text in enumerate(texts):
        first.setdefault(" ".join(text.casefold().split()), place)
    places = [place for key, place in first.items() if key]
    if not places:
        raise ValueError("there are no texts to choose from: every cell is empty")
    if len(first) == 1 and len(texts) > 1:
        raise ValueError(f"all {len(texts):,} texts are equal: one label is all that they need")
    return places


def typical(
    texts: Sequence[str],
    embeddings: NDArray[np.float32],
    count: int,
    labelled: Sequence[int] = (),
    seed: int = 0,
) -> list[Suggestion]:
    """The most typical text of each of the largest clusters that no labelled text covers.

    `embeddings`: sentence embeddings of unit norm, (text, dim); `labelled`: places of the texts that have a
    label. The texts are different ones (see `distinct_places`).
    """
    free = np.setdiff1d(np.arange(len(texts)), labelled)
    places = np.concatenate([np.array(labelled, dtype=np.int64), free])
    wanted = min(count, len(free))
    if not wanted:
        return []
    clusters = _clusters(embeddings[places], min(len(labelled) + wanted, _MOST_CLUSTERS), seed)
    has_label = np.arange(len(places)) < len(labelled)
    taken = np.bincount(clusters[has_label], minlength=clusters.max() + 1)
    found: list[Suggestion] = []
    proposed = has_label.copy()
    while len(found) < wanted:
        left = np.bincount(clusters[~proposed], minlength=len(taken))
        # Those with the fewest labels first, the largest of them.
        cluster = min(np.flatnonzero(left), key=lambda c: (taken[c], -left[c]))
        members = np.flatnonzero(clusters == cluster)
        among = members[:: len(members) // _COMPARED + 1]
        among = among if not proposed[among].all() else members[~proposed[members]][:_COMPARED]
        typicality = _typicality(embeddings[places[among]])
        chosen = among[np.where(proposed[among], -np.inf, typicality).argmax()]
        row = int(places[chosen])
        why = _likeness(len(members) - 1, int(taken[cluster]))
        found.append(Suggestion(row=row, text=texts[row], why=why))
        proposed[chosen] = True
        taken[cluster] += 1
    return found


def doubtful(
    texts: Sequence[str],
    embeddings: NDArray[np.float32],
    probabilities: Mapping[str, tuple[Sequence[str], NDArray[np.floating]]],
    count: int,
    labelled: Sequence[int] = (),
    seed: int = 0,
) -> list[Suggestion]:
    """The texts between whose two best labels a model hesitates most, unlike each other.

    `probabilities`: by the name of a task its labels and (text, label); of several tasks, the one that is
    hardest for a text counts. Otherwise as `typical`.
    """
    free = np.setdiff1d(np.arange(len(texts)), labelled)
    wanted = min(count, len(free))
    if not wanted:
        return []
    margins = np.stack([_margin(found[free]) for _, found in probabilities.values()])  # (task, text)
    margin = margins.min(0)
    most = np.argsort(margin, kind="stable")[: max(wanted * _DOUBTFUL, wanted)]
    clusters = _clusters(embeddings[free[most]], wanted, seed, weights=1 - margin[most] + 1e-6)
    best = [most[clusters == c][margin[most[clusters == c]].argmin()] for c in np.unique(clusters)]
    # Equal vectors make fewer clusters than were asked for.
    rest = [place for place in most if place not in set(best)]
    chosen = sorted([*best, *rest[: wanted - len(best)]], key=lambda place: margin[place])
    names = list(probabilities)
    found = []
    for place in chosen:
        name, row = names[int(margins[:, place].argmin())], int(free[place])
        labels, given = probabilities[name]
        found.append(Suggestion(row=row, text=texts[row], why=_hesitation(name, labels, given[row])))
    return found


def _hesitation(name: str, labels: Sequence[str], given: NDArray[np.floating]) -> str:
    first, second = np.argsort(-given, kind="stable")[:2]
    return (
        f"For {name} the model hesitates between {labels[first]} ({given[first]:.0%}) "
        f"and {labels[second]} ({given[second]:.0%})."
    )


def _margin(probabilities: NDArray[np.floating]) -> NDArray[np.floating]:
    top = np.sort(probabilities, axis=1)[:, -2:]
    margin: NDArray[np.floating] = top[:, 1] - top[:, 0]
    return margin


def _clusters(
    embeddings: NDArray[np.float32], count: int, seed: int, weights: NDArray[np.floating] | None = None
) -> NDArray[np.int64]:
    """A cluster for each row, (row,), numbered from 0 without gaps."""
    kind = KMeans if len(embeddings) <= _AT_ONCE else MiniBatchKMeans
    with threadpool_limits(1), warnings.catch_warnings():
        # Equal vectors make fewer clusters than were asked for.
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = kind(count, n_init=1, random_state=seed).fit_predict(embeddings, sample_weight=weights)
    return np.unique(found, return_inverse=True)[1]


def _likeness(others: int, covered: int) -> str:
    if not others:
        return "No other text is like it."
    like = "one similar text" if others == 1 else f"{others:,} similar texts"
    if not covered:
        return f"It is typical of {like}, none with a label."
    return f"It is typical of {like}, {covered} with a label."


def _typicality(members: NDArray[np.float32]) -> NDArray[np.float32]:
    """The inverse of the mean distance to the nearest neighbours within a cluster, (member,)."""
    nearest = min(_NEIGHBOURS + 1, len(members))
    # The nearest is the text itself.
    closest = np.sort(members @ members.T, axis=1)[:, -nearest:]
    distance = np.sqrt((2 - 2 * closest).clip(0)).sum(1) / max(1, nearest - 1)
    typicality: NDArray[np.float32] = 1 / distance.clip(1e-6)
    return typicality
