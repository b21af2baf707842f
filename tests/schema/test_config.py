"""Settings check themselves, and survive JSON."""

import dataclasses
import json

import pytest

from mtl.schema.config import PRESETS, RECOMMENDED, REPORT, FreezeStrategy, TrainConfig, settings_in

BAD = [
    ("freeze", "last-7"),
    ("freeze", None),
    ("head_input", "both"),
    ("epochs", 0),
    ("epochs", 1001),
    ("epochs", 2.0),
    ("epochs", True),
    ("epochs", None),
    ("batch_size", 0),
    ("batch_size", "16"),
    ("head_lr", 0.0),
    ("head_lr", 1.5),
    ("head_lr", float("nan")),
    ("encoder_lr", -1e-4),
    ("encoder_lr", 0.1),
    ("schedule", "linear"),
    ("weight_decay", -0.1),
    ("weight_decay", 2),
    ("token_dropout", 0.95),
    ("token_dropout", -0.1),
    ("class_weights", "yes"),
    ("augmentation", True),
    ("goal", 1.1),
    ("goal", "high"),
    ("seed", -1),
    ("seed", 2**31),
    ("val_fraction", 0.0),
    ("val_fraction", 0.6),
    ("time_limit_s", 0.5),
    ("time_limit_s", float("inf")),
]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_bad_value_is_refused_by_name(name, value):
    with pytest.raises(ValueError) as refusal:
        TrainConfig(**{name: value})
    assert str(refusal.value).startswith(f"{name} is {value!r}: use ")


def test_every_setting_has_a_bad_value_here():
    assert {name for name, _ in BAD} == {field.name for field in dataclasses.fields(TrainConfig)}


@pytest.mark.parametrize("name", ["weight_decay", "token_dropout", "goal", "seed"])
def test_zero_is_a_value(name):
    assert getattr(TrainConfig(**{name: 0}), name) == 0


def test_only_what_the_data_decides_may_be_left_open():
    open_settings = {name for name, value in TrainConfig().to_dict().items() if value is None}
    assert open_settings == {"head_lr", "encoder_lr", "goal", "time_limit_s"}


@pytest.mark.parametrize("strategy", FreezeStrategy)
def test_settings_survive_json(strategy):
    config = TrainConfig(freeze=strategy, head_lr=0.02, goal=0.9, time_limit_s=60.0, seed=7)
    assert TrainConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_a_strategy_can_be_given_as_text():
    assert TrainConfig(freeze="last-2").freeze is FreezeStrategy.LAST_2


def test_an_unknown_setting_is_refused():
    with pytest.raises(ValueError, match="unknown setting 'epoch'"):
        TrainConfig.from_dict({"epoch": 3})


def test_settings_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        TrainConfig().epochs = 3


def test_last_knows_its_number():
    assert [s.last for s in FreezeStrategy if s.last] == [1, 2, 3, 4, 5, 6]
    assert FreezeStrategy.FULL.last is None


def test_the_report_s_preset_is_what_the_report_says():
    assert PRESETS["report"] is REPORT
    assert (REPORT.freeze, REPORT.head_input, REPORT.head_lr) == ("heads", "embedding", 5e-5)
    assert (REPORT.batch_size, REPORT.epochs, REPORT.val_fraction) == (16, 10, 0.2)
    assert (REPORT.schedule, REPORT.class_weights) == ("constant", "off")


def test_recommended_settings_are_the_defaults_but_leave_the_strategy_open():
    assert PRESETS["recommended"] is RECOMMENDED
    assert TrainConfig(freeze="auto") == RECOMMENDED
    assert (TrainConfig().freeze, RECOMMENDED.head_input) == ("heads", "layers")


def test_settings_come_out_of_a_file(tmp_path):
    (tmp_path / "s.json").write_text(json.dumps(REPORT.to_dict()), "utf-8")
    assert TrainConfig.from_dict(settings_in(tmp_path / "s.json")) == REPORT
    (tmp_path / "s.json").write_text('{"epochs": 3}', "utf-8")
    assert settings_in(tmp_path / "s.json") == {"epochs": 3}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"[]", "it holds no settings: use an object"),
        (b"3", "it holds no settings"),
        (b"{", "Expecting property name"),
        (b'{"epochs": 0}', "epochs is 0: use"),
        (b'{"speed": 1}', "unknown setting 'speed'"),
        (b'{"freeze": [1]}', "freeze is"),
        (b"\xff\xfe", "codec can't decode"),
        (b"[" * 200_000, "recursion"),
    ],
)
def test_a_file_of_anything_else_is_refused_by_name(tmp_path, content, reason):
    (tmp_path / "s.json").write_bytes(content)
    with pytest.raises(ValueError, match=f"^s.json: .*{reason}"):
        settings_in(tmp_path / "s.json")
