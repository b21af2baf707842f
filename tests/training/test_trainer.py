"""A run as a stream of events: its order, its numbers, its ends, and taking it up again."""

import math
import threading
import time

import pandas as pd
import pytest
import torch

from mtl.model.multitask import MultiTaskModel
from mtl.runs.state_file import load_state, save_state
from mtl.schema.config import REPORT, TrainConfig
from mtl.schema.events import (
    EpochEnd,
    Progress,
    RunEnd,
    RunStarted,
    StageEnded,
    StageStarted,
)
from mtl.schema.tasks import INTENT_TASK, SENTIMENT_TASK
from mtl.training.losses import class_weights, task_loss
from tests.conftest import INTENT, SENTIMENT, epochs_of, frame, numbers_of, one, parts_of

# Heads that hardly learn: every stage of gradual unfreezing stalls after three epochs.
STALLING = {"freeze": "gradual", "head_lr": 1e-5, "encoder_lr": 1e-6}
UNEVEN = {"sentiment": SENTIMENT, "intent": INTENT[::3]}


def _kinds(events):
    return [type(event) for event in events if not isinstance(event, Progress)]


def _validation_losses(model, parts):
    """Computed from the texts alone, with none of the trainer's code."""
    losses = {}
    for name, task in parts.tasks.items():
        texts = [parts.texts[row] for row in task.validation.rows]
        logits = model.logits(model.encoder.layer_embeddings(model.encoder.tokenize(texts)))[name]
        labels = torch.from_numpy(task.validation.labels)
        if task.task.binary:
            loss = torch.nn.functional.binary_cross_entropy_with_logits(logits[:, 0], labels.float())
        else:
            loss = torch.nn.functional.cross_entropy(logits, labels)
        losses[name] = loss.item()
    return losses


# The order of events


def test_events_come_in_order(trained):
    _, events = trained(epochs=3)
    assert _kinds(events) == [RunStarted, StageStarted, *[EpochEnd] * 4, StageEnded, RunEnd]


def test_epoch_0_comes_first_and_epochs_are_counted_from_1(trained):
    epochs = epochs_of(trained(epochs=3)[1])
    assert [e.epoch for e in epochs] == [0, 1, 2, 3]
    assert epochs[0].seconds == 0.0
    assert all(e.seconds > 0 for e in epochs[1:])


def test_the_run_begins_with_what_it_was_asked_to_do(trained, parts):
    trainer, events = trained(epochs=3)
    started = one(RunStarted, events)
    assert (started.config["epochs"], started.config["batch_size"]) == (3, 8)
    assert started.rows == dict.fromkeys(parts.tasks, {"train": 36, "validation": 12})
    assert started.labels == {"sentiment": SENTIMENT_TASK.labels, "intent": INTENT_TASK.labels}
    assert started.batches_per_epoch == 5
    assert started.parameters == sum(p.numel() for p in trainer.best_model.parameters())


@pytest.mark.parametrize(
    ("strategy", "layers", "cached"), [("heads", (), 6), ("last-1", (6,), 5), ("full", tuple(range(7)), 0)]
)
def test_a_stage_says_what_trains_and_how_fast(trained, strategy, layers, cached):
    trainer, events = trained(freeze=strategy, encoder_lr=3e-5, epochs=3)
    stage, model = one(StageStarted, events), trainer.best_model
    moving = [*(head.linear for head in model.head_list()), *(model.encoder.blocks()[i] for i in layers)]
    assert (stage.index, stage.layers, stage.heads, stage.cached_layers) == (0, layers, True, cached)
    assert stage.parameters == sum(p.numel() for module in moving for p in module.parameters())
    assert stage.encoder_lr == (3e-5 if layers else 0.0)
    for epoch in epochs_of(events):
        assert (epoch.parameters, epoch.encoder_lr) == (stage.parameters, stage.encoder_lr)
        assert epoch.head_lr == stage.head_lr


def test_progress_goes_from_phase_to_phase(build, monkeypatch):
    monkeypatch.setattr("mtl.training.clock.PROGRESS_EVERY_S", 0.0)
    events = list(build(freeze="last-1", epochs=2))
    progress = [event for event in events if isinstance(event, Progress)]
    phases = list(dict.fromkeys(p.phase for p in progress))
    assert phases == ["encoding", "fitting heads", "training"]
    assert all(0 < p.fraction <= 1 and p.eta_s >= 0 for p in progress)
    assert [p.epoch for p in progress if p.phase == "training"] == [1] * 5 + [2] * 5


# Losses and scores


def test_the_combined_loss_is_the_sum_of_the_tasks(trained):
    for epoch in epochs_of(trained(epochs=3)[1]):
        for losses in (epoch.train, epoch.validation):
            assert losses["combined"] == pytest.approx(losses["sentiment"] + losses["intent"])


def test_the_selection_loss_is_weighted_by_rows(build):
    parts = parts_of(**UNEVEN)
    weights = {name: len(task.validation) for name, task in parts.tasks.items()}
    assert weights == {"sentiment": 12, "intent": 4}
    for epoch in epochs_of(build(parts, epochs=2)):
        expected = sum(epoch.validation[name] * n for name, n in weights.items()) / 16
        assert epoch.selection == pytest.approx(expected)


def test_epoch_0_is_the_untrained_model(trained, encoder, parts):
    trainer, events = trained(head_input="embedding", epochs=1)
    untrained = MultiTaskModel.fresh(encoder, (SENTIMENT_TASK, INTENT_TASK), "embedding", seed=0)
    first = epochs_of(events)[0]
    for name, loss in _validation_losses(untrained, parts).items():
        assert first.validation[name] == pytest.approx(loss, abs=1e-5)


def test_training_lowers_the_losses(trained):
    first, *_, last = epochs_of(trained(epochs=3)[1])
    for name in ("combined", "sentiment", "intent"):
        assert last.train[name] < first.train[name]
    assert last.selection < first.selection


def test_best_is_whatever_lowers_the_selection_loss(trained):
    lowest = math.inf
    for epoch in epochs_of(trained(freeze="last-1", encoder_lr=3e-3, epochs=4)[1]):
        assert epoch.best == (epoch.selection < lowest)
        lowest = min(lowest, epoch.selection)


@pytest.mark.parametrize(
    "settings",
    [
        {"epochs": 3},
        {"freeze": "last-2", "encoder_lr": 3e-5, "epochs": 3},
        {"freeze": "last-1", "encoder_lr": 1e-2, "epochs": 4},
        {"freeze": "full", "encoder_lr": 3e-5, "epochs": 3},
    ],
    ids=str,
)
def test_the_best_epoch_is_restored(trained, parts, settings):
    trainer, events = trained(**settings)
    end, epochs = one(RunEnd, events), epochs_of(events)
    best = min(epochs, key=lambda epoch: epoch.selection)
    assert end.best_epoch == best.epoch
    for name, scores in end.scores.items():
        assert scores.accuracy == best.validation[f"{name}_accuracy"]
        assert scores.macro_f1 == best.validation[f"{name}_macro_f1"]
        assert sum(map(sum, scores.confusion)) == scores.rows == 12
    for name, loss in _validation_losses(trainer.best_model, parts).items():
        assert best.validation[name] == pytest.approx(loss, abs=1e-4)


# One seed, handed down


@pytest.mark.parametrize("strategy", ["heads", "last-1"])
def test_the_same_seed_gives_the_same_numbers_whatever_ran_between(build, strategy):
    torch.manual_seed(1)
    first = numbers_of(build(freeze=strategy, epochs=2))
    torch.manual_seed(2)
    list(build(freeze="last-1", epochs=1, seed=9))
    assert numbers_of(build(freeze=strategy, epochs=2)) == first


def test_two_runs_in_turns_give_the_same_numbers(build):
    expected = numbers_of(build(freeze="last-1", epochs=2))
    one_run, other = build(freeze="last-1", epochs=2), build(freeze="last-1", epochs=2, seed=5)
    mixed = []
    others = iter(other)
    for event in one_run:
        mixed.append(event)
        next(others, None)
    assert numbers_of(mixed) == expected


def test_another_seed_gives_other_numbers(build):
    assert numbers_of(build(epochs=1, seed=0)) != numbers_of(build(epochs=1, seed=1))


@pytest.mark.parametrize("strategy", ["heads", "last-1"])
def test_training_leaves_torch_s_generator_and_threads_alone(build, strategy):
    trainer = build(freeze=strategy, epochs=1)
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    for _ in trainer:
        assert torch.equal(torch.get_rng_state(), before)
        assert torch.get_num_threads() == threads


# Ends


def test_stop_ends_the_run_after_the_batch(build, monkeypatch):
    monkeypatch.setattr("mtl.training.clock.PROGRESS_EVERY_S", 0.0)
    trainer, after = build(freeze="last-1", epochs=50), None
    for event in trainer:
        if after is not None:
            after.append(event)
        elif isinstance(event, Progress) and event.epoch == 3:
            trainer.stop()
            after = []
    assert _kinds(after) == [type(event) for event in after] == [RunEnd]
    assert after[0].status == "stopped"


@pytest.mark.parametrize("strategy", ["heads", "last-1"])
def test_stop_keeps_the_best_epoch(build, strategy):
    trainer, events = build(freeze=strategy, epochs=500), []
    for event in trainer:
        events.append(event)
        if isinstance(event, EpochEnd) and event.epoch == 2:
            trainer.stop()
    end = one(RunEnd, events)
    assert epochs_of(events)[-1].epoch == 2
    assert end.status == "stopped"
    assert "stopped by the user" in end.reason
    assert end.best_epoch == min(epochs_of(events), key=lambda epoch: epoch.selection).epoch
    assert trainer.best_model.predict(["Hello"])[0].tasks["intent"].label in INTENT_TASK.labels


def test_stop_works_from_another_thread(build):
    trainer = build(freeze="last-1", epochs=1000)
    asked = []

    def stop():
        asked.append(time.monotonic())
        trainer.stop()

    timer = threading.Timer(0.7, stop)
    timer.start()
    events = list(trainer)
    # A step takes hundredths of a second; seconds leave room for a busy machine.
    assert time.monotonic() - asked[0] < 5
    assert one(RunEnd, events).status == "stopped"


def test_a_run_that_is_stopped_at_once_has_no_model(build):
    trainer = build()
    trainer.stop()
    end = list(trainer)[-1]
    assert (end.status, end.best_epoch, end.scores) == ("stopped", 0, {})
    with pytest.raises(RuntimeError, match="before any state"):
        _ = trainer.best_model


def test_the_time_limit_ends_the_run(build):
    events = list(build(epochs=1000, time_limit_s=1.0))
    end = one(RunEnd, events)
    assert end.status == "stopped"
    assert end.reason == "time limit of 1 s reached; the best epoch is kept"
    assert 1.0 <= end.seconds < 10
    assert 0 < epochs_of(events)[-1].epoch < 1000


def test_a_reached_goal_ends_the_run(build):
    events = list(build(epochs=100, goal=0.5))
    end, last = one(RunEnd, events), epochs_of(events)[-1]
    reached = (last.validation["sentiment_macro_f1"] + last.validation["intent_macro_f1"]) / 2
    assert end.status == "finished"
    assert reached >= 0.5
    assert end.reason == f"goal reached: mean validation macro-F1 {reached:.3f} >= 0.5"
    for epoch in epochs_of(events)[1:-1]:
        assert epoch.validation["sentiment_macro_f1"] + epoch.validation["intent_macro_f1"] < 1.0


def test_a_goal_of_zero_is_a_goal(build):
    assert [e.epoch for e in epochs_of(build(epochs=5, goal=0.0))] == [0, 1]


def test_losses_beyond_all_numbers_end_the_run_as_failed(build, encoder):
    model = MultiTaskModel.fresh(encoder, (SENTIMENT_TASK, INTENT_TASK), "embedding", seed=0)
    with torch.no_grad():
        model.head("intent").linear.weight.fill_(math.inf)
    end = one(RunEnd, list(build(model=model, head_input="embedding")))
    assert end.status == "failed"
    assert end.reason == "the loss is no longer a number at step 1: try lower learning rates"


def test_a_failed_run_keeps_its_best_epoch(build, monkeypatch):
    trainer, events = build(epochs=5), []
    for event in trainer:
        events.append(event)
        if isinstance(event, EpochEnd) and event.epoch == 2:
            broken = lambda *arguments: task_loss(*arguments) * math.nan  # noqa: E731
            monkeypatch.setattr("mtl.training.stage.task_loss", broken)
    end = one(RunEnd, events)
    assert (end.status, end.best_epoch) == ("failed", 2)
    assert "lower learning rates" in end.reason
    for tensor in trainer.best_model.heads.state_dict().values():
        assert tensor.isfinite().all()


# Tasks and labels


@pytest.mark.parametrize("name", ["sentiment", "intent"])
def test_a_single_task_leaves_no_trace_of_the_other(build, name):
    other = {"sentiment": "intent", "intent": "sentiment"}[name]
    trainer = build(parts_of(**{name: {"sentiment": SENTIMENT, "intent": INTENT}[name]}), epochs=2)
    events = list(trainer)
    assert not any(other in repr(event) for event in events)
    assert list(one(RunEnd, events).scores) == [name]
    for epoch in epochs_of(events):
        assert epoch.train["combined"] == epoch.train[name]
        assert epoch.selection == pytest.approx(epoch.validation[name])
    assert [task.name for task in trainer.best_model.tasks] == [name]
    assert list(trainer.best_model.predict(["Hello"])[0].tasks) == [name]


def test_the_shorter_set_is_cycled_and_that_is_said(build):
    events = list(build(parts_of(**UNEVEN), epochs=1))
    started = one(RunStarted, events)
    assert started.batches_per_epoch == 5
    assert (
        "an epoch is one pass over the longer set (36 rows); the 12 intent rows are seen 3.0 times in it"
        in started.notes
    )


def test_three_intents_of_one_s_own(build):
    rows = INTENT[INTENT["label"] != "exclamation"].replace(
        {"label": {"question": "weather", "statement": "Alarm", "command": "music & more"}}
    )
    trainer = build(parts_of(intent=rows), epochs=3)
    events = list(trainer)
    labels = ("Alarm", "music & more", "weather")
    assert one(RunStarted, events).labels == {"intent": labels}
    assert one(RunEnd, events).scores["intent"].labels == labels
    prediction = trainer.best_model.predict(["Close the door"])[0].tasks["intent"]
    assert tuple(prediction.scores) == labels
    assert sum(prediction.scores.values()) == pytest.approx(1)


def test_two_of_the_four_intents_keep_their_ids(build):
    trainer = build(parts_of(intent=INTENT[INTENT["label"].isin(["command", "exclamation"])]), epochs=3)
    end = one(RunEnd, list(trainer))
    assert trainer.best_model.tasks == (INTENT_TASK,)
    confusion = end.scores["intent"].confusion
    assert sum(confusion[0]) == sum(confusion[1]) == 0
    assert sum(confusion[2]) == sum(confusion[3]) == 3


def test_a_model_of_other_tasks_is_refused(build, encoder):
    model = MultiTaskModel.fresh(encoder, (INTENT_TASK,), "layers", seed=0)
    with pytest.raises(ValueError, match="the model's tasks .* are not the data's"):
        build(model=model)


# What is decided for the user, and said


def _uneven_sentiment(negatives):
    rows = pd.concat([SENTIMENT[:24], SENTIMENT[24 : 24 + negatives]])
    return parts_of(sentiment=rows, intent=INTENT)


@pytest.mark.parametrize(("negatives", "setting", "weighted"), [
    (8, "auto", []),
    (6, "auto", ["sentiment"]),
    (6, "off", []),
    (24, "on", ["sentiment", "intent"]),
])  # fmt: skip
def test_rare_labels_weigh_more_from_three_to_one(build, negatives, setting, weighted):
    parts = _uneven_sentiment(negatives)
    trainer = build(parts, class_weights=setting, epochs=1)
    notes = one(RunStarted, list(trainer)).notes
    assert [note.split(":")[0] for note in notes if "rare labels weigh more" in note] == weighted


def test_class_weights_are_square_roots_of_inverse_frequencies():
    parts = _uneven_sentiment(6)
    counts = torch.bincount(torch.from_numpy(parts.tasks["sentiment"].train.labels))
    weights = class_weights(parts, TrainConfig())
    assert list(weights) == ["sentiment"]
    torch.testing.assert_close(weights["sentiment"], (counts.sum() / (2 * counts)).sqrt())


def test_truncated_texts_are_counted(build):
    rows = frame(positive=["good " * 300, *SENTIMENT["text"][:10]], negative=SENTIMENT["text"][24:34])
    notes = one(RunStarted, list(build(parts_of(sentiment=rows), epochs=1))).notes
    assert "1 texts are longer than 256 tokens: only their start is read" in notes


def test_the_report_s_settings_give_a_flat_line_and_say_so(build):
    events = list(build(**{**REPORT.to_dict(), "epochs": 5}))
    losses = [epoch.validation["combined"] for epoch in epochs_of(events)]
    assert max(losses) - min(losses) < 0.02
    assert any("expect flat lines" in note for note in one(RunStarted, events).notes)


def test_recommended_settings_have_nothing_to_say(trained):
    assert one(RunStarted, trained(epochs=3)[1]).notes == ()


# Strategies


def test_frozen_evaluates_and_changes_nothing(build, trained, parts):
    start = trained(epochs=3)[0].best_model
    before = {name: tensor.clone() for name, tensor in start.state_dict().items()}
    trainer = build(model=start, freeze="frozen", epochs=3)
    events = list(trainer)
    assert _kinds(events) == [RunStarted, StageStarted, EpochEnd, RunEnd]
    assert (one(EpochEnd, events).epoch, one(EpochEnd, events).parameters) == (0, 0)
    assert one(RunEnd, events).status == "finished"
    assert "nothing trains" in one(RunEnd, events).reason
    for name, loss in _validation_losses(start, parts).items():
        assert one(EpochEnd, events).validation[name] == pytest.approx(loss, abs=1e-5)
    for name, tensor in trainer.best_model.state_dict().items():
        assert torch.equal(tensor, before[name]), name


def test_going_on_begins_where_the_model_was(trained, build):
    first, events = trained(epochs=3)
    again = epochs_of(build(model=first.best_model, epochs=1))
    assert again[0].selection == pytest.approx(min(e.selection for e in epochs_of(events)), abs=1e-6)


def test_a_plateau_leads_to_the_next_stage(trained):
    _, events = trained(**STALLING, epochs=7)
    starts = [event for event in events if isinstance(event, StageStarted)]
    assert [(s.index, s.name, s.layers) for s in starts] == [
        (0, "heads", ()),
        (1, "last-2", (5, 6)),
        (2, "last-4", (3, 4, 5, 6)),
    ]
    plateau = "validation loss gained under 1% for 2 epochs"
    assert starts[0].reason == "the run begins"
    assert starts[1].reason == f"{plateau}: unfreezing layers 5 and 6"
    assert starts[2].reason.startswith(plateau)
    assert [event.reason for event in events if isinstance(event, StageEnded)] == [
        f"{plateau}; best epoch so far: 3",
        f"{plateau}; best epoch so far: 6",
        "all epochs done; best epoch so far: 7",
    ]


def test_epochs_count_through_all_stages(trained):
    _, events = trained(**STALLING, epochs=7)
    epochs = epochs_of(events)
    assert [e.epoch for e in epochs] == list(range(8))
    assert [e.stage for e in epochs] == [0, 0, 0, 0, 1, 1, 1, 2]
    assert one(RunEnd, events).reason == "all epochs done"


def test_gradual_ends_when_its_last_stage_stalls(trained):
    _, events = trained(**STALLING, epochs=20)
    assert epochs_of(events)[-1].epoch == 9
    assert one(RunEnd, events).status == "finished"
    assert one(RunEnd, events).reason.startswith("validation loss gained under 1%")


def test_gradual_stays_with_the_heads_while_they_improve(trained):
    _, events = trained(freeze="gradual", epochs=3)
    assert [e.name for e in events if isinstance(e, StageStarted)] == ["heads"]


def test_a_stage_that_does_not_help_is_taken_back(trained, build):
    # From a model that fits already, reckless learning rates only lead away.
    start = trained(freeze="last-2", epochs=6)[0].best_model
    before = {name: tensor.clone() for name, tensor in start.state_dict().items()}
    trainer = build(model=start, freeze="gradual", head_lr=0.3, encoder_lr=1e-2, epochs=9)
    events = list(trainer)
    ends = [event for event in events if isinstance(event, StageEnded)]
    assert len(ends) > 1
    assert [end.kept for end in ends] == [True, *[False] * (len(ends) - 1)]
    assert ends[1].reason.endswith("no better than epoch 0, so last-2 is taken back")
    assert one(RunEnd, events).best_epoch == 0
    weights = {n: t for n, t in trainer.best_model.state_dict().items() if n.endswith(("weight", "bias"))}
    assert weights
    for name, tensor in weights.items():
        assert torch.equal(tensor, before[name]), name


# Taking a run up again


def _broken_after(trainer, epoch):
    """Runs a trainer up to an epoch, leaves it there, and returns its state."""
    for event in trainer:
        if isinstance(event, EpochEnd) and event.epoch == epoch:
            return trainer.state()
    raise AssertionError(f"there was no epoch {epoch}")


def test_there_is_no_state_before_an_epoch(build):
    trainer = build()
    assert trainer.state() is None
    assert _broken_after(trainer, 0) is None


@pytest.mark.parametrize("strategy", ["heads", "last-1"])
@pytest.mark.parametrize("by_file", [False, True], ids=["in memory", "by file"])
def test_a_resumed_run_goes_on_as_if_unbroken(build, trained, tmp_path, strategy, by_file):
    settings = {"freeze": strategy, "epochs": 4}
    torch.manual_seed(1)
    whole, events = trained(**settings)
    state = _broken_after(build(**settings), 2)
    if by_file:
        save_state(state, tmp_path / "state.safetensors")
        state = load_state(tmp_path / "state.safetensors")
    resumed = build(**settings, state=state)
    torch.manual_seed(2)
    rest = list(resumed)
    assert _kinds(rest) == [EpochEnd, EpochEnd, StageEnded, RunEnd]
    assert numbers_of(rest) == numbers_of(events)[3:]
    assert one(RunEnd, rest).scores == one(RunEnd, events).scores
    expected = whole.best_model.state_dict()
    for name, tensor in resumed.best_model.state_dict().items():
        assert torch.equal(tensor, expected[name]), name


def test_a_run_resumes_from_its_last_epoch_and_not_from_its_best(build, trained):
    # From a model that fits already, reckless learning rates only lead away.
    start = trained(freeze="last-2", epochs=6)[0].best_model
    settings = {"model": start, "freeze": "last-1", "head_lr": 0.3, "encoder_lr": 1e-2, "epochs": 4}
    state = _broken_after(build(**settings), 2)
    assert state.facts["best"]["epoch"] < 2
    assert numbers_of(build(**settings, state=state)) == numbers_of(build(**settings))[3:]


@pytest.mark.parametrize("epoch", [2, 3, 4, 6])
def test_a_gradual_run_resumes_within_and_between_stages(build, trained, epoch):
    # Epochs 3 and 6 are the last of their stages.
    whole, events = trained(**STALLING, epochs=7)
    resumed = build(**STALLING, epochs=7, state=_broken_after(build(**STALLING, epochs=7), epoch))
    rest = list(resumed)
    assert numbers_of(rest) == numbers_of(events)[epoch + 1 :]
    reasons = [event.reason for event in events if isinstance(event, StageEnded)]
    left = [event.reason for event in rest if isinstance(event, StageEnded)]
    assert left == reasons[-len(left) :]
    expected = whole.best_model.state_dict()
    for name, tensor in resumed.best_model.state_dict().items():
        assert torch.equal(tensor, expected[name]), name


def test_resuming_after_the_last_epoch_only_ends_the_run(build, trained):
    _, events = trained(epochs=3)
    rest = list(build(epochs=3, state=_broken_after(build(epochs=3), 3)))
    assert _kinds(rest) == [StageEnded, RunEnd]
    assert one(RunEnd, rest).scores == one(RunEnd, events).scores


def test_a_run_that_had_reached_its_goal_trains_no_further(build):
    # Killed after the epoch that reached the goal, before its end was written: only the end is left.
    settings = {"epochs": 20, "goal": 0.5}
    events = list(build(**settings))
    last = epochs_of(events)[-1].epoch
    assert 0 < last < 20
    rest = list(build(**settings, state=_broken_after(build(**settings), last)))
    assert _kinds(rest) == [RunEnd]
    assert one(RunEnd, rest).reason == one(RunEnd, events).reason
    assert one(RunEnd, rest).scores == one(RunEnd, events).scores


def test_a_goal_that_a_later_epoch_reached_counts_whether_or_not_it_was_the_best(build, trained):
    # From a model that fits already, reckless learning rates only lead away: the best epoch is 0.
    start = trained(freeze="last-2", epochs=6)[0].best_model
    settings = {"model": start, "freeze": "last-1", "head_lr": 0.3, "encoder_lr": 1e-2, "goal": 0.05}
    state = _broken_after(build(**settings), 1)
    assert state.facts["best"]["epoch"] == 0
    assert _kinds(build(**settings, state=state)) == [RunEnd]


def test_a_state_from_before_goals_were_saved_goes_on(build):
    state = _broken_after(build(epochs=3), 2)
    assert state.facts.pop("macro_f1") > 0
    assert [epoch.epoch for epoch in epochs_of(build(epochs=3, state=state))] == [3]


def test_a_state_can_be_used_twice(build):
    state = _broken_after(build(freeze="last-1", epochs=3), 1)
    copies = {name: tensor.clone() for name, tensor in state.tensors.items()}
    first = numbers_of(build(freeze="last-1", epochs=3, state=state))
    for name, tensor in state.tensors.items():
        assert torch.equal(tensor, copies[name]), name
    assert numbers_of(build(freeze="last-1", epochs=3, state=state)) == first


def test_seconds_go_on_counting_after_a_break(build):
    state = _broken_after(build(epochs=3), 2)
    end = one(RunEnd, list(build(epochs=3, state=state)))
    assert end.seconds > state.facts["seconds"] > 0


def test_stop_before_the_first_batch_of_a_resumed_run_keeps_the_best_epoch(build):
    state = _broken_after(build(epochs=4), 2)
    trainer = build(epochs=4, state=state)
    trainer.stop()
    end = one(RunEnd, list(trainer))
    assert (end.status, end.best_epoch) == ("stopped", 2)
    assert set(end.scores) == {"sentiment", "intent"}
