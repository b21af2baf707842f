"""python -m tests.benchmarks.lesson: how live teaching answers, from how few rows, and how fast.

Without the folder of public data (`--bench`, see tests/benchmarks/quality.py) only the bundled rows are used.
"""

import argparse
import hashlib
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from mtl.data.bundled import bundled_files
from mtl.evaluation.metrics import calibration_error
from mtl.evaluation.optimum import optimum
from mtl.model.pretrained import load_encoder
from mtl.teaching.discriminant import discriminant
from mtl.teaching.lesson import Label, Lesson
from mtl.teaching.vectors import Vectors
from mtl.training.default import load_default
from mtl.ui.train.teach_words import Teacher

SIZES = (0, 1, 2, 4, 8, 16)
DRAWS, TEST, MOST = 10, 600, 2700
STRENGTH = 10.0  # of the regressions on examples alone; of 1, 10 and 100 the best on both sets
ROWS, LABELS, CLICKS = 500, 8, 60
TREC = {
    "ABBR": "what an abbreviation or acronym stands for",
    "DESC": "a definition, a reason, a manner or a description of something",
    "ENTY": "a thing: an animal, a colour, a food, a product, a language, a sport, a word",
    "HUM": "a person, a group of people or an organisation: who",
    "LOC": "a place: a city, a country, a mountain, where",
    "NUM": "a number: a date, how many, how much, how long",
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Rows:
    """Labelled rows with their features (row, feature), and the features of the labels' names."""

    name: str
    features: NDArray[np.float32]
    labels: NDArray[np.int64]
    names: NDArray[np.float32]

    def draws(self, size: int) -> Iterator[NDArray[np.int64]]:
        """Rows to teach, `size` of each label, never among the rows that test."""
        pool = self.shuffled[TEST:]
        for seed in range(DRAWS if size else 1):
            draw = np.random.default_rng(100 + seed)
            own = [pool[self.labels[pool] == label] for label in range(len(self.names))]
            yield np.concatenate([draw.choice(rows, min(size, len(rows)), replace=False) for rows in own])

    @property
    def shuffled(self) -> NDArray[np.int64]:
        return np.random.default_rng(0).permutation(len(self.labels))

    @property
    def test(self) -> NDArray[np.int64]:
        return self.shuffled[:TEST]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bench", type=Path, default=Path("../shared/bench"), help="the public data")
    bench = parser.parse_args().bench
    encoder = load_encoder()
    default = load_default(encoder)
    vectors = Vectors(encoder, default.head_list()[0])
    frames = {f"bundled {name}": pd.read_csv(file) for name, file in bundled_files().items()}
    for name in ("trec", "banking77"):
        if (file := bench / f"{name}_train.csv").exists():
            frames[name] = pd.read_csv(file)
    print("| rows | per label | names only | examples only | taught | left out | calibration error |")
    print("|---|---|---|---|---|---|---|")
    for name, frame in frames.items():
        for line in _table(_rows(name, frame, vectors)):
            print(line, flush=True)
    _clicks(Teacher(vectors, default), next(iter(frames.values())))


def _rows(name: str, frame: pd.DataFrame, vectors: Vectors) -> Rows:
    frame = frame.drop_duplicates("text").sample(frac=1, random_state=0)
    share = max(1, MOST // frame["label"].nunique())
    frame = frame.groupby("label").head(share)
    names = sorted(frame["label"].unique())
    told = TREC if name == "trec" else {}
    labels = [Label(name=one.replace("_", " "), description=told.get(one, "")) for one in names]
    return Rows(
        name=name,
        features=vectors.features(_encoded(list(frame["text"]), vectors)),
        labels=np.array([names.index(label) for label in frame["label"]]),
        names=vectors.features(vectors.layer_embeddings([label.text for label in labels])),
    )


def _encoded(texts: Sequence[str], vectors: Vectors) -> torch.Tensor:
    """Layer embeddings (text, layer, dim), kept in a temporary file for the next time."""
    said = hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]
    file = Path(tempfile.gettempdir()) / f"lesson-{said}.npy"
    if not file.exists():
        tokens = vectors.encoder.tokenize(texts)
        np.save(file, vectors.encoder.layer_embeddings(tokens, fast=True).numpy())
    return torch.from_numpy(np.load(file))


def _table(rows: Rows) -> Iterator[str]:
    true = rows.labels[rows.test]
    nothing = np.zeros(0, np.int64)
    guess = discriminant(rows.features[:0], nothing, rows.names).logits(rows.features[rows.test])
    by_name = float((guess.argmax(1) == true).mean())
    for size in SIZES:
        found = []
        for drawn in rows.draws(size):
            head = discriminant(rows.features[drawn], rows.labels[drawn], rows.names)
            given = head.probabilities(rows.features[rows.test])
            right = given.argmax(1) == true
            alone = _alone(rows, drawn) if size else np.nan
            left = float((head.held_out.argmax(1) == rows.labels[drawn]).mean()) if size else np.nan
            found.append((alone, right.mean(), left, calibration_error(given.max(1), right)))
        alone, right, left, error = np.mean(found, axis=0)
        cells = [rows.name, f"{size}", f"{by_name:.1%}", _share(alone), _share(right), _share(left)]
        yield f"| {' | '.join([*cells, f'{error:.3f}'])} |"


def _share(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.1%}"


def _alone(rows: Rows, drawn: NDArray[np.int64]) -> float:
    """The accuracy of the best linear head on the examples alone, with the better of two kinds of features:
    the final embedding, or what is taught with."""
    found = []
    for width in (384, rows.features.shape[1]):
        features = rows.features[:, :width]
        # The optimum lies in the span of the rows.
        axes = np.linalg.svd(features[drawn], full_matrices=False)[2]
        head = optimum(features[drawn] @ axes.T, rows.labels[drawn], len(rows.names), STRENGTH)
        said = head.logits(features[rows.test] @ axes.T).argmax(1)
        found.append(float((said == rows.labels[rows.test]).mean()))
    return max(found)


def _clicks(teacher: Teacher, frame: pd.DataFrame) -> None:
    """From a click on a label to all that the page shows then, without the way to the browser."""
    texts = list(frame["text"].drop_duplicates())[: ROWS + CLICKS]
    lesson = Lesson().add_labels("\n".join(f"label {number}" for number in range(LABELS)))
    for number in range(LABELS):
        lesson = lesson.teach(texts[number : ROWS - CLICKS : LABELS], f"label {number}")
    teacher.answer(lesson, texts[0])
    times = []
    for number, text in enumerate(texts[ROWS - CLICKS : ROWS]):
        teacher.answer(lesson, text)  # it was tried before it is taught
        began = time.perf_counter()
        lesson = lesson.teach([text], f"label {number % LABELS}")
        shown = teacher.answer(lesson, text), teacher.score(lesson), teacher.listed(lesson)
        json.dumps([shown, lesson.to_dict()])
        times.append(time.perf_counter() - began)
    median, late = np.percentile(times, (50, 95)) * 1000
    print(
        f"{CLICKS} clicks at {len(lesson.rows)} rows of {LABELS} labels, {torch.get_num_threads()} threads: "
        f"median {median:.0f} ms, 95% within {late:.0f} ms"
    )


if __name__ == "__main__":
    main()
