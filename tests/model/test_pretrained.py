"""Only the encoder that was asked for, unaltered and of a known kind, is loaded."""

import json

import numpy as np
import pytest

import mtl.model.pretrained as loading
from mtl.model.pretrained import MINILM, load_encoder
from mtl.schema.config import FreezeStrategy
from mtl.training.freezing import stages


@pytest.fixture
def fresh_load(monkeypatch):
    """Loading without the memory of earlier loads."""
    monkeypatch.setattr(loading, "_load", loading._load.__wrapped__)


@pytest.fixture
def posing(fresh_load, encoder_copy, monkeypatch):
    """A folder that stands where the default encoder's should be."""
    monkeypatch.setattr(loading, "_folder", lambda source: encoder_copy)
    return encoder_copy


def _alter_one_byte(file, position):
    content = bytearray(file.read_bytes())
    content[position] ^= 1
    file.unlink()
    file.write_bytes(content)


def test_the_default_encoder_is_the_report_s(encoder):
    assert (encoder.name, encoder.num_layers, encoder.dimension) == (MINILM, 6, 384)
    assert encoder.fingerprint == "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
    assert encoder.max_length == 256


def test_nothing_of_the_encoder_trains_by_itself(encoder):
    assert not any(p.requires_grad for p in encoder.parameters())
    assert not any(module.training for module in encoder.modules())


def test_an_unaltered_copy_is_accepted(posing, encoder):
    assert load_encoder().fingerprint == encoder.fingerprint


@pytest.mark.parametrize(
    "name", ["model.safetensors", "tokenizer.json", "vocab.txt", "config.json", "1_Pooling/config.json"]
)
def test_a_file_with_one_altered_byte_is_refused(posing, name):
    _alter_one_byte(posing / name, -3)
    with pytest.raises(ValueError, match=f"{name} of .* is altered"):
        load_encoder()


def test_a_missing_file_is_refused(posing):
    (posing / "tokenizer_config.json").unlink()
    with pytest.raises(ValueError, match=r"tokenizer_config\.json of .* is missing.*Reinstall"):
        load_encoder()


def test_a_folder_can_be_the_source(encoder_copy, encoder):
    loaded = load_encoder(str(encoder_copy))
    assert loaded.name == str(encoder_copy)
    assert loaded.fingerprint == encoder.fingerprint
    assert np.array_equal(loaded.encode(["Hello there"]), encoder.encode(["Hello there"]))


def test_the_environment_names_the_encoder(fresh_load, short_encoder, monkeypatch):
    monkeypatch.setenv("MTL_ENCODER", str(short_encoder))
    assert load_encoder().num_layers == 3


def test_an_argument_goes_before_the_environment(short_encoder, monkeypatch):
    monkeypatch.setenv("MTL_ENCODER", "no-such-folder")
    assert load_encoder(str(short_encoder)).num_layers == 3


def test_layers_are_counted_and_not_assumed(short_encoder, encoder):
    short, text = load_encoder(str(short_encoder)), ["The lowest layers are the same."]
    assert short.fingerprint != encoder.fingerprint
    pooled = short.layer_embeddings(short.tokenize(text))
    assert pooled.shape == (1, 4, 384)
    expected = encoder.layer_embeddings(encoder.tokenize(text))[:, :4]
    assert (pooled - expected).abs().max() < 1e-5


def test_last_4_of_three_layers_is_refused(short_encoder):
    with pytest.raises(ValueError, match="last-4.*has 3 layers"):
        stages(FreezeStrategy.LAST_4, load_encoder(str(short_encoder)).num_layers)


def test_a_folder_without_safetensors_is_refused(encoder_copy):
    (encoder_copy / "model.safetensors").unlink()
    with pytest.raises(ValueError, match=r"has no model\.safetensors"):
        load_encoder(str(encoder_copy))


def test_damaged_weights_are_refused(encoder_copy):
    (encoder_copy / "model.safetensors").unlink()
    (encoder_copy / "model.safetensors").write_bytes(b"these are no weights")
    with pytest.raises(ValueError, match="encoder"):
        load_encoder(str(encoder_copy))


def test_a_folder_without_modules_is_refused(encoder_copy):
    (encoder_copy / "modules.json").unlink()
    with pytest.raises(ValueError, match="modules|pooling"):
        load_encoder(str(encoder_copy))


def test_another_pooling_is_refused(encoder_copy):
    file = encoder_copy / "1_Pooling" / "config.json"
    config = json.loads(file.read_text("utf-8"))
    file.unlink()
    changed = {**config, "pooling_mode_mean_tokens": False, "pooling_mode_cls_token": True}
    file.write_text(json.dumps(changed), "utf-8")
    with pytest.raises(ValueError, match="cls_token pooling.*mean pooling is needed"):
        load_encoder(str(encoder_copy))


def test_an_unknown_id_is_refused_without_network(monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ValueError, match="'nobody/no-such-encoder' is neither a folder nor"):
        load_encoder("nobody/no-such-encoder")


def test_an_impossible_id_is_refused(monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ValueError, match="neither a folder nor"):
        load_encoder("not an id at all/ !")
