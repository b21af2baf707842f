"""Encoding and explaining: against SentenceTransformer, and against what the processor can multiply."""

import statistics
import time
from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
import torch
from sentence_transformers import SentenceTransformer

from mtl.analysis.explain import explain
from mtl.data.bundled import bundled_files
from mtl.data.sources import labelled_rows
from mtl.model.encoder import Encoder, Tokens
from mtl.model.packing import TOKENS_PER_BATCH
from mtl.model.pretrained import encoder_folder, load_encoder
from mtl.training.default import load_default
from tests.benchmarks.ratio import Ratio, timed

SENTENCES: Final = 10_000
WORDS: Final = (3, 60)
ONCE: Final = "The battery lasts two days, but the screen is hard to read in the sun."
REPEATS: Final = 40


def encoding() -> Iterator[Ratio]:
    """10,000 sentences of 3 to 60 words, beside SentenceTransformer.encode and torch.mm."""
    encoder, reference = load_encoder(), _reference()
    texts = mixed_texts(SENTENCES)
    encoder.encode(texts[:64], fast=True)
    reference.encode(texts[:64])
    theirs, theirs_s = timed(lambda: reference.encode(texts, batch_size=32))
    exact, exact_s = timed(lambda: encoder.encode(texts))
    fast, fast_s = timed(lambda: encoder.encode(texts, fast=True))
    job, against = f"encode {SENTENCES:,} sentences", "SentenceTransformer.encode"
    yield Ratio(
        job=f"{job}, fp32",
        against=against,
        value=theirs_s / exact_s,
        unit="times as fast",
        remark=f"largest difference {np.abs(theirs - exact).max():.0e}",
    )
    yield Ratio(
        job=f"{job}, as runs do",
        against=against,
        value=theirs_s / fast_s,
        unit="times as fast",
        remark=f"smallest cosine {(theirs * fast).sum(1).min():.4f}",
    )
    tokens = encoder.tokenize(texts)
    reached, most = operations(encoder, tokens) / exact_s, multiplying(encoder)
    yield Ratio(
        job=f"{job}, fp32: operations a second",
        against="torch.mm on the same shapes",
        value=reached / most,
        unit="of them",
        remark=f"{most / 1e9:.0f} Gflop/s; SentenceTransformer {reached / most * exact_s / theirs_s:.2f}",
    )


def explaining() -> Iterator[Ratio]:
    """One prediction of both tasks with the part of every word, beside one encode of the sentence."""
    model, reference = load_default(), _reference()
    alone = _median(lambda: reference.encode([ONCE]))
    yield Ratio(
        job="one prediction with all word shares",
        against="SentenceTransformer.encode of the sentence",
        value=_median(lambda: explain(model, ONCE)) / alone,
        unit="of its time",
        remark=f"medians of {REPEATS}",
    )


def mixed_texts(count: int) -> list[str]:
    """Texts of so many different lengths, from the bundled sentences one after the other."""
    words = [
        word
        for name in bundled_files()
        for text in labelled_rows({name: bundled_files()[name]})[0].texts
        for word in text.split()
    ]
    rng = np.random.default_rng(0)
    lengths, starts = rng.integers(WORDS[0], WORDS[1] + 1, count), rng.integers(0, len(words) - 60, count)
    return [" ".join(words[at : at + size]) for at, size in zip(starts, lengths, strict=True)]


def operations(encoder: Encoder, tokens: Tokens) -> float:
    """Multiplications and additions in the layers' matrix products, attention included."""
    width, inner = encoder.dimension, encoder.dimension * 4
    each = sum(
        length * (4 * width * width + 2 * width * inner) + 2 * length * length * width
        for length in tokens.lengths
    )
    return 2.0 * encoder.num_layers * each


def multiplying(encoder: Encoder) -> float:
    """Operations a second of torch.mm on a batch of tokens and the weights of a layer."""
    width, done, began = encoder.dimension, 0.0, time.perf_counter()
    shapes = ((width, width),) * 4 + ((width, 4 * width), (4 * width, width))
    pairs = [(torch.randn(TOKENS_PER_BATCH, k), torch.randn(k, n)) for k, n in shapes]
    for a, b in pairs:
        torch.mm(a, b)
    began = time.perf_counter()
    for _ in range(REPEATS):
        for a, b in pairs:
            torch.mm(a, b)
            done += 2.0 * a.shape[0] * a.shape[1] * b.shape[1]
    return done / (time.perf_counter() - began)


def _reference() -> SentenceTransformer:
    return SentenceTransformer(str(encoder_folder()), device="cpu")


def _median(work: Callable[[], object]) -> float:
    for _ in range(5):
        work()
    return statistics.median(timed(work)[1] for _ in range(REPEATS))
