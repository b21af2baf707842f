"""Settings as a form, and as a file."""

import json

import gradio as gr
import pytest

from mtl.schema.config import PRESETS, RECOMMENDED, TrainConfig
from mtl.ui.train.settings_form import (
    as_json,
    config_from,
    form_of,
    from_json,
    preset_of,
    restored,
)
from mtl.ui.train.settings_panel import SettingsPanel

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
    """What the browser would send back: the slider that is not set keeps its value."""
    return {"layers": 2, **values}


@pytest.fixture
def file(tmp_path):
    def write(settings):
        path = tmp_path / "settings.json"
        path.write_text(json.dumps(settings), "utf-8")
        return path

    return write


@pytest.mark.parametrize("config", [*PRESETS.values(), OWN])
def test_the_form_holds_a_config_exactly(config):
    assert config_from(_form(form_of(config))) == config


def test_the_form_has_a_place_for_each_value():
    with gr.Blocks():
        panel = SettingsPanel(6, gr.BrowserState())
    assert set(_form(form_of(RECOMMENDED))) == set(panel.boxes)


def test_the_form_is_read_by_the_names_of_its_boxes():
    with gr.Blocks():
        panel = SettingsPanel(6, gr.BrowserState())
    form = _form(form_of(OWN))
    values = {panel.boxes[name]: value for name, value in form.items()}
    assert panel.read({panel.start_from: "fresh", **values}) == form
    assert config_from(panel.read(values)) == OWN
    assert panel.restore(form) == {panel.ready: True, **values}
    assert panel.restore(None) == {panel.ready: True}


@pytest.mark.parametrize("config", [*PRESETS.values(), OWN])
def test_saved_settings_can_be_loaded(file, config):
    saved = as_json(_form(form_of(config)))
    assert TrainConfig.from_dict(json.loads(saved)) == config
    assert config_from(_form(from_json(file(json.loads(saved)), 6))) == config


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"epochs": 51}, "Epochs is 51, and the form takes up to 50"),
        ({"batch_size": 500}, "batch_size is 500, and the form takes up to 128"),
        ({"token_dropout": 0.1}, "token_dropout is not in the form: use train --config settings.json"),
        ({"freeze": "last-4"}, "Freeze is last-4, and the encoder has 3 layers"),
        ({"<b>": 1}, "settings.json: unknown setting &#x27;&lt;b&gt;&#x27;"),
        ([], "settings.json: it holds no settings"),
    ],
)
def test_settings_that_do_not_fit_are_refused(file, settings, reason):
    with pytest.raises(gr.Error) as error:
        from_json(file(settings), 3)
    assert reason in error.value.message


def test_the_form_comes_back_as_it_was_left():
    kept = _form(form_of(OWN))
    assert restored(json.loads(json.dumps(kept)), 6) == kept


@pytest.mark.parametrize(
    "kept",
    [
        None,
        [],
        {},
        [1, 2, 3],
        ["heads", 2, 10, "layers", 16, "", "", 0, 0.2, "", "", "cosine", "auto", "auto"],
        {**_form(form_of(OWN)), "strategy": "nonsense"},
        {**_form(form_of(OWN)), "layers": 7},
        {**_form(form_of(OWN)), "unknown": 7},
        {name: value for name, value in _form(form_of(OWN)).items() if name != "goal"},
        "text",
    ],
)
def test_what_an_older_page_kept_is_left_alone(kept):
    assert restored(kept, 6) == {}


def test_the_form_knows_which_preset_it_holds():
    assert preset_of(_form(form_of(PRESETS["report"]))) == "report"
    assert preset_of(_form(form_of(OWN))) is None
