"""A model as one run of bytes that JavaScript reads: a header (JSON), then all numbers.

`assets/weights.js` reads it and says how it is laid out.
"""

import json
import struct
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn

from mtl.exports.characters import characters_of
from mtl.exports.int8 import Quantized, quantized
from mtl.model.encoder import Encoder
from mtl.model.heads import Head
from mtl.model.multitask import MultiTaskModel
from mtl.model.out_of_distribution import OutOfDistribution
from mtl.schema.results import Promise

_TYPES: Final[dict[str, np.dtype[Any]]] = {"f4": np.dtype("<f4"), "i1": np.dtype("i1"), "u1": np.dtype("u1")}
_KINDS: Final = {torch.float32: "f4", torch.int8: "i1", torch.uint8: "u1"}
# Where a transformer layer of BERT keeps what the export calls by a plain name.
_MAPS: Final = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "mixed": "attention.output.dense",
    "wider": "intermediate.dense",
    "narrower": "output.dense",
}
_PARTS: Final = ("numbers", "lowest", "factors", "scales")
_NORMS: Final = {"norm": "attention.output.LayerNorm", "lastNorm": "output.LayerNorm"}


def packed(model: MultiTaskModel) -> bytes:
    """The whole model, its tokenizer included."""
    heads = model.head_list()
    tensors = _encoder_tensors(model.encoder)
    for number, head in enumerate(heads):
        tensors |= {f"head.{number}.{name}": tensor for name, tensor in _head_tensors(head).items()}
    tensors |= _known_tensors(model.distribution)
    places, body = _laid_out(tensors)
    header = {
        "tensors": places,
        "encoder": _encoder_facts(model.encoder),
        "tokenizer": tokenizer_facts(model.encoder),
        "heads": [_head_facts(head, model.promises.get(head.task.name)) for head in heads],
        "known": _known_facts(model.distribution),
    }
    text = json.dumps(header, ensure_ascii=False).encode()
    text += b" " * (-len(text) % 4)  # what follows begins at a multiple of four bytes
    return struct.pack("<I", len(text)) + text + body


def unpacked(file: bytes, model: MultiTaskModel) -> MultiTaskModel:
    """A copy of `model` with the encoder's weights that such a file holds."""
    (length,) = struct.unpack_from("<I", file)
    places = json.loads(file[4 : 4 + length])["tensors"]

    def tensor(name: str) -> Tensor:
        place = places[name]
        kind = _TYPES[place["kind"]]
        values = np.frombuffer(file, kind, place["count"], 4 + length + place["start"])
        return torch.from_numpy(values.copy()).view(place["shape"])

    def matrix(name: str) -> Tensor:
        parts = [part for part in _PARTS if f"{name}.{part}" in places]
        return Quantized(**{part: tensor(f"{name}.{part}") for part in parts}).restored()

    made = model.fork(range(model.encoder.num_layers + 1))
    embeddings: Any = made.encoder.embeddings
    with torch.no_grad():
        embeddings.word_embeddings.weight.copy_(matrix("words"))
        positions = matrix("positions")
        embeddings.position_embeddings.weight[: len(positions)] = positions
        for number, layer in enumerate(made.encoder.layers):
            for name, where in _MAPS.items():
                _linear(layer, where).weight.copy_(matrix(f"layer.{number}.{name}"))
    return made


def _encoder_tensors(encoder: Encoder) -> dict[str, Tensor]:
    embeddings: Any = encoder.embeddings
    tensors = {
        **_matrix("words", embeddings.word_embeddings.weight),
        **_matrix("positions", embeddings.position_embeddings.weight[: encoder.max_length]),
        "type": embeddings.token_type_embeddings.weight[0],
        **_norm("norm", embeddings.LayerNorm),
    }
    for number, layer in enumerate(encoder.layers):
        for name, where in _MAPS.items():
            linear = _linear(layer, where)
            # Six layers multiply what they are off by: theirs get a bit more than the word embeddings.
            tensors |= _matrix(f"layer.{number}.{name}", linear.weight, ninth=True)
            tensors[f"layer.{number}.{name}.bias"] = linear.bias
        for name, where in _NORMS.items():
            tensors |= _norm(f"layer.{number}.{name}", layer.get_submodule(where))
    return tensors


def _linear(layer: nn.Module, where: str) -> nn.Linear:
    linear = layer.get_submodule(where)
    assert isinstance(linear, nn.Linear)
    return linear


def _matrix(name: str, weight: Tensor, *, ninth: bool = False) -> dict[str, Tensor]:
    made = quantized(weight, ninth=ninth)
    parts = {part: getattr(made, part) for part in _PARTS}
    return {f"{name}.{part}": tensor for part, tensor in parts.items() if tensor is not None}


def _norm(name: str, norm: Any) -> dict[str, Tensor]:
    return {f"{name}.weight": norm.weight, f"{name}.bias": norm.bias}


def _head_tensors(head: Head) -> dict[str, Tensor]:
    weights, constants = head.folded()
    return {"weights": weights.float(), "constants": constants.float(), "bias": head.linear.bias}


def _known_tensors(known: OutOfDistribution) -> dict[str, Tensor]:
    return {
        "known.mean": known.mean,
        "known.directions": known.directions,
        "known.variances": known.variances,
        "known.language": known.language_weights,
    }


def _laid_out(tensors: Mapping[str, Tensor]) -> tuple[dict[str, Any], bytes]:
    """Where each tensor begins, after the header, and the bytes; those of four bytes come first."""
    parts: list[bytes] = []
    places, start = {}, 0
    for kind in _TYPES:
        for name, tensor in tensors.items():
            if _KINDS[tensor.dtype] != kind:
                continue
            values = tensor.detach().numpy().astype(_TYPES[kind], copy=False).tobytes()
            shape = list(tensor.shape)
            places[name] = {"kind": kind, "start": start, "count": tensor.numel(), "shape": shape}
            parts.append(values)
            start += len(values)
    return places, b"".join(parts)


def _encoder_facts(encoder: Encoder) -> dict[str, Any]:
    layer: Any = encoder.layers[0]
    return {
        "dim": encoder.dimension,
        "heads": layer.attention.self.num_attention_heads,
        "layers": encoder.num_layers,
        "epsilon": layer.output.LayerNorm.eps,
        "maxLength": encoder.max_length,
    }


def tokenizer_facts(encoder: Encoder) -> dict[str, Any]:
    """What the page's own tokenizer is made from."""
    tokenizer = encoder.tokenizer
    by_id = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    characters = characters_of(tokenizer)
    return {
        "vocabulary": [piece for piece, _ in by_id],
        "characters": {"mapped": characters.mapped, "kinds": asdict(characters)["kinds"]},
        "special": {
            "cls": tokenizer.cls_token,
            "sep": tokenizer.sep_token,
            "unk": tokenizer.unk_token,
            "all": tokenizer.all_special_tokens,
        },
        "maxLength": encoder.max_length,
    }


def _head_facts(head: Head, promise: Promise | None) -> dict[str, Any]:
    return {
        "task": head.task.name,
        "labels": list(head.task.labels),
        "binary": head.task.binary,
        "layers": len(head.mean),
        "temperature": float(head.temperature),
        "promised": promise.threshold if promise else None,
    }


def _known_facts(known: OutOfDistribution) -> dict[str, Any] | None:
    """None for a model that takes every text."""
    if not known.fitted:
        return None
    language = {"offset": float(known.language_offset), "limit": float(known.language_limit)}
    return {
        "layer": int(known.layer),
        "noise": float(known.noise),
        "limit": float(known.limit),
        "language": language if known.expects_english else None,
    }
