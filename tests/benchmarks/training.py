"""Training: against the loops and libraries that one would use instead, on the same rows."""

import functools
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final
from unittest import mock

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from sklearn.linear_model import LogisticRegression

from mtl.data.bundled import bundled_files
from mtl.data.examination import LabelledRows
from mtl.data.sources import labelled_rows, parts_for
from mtl.data.split import Split, split
from mtl.evaluation.report import Yardsticks, task_reports
from mtl.model.encoder import Encoder
from mtl.model.multitask import MultiTaskModel
from mtl.model.pretrained import encoder_folder, load_encoder
from mtl.schema.config import TrainConfig
from mtl.schema.events import EpochEnd, RunEnd
from mtl.training.batches import paired_batches
from mtl.training.losses import task_loss
from mtl.training.train import model_for
from mtl.training.trainer import Trainer
from tests.benchmarks.encoding import mixed_texts
from tests.benchmarks.ratio import Ratio, timed

ROWS: Final = 600
EPOCHS: Final = 10
UNFROZEN_EPOCHS: Final = 3
GROWN: Final = (3_000, 30_000)


def heads() -> Iterator[Ratio]:
    """`heads` with its validation report, beside encoding every batch in every epoch, and parts of it."""
    encoder = load_encoder()
    config = TrainConfig(epochs=EPOCHS)
    data = split(_rows(ROWS), fraction=config.val_fraction, seed=0)
    (trainer, scores), ours_s = timed(lambda: _run(encoder, data, config))
    _, report_s = timed(lambda: _report(trainer))
    naive_model = model_for(data, config, encoder)
    for name, task in data.tasks.items():
        texts = [data.texts[row] for row in task.train.rows]
        naive_model.head(name).fit_scaling(encoder.layer_embeddings(encoder.tokenize(texts)))
    reference = SentenceTransformer(str(encoder_folder()), device="cpu")
    _, naive_s = timed(lambda: _train_heads_anew(reference, naive_model, data, config))
    job = f"heads, {EPOCHS} epochs, {ROWS} rows a task"
    yield Ratio(
        job=f"{job}, with the validation report",
        against="encoding every batch in every epoch",
        value=naive_s / (ours_s + report_s),
        unit="times as fast",
        remark=f"accuracy {_show(scores)} against {_show(_accuracies(naive_model, data))}",
    )
    yield Ratio(
        job="the validation report",
        against=f"the training, {job}",
        value=report_s / ours_s,
        unit="of its time",
    )
    theirs, theirs_s = timed(lambda: _regressions(reference, data))
    yield Ratio(
        job=job,
        against="logistic regression on SentenceTransformer.encode",
        value=theirs_s / ours_s,
        unit="times as fast",
        remark=f"accuracy {_show(scores)} against {_show(theirs)}",
    )


def unfrozen() -> Iterator[Ratio]:
    """last-2, last-4 and full, beside the same loop without cache, in fp32, with a plain optimiser."""
    encoder = load_encoder()
    for freeze in ("last-2", "last-4", "full"):
        config = TrainConfig(freeze=freeze, epochs=UNFROZEN_EPOCHS)
        data = split(_rows(ROWS), fraction=config.val_fraction, seed=0)
        (_, scores), ours_s = timed(lambda: _run(encoder, data, config))  # noqa: B023
        plain = functools.partial(torch.optim.AdamW, foreach=False)
        with mock.patch.object(torch.optim, "AdamW", lambda groups, fused: plain(groups)):  # noqa: B023
            (_, naive), naive_s = timed(
                lambda: _run(encoder, data, config, cache=False, fast=False)  # noqa: B023
            )
        yield Ratio(
            job=f"{freeze}, {UNFROZEN_EPOCHS} epochs, {ROWS} rows a task",
            against="the same loop without cache, in fp32, with a plain AdamW",
            value=naive_s / ours_s,
            unit="times as fast",
            remark=f"accuracy {_show(scores)} against {_show(naive)}",
        )


def growth() -> Iterator[Ratio]:
    """`heads` on ten times as many rows: time and memory."""
    encoder, config = load_encoder(), TrainConfig(epochs=UNFROZEN_EPOCHS)
    few, many = (_made(count) for count in GROWN)
    _run(encoder, _made(200), config)
    _, few_s = timed(lambda: _run(encoder, few, config))
    _, many_s = timed(lambda: _run(encoder, many, config))
    yield Ratio(
        job=f"heads, {GROWN[1]:,} rows",
        against=f"{GROWN[0]:,} rows",
        value=many_s / few_s,
        unit="times the time",
    )


def _rows(most: int) -> list[LabelledRows]:
    rows = labelled_rows(bundled_files())
    return [replace(r, texts=r.texts[:most], labels=r.labels[:most]) for r in rows]


def _made(count: int) -> Split:
    # Two labels by chance: only time counts here.
    (rows, *_) = labelled_rows(bundled_files())
    texts = tuple(f"{text} {number}" for number, text in enumerate(mixed_texts(count)))
    labels = np.random.default_rng(0).integers(0, 2, count)
    return parts_for([replace(rows, texts=texts, labels=labels)], TrainConfig())


def _run(
    encoder: Encoder, data: Split, config: TrainConfig, *, cache: bool = True, fast: bool = True
) -> tuple[Trainer, dict[str, float]]:
    trainer, scores = Trainer(model_for(data, config, encoder), data, config, cache=cache, fast=fast), {}
    for event in trainer:
        if isinstance(event, EpochEnd):
            scores = {name: event.validation[f"{name}_accuracy"] for name in data.tasks}
        assert not isinstance(event, RunEnd) or event.status == "finished"
    return trainer, scores


def _report(trainer: Trainer) -> object:
    assert trainer.embeddings is not None
    yardsticks = Yardsticks(
        data=trainer.data,
        encoder=trainer.base.encoder,
        embeddings=trainer.embeddings,
        tests={},
        models={},
    )
    return list(task_reports(trainer.final_model, yardsticks))


def _regressions(reference: SentenceTransformer, data: Split) -> dict[str, float]:
    embeddings = reference.encode(list(data.texts), batch_size=32)
    scores = {}
    for name, task in data.tasks.items():
        model = LogisticRegression(max_iter=1000).fit(embeddings[task.train.rows], task.train.labels)
        scores[name] = model.score(embeddings[task.validation.rows], task.validation.labels)
    return scores


def _train_heads_anew(
    reference: SentenceTransformer, model: MultiTaskModel, data: Split, config: TrainConfig
) -> None:
    """The loop that one writes first: tokenise, encode in fp32, and train the heads, batch by batch."""
    transformer: Any = reference[0].auto_model
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


def _accuracies(model: MultiTaskModel, data: Split) -> dict[str, float]:
    scores = {}
    for name, task in data.tasks.items():
        texts = [data.texts[row] for row in task.validation.rows]
        predicted = model.probabilities(model.encoder.tokenize(texts))[name].argmax(1).numpy()
        scores[name] = float((predicted == task.validation.labels).mean())
    return scores


def _show(scores: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in scores.items())
