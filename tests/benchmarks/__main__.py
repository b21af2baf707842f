"""python -m tests.benchmarks: what caching, batching and precision bring, as ratios from one run each.

Both sides of a ratio do the same work on the same rows in the same process, one after the other.
Absolute times depend on the machine and on what else it does; the ratios carry over better.
"""

import functools
import time
from unittest import mock

import numpy as np
import torch
from sentence_transformers import SentenceTransformer

from mtl.data.bundled import bundled_files
from mtl.data.examination import LabelledRows
from mtl.data.sources import labelled_rows
from mtl.data.split import Split, split
from mtl.model.encoder import Encoder, has_fast_bf16
from mtl.model.multitask import MultiTaskModel
from mtl.model.pretrained import encoder_folder, load_encoder
from mtl.schema.config import TrainConfig
from mtl.schema.events import EpochEnd, RunEnd
from mtl.training.batches import paired_batches
from mtl.training.losses import task_loss
from mtl.training.train import model_for
from mtl.training.trainer import Trainer

ROWS = 600
EPOCHS = 10
UNFROZEN_EPOCHS = 3


def main() -> None:
    """Runs every benchmark and prints one line for each ratio."""
    torch.manual_seed(0)
    encoder = load_encoder()
    reference = SentenceTransformer(str(encoder_folder()), device="cpu")
    print(f"bfloat16 native here: {has_fast_bf16()}; threads: {torch.get_num_threads()}", flush=True)
    encoding(encoder, reference)
    heads_only(encoder, reference)
    last_two(encoder)


def encoding(encoder: Encoder, reference: SentenceTransformer) -> None:
    """Encoding every bundled sentence against SentenceTransformer.encode, batch 32."""
    texts = [
        text for name in bundled_files() for text in labelled_rows({name: bundled_files()[name]})[0].texts
    ]
    encoder.encode(texts[:64], fast=True)
    reference.encode(texts[:64])
    theirs, theirs_s = _timed(lambda: reference.encode(texts, batch_size=32))
    exact, exact_s = _timed(lambda: encoder.encode(texts))
    fast, fast_s = _timed(lambda: encoder.encode(texts, fast=True))
    print(f"\nencoding {len(texts)} sentences, SentenceTransformer.encode = 1")
    print(f"  fp32  {theirs_s / exact_s:5.2f} x  largest difference {np.abs(theirs - exact).max():.1e}")
    print(
        f"  fast  {theirs_s / fast_s:5.2f} x  smallest cosine {(theirs * fast).sum(1).min():.5f}", flush=True
    )


def heads_only(encoder: Encoder, reference: SentenceTransformer) -> None:
    """`heads` for 10 epochs against encoding every batch in every epoch."""
    config = TrainConfig(epochs=EPOCHS)
    data = split(_rows(), fraction=config.val_fraction, seed=0)
    (ours, scores), ours_s = _timed(lambda: _run(encoder, data, config))
    naive_model = model_for(data, config, encoder)
    for name, task in data.tasks.items():
        texts = [data.texts[row] for row in task.train.rows]
        naive_model.head(name).fit_scaling(encoder.layer_embeddings(encoder.tokenize(texts)))
    _, naive_s = _timed(lambda: _train_heads_anew(reference, naive_model, data, config))
    naive = _accuracies(naive_model, data)
    print(f"\nheads, {EPOCHS} epochs, {ROWS} rows a task, encoding every batch in every epoch = 1")
    print(
        f"  cached  {naive_s / ours_s:5.1f} x  validation accuracy {_show(scores)} against {_show(naive)}",
        flush=True,
    )


def _train_heads_anew(
    reference: SentenceTransformer, model: MultiTaskModel, data: Split, config: TrainConfig
) -> None:
    """The loop that one writes first: tokenise, encode in fp32, and train the heads, batch by batch."""
    transformer = reference[0].auto_model
    linears = [head.linear.requires_grad_(True) for head in model.head_list()]
    optimizer = torch.optim.AdamW([p for linear in linears for p in linear.parameters()], lr=1e-2)
    sizes = {name: len(task.train) for name, task in data.tasks.items()}
    for epoch in range(1, config.epochs + 1):
        for batch in paired_batches(sizes, config.batch_size, seed=config.seed, epoch=epoch):
            rows = [data.texts[row] for name, at in batch.items() for row in data.tasks[name].train.rows[at]]
            tokens = reference.tokenizer(
                rows, padding=True, truncation=True, max_length=256, return_tensors="pt"
            )
            with torch.no_grad():
                states = transformer(**tokens, output_hidden_states=True).hidden_states
            weights = tokens["attention_mask"].unsqueeze(-1).float()
            pooled = torch.stack([(s * weights).sum(1) / weights.sum(1) for s in states], dim=1)
            features = torch.nn.functional.normalize(pooled, dim=-1)
            losses, start = [], 0
            for name, at in batch.items():
                labels = torch.from_numpy(data.tasks[name].train.labels[at])
                head = model.head(name)
                losses.append(task_loss(head.task, head(features[start : start + len(at)]), labels))
                start += len(at)
            optimizer.zero_grad()
            torch.stack(losses).sum().backward()
            optimizer.step()


def last_two(encoder: Encoder) -> None:
    """`last-2` for 3 epochs against the same loop without cache, in fp32, with a plain optimiser."""
    config = TrainConfig(freeze="last-2", epochs=UNFROZEN_EPOCHS)
    data = split(_rows(), fraction=config.val_fraction, seed=0)
    (_, scores), ours_s = _timed(lambda: _run(encoder, data, config))
    plain = functools.partial(torch.optim.AdamW, foreach=False)
    with mock.patch.object(torch.optim, "AdamW", lambda groups, fused: plain(groups)):
        (_, naive), naive_s = _timed(lambda: _run(encoder, data, config, cache=False, fast=False))
    print(f"\nlast-2, {UNFROZEN_EPOCHS} epochs, {ROWS} rows a task, no cache, fp32, plain AdamW = 1")
    print(
        f"  ours  {naive_s / ours_s:5.2f} x  validation accuracy {_show(scores)} against {_show(naive)}",
        flush=True,
    )


def _rows() -> list[LabelledRows]:
    rows = labelled_rows(bundled_files())
    return [LabelledRows(task=r.task, texts=r.texts[:ROWS], labels=r.labels[:ROWS]) for r in rows]


def _run(
    encoder: Encoder, data: Split, config: TrainConfig, *, cache: bool = True, fast: bool = True
) -> tuple[list[EpochEnd], dict[str, float]]:
    trainer = Trainer(model_for(data, config, encoder), data, config, cache=cache, fast=fast)
    epochs, scores = [], {}
    for event in trainer:
        if isinstance(event, EpochEnd):
            epochs.append(event)
            scores = {name: event.validation[f"{name}_accuracy"] for name in data.tasks}
        assert not isinstance(event, RunEnd) or event.status == "finished"
    return epochs, scores


def _accuracies(model: MultiTaskModel, data: Split) -> dict[str, float]:
    scores = {}
    for name, task in data.tasks.items():
        texts = [data.texts[row] for row in task.validation.rows]
        predicted = model.probabilities(model.encoder.tokenize(texts))[name].argmax(1).numpy()
        scores[name] = float((predicted == task.validation.labels).mean())
    return scores


def _show(scores: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in scores.items())


def _timed(work):
    began = time.perf_counter()
    result = work()
    return result, time.perf_counter() - began


if __name__ == "__main__":
    main()
