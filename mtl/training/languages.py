"""Learns what tells English from other languages and from noise; run as a module, it writes the result.

`python -m mtl.training.languages [--encoder DIR|ID]` fits a logistic regression on each lower layer of an
encoder: the sentences of data/languages.csv, a part of the other bundled sentences, and texts drawn here.
"""

import argparse
import random
import string
from typing import Final

import numpy as np
import pandas as pd
import safetensors.torch
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from mtl.data.bundled import LANGUAGES, default_files
from mtl.data.examination import load_rows
from mtl.model.encoder import Encoder
from mtl.model.languages import LanguageDirections, directions_file
from mtl.model.pretrained import load_encoder

ENGLISH: Final = "English"
# So many of the English texts of data/languages.csv may be taken for something else: a quarter of them are
# hard by choice (foreign names, typos, letters for words).
MISTAKEN_SHARE: Final = 0.04
# Each fifth bundled sentence, and the others thrice, or plain English would outweigh all else.
_EVERY: Final = 5
_WEIGHT: Final = 3.0
_NOISE_TEXTS: Final = 600
# On unit-norm embeddings times the root of the dimension; 0.01 to 0.3 do alike in cross-validation.
_INVERSE_PENALTY: Final = 0.03
_FOLDS: Final = 8

_CONSONANTS: Final = "bcdfghjklmnpqrstvwxz"
_ALPHABETS: Final = (
    string.ascii_lowercase,
    _CONSONANTS,
    "qwertyuiop",
    "asdfghjkl;",
    "zxcvbnm,",
    string.digits,
    string.punctuation,
    string.ascii_letters + string.digits + "!#$%&*",
    string.ascii_letters + string.digits + "+/",
    string.hexdigits,
)


def noise(count: int, seed: int = 0) -> list[str]:
    """Texts of random characters: letters, keyboard rows, digits, signs, codes."""
    draw = random.Random(seed)
    return [
        " ".join(
            "".join(draw.choices(_ALPHABETS[row % len(_ALPHABETS)], k=draw.randint(4, 12)))
            for _ in range(draw.randint(1, 5))
        )
        for row in range(count)
    ]


def fit_languages(encoder: Encoder) -> LanguageDirections:
    """The directions in the layers from 0 to the middle one, from bundled sentences and noise."""
    rows = pd.read_csv(LANGUAGES, keep_default_na=False)
    plain = [text for name, file in default_files().items() for text in load_rows(file, name).texts[::_EVERY]]
    texts = [*rows["text"], *plain, *noise(_NOISE_TEXTS)]
    other = np.ones(len(texts), dtype=np.int64)
    hard = np.flatnonzero(rows["language"] == ENGLISH)
    other[hard] = 0
    other[len(rows) : len(rows) + len(plain)] = 0
    weights = np.where(np.arange(len(texts)) < len(rows), _WEIGHT, 1.0)
    embeddings = encoder.layer_embeddings(encoder.tokenize(texts)).numpy()
    middle = encoder.num_layers // 2
    directions = [_direction(embeddings[:, at], other, hard, weights) for at in range(middle + 1)]
    return LanguageDirections(
        torch.tensor(np.stack([direction for direction, _ in directions])),
        torch.tensor([bias for _, bias in directions]),
    )


def _direction(
    embeddings: NDArray[np.float32],
    other: NDArray[np.int64],
    hard: NDArray[np.intp],
    weights: NDArray[np.float64],
) -> tuple[NDArray[np.float32], float]:
    scale = embeddings.shape[1] ** 0.5
    regression = LogisticRegression(C=_INVERSE_PENALTY, class_weight="balanced", max_iter=1000)
    scores = cross_val_predict(
        regression,
        embeddings * scale,
        other,
        cv=StratifiedKFold(_FOLDS, shuffle=True, random_state=0),
        method="decision_function",
        params={"sample_weight": weights},
    )
    limit = np.quantile(scores[hard], 1 - MISTAKEN_SHARE)
    regression.fit(embeddings * scale, other, sample_weight=weights)
    return (regression.coef_[0] * scale).astype(np.float32), float(regression.intercept_[0] - limit)


def _main() -> None:
    parser = argparse.ArgumentParser(description="Learns to tell English from other languages and noise.")
    parser.add_argument("--encoder", metavar="DIR|ID", help="folder or hub id")
    encoder = load_encoder(parser.parse_args().encoder)
    directions = fit_languages(encoder)
    file = directions_file(encoder.fingerprint)
    safetensors.torch.save_file({"weights": directions.weights, "biases": directions.biases}, file)
    print(f"{file}: layers 0 to {len(directions.biases) - 1}")


if __name__ == "__main__":
    _main()
