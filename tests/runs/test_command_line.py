"""The command that repeats a run: what it says is what the command line then reads."""

import dataclasses
import shlex
from pathlib import Path

import pytest
from mtl.cli.choices import choices_of

from mtl.cli.main import _settings, build_parser
from mtl.data.issues import Choice
from mtl.runs.command_line import Sources, command_line
from mtl.schema.config import PRESETS, RECOMMENDED, REPORT, TrainConfig

EVERYTHING = TrainConfig(
    freeze="last-3",
    head_input="embedding",
    epochs=7,
    batch_size=3,
    head_lr=1e-7,
    encoder_lr=0.00012345,
    schedule="constant",
    weight_decay=0.0,
    token_dropout=0.25,
    class_weights="on",
    augmentation="off",
    goal=0.95,
    seed=42,
    val_fraction=0.35,
    time_limit_s=90.0,
)
FILES = {"sentiment": "s.csv", "intent": "i.csv"}


def _read(command):
    """The parsed arguments of a command, and the settings that they stand for."""
    python, m, mtl, *words = shlex.split(command)
    assert (python, m, mtl) == ("python", "-m", "mtl")
    arguments = build_parser().parse_args(words)
    return arguments, TrainConfig.from_dict({**PRESETS[arguments.preset].to_dict(), **_settings(arguments)})


def test_the_usual_settings_are_not_spelt_out():
    command = command_line(RECOMMENDED, Sources(files=FILES))
    assert command == "python -m mtl train --sentiment s.csv --intent i.csv --out my-model"


def test_a_preset_is_named():
    command = command_line(dataclasses.replace(REPORT, epochs=3), Sources(files=FILES))
    assert " --preset report --epochs 3 --out" in command


def test_what_a_preset_sets_and_nobody_can_take_back_is_not_based_on_it():
    command = command_line(dataclasses.replace(REPORT, head_lr=None), Sources(files=FILES))
    assert "--preset" not in command
    assert "--head-input embedding --schedule constant" in command


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(TrainConfig)])
@pytest.mark.parametrize("preset", PRESETS)
def test_each_setting_comes_back(preset, field):
    assert getattr(EVERYTHING, field) != getattr(RECOMMENDED, field)
    config = dataclasses.replace(PRESETS[preset], **{field: getattr(EVERYTHING, field)})
    assert _read(command_line(config, Sources(files=FILES)))[1] == config


def test_all_settings_come_back_together():
    assert _read(command_line(EVERYTHING, Sources(files=FILES)))[1] == EVERYTHING


@pytest.mark.parametrize(
    "name", ["two words.csv", "it's; rm -rf $HOME.csv", "--out", "-x.csv", "ünï`id`.csv"]
)
def test_a_name_of_any_kind_is_one_word(name):
    files = {"intent": name}
    sources = Sources(files=files, tests=files, start=name, corrections=name, encoder=name)
    arguments, _ = _read(command_line(RECOMMENDED, sources, out=name))
    read = (arguments.intent, arguments.test_intent, arguments.start, arguments.corrections)
    assert {Path(file).name for file in read} == {name}
    assert (Path(arguments.encoder).name, arguments.out.name) == (name, name)


def test_what_was_said_about_a_file_comes_back():
    said = {
        "sentiment": Choice(
            text_column="-the text",
            label_column="a:b",
            labels=(("0", "negative"), ("=", "positive"), ("-", "")),
        ),
        "intent": Choice(text_column="intent:x"),
    }
    arguments, _ = _read(command_line(RECOMMENDED, Sources(files=FILES, choices=said)))
    assert choices_of(arguments) == said


def test_other_tasks_are_named_with_their_files():
    sources = Sources(
        files={"sentiment": "s.csv", "topic of it": "a=b.csv", "urgency": "-u.csv"},
        tests={"intent": "ti.csv", "urgency": "tu.csv"},
        choices={"urgency": Choice(label_column="how soon")},
    )
    assert shlex.split(command_line(RECOMMENDED, sources))[4:] == [
        *("--sentiment", "s.csv", "--task", "topic of it=a=b.csv", "--task", "urgency=-u.csv"),
        *("--test-intent", "ti.csv", "--test", "urgency=tu.csv"),
        *("--label-column=urgency:how soon", "--out", "my-model"),
    ]


def test_one_file_with_several_label_columns():
    said = {"topic": Choice(text_column="body", labels=(("A", "sport"),))}
    sources = Sources(data="-all.csv", learn=("topic", "sentiment"), choices=said)
    assert shlex.split(command_line(RECOMMENDED, sources))[4:] == [
        *("--data", "./-all.csv", "--learn", "topic,sentiment"),
        *("--text-column=topic:body", "--label=topic:A=sport", "--out", "my-model"),
    ]
    assert command_line(RECOMMENDED, Sources(data="all.csv")) == (
        "python -m mtl train --data all.csv --out my-model"
    )
