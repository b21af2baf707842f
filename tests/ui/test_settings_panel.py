"""Settings as a form, and as a file."""

import json

import gradio as gr
import pytest

from mtl.schema.config import PRESETS, RECOMMENDED, TrainConfig
from mtl.ui.train.settings_panel import (
    SettingsPanel,
    _as_json,
    _from_json,
    _preset_of,
    _values,
    config_from,
    restored,
)

SKIPPED = gr.skip()
OWN = TrainConfig(
    freeze="last-3",
    epochs=7,
    head_lr=1.5e-7,
    encoder_lr=3e-5,
    goal=0.0,
    seed=9,
    val_fraction=0.35,
    time_limit_s=90.0,
    class_weights="off",
)


def _form(values):
    """What the browser would send back: what is skipped keeps its value."""
    return [2 if value == SKIPPED else value for value in values]


@pytest.fixture
def file(tmp_path):
    def write(settings):
        path = tmp_path / "settings.json"
        path.write_text(json.dumps(settings), "utf-8")
        return path

    return write


@pytest.mark.parametrize("config", [*PRESETS.values(), OWN])
def test_the_form_holds_a_config_exactly(config):
    assert config_from(_form(_values(config))) == config


def test_the_form_has_a_place_for_each_value():
    with gr.Blocks():
        panel = SettingsPanel(6, gr.BrowserState())
    assert len(_values(RECOMMENDED)) == len(panel.inputs)


@pytest.mark.parametrize("config", [*PRESETS.values(), OWN])
def test_saved_settings_can_be_loaded(file, config):
    saved = _as_json(*_form(_values(config)))
    assert TrainConfig.from_dict(json.loads(saved)) == config
    assert config_from(_form(_from_json(file(json.loads(saved)), 6))) == config


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"epochs": 51}, "epochs is 51, and the form takes up to 50"),
        ({"batch_size": 500}, "batch_size is 500, and the form takes up to 128"),
        ({"token_dropout": 0.1}, "token_dropout has no place in the form: use train --config settings.json"),
        ({"freeze": "last-4"}, "freeze is last-4, and the encoder has 3 layers"),
        ({"<b>": 1}, "settings.json: unknown setting &#x27;&lt;b&gt;&#x27;"),
        ([], "settings.json: it holds no settings"),
    ],
)
def test_settings_that_do_not_fit_are_refused(file, settings, reason):
    with pytest.raises(gr.Error) as error:
        _from_json(file(settings), 3)
    assert reason in error.value.message


def test_the_form_comes_back_as_it_was_left():
    kept = _form(_values(OWN))
    assert restored(kept, 6) == [True, *kept]


@pytest.mark.parametrize("kept", [None, [], [1, 2, 3], ["nonsense", 2, *_form(_values(OWN))[2:]], "text"])
def test_what_an_older_page_kept_is_left_alone(kept):
    ready, *values = restored(kept, 6)
    assert ready and all(value == gr.skip() for value in values)


def test_the_form_knows_which_preset_it_holds():
    assert _preset_of(_form(_values(PRESETS["report"]))) == "report"
    assert _preset_of(_form(_values(OWN))) is None
