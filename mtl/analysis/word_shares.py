"""What each word of a text adds to any linear reading of its layer embeddings."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from mtl.analysis.attribution import Word
from mtl.analysis.explain import summands
from mtl.analysis.word_spans import read
from mtl.model.encoder import Encoder


@torch.no_grad()
def word_shares(
    encoder: Encoder, texts: Sequence[str], directions: NDArray[np.floating]
) -> list[tuple[tuple[Word, float], ...]]:
    """The words of each text, each with its exact share of sum_l d_l . e_l, where e_l is the text's embedding
    of layer l, and d its direction: `directions` (text, layer, dim).

    What [CLS] and [SEP] add is no word's share. Words beyond the encoder's maximum have none.
    """
    tokens, readings = read(encoder, texts)
    found: list[tuple[tuple[Word, float], ...]] = [()] * len(texts)
    for rows, states, layout in encoder.states(tokens):
        added = torch.stack([summands(state, layout) for state in states])  # (layer, token, dim)
        own = torch.from_numpy(directions[rows]).double()  # (text, layer, dim)
        shares = torch.einsum("ltd,tld->t", added, own[layout.owner.cpu()])
        for row, part in zip(rows, torch.split(shares, layout.lengths.tolist()), strict=True):
            found[row] = tuple(
                (word, float(part[word.first : word.positions.stop].sum())) for word in readings[row].words
            )
    return found


def strongest(shares: Sequence[tuple[Word, float]], most: int = 3) -> tuple[Word, ...]:
    """The words with the largest shares above zero, in the order of the text."""
    best = sorted((pair for pair in shares if pair[1] > 0), key=lambda pair: -pair[1])[:most]
    return tuple(sorted((word for word, _ in best), key=lambda word: word.start))
