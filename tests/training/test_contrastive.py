"""The contrastive warm start: its loss, what it teaches, and its stage in a run."""

import numpy as np
import pytest
import torch

from mtl.model.multitask import MultiTaskModel
from mtl.schema.config import RECOMMENDED, FreezeStrategy, TrainConfig
from mtl.schema.events import EpochEnd, Progress, RunEnd, RunStarted, StageEnded, StageStarted
from mtl.schema.tasks import INTENT_TASK, SENTIMENT_TASK, Task
from mtl.training.all_rows import all_rows
from mtl.training.contrastive import (
    HEAD_TEMPERATURE,
    STEPS,
    LabelNames,
    contrastive_batch,
    set_to_label_means,
    supervised_contrastive_loss,
    temperature_of_loss,
)
from mtl.training.plan import plan_of
from mtl.training.throughput import Size, Throughput, estimates
from mtl.training.train import model_for
from tests.conftest import epochs_of, frame, numbers_of, one, parts_of

WARM = {"freeze": "warm-start", "epochs": 4}
# Opinions on unlike subjects: a subject must not give a label away.
OPINIONS = frame(
    positive=[
        "The soup was delicious.",
        "A thrilling film.",
        "My phone works perfectly.",
        "Lovely staff.",
        "The tent kept us dry.",
    ],
    negative=[
        "The soup was cold.",
        "A boring film.",
        "My phone broke again.",
        "Rude staff.",
        "The tent leaked.",
    ],
)


@pytest.fixture(autouse=True, scope="module")
def few_steps():
    """A fifth of the steps: enough to see each mechanism at work."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mtl.training.contrastive.STEPS", 6)
        yield


def _within(model, texts, labels):
    """The contrastive loss of some texts under a model."""
    embeddings = torch.from_numpy(model.encoder.encode(texts))
    return supervised_contrastive_loss(embeddings, torch.tensor(labels), HEAD_TEMPERATURE).item()


# The loss and the batch


def test_the_loss_is_that_of_the_paper():
    embeddings = torch.nn.functional.normalize(torch.randn(6, 5, generator=torch.Generator().manual_seed(0)))
    labels = [0, 0, 0, 1, 1, 2]
    expected = []
    for i in range(6):
        others = [j for j in range(6) if j != i]
        similar = {j: np.exp(float(embeddings[i] @ embeddings[j]) / 0.1) for j in others}
        if partners := [j for j in others if labels[j] == labels[i]]:
            expected.append(-np.mean([np.log(similar[j] / sum(similar.values())) for j in partners]))
    loss = supervised_contrastive_loss(embeddings, torch.tensor(labels), 0.1)
    assert loss.item() == pytest.approx(np.mean(expected), rel=1e-5)


@pytest.mark.parametrize("labels", [[0, 1, 2], [0, 0, 1]])
def test_rows_without_a_partner_leave_the_gradient_a_number(labels):
    embeddings = torch.eye(3, requires_grad=True)
    loss = supervised_contrastive_loss(embeddings, torch.tensor(labels), 0.1)
    loss.backward()
    assert embeddings.grad.isfinite().all()
    assert (loss.item() == 0) == (len(set(labels)) == 3)


def test_a_small_set_is_one_batch_and_a_large_one_comes_in_pairs():
    rng = np.random.default_rng(0)
    assert contrastive_batch(np.array([0, 1, 0, 1]), 4, rng).tolist() == [0, 1, 2, 3]
    labels = np.repeat(np.arange(50), 10)
    batch = contrastive_batch(labels, 20, rng)
    assert len(set(batch.tolist())) == 20
    assert set(np.bincount(labels[batch])) == {0, 2}
    rare = contrastive_batch(np.array([0] * 100 + [1] * 2), 10, rng)
    assert {100, 101} <= set(rare.tolist())


# The heads as label means


@pytest.mark.parametrize("head_input", ["layers", "embedding"])
@pytest.mark.parametrize("task", [SENTIMENT_TASK, INTENT_TASK], ids=lambda task: task.name)
def test_a_head_set_to_label_means_says_the_nearest_one(encoder, head_input, task):
    head = MultiTaskModel.fresh(encoder, [task], head_input, 0).head(task.name)
    rows = torch.nn.functional.normalize(torch.randn(24, 7, 384), dim=-1)
    labels = torch.arange(24) % len(task.labels)
    set_to_label_means(head, rows, labels)
    last = rows[:, -1]
    means = torch.stack([last[labels == label].mean(0) for label in range(len(task.labels))])
    cosines = last @ torch.nn.functional.normalize(means, dim=-1).T / HEAD_TEMPERATURE
    assert torch.allclose(head.probabilities(head(rows)), torch.softmax(cosines, dim=1), atol=1e-4)


# The stage within a run


def test_a_run_has_a_contrastive_stage_with_its_reason_and_then_heads_and_then_all_rows(trained):
    _, events = trained(**WARM)
    first, second, third = [event for event in events if isinstance(event, StageStarted)]
    assert (first.name, first.layers, first.heads) == ("contrastive", (1, 2, 3, 4, 5, 6), False)
    assert first.reason == "36 rows: the encoder first learns to pull sentences of one label together"
    assert (second.name, second.layers, second.heads) == ("heads", (), True)
    assert second.reason.endswith("now the heads are fitted")
    assert (third.index, third.name, third.epochs) == (2, "all rows", one(RunEnd, events).best_epoch)
    assert "with the validation rows, too" in third.reason
    assert [(e.stage, e.epoch) for e in epochs_of(events)] == [(0, 0), (0, 1), (0, 2), (1, 3), (1, 4)]
    assert one(RunEnd, events).status == "finished"


def test_the_stage_comes_together_in_every_task_and_the_given_model_stays(trained, encoder, pristine, parts):
    trainer, _ = trained(**WARM)
    for task in parts.tasks.values():
        texts = [parts.texts[row] for row in task.train.rows]
        labels = task.train.labels.tolist()
        assert _within(trainer.best_model, texts, labels) < _within(trainer.base, texts, labels) - 0.1
    assert all(torch.equal(tensor, pristine[name]) for name, tensor in encoder.state_dict().items())


def test_what_is_learned_holds_for_subjects_that_did_not_train(build, monkeypatch):
    monkeypatch.setattr("mtl.training.contrastive.STEPS", STEPS)
    trainer = build(parts_of(sentiment=OPINIONS), **WARM)
    list(trainer)
    fresh = ["Wonderful hotel.", "I enjoyed the book.", "Awful hotel.", "I hated the book."]
    labels = [prediction.tasks["sentiment"].label for prediction in trainer.best_model.predict(fresh)]
    assert labels == ["positive", "positive", "negative", "negative"]


def test_the_best_model_has_what_its_epoch_scored(trained, parts):
    trainer, events = trained(**WARM)
    best = next(e for e in epochs_of(events) if e.epoch == one(RunEnd, events).best_epoch)
    for name, task in parts.tasks.items():
        texts = [parts.texts[row] for row in task.validation.rows]
        said = trainer.best_model.probabilities(trainer.best_model.encoder.tokenize(texts))[name].argmax(1)
        accuracy = (said.numpy() == task.validation.labels).mean()
        assert accuracy == pytest.approx(best.validation[f"{name}_accuracy"])


def test_the_seed_alone_decides_and_the_global_generator_is_left_alone(build, trained):
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    again = numbers_of(list(build(**WARM)))
    assert torch.equal(torch.rand(1), expected)
    assert again == numbers_of(trained(**WARM)[1])
    assert again != numbers_of(list(build(**WARM, seed=1)))


def test_remembered_activations_change_no_number(build, trained):
    plain = epochs_of(list(build(**WARM, cache=False)))
    for one_epoch, other in zip(plain, epochs_of(trained(**WARM)[1]), strict=True):
        assert one_epoch.validation == pytest.approx(other.validation, abs=1e-3)


@pytest.mark.parametrize("epoch", [1, 2, 3])
def test_a_run_resumes_within_the_stage_at_its_end_and_after_it(build, trained, epoch):
    whole, events = trained(**WARM)
    broken = build(**WARM)
    for event in broken:
        if isinstance(event, EpochEnd) and event.epoch == epoch:
            break
    resumed = build(**WARM, state=broken.state())
    rest = list(resumed)
    assert numbers_of(rest) == numbers_of(events)[epoch + 1 :]
    expected = whole.best_model.state_dict()
    for name, tensor in resumed.best_model.state_dict().items():
        assert torch.equal(tensor, expected[name]), name


def test_stop_within_the_stage_keeps_its_last_epoch(build, monkeypatch):
    monkeypatch.setattr("mtl.training.clock.PROGRESS_EVERY_S", 0.0)
    trainer, events = build(**WARM), []
    for event in trainer:
        events.append(event)
        if isinstance(event, Progress) and event.phase == "training" and event.epoch == 2:
            trainer.stop()
    end = one(RunEnd, events)
    assert (end.status, end.best_epoch) == ("stopped", 1)
    assert not any(isinstance(event, StageEnded) for event in events)
    assert trainer.best_model.predict(["I love it."])[0].tasks["sentiment"].label


def test_one_epoch_is_all_contrastive(build):
    events = list(build(freeze="warm-start", epochs=1))
    assert [(e.stage, e.epoch) for e in epochs_of(events)] == [(0, 0), (0, 1)]
    assert one(RunEnd, events).status == "finished"


# The names of the labels


def test_a_name_is_a_row_of_its_label_and_a_number_is_none(encoder):
    tasks = [SENTIMENT_TASK, Task("stars", ("0", "1_star", "two"))]
    names = LabelNames(encoder, tasks, fast=False).layer_embeddings(encoder)
    assert names["sentiment"][1].tolist() == [0, 1] and names["stars"][1].tolist() == [1, 2]
    assert names["stars"][0].shape == (2, 7, 384)
    expected = torch.from_numpy(encoder.encode(["1 star", "two"]))
    assert torch.allclose(names["stars"][0][:, -1], expected, atol=1e-5)
    nothing = LabelNames(encoder, [Task("grade", ("1", "2"))], fast=False).layer_embeddings(encoder)
    assert nothing["grade"][0].shape == (0, 7, 384)


def test_a_run_learns_from_the_names(build):
    # The same rows under the same order of labels: only the names tell the two runs apart.
    named = frame(car=[f"The engine {n}" for n in range(6)], fruit=[f"A ripe pear {n}" for n in range(6)])
    numbered = named.assign(label=named.label.map({"car": "1", "fruit": "2"}))
    first, second = (
        numbers_of(list(build(parts_of(topic=rows), freeze="warm-start", epochs=1)))
        for rows in (named, numbered)
    )
    assert first != second


@pytest.mark.parametrize(("labels", "expected"), [(2, 0.3), (20, 0.3), (21, 0.1), (77, 0.1)])
def test_many_labels_look_at_the_nearest_rows(labels, expected):
    assert temperature_of_loss(labels) == expected


# The second training, with all rows


def test_the_handed_over_model_learnt_from_the_validation_rows_and_the_scored_one_did_not(trained, parts):
    trainer, events = trained(**WARM)
    assert trainer.trained_again
    for name, task in parts.tasks.items():
        texts = [parts.texts[row] for row in task.validation.rows]
        labels = task.validation.labels.tolist()
        assert _within(trainer.final_model, texts, labels) < _within(trainer.best_model, texts, labels)
        mine, scored = trainer.final_model.head(name), trainer.best_model.head(name)
        assert torch.equal(mine.temperature, scored.temperature)
    assert any("learns from the validation rows, too" in note for note in one(RunStarted, events).notes)


def test_all_rows_train_and_copies_stay_last(parts):
    joined = all_rows(parts)
    for name, task in parts.tasks.items():
        every = joined.tasks[name].train
        assert sorted(every.rows.tolist()) == sorted([*task.train.rows, *task.validation.rows])
        assert joined.tasks[name].copies == task.copies
        assert every.rows[len(task.validation) :].tolist() == task.train.rows.tolist()


def test_a_stop_in_the_second_training_keeps_the_scored_model(build, monkeypatch):
    monkeypatch.setattr("mtl.training.clock.PROGRESS_EVERY_S", 0.0)
    trainer, events = build(**WARM), []
    for event in trainer:
        events.append(event)
        if isinstance(event, StageStarted) and event.name == "all rows":
            trainer.stop()
    assert one(RunEnd, events).status == "stopped" and not trainer.trained_again
    assert trainer.final_model.predict(["I love it."])[0].tasks["sentiment"].label


def test_the_second_training_follows_a_stage_that_ended_early(build, monkeypatch):
    monkeypatch.setattr(
        "mtl.training.trainer.PLATEAU_EPOCHS", 0
    )  # the heads have learnt enough before they begin
    trainer = build(**WARM)
    events = list(trainer)
    _, heads, again = [event for event in events if isinstance(event, StageStarted)]
    assert heads.name == "heads" and [epoch.stage for epoch in epochs_of(events)] == [0, 0, 0]
    assert (again.name, again.layers, again.heads) == ("all rows", (1, 2, 3, 4, 5, 6), False)
    assert one(RunEnd, events).status == "finished" and trainer.trained_again


def test_other_strategies_train_once(trained):
    trainer, events = trained(freeze="heads", epochs=2)
    assert not trainer.trained_again
    assert [event.name for event in events if isinstance(event, StageStarted)] == ["heads"]


# Before the run


def test_the_plan_names_both_stages(encoder, parts):
    config = TrainConfig(freeze="warm-start")
    plan = plan_of(model_for(parts, config, encoder), config, rows=48)
    assert [stage.name for stage in plan] == ["contrastive", "heads"]
    assert plan[0].encoder_lr == 1e-4 and plan[0].head_lr == 0


def test_the_estimate_grows_with_the_rows_only_up_to_a_batch():
    throughput = Throughput(forward_s=0.0, train_s=3e-5, step_s=0.0, head_s=0.0, regression_s=0.0)
    seconds = [
        estimates(throughput, {"topic": Size(train=rows, validation=8, tokens=10)}, RECOMMENDED, 6)[
            FreezeStrategy.WARM_START
        ]
        for rows in (32, 64, 1280)
    ]
    # Twice, as all rows train once more.
    assert seconds == pytest.approx([2 * STEPS * 3e-5 * rows * 10 * 6 for rows in (32, 64, 64)])
