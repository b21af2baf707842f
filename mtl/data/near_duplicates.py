"""Texts that say nearly the same: they must not stand on both sides of a split."""

import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

NEAR: Final = 0.8
# Rows made from one template share all but a word: each is compared with the latest of them, which
# chains them together, and not with all, which would take forever.
_COMPARED: Final = 64

_WORD: Final = re.compile(r"[\w']+")


def groups(texts: Sequence[str]) -> NDArray[np.int64]:
    """A group number for each text, (text,): near-duplicates, and what they chain to, share one.

    Two texts are near-duplicates when the Jaccard index of their lower-cased word sets is `NEAR` or
    more; so are a text and its copy in other case or punctuation.
    """
    sets = [frozenset(_WORD.findall(text.lower())) or frozenset([text]) for text in texts]
    distinct = {words: number for number, words in enumerate(dict.fromkeys(sets))}
    pairs = np.array(list(_near(list(distinct))), dtype=np.int64).reshape(-1, 2)
    links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(distinct),) * 2)
    _, group = connected_components(links, directed=False)
    numbers: NDArray[np.int64] = group[[distinct[words] for words in sets]].astype(np.int64)
    return numbers


def _near(sets: Sequence[frozenset[str]]) -> Iterator[tuple[int, int]]:
    # Sets with an index of at least t share one of the rarest (1 - t) * size + 1 words of either.
    frequency = Counter(itertools.chain.from_iterable(sets))
    seen: defaultdict[str, list[int]] = defaultdict(list)
    for number, words in enumerate(sets):
        rarest = sorted(words, key=lambda word: (frequency[word], word))
        prefix = rarest[: int(len(words) * (1 - NEAR) + 1e-9) + 1]
        for other in {other for word in prefix for other in seen[word][-_COMPARED:]}:
            if not NEAR * len(words) <= len(sets[other]) <= len(words) / NEAR:
                continue
            shared = len(words & sets[other])
            if shared >= NEAR * (len(words) + len(sets[other]) - shared):
                yield number, other
        for word in prefix:
            seen[word].append(number)
