"""Which models a visitor can choose, and what they are called."""

import pandas as pd
import pytest

from mtl.data.sources import labelled_rows
from mtl.model.archive import pack
from mtl.runs.job import Job
from mtl.runs.store import Runs
from mtl.runs.train_into import train_into, trainer_for
from mtl.schema.config import TrainConfig
from mtl.ui.models import DEFAULT, UNTRAINED, Models
from tests.conftest import INTENT, SENTIMENT


@pytest.fixture(scope="module")
def models(encoder, tmp_path_factory):
    runs = Runs(tmp_path_factory.mktemp("runs"))
    yield Models(encoder, runs)
    runs.close()


@pytest.fixture
def archive(encoder, tmp_path):
    """Makes the zip file of a model that learnt some rows."""

    def make(**rows):
        config = TrainConfig(epochs=1)
        job = Job(rows=labelled_rows(rows), config=config)
        list(train_into(tmp_path / "model", job, trainer_for(job, encoder), encoder))
        return pack(tmp_path / "model", tmp_path / "model.zip")

    return make


def test_an_uploaded_model_is_among_the_choices_of_its_owner_alone(models, archive):
    key = models.adopt("owner", archive(sentiment=SENTIMENT, intent=INTENT))
    (name, first), *others = models.choices("owner")
    assert first == key
    assert name.startswith(f"Uploaded model {key[:4]}: sentiment ")
    assert name.count("%") == 2
    assert [choice for _, choice in others] == [DEFAULT, UNTRAINED]
    assert key not in [choice for _, choice in models.choices("stranger")]
    assert models.get("owner", key).predict(["Where is it?"])[0].tasks["intent"].label
    with pytest.raises(ValueError, match="not here any more"):
        models.get("stranger", key)


def test_labels_of_one_s_own_are_part_of_the_name(models, archive):
    long = "a very long label that goes on and on"
    rows = pd.DataFrame({"text": [f"text {i} of {i % 4}" for i in range(40)]})
    rows["label"] = [["one", "two", long, "z"][i % 4] for i in range(40)]
    models.adopt("owner", archive(intent=rows))
    name = models.choices("owner")[0][0]
    assert ": intent (a very long label..., one, two, ...) " in name


def test_a_visitor_without_a_name_of_their_own_keeps_nothing(models, archive):
    with pytest.raises(ValueError, match="reload it"):
        models.adopt("", archive(sentiment=SENTIMENT))
    assert len(models.choices("")) == 2
