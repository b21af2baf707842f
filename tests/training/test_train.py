"""Training and loading in one call."""

import pytest

from mtl.data.sources import labelled_rows
from mtl.evaluation.scoring import evaluate
from mtl.model.pretrained import load_encoder
from mtl.runs.job import Job
from mtl.runs.train_into import DEFAULT_NAME, train_into, trainer_for
from mtl.schema.config import TrainConfig
from mtl.schema.events import EpochEnd, Progress, RunEnd
from mtl.schema.results import ValidationReport
from mtl.schema.tasks import INTENT_TASK, SENTIMENT_TASK, task_of
from mtl.training.default import load_default
from mtl.training.train import model_for, train
from tests.conftest import INTENT, SENTIMENT, epochs_of, one, parts_of


def test_one_call_trains_and_returns_the_best_model(encoder):
    events = []
    model = train(
        sentiment=SENTIMENT,
        intent=INTENT,
        encoder=encoder,
        freeze="heads",
        epochs=2,
        batch_size=8,
        on_event=events.append,
    )
    assert model.tasks == (SENTIMENT_TASK, INTENT_TASK)
    assert len(epochs_of(events)) == 3
    assert one(RunEnd, events).status == "finished"
    assert [type(event) for event in events if not isinstance(event, Progress)][2] is EpochEnd


def test_files_and_frames_give_the_same_model(encoder, files):
    settings = {"encoder": encoder, "freeze": "heads", "epochs": 1, "batch_size": 8}
    by_file = train(**files, **settings)
    by_frame = train(sentiment=SENTIMENT, intent=INTENT, **settings)
    assert by_file.predict(["Where is it?"]) == by_frame.predict(["Where is it?"])


def test_a_bad_setting_is_refused_before_anything_is_read(tmp_path):
    with pytest.raises(ValueError, match="epochs is 0"):
        train(intent=tmp_path / "none.csv", epochs=0)


@pytest.fixture
def no_data(monkeypatch, tmp_path):
    """As where the package was installed: its model is there, the project's data folder is not."""
    monkeypatch.setattr("mtl.data.bundled._DATA", tmp_path)


def test_without_the_data_folder_models_load_and_train(no_data, encoder, tmp_path):
    assert load_default(encoder).predict(["Sit down"])[0].tasks["intent"].label == "command"
    job = Job(rows=labelled_rows({"intent": INTENT}), config=TrainConfig(epochs=1))
    events = list(train_into(tmp_path / "model", job, trainer_for(job, encoder), encoder))
    # Whether these rows are its own nobody knows: the default model is no baseline.
    assert DEFAULT_NAME not in [
        baseline.name for baseline in one(ValidationReport, events).tasks["intent"].baselines
    ]


def test_without_the_data_folder_another_encoder_has_no_default_model(no_data, short_encoder):
    with pytest.raises(ValueError, match="do not come with the installed package: run this in the project's"):
        load_default(load_encoder(str(short_encoder)))


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        ({}, "nothing to train on"),
        ({"data": INTENT}, "one column of labels, 'label', which names no task: .*--task NAME="),
        (
            {"data": INTENT.rename(columns={"label": "intent"}), "intent": INTENT},
            "intent is given twice, in the column 'intent' of the data frame and in the data frame",
        ),
        (
            {"data": INTENT.assign(label="one")},
            "no column of labels .its columns: text, label.: .*--label-column",
        ),
    ],
)
def test_unusable_sources_are_refused(sources, message):
    with pytest.raises(ValueError, match=message):
        labelled_rows({"intent": sources["intent"]} if "intent" in sources else {}, data=sources.get("data"))


def test_the_labels_of_the_model_to_start_from_are_kept(trained):
    start = trained(epochs=3)[0].best_model
    rows = labelled_rows({"intent": INTENT[INTENT["label"].isin(["question", "command"])]}, like=start.tasks)
    assert rows[0].task == INTENT_TASK


def test_starting_from_a_model_without_the_task_is_refused(trained, build):
    trainer = build(parts_of(intent=INTENT), epochs=1)
    list(trainer)
    with pytest.raises(ValueError, match="the model to start from has no sentiment head"):
        labelled_rows({"sentiment": SENTIMENT}, like=trainer.best_model.tasks)


def test_only_the_heads_at_hand_go_on(trained, encoder):
    start = trained(epochs=3)[0].best_model
    model = model_for(parts_of(intent=INTENT), TrainConfig(), encoder, start)
    assert model.tasks == (INTENT_TASK,)
    assert model.head("intent") is not start.head("intent")


def test_the_default_model_has_both_tasks_and_the_one_that_sentiment_needs(encoder):
    model = load_default(encoder)
    assert model.tasks == (SENTIMENT_TASK, INTENT_TASK, task_of("opinion", ("no opinion", "opinion")))
    assert model.predict(["I love this product!"])[0].tasks["sentiment"].label == "positive"


def test_evaluation_counts_every_row(trained):
    model = trained(epochs=3)[0].best_model
    (rows,) = labelled_rows({"intent": INTENT})
    scores = evaluate(model, rows)
    predicted = [p.tasks["intent"].label for p in model.predict(rows.texts)]
    right = sum(label == true for label, true in zip(predicted, INTENT["label"], strict=True))
    assert scores.rows == 48
    assert scores.accuracy == pytest.approx(right / 48)
