import base64
import hashlib
import json
import re

import pytest
import torch

from mtl.exports import html
from mtl.exports.characters import characters_of
from mtl.exports.export import export_model
from mtl.exports.int8 import quantized
from mtl.exports.weights_file import packed, unpacked
from mtl.model.encoder import Encoder
from mtl.model.heads import Head
from mtl.model.multitask import MultiTaskModel
from mtl.schema.tasks import Task
from tests.exports.conftest import TEXTS

HOSTILE = Task(name="a topic", labels=("</script><script>alert(1)</script>", "<img src=x onerror=alert(2)>"))


@pytest.fixture(scope="module")
def page(moved, tmp_path_factory):
    head = Head(HOSTILE, "embedding", layers=7, dimension=384, seed=3)
    model = moved.with_heads([*moved.head_list(), head])
    made = export_model(model, "html", tmp_path_factory.mktemp("out") / "model.html", TEXTS)
    return made, made.path.read_text("utf-8")


def test_the_file_is_small_enough_and_close_enough(page):
    made, text = page
    assert made.nbytes == len(text.encode()) <= 35e6
    agreement = made.agreement["model.html"]
    assert agreement.texts == len(TEXTS)
    assert agreement.labels == 1
    assert 0 < agreement.probability < 0.03
    assert "It agrees with the model that it was made from on 15 texts: 100.0% of the labels" in text


def test_nothing_comes_from_outside(page):
    _, text = page
    shell = text[: text.index('id="weights"')]
    assert not re.search(r"(src|href)\s*=", shell.replace("src=x onerror", ""))
    assert not re.search(r"https?://", text)
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)[1]
    assert policy.startswith("default-src &#x27;none&#x27;; ")
    assert "unsafe-inline" not in policy


def test_the_policy_names_this_style_and_this_script_by_their_digests(page):
    _, text = page
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)[1]
    inline = [
        re.search(r"<style>(.*?)</style>", text, re.S)[1],
        re.search(r"<script>(.*?)</script>", text, re.S)[1],
    ]
    for part in inline:
        digest = base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()
        assert f"sha256-{digest}" in policy


def test_labels_stay_inside_their_element(page):
    _, text = page
    facts = re.search(r'id="facts">(.*?)</script>', text, re.S)[1]
    assert [task["name"] for task in json.loads(facts)["tasks"]] == ["sentiment", "intent", "a topic"]
    assert text.count("</script>") == text.count("<script") == 4
    assert "alert(1)" not in text  # labels lie in the zipped part


def test_8_and_9_bits_are_off_by_at_most_half_a_step(encoder):
    weight = encoder.layers[0].output.dense.weight[:50]
    for ninth, levels in ((False, 127), (True, 255)):
        made = quantized(weight, ninth=ninth)
        steps = (made.factors.float() * made.scales[:, None]).repeat_interleave(16, dim=1)
        assert ((made.restored() - weight).abs() <= steps * 0.5001).all()
        # Of every row at least one weight uses the whole range.
        assert (weight.abs().amax(1) / steps.amax(1) > levels - 1).all()


def test_zeros_stay_zeros():
    assert torch.equal(quantized(torch.zeros(2, 32)).restored(), torch.zeros(2, 32))
    assert torch.equal(quantized(torch.zeros(2, 32), ninth=True).restored(), torch.zeros(2, 32))


def test_what_is_packed_comes_back(moved):
    back = unpacked(packed(moved), moved).encoder.state_dict()
    for name, tensor in moved.encoder.state_dict().items():
        if tensor.ndim == 2 and "token_type" not in name:
            assert (back[name] - tensor).abs().max() < tensor.abs().max() / 100, name
            assert not torch.equal(back[name], tensor)
        else:
            assert torch.equal(back[name], tensor), name


def test_the_table_of_characters_is_the_tokenizers(encoder):
    table = characters_of(encoder.tokenizer)
    assert {c: table.mapped[c] for c in "AÉİΣ"} == {"A": "a", "É": "e", "İ": "i", "Σ": "σ"}
    kinds = {
        kind: lambda c, ranges=ranges: any(a <= ord(c) <= b for a, b in ranges)
        for kind, ranges in table.kinds.items()
    }
    assert all(kinds["removed"](c) for c in "\0\u0301\u200b\ufffd")
    assert all(kinds["space"](c) for c in " \t\n\u3000")
    assert all(kinds["alone"](c) for c in "!$_東—")
    assert not any(known(c) for known in kinds.values() for c in "aé9한😀")


def _other(encoder, **changed):
    parts = ("name", "fingerprint", "tokenizer", "embeddings", "layers", "dimension", "max_length")
    return MultiTaskModel(Encoder(**{**{part: getattr(encoder, part) for part in parts}, **changed}), [])


def test_another_architecture_is_refused_with_its_name(encoder):
    class Strange(torch.nn.Module):
        pass

    html.check(_other(encoder))
    with pytest.raises(ValueError, match="other is made of Strange and BertLayer.*use onnx"):
        html.check(_other(encoder, name="other", embeddings=Strange()))
    relu = encoder.fork([1])
    relu.layers[0].intermediate.intermediate_act_fn = torch.nn.ReLU()
    with pytest.raises(ValueError, match="BERT with GELU only"):
        html.check(_other(relu))
