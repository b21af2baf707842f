"""What several tests share: the real encoder, a few sentences of our own, and short real trainings."""

import os

# Where other processes use the cores, OpenMP threads that wait actively for each other make small
# trainings fifty times slower. Read when torch is imported, here and in every process started here.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# The two processes of the suite share the cores, and the worker of a run, which is polite, needs its turn.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
# What one test encoded must not serve another; the tests of that cache name a folder of their own.
os.environ["MTL_CACHE_BYTES"] = "0"

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sentence_transformers import SentenceTransformer

from mtl.data.sources import labelled_rows
from mtl.data.split import split
from mtl.model.pretrained import encoder_folder, load_encoder
from mtl.schema.config import TrainConfig
from mtl.schema.events import (
    EpochEnd,
    RunEnd,
    RunStarted,
    StageEnded,
    StageStarted,
)
from mtl.schema.limits import limits
from mtl.schema.tasks import INTENT_LABELS
from mtl.training.processes import ALONE
from mtl.training.train import model_for
from mtl.training.trainer import Trainer
from tests.serving import free_port, serving

ROOT = Path(__file__).parents[1]

POSITIVE = """
The soup was warm and full of flavour
What a lovely garden you have
Her speech moved everyone in the room
I am so glad that you came
The new bakery makes wonderful bread
Our holiday was better than we had hoped
This bicycle rides like a dream
The nurse was kind and patient
A brilliant film from start to end
My daughter adores her new teacher
The view from the tower is breathtaking
They fixed my phone quickly and for free
Best concert I have ever been to
The blanket is soft and cosy
He is a generous and thoughtful friend
I really enjoyed the museum
The staff greeted us with big smiles
Such a fresh and elegant design
The puppy has brought us so much joy
Everything arrived early and in perfect shape
I slept wonderfully in this bed
The cake was delicious
We are delighted with the result
A charming little town with friendly people
""".strip().splitlines()
NEGATIVE = """
The soup was cold and tasted of nothing
What an ugly and noisy street
His speech bored everyone to death
I regret that I ever came here
The bakery sold us stale bread
Our holiday was a complete disaster
This bicycle broke after two days
The nurse was rude and impatient
A terrible film from start to end
My daughter hates her new school
The view is spoiled by a horrible factory
They ruined my phone and charged me twice
Worst concert I have ever been to
The blanket is scratchy and thin
He is a selfish and dishonest man
I was disappointed by the museum
The staff ignored us all evening
Such a cheap and clumsy design
The neighbours make our life miserable
Everything arrived late and damaged
I could not sleep in this awful bed
The cake was dry and disgusting
We are very unhappy with the result
A filthy little town with unfriendly people
""".strip().splitlines()
QUESTIONS = """
Where is the nearest bus stop?
Could you pass me the salt?
who wrote this letter
Have you ever seen the northern lights?
Why does the printer make that sound?
how many chairs do we need
Is there any milk left?
What time does the library close?
Did they tell you about the meeting?
Which of these roads leads to the lake?
can I borrow your umbrella
Are the children asleep?
""".strip().splitlines()
STATEMENTS = """
The library closes at eight on Fridays.
My brother works in a bicycle shop
There are twelve chairs in the hall.
Water freezes at zero degrees.
the meeting was moved to Thursday
She has lived in Lisbon since May.
The keys are on the kitchen table.
Our train leaves from platform four
It rained for most of the afternoon.
He studies chemistry in the evenings
The bridge was built a century ago.
We had rice and beans for lunch.
""".strip().splitlines()
COMMANDS = """
Close the window before you leave.
Let's meet in front of the station.
put the chairs back in the hall
Send me the report by noon!
Stir the sauce for five minutes.
Do not touch the wet paint.
turn left after the bridge
Write your name at the top of the page.
Please feed the cat tonight.
Read the second chapter aloud.
Keep your voice down
Bring a warm coat and some water.
""".strip().splitlines()
EXCLAMATIONS = """
What a beautiful morning!
How fast she runs!
Wow, that was close!
oh no, my glasses
What a strange little house
Hooray, we won the match!
How kind of you!
Ouch, that hurts!
This is the happiest hour of my week!
Good heavens, look at the size of it!
How terribly sad
Bravo, what a voice!
""".strip().splitlines()


def frame(**texts_by_label):
    """Rows with the columns text and label."""
    pairs = [(text, label) for label, texts in texts_by_label.items() for text in texts]
    return pd.DataFrame(pairs, columns=["text", "label"])


SENTIMENT = frame(positive=POSITIVE, negative=NEGATIVE)
INTENT = frame(**dict(zip(INTENT_LABELS, (QUESTIONS, STATEMENTS, COMMANDS, EXCLAMATIONS), strict=True)))


def parts_of(fraction=0.25, seed=0, **sources):
    """The split of some frames or files, as a training sees it."""
    data = sources.pop("data", None)
    return split(labelled_rows(sources, data=data), fraction=fraction, seed=seed)


def epochs_of(events):
    return [event for event in events if isinstance(event, EpochEnd)]


def numbers_of(events):
    """What a training computed, epoch by epoch, without what a clock said."""
    return [
        (e.stage, e.epoch, e.train, e.validation, e.selection, e.best, e.parameters)
        for e in epochs_of(events)
    ]


def one(kind, events):
    """The only event of a kind."""
    (event,) = [event for event in events if isinstance(event, kind)]
    return event


@pytest.fixture(scope="session")
def encoder():
    return load_encoder()


@pytest.fixture(scope="session")
def pristine(encoder):
    """A copy of the encoder's tensors, made before anything trained on it."""
    return {name: tensor.clone() for name, tensor in encoder.state_dict().items()}


@pytest.fixture(scope="session")
def parts():
    return parts_of(sentiment=SENTIMENT, intent=INTENT)


@pytest.fixture(scope="session")
def build(encoder, pristine, parts):
    """Makes a Trainer for the sentences above, or for `data`; computes in fp32 unless asked otherwise."""

    def make(data=parts, *, model=None, state=None, fast=False, cache=True, processes=ALONE, **settings):
        config = TrainConfig(**{"batch_size": 8, "epochs": 3, **settings})
        model = model or model_for(data, config, encoder)
        return Trainer(model, data, config, state=state, fast=fast, cache=cache, processes=processes)

    return make


@pytest.fixture(scope="session")
def trained(build):
    """A trainer that has run, and its events, one per set of settings: trained once, looked at often."""
    done = {}

    def train(**settings):
        key = json.dumps(settings, sort_keys=True)
        if key not in done:
            trainer = build(**settings)
            done[key] = (trainer, list(trainer))
        return done[key]

    return train


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    """The sentences above as CSV files, by task name."""
    folder = tmp_path_factory.mktemp("sentences")
    for name, rows in (("sentiment", SENTIMENT), ("intent", INTENT)):
        rows.to_csv(folder / f"{name}.csv", index=False)
    return {name: folder / f"{name}.csv" for name in ("sentiment", "intent")}


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    """The one page that a process of the suite serves: its address, and the folder with its log and runs."""
    folder, port = tmp_path_factory.mktemp("app"), free_port()
    with serving(folder, port):
        yield f"http://127.0.0.1:{port}", folder


@pytest.fixture
def limited(monkeypatch):
    """Sets limits by their names until the end of the test, as a server's environment would."""

    def set_to(**values):
        for name, value in values.items():
            monkeypatch.setenv(f"MTL_{name.upper()}", str(value))
        limits.cache_clear()

    yield set_to
    monkeypatch.undo()
    limits.cache_clear()


@pytest.fixture
def encoder_copy(tmp_path):
    """The encoder's folder again, made of links; a test replaces the file it wants to change."""
    target = tmp_path / "encoder"
    shutil.copytree(encoder_folder(), target, copy_function=os.symlink)
    return target


@pytest.fixture(scope="session")
def short_encoder(tmp_path_factory):
    """A folder with another encoder: the lowest three layers of the real one."""
    model = SentenceTransformer(str(encoder_folder()), device="cpu")
    transformer = model[0].auto_model
    transformer.encoder.layer = transformer.encoder.layer[:3]
    transformer.config.num_hidden_layers = 3
    folder = tmp_path_factory.mktemp("short")
    model.save(str(folder))
    return folder


@pytest.fixture
def sample_events():
    """A gradual run of two stages as it could be, with values that no two fields share."""

    def epoch(number, stage, *, best):
        losses = {"combined": 2.0, "sentiment": 0.6, "intent": 1.4}
        losses = {name: loss / (number + 1) for name, loss in losses.items()}
        scores = ("sentiment_accuracy", "sentiment_macro_f1", "intent_accuracy", "intent_macro_f1")
        return EpochEnd(
            stage=stage,
            epoch=number,
            train=losses,
            validation={
                **{name: loss + 0.1 for name, loss in losses.items()},
                **{name: 0.5 + number / 10 + place / 100 for place, name in enumerate(scores)},
            },
            selection=losses["combined"] / 2,
            best=best,
            seconds=0.25,
            head_lr=0.01,
            encoder_lr=3e-4 * stage,
            parameters=100 + stage,
        )

    def stage(index, name, layers):
        return StageStarted(
            index=index,
            name=name,
            layers=layers,
            heads=True,
            parameters=100 + index,
            head_lr=0.01,
            encoder_lr=3e-4 * index,
            cached_layers=6 - len(layers),
            reason="a <b>plateau</b>" if index else "the run begins",
        )

    return [
        RunStarted(
            config=TrainConfig(freeze="gradual", epochs=3).to_dict(),
            rows={"sentiment": {"train": 8, "validation": 2}, "intent": {"train": 12, "validation": 4}},
            labels={"sentiment": ("negative", "positive"), "intent": ("a", "b", "c")},
            parameters=1000,
            batches_per_epoch=2,
            notes=("one", "two"),
        ),
        stage(0, "heads", ()),
        epoch(0, 0, best=True),
        epoch(1, 0, best=True),
        StageEnded(index=0, kept=True, reason="plateau; best epoch so far: 1"),
        stage(1, "last-2", (5, 6)),
        epoch(2, 1, best=True),
        epoch(3, 1, best=False),
        StageEnded(index=1, kept=True, reason="all epochs done; best epoch so far: 2"),
        RunEnd(status="finished", best_epoch=2, scores={}, seconds=1.5, reason="all epochs done"),
    ]


def random_unit(*shape, seed=0):
    """Random vectors of length 1 along the last axis, fp32."""
    values = np.random.default_rng(seed).normal(size=shape).astype(np.float32)
    return values / np.linalg.norm(values, axis=-1, keepdims=True)
