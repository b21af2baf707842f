"""Zip files of models that somebody has changed: refused with a reason, or loaded and harmless."""

import json
import math
import os
import random
import resource
import zipfile

import pytest
import safetensors.torch
import torch

from mtl.data.sources import labelled_rows
from mtl.model.archive import EVENTS, FACTS, REPORT, WEIGHTS, pack
from mtl.model.checkpoint import load_model
from mtl.model.provenance import model_events, model_report
from mtl.runs.job import Job
from mtl.runs.train_into import train_into, trainer_for
from mtl.schema.config import TrainConfig
from tests.conftest import INTENT, SENTIMENT

MUTATED = int(os.environ.get("MTL_TEST_ZIPS", "60"))
MATRIX = "encoder.layers.0.attention.self.query.weight"
TEXTS = ["What a lovely day!", "x", "Why is the soup cold?"]


@pytest.fixture(scope="module")
def good(encoder, tmp_path_factory):
    """The zip file of a trained model with its report and events."""
    job = Job(rows=labelled_rows({"sentiment": SENTIMENT, "intent": INTENT}), config=TrainConfig(epochs=1))
    folder = tmp_path_factory.mktemp("good") / "model"
    list(train_into(folder, job, trainer_for(job, encoder), encoder))
    return pack(folder, folder.with_suffix(".zip"))


@pytest.fixture
def changed(good, tmp_path):
    """The good zip file, in which functions have changed the bytes of some members."""

    def write(changes):
        file = tmp_path / "model.zip"
        with zipfile.ZipFile(good) as source, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
            for name in source.namelist():
                content = source.read(name)
                change = changes.get(name)
                target.writestr(name, change(content) if change else content)
        return file

    return write


def with_tensors(tensors):
    def change(content):
        return safetensors.torch.save({**safetensors.torch.load(content), **tensors})

    return change


def with_values(name, value):
    def change(content):
        held = safetensors.torch.load(content)
        held[name] = torch.full_like(held[name], value)
        return safetensors.torch.save(held)

    return change


def with_number(*path, to):
    def change(content):
        whole = values = json.loads(content)
        for key in path[:-1]:
            values = values[key]
        assert path[-1] in values or isinstance(values, list)
        values[path[-1]] = to
        return json.dumps(whole).encode()

    return change


def refusal(read, file, *more):
    with pytest.raises(ValueError) as error:
        read(file, *more)
    assert "model.zip" in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((384, 900, 1), (1, 384)),
        ((384, 1), (900, 1, 384)),
        ((384, 2), (3, 384)),
        ((384,), (384,)),
        ((384, 400), (400, 384)),
        ((384, 0), (0, 384)),
    ],
)
def test_factors_are_looked_at_before_they_are_multiplied(changed, encoder, left, right):
    factors = {f"{MATRIX}.left": torch.zeros(left).half(), f"{MATRIX}.right": torch.zeros(right).half()}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    said = refusal(load_model, changed({WEIGHTS: with_tensors(factors)}), encoder)
    assert f"the factors of {MATRIX} do not fit the encoder" in said
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("heads.intent.linear.weight", math.nan, "values that are not numbers"),
        ("heads.intent.linear.bias", math.inf, "values that are not numbers"),
        ("heads.intent.linear.weight", 1e30, "values beyond 1e\\+06"),
        ("heads.sentiment.mean", -1e20, "values beyond 1e\\+06"),
        ("heads.sentiment.temperature", 1e-30, "divides, and holds values below 1e-06"),
        ("heads.sentiment.deviation", 1e-38, "divides, and holds values below 1e-06"),
        ("distribution.mean", 1e30, "values beyond"),
    ],
)
def test_weights_that_would_make_an_answer_no_number_are_refused(changed, encoder, name, value, reason):
    with pytest.raises(ValueError, match=f"{name} .*{reason}"):
        load_model(changed({WEIGHTS: with_values(name, value)}), encoder)


@pytest.mark.parametrize("value", [1e6, -1e6, 1e-6])
def test_the_largest_weights_that_are_read_still_give_numbers(changed, encoder, value):
    def change(content):
        held = safetensors.torch.load(content)
        for name, tensor in held.items():
            if name.endswith("linear.weight"):
                tensor.fill_(value)
            if name.endswith((".deviation", ".temperature")):
                tensor.fill_(1e-6)
        return safetensors.torch.save(held)

    check_answers(load_model(changed({WEIGHTS: change}), encoder))


def test_a_model_in_memory_that_gives_no_number_says_so(encoder, trained):
    model = trained(epochs=3)[0].best_model.fork()
    model.head("intent").linear.weight.fill_(math.nan)
    with pytest.raises(ValueError, match="the model gives no number for intent: use another, it is damaged"):
        model.predict(TEXTS)


SCORES = ("tasks", "intent", "scores")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ((*SCORES, "rows"), 10_000_000),
        ((*SCORES, "rows"), -1),
        ((*SCORES, "rows"), "x"),
        ((*SCORES, "rows"), 10**40),
        ((*SCORES, "accuracy"), math.nan),
        ((*SCORES, "accuracy"), math.inf),
        ((*SCORES, "accuracy"), 1.5),
        ((*SCORES, "accuracy"), "x"),
        ((*SCORES, "accuracy"), None),
        ((*SCORES, "calibration_error"), -0.1),
        ((*SCORES, "confusion"), [[1]]),
        ((*SCORES, "confusion"), "x"),
        ((*SCORES, "labels"), ["a", "b"]),
        (("tasks", "intent", "accuracy_interval", "low"), 7),
        (("tasks", "intent", "temperature"), 0),
        (("tasks", "intent", "optimum_loss"), -1),
        (("tasks", "intent", "baselines", 0, "gain"), 100),
        (("tasks", "intent", "baselines", 0, "name"), ["x"]),
        (("tasks", "intent", "by_label", 0, "rows"), 10_000_000),
        (("tasks", "intent", "by_label", 0, "f1"), math.nan),
        (("tasks", "intent", "left_out"), -5),
        (("tasks",), {}),
        (("tasks",), []),
        (("event",), "run_end"),
    ],
)
def test_a_report_that_cannot_be_true_is_refused(changed, path, value):
    refusal(model_report, changed({REPORT: with_number(*path, to=value)}))


@pytest.mark.parametrize("content", [b"", b"null", b"[" * 100_000, b'{"a": NaN}', b"\xff", b"1e999"])
def test_what_is_no_report_is_refused(changed, content):
    refusal(model_report, changed({REPORT: lambda _: content}))


@pytest.mark.parametrize("number", ["1e999", "-Infinity", "NaN", "1" * 5000])
def test_a_number_that_is_none_is_refused_wherever_it_stands(changed, encoder, number):
    def change(content):
        return b'{"more": %s, ' % number.encode() + content[1:]

    assert "is not a model or is damaged" in refusal(load_model, changed({FACTS: change}), encoder)


@pytest.mark.parametrize(
    ("field", "value"),
    [("epoch", 10**7), ("seconds", -1), ("seconds", 1e300), ("train", {"combined": -3}), ("selection", "x")],
)
def test_events_that_cannot_be_true_are_refused(changed, field, value):
    def change(content):
        lines = [json.loads(line) for line in content.decode().splitlines()]
        for line in lines:
            if line["event"] == "epoch_end":
                line[field] = {**line[field], **value} if isinstance(value, dict) else value
        return "".join(json.dumps(line) + "\n" for line in lines).encode()

    refusal(model_events, changed({EVENTS: change}))


def test_a_flood_of_events_is_refused(changed):
    said = refusal(model_events, changed({EVENTS: lambda content: content + b"{}\n" * 100_000}))
    assert "lines" in said


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("changed_blocks", [True]),
        ("changed_blocks", "12"),
        ("changed_blocks", {"1": 2}),
        ("changed_blocks", [99]),
        ("changed_blocks", [0.5]),
        ("tasks", {"intent": "abcd"}),
        ("tasks", {"intent": {"a": 1, "b": 2}}),
        ("tasks", [["intent", ["a", "b"]]]),
        ("tasks", {"intent": [f"{n}" for n in range(201)]}),
        ("tasks", {"intent": ["a", None]}),
        ("tasks", None),
        ("head_input", {"intent": ["layers"]}),
        ("head_input", 5),
        ("kinds", {"intent": {"a": 1}}),
        ("kinds", 5),
        ("encoder", 5),
        ("encoder", {"sha256": 5, "name": None}),
        ("format", [2]),
    ],
)
def test_facts_of_wrong_types_are_refused(changed, encoder, field, value):
    refusal(load_model, changed({FACTS: with_number(field, to=value)}), encoder)


def check_answers(model):
    for prediction in model.predict(TEXTS):
        for task in prediction.tasks.values():
            assert all(0 <= score <= 1 for score in task.scores.values())
            assert sum(task.scores.values()) == pytest.approx(1, abs=1e-3)


JSON_VALUES = (None, True, -1, 10**9, 1e300, "", "x", "\u202e=1+1", [], [[]], {}, {"a": {}}, "<b>", [0] * 50)


def mutated(draw, content, name):
    """The bytes of a member with one thing changed."""
    if name.endswith(".json") and draw.random() < 0.7:
        return _with_one_value_replaced(draw, json.loads(content))
    content = bytearray(content)
    # Most of a file of weights are weights: its header is changed more often than its share.
    most = min(len(content), draw.choice((200, 5_000, len(content)))) or 1
    for _ in range(draw.choice((1, 1, 4, 32))):
        at = draw.randrange(most) if content else 0
        match draw.randrange(4):
            case 0 if content:
                content[at % len(content)] = draw.randrange(256)
            case 1:
                del content[at : at + draw.randrange(1, 64)]
            case 2:
                content[at:at] = draw.randbytes(draw.randrange(1, 64))
            case 3:
                content[at : at + 4] = draw.choice((b"\xff" * 4, bytes(4), b"\x00\x00\xc0\x7f"))
    return bytes(content)


def _with_one_value_replaced(draw, whole):
    values = whole
    while True:
        keys = list(values) if isinstance(values, dict) else list(range(len(values)))
        key = draw.choice(keys)
        if isinstance(values[key], dict | list) and values[key] and draw.random() < 0.85:
            values = values[key]
            continue
        values[key] = draw.choice(JSON_VALUES)
        return json.dumps(whole).encode()


@pytest.mark.parametrize("seed", range(MUTATED // 20))
def test_mutated_zips_are_refused_with_a_reason_or_harmless(good, encoder, tmp_path, seed):
    draw = random.Random(seed)
    with zipfile.ZipFile(good) as source:
        members = {name: source.read(name) for name in source.namelist()}
    for number in range(20):
        file = tmp_path / "model.zip"
        if number % 4 == 3:  # the archive itself
            file.write_bytes(mutated(draw, good.read_bytes(), "zip"))
        else:
            name = draw.choice((FACTS, WEIGHTS, REPORT, EVENTS))
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
                for member, content in members.items():
                    target.writestr(member, mutated(draw, content, name) if member == name else content)
        try:
            model = load_model(file, encoder)
            model_report(file)
            model_events(file)
        except ValueError as error:
            assert "model.zip" in str(error), (seed, number)
            continue
        check_answers(model)
