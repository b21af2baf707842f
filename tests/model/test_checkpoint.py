"""Saved models come back as they were; what is no model, or another's, is refused with a reason."""

import json
import re
import zipfile
import zlib

import pytest
import safetensors.torch
import torch

from mtl.model.archive import FACTS, WEIGHTS, pack
from mtl.model.checkpoint import load_model, save_model
from mtl.model.files import model_facts
from mtl.model.multitask import MultiTaskModel
from mtl.model.pretrained import load_encoder
from mtl.schema.tasks import INTENT_TASK, SENTIMENT_TASK, Task
from tests.conftest import INTENT, parts_of

TEXTS = ["I love this product!", "Can you tell me the time?", "", "Turn off the lights."]


@pytest.fixture(scope="module")
def model(trained):
    return trained(epochs=3)[0].best_model


@pytest.fixture
def saved(model, tmp_path):
    return save_model(model, tmp_path / "model")


@pytest.fixture
def unfrozen(trained, tmp_path):
    return save_model(trained(freeze="last-1", encoder_lr=3e-5, epochs=3)[0].best_model, tmp_path / "model")


def _change_facts(folder, **changes):
    facts = {**json.loads((folder / FACTS).read_text("utf-8")), **changes}
    (folder / FACTS).write_text(json.dumps(facts), "utf-8")


def _change_weights(folder, change):
    tensors = safetensors.torch.load_file(folder / WEIGHTS)
    change(tensors)
    safetensors.torch.save_file(tensors, folder / WEIGHTS)


@pytest.mark.parametrize("head_input", ["layers", "embedding"])
@pytest.mark.parametrize("strategy", ["heads", "last-2", "full"])
def test_a_loaded_model_says_what_the_saved_one_said(trained, encoder, tmp_path, strategy, head_input):
    settings = {"freeze": strategy, "encoder_lr": 3e-5, "epochs": 3}
    if head_input == "embedding":
        settings |= {"head_input": "embedding", "epochs": 1}
    model = trained(**settings)[0].best_model
    loaded = load_model(save_model(model, tmp_path / "model"), encoder)
    tokens = encoder.tokenize(TEXTS)
    expected = model.probabilities(tokens)
    for name, probabilities in loaded.probabilities(tokens).items():
        assert (probabilities - expected[name]).abs().max() < 1e-6
    assert loaded.tasks == model.tasks
    assert loaded.encoder.changed == model.encoder.changed
    assert {head.head_input for head in loaded.head_list()} == {head_input}


def test_a_model_of_heads_is_small(saved):
    assert sum(file.stat().st_size for file in saved.iterdir()) < 160_000


def test_only_changed_blocks_are_saved(unfrozen):
    tensors = safetensors.torch.load_file(unfrozen / WEIGHTS)
    assert {name[:17] for name in tensors if name.startswith("encoder")} == {"encoder.layers.5."}
    assert model_facts(unfrozen)["changed_blocks"] == [6]


def test_a_model_holds_tensors_and_json_and_no_pickle(saved):
    assert sorted(file.name for file in saved.iterdir()) == [FACTS, WEIGHTS]
    for file in saved.iterdir():
        content = file.read_bytes()
        # A pickle begins with its protocol, torch's own files are zip archives.
        assert not content.startswith((b"\x80", b"PK"))
    json.loads((saved / FACTS).read_text("utf-8"))


def test_the_facts_say_what_the_model_is(model, encoder, tmp_path):
    facts = model_facts(save_model(model, tmp_path / "model", {"status": "finished"}))
    assert facts["encoder"] == {"name": encoder.name, "sha256": encoder.fingerprint}
    assert facts["tasks"]["sentiment"] == ["negative", "positive"]
    assert facts["head_input"] == {"sentiment": "layers", "intent": "layers"}
    assert facts["changed_blocks"] == []
    assert facts["status"] == "finished"


def test_tasks_of_any_name_and_kind_survive(encoder, tmp_path):
    tasks = (
        # nn.Module has attributes of the first three names.
        Task("type", ("a", "b", "c")),
        Task("keys", ("no", "yes"), "binary"),
        Task("train", ("late", "on time")),
        Task("the mood", ("high", "low"), "binary"),
        INTENT_TASK,
    )
    model = MultiTaskModel.fresh(encoder, tasks, "embedding", 0)
    loaded = load_model(save_model(model, tmp_path / "model"), encoder)
    assert loaded.tasks == tasks
    assert loaded.predict(TEXTS) == model.predict(TEXTS)
    assert list(loaded.predict(TEXTS)[0].tasks) == ["type", "keys", "train", "the mood", "intent"]
    names = set(safetensors.torch.load_file(tmp_path / "model" / WEIGHTS))
    assert {"heads.type.linear.weight", "heads.the mood.temperature"} <= names


def test_a_model_without_kinds_has_the_known_ones(saved, encoder):
    facts = json.loads((saved / FACTS).read_text("utf-8"))
    assert facts.pop("kinds") == {"sentiment": "binary", "intent": "multiclass"}
    (saved / FACTS).write_text(json.dumps(facts), "utf-8")
    assert load_model(saved, encoder).tasks == (SENTIMENT_TASK, INTENT_TASK)


def test_a_model_from_before_directions_of_language_keeps_its_density(saved, encoder):
    tensors = safetensors.torch.load_file(saved / WEIGHTS)
    former = {name: tensor for name, tensor in tensors.items() if ".language_" not in name}
    assert len(former) == len(tensors) - 3
    safetensors.torch.save_file(former, saved / WEIGHTS)
    loaded = load_model(saved, encoder).distribution
    assert loaded.fitted and not loaded.expects_english
    embeddings = encoder.layer_embeddings(encoder.tokenize(TEXTS))
    assert torch.equal(loaded.excludes(embeddings), loaded.distance(embeddings) > loaded.limit)


def test_a_zip_is_as_good_as_the_folder(saved, encoder, tmp_path):
    archive = pack(saved, tmp_path / "model.zip")
    from_zip, from_folder = load_model(archive, encoder), load_model(saved, encoder)
    assert from_zip.predict(TEXTS) == from_folder.predict(TEXTS)
    assert model_facts(archive) == model_facts(saved)


def test_labels_of_any_kind_survive(encoder, build, tmp_path):
    names = {"question": "ünïcode", "statement": 'quo"te', "command": "a,b", "exclamation": "<b>"}
    trainer = build(parts_of(intent=INTENT.replace({"label": names})), epochs=1)
    list(trainer)
    loaded = load_model(save_model(trainer.best_model, tmp_path / "model"), encoder)
    assert set(loaded.tasks[0].labels) == set(names.values())


def test_going_on_from_a_loaded_model_keeps_its_scaling(saved, encoder, build):
    start = load_model(saved, encoder)
    trainer = build(model=start, epochs=2, seed=3)
    list(trainer)
    for name in ("sentiment", "intent"):
        before, after = start.head(name), trainer.best_model.head(name)
        assert torch.equal(after.mean, before.mean)
        assert torch.equal(after.deviation, before.deviation)
        assert before.mean.isfinite().all()


def test_loading_changes_nothing_of_the_encoder(unfrozen, encoder, pristine):
    loaded = load_model(unfrozen, encoder)
    for name, tensor in encoder.state_dict().items():
        assert torch.equal(tensor, pristine[name]), name
    assert loaded.encoder.layers[5] is not encoder.layers[5]
    assert loaded.encoder.layers[4] is encoder.layers[4]


# Refusals


@pytest.fixture
def refusal(encoder):
    def message(source):
        with pytest.raises(ValueError) as error:
            load_model(source, encoder)
        return str(error.value)

    return message


def test_a_missing_folder_is_refused(refusal, tmp_path):
    assert f"{tmp_path / 'none'} is not a model: no {WEIGHTS} and {FACTS} there" in refusal(tmp_path / "none")
    assert "is not a model: no" in refusal(tmp_path)


def test_what_is_no_zip_is_refused(refusal, tmp_path):
    file = tmp_path / "model.zip"
    file.write_bytes(b"This is a text.")
    assert refusal(file) == "model.zip is not a model or is damaged (File is not a zip file)"


@pytest.mark.parametrize("member", [WEIGHTS, FACTS])
def test_a_zip_without_a_member_is_refused(refusal, saved, tmp_path, member):
    (saved / member).unlink()
    archive = pack(saved, tmp_path / "model.zip")
    assert refusal(archive) == f"model.zip is not a model: it holds no {member}"


def test_a_zip_with_altered_content_is_refused(refusal, saved, tmp_path):
    archive = pack(saved, tmp_path / "model.zip")
    content = bytearray(archive.read_bytes())
    # In the middle of the compressed weights.
    for position in range(len(content) // 2, len(content) // 2 + 200):
        content[position] ^= 0xFF
    archive.write_bytes(content)
    assert "model.zip is not a model or is damaged" in refusal(archive)


def test_a_zip_with_a_damaged_stream_is_refused(refusal, saved, tmp_path):
    archive = pack(saved, tmp_path / "model.zip")
    with zipfile.ZipFile(archive) as stream:
        info = stream.getinfo(WEIGHTS)
    content = bytearray(archive.read_bytes())
    start = info.header_offset + 30 + len(WEIGHTS)
    content[start : start + 10] = b"\xff" * 10
    with pytest.raises(zlib.error):
        zlib.decompressobj(-15).decompress(bytes(content[start : start + info.compress_size]))
    archive.write_bytes(content)
    assert "model.zip is not a model or is damaged" in refusal(archive)


def test_a_cut_zip_is_refused(refusal, saved, tmp_path):
    archive = pack(saved, tmp_path / "model.zip")
    archive.write_bytes(archive.read_bytes()[:-100])
    assert "model.zip is not a model or is damaged" in refusal(archive)


def test_weights_larger_than_the_facts_ask_for_are_not_unpacked(refusal, saved, tmp_path):
    archive = tmp_path / "model.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as stream:
        stream.write(saved / FACTS, FACTS)
        stream.writestr(WEIGHTS, bytes(2**22))
    assert archive.stat().st_size < 10_000
    assert f"{WEIGHTS} would unpack to 4,194,304 bytes, but it needs 1," in refusal(archive)


def test_cut_weights_are_refused(refusal, saved):
    (saved / WEIGHTS).write_bytes((saved / WEIGHTS).read_bytes()[:-10])
    assert "model is not a model or is damaged" in refusal(saved)


@pytest.mark.parametrize("text", ["", "{", "[1, 2", "\udcff"])
def test_damaged_json_is_refused(refusal, saved, text):
    (saved / FACTS).write_bytes(text.encode("utf-8", "surrogateescape"))
    assert "model is not a model or is damaged" in refusal(saved)


def test_json_nested_too_deeply_is_refused(refusal, saved):
    (saved / FACTS).write_text("[" * 200_000, "utf-8")
    assert "model is not a model or is damaged" in refusal(saved)


@pytest.mark.parametrize("content", ["[]", "null", "3", "{}", '{"format": 2}'])
def test_other_json_is_refused(refusal, saved, content):
    (saved / FACTS).write_text(content, "utf-8")
    assert f"model is not a model: {FACTS} is incomplete" in refusal(saved)


@pytest.mark.parametrize("name", ["format", "encoder", "tasks", "head_input", "changed_blocks"])
def test_a_missing_fact_is_refused_by_name(refusal, saved, name):
    facts = json.loads((saved / FACTS).read_text("utf-8"))
    del facts[name]
    (saved / FACTS).write_text(json.dumps(facts), "utf-8")
    assert refusal(saved) == f"model is not a model: {FACTS} is incomplete ('{name}')"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 1}, "it has format 1, this program reads 2"),
        ({"head_input": {"sentiment": "tokens", "intent": "layers"}}, "unknown head input 'tokens'"),
        ({"changed_blocks": [7]}, r"changed blocks \[7\] are not blocks of this encoder"),
        ({"changed_blocks": [-1]}, r"changed blocks \[-1\] are not blocks of this encoder"),
        ({"changed_blocks": [6]}, "lacks or adds the tensor 'encoder.layers.5"),
        ({"tasks": {}}, "it has no task"),
        ({"tasks": {"intent": [1, 2, 3, 4]}}, "the labels of intent are not all texts"),
        (
            {"tasks": {"topic": ["a", "b"]}, "head_input": {"topic": "layers"}},
            "lacks or adds the tensor 'heads.intent",
        ),
        ({"tasks": {"a/b": ["a", "b"]}, "head_input": {"a/b": "layers"}}, "'a/b' is no name of a task"),
        ({"tasks": {f"task {n}": ["a", "b"] for n in range(9)}}, "it has 9 tasks, where 8 are the most"),
        ({"kinds": {"intent": "ordinal"}}, "the kind of intent is 'ordinal': it must be one of binary, mul"),
        ({"kinds": {"intent": "binary"}}, "the binary task intent has 4 labels"),
        ({"tasks": {"intent": ["a"]}}, "intent needs 2 to 200 different labels, got 1"),
        ({"tasks": {"sentiment": ["bad", "good"]}}, "sentiment has the labels"),
        ({"tasks": {"intent": ["a", "b", "c"]}}, "lacks or adds the tensor 'heads.sentiment"),
    ],
)
def test_wrong_facts_are_refused(refusal, saved, changes, message):
    _change_facts(saved, **changes)
    refused = refusal(saved)
    assert refused.startswith("cannot use the model model: ")
    assert re.search(message, refused)


def test_kinds_that_are_no_names_with_kinds_are_refused(refusal, saved):
    _change_facts(saved, kinds=["binary", "multiclass"])
    assert refusal(saved).startswith("model is not a model: model.json is incomplete")


def test_another_encoder_s_model_is_refused(saved, short_encoder):
    other = load_encoder(str(short_encoder))
    with pytest.raises(
        ValueError, match="trained on the encoder '.*MiniLM-L6-v2', which is not the one in use"
    ):
        load_model(saved, other)


def test_a_wrong_fingerprint_is_refused(refusal, saved):
    _change_facts(saved, encoder={"name": "somebody/other", "sha256": "0" * 64})
    assert "start with --encoder somebody/other" in refusal(saved)


def test_a_wrong_shape_is_refused(refusal, saved):
    _change_weights(saved, lambda t: t.update({"heads.intent.linear.bias": torch.zeros(5)}))
    assert "heads.intent.linear.bias has shape (5,), not (4,)" in refusal(saved)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_values_that_are_no_numbers_are_refused(refusal, saved, value):
    _change_weights(saved, lambda t: t["heads.intent.linear.weight"][2].fill_(value))
    assert "heads.intent.linear.weight holds values that are not numbers" in refusal(saved)


def test_a_wrong_type_is_refused(refusal, saved):
    _change_weights(saved, lambda t: t.update({k: v.double() for k, v in t.items() if k.endswith("bias")}))
    assert re.search("linear.bias has the type torch.float64, not torch.float32", refusal(saved))


@pytest.mark.parametrize("value", [0.0, -1.0])
def test_a_temperature_that_divides_by_nothing_is_refused(refusal, saved, value):
    _change_weights(saved, lambda t: t["heads.intent.temperature"].fill_(value))
    assert "heads.intent.temperature divides, and holds values that are not above zero" in refusal(saved)


@pytest.mark.parametrize("layer", [-1, 7])
def test_a_layer_that_the_encoder_has_not_is_refused(refusal, saved, layer):
    _change_weights(saved, lambda t: t["distribution.layer"].fill_(layer))
    assert f"distribution.layer is {layer}: no such layer" in refusal(saved)


def test_a_missing_tensor_is_refused(refusal, unfrozen):
    _change_weights(unfrozen, lambda t: t.pop("encoder.layers.5.output.dense.bias"))
    assert "lacks or adds the tensor 'encoder.layers.5.output.dense.bias'" in refusal(unfrozen)


def test_an_additional_tensor_is_refused(refusal, saved):
    _change_weights(saved, lambda t: t.update({"heads.topic.linear.bias": torch.zeros(1)}))
    assert "lacks or adds the tensor 'heads.topic.linear.bias'" in refusal(saved)
