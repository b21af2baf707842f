"""A model as one HTML file that predicts without a server, a library or a network."""

import base64
import gzip
import hashlib
import html
import json
from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import Any, Final

from torch import nn

from mtl.exports.agreement import Agreement, accepted, answers_of, compare_answers
from mtl.exports.weights_file import packed, unpacked
from mtl.model.multitask import MultiTaskModel
from mtl.schema.tasks import KNOWN_TASKS, known_task, serving_tasks, task_colours

_ASSETS: Final = Path(__file__).parent / "assets"
# In the order in which a reader meets them; the last one puts them to work.
_PROGRAM: Final = ("tokenizer", "weights", "kernel", "encoder", "heads", "explain", "worker")
# A sentence to open with says at once what the page does. It is in English, like the known tasks.
_FIRST: Final = "Great screen, but could you tell me why it keeps turning off?"
_NOT_ENGLISH: Final = "Looks unlike English text: the answers may mean nothing."
_STRANGE: Final = "Looks unlike the texts that the model learnt from: the answers may mean nothing."
# Bytes of the file for each weight: 8 or 9 bits and a sixteenth of a step, hardly compressible, in base64.
_PER_WEIGHT: Final = 1.5
_WEIGHTS_TAG: Final = '<script type="text/plain" id="weights">'


def needed_bytes(model: MultiTaskModel) -> int:
    """About how much is written."""
    return int(_PER_WEIGHT * sum(tensor.numel() for tensor in model.encoder.state_dict().values())) + 2**21


def check(model: MultiTaskModel) -> None:
    """Raises ValueError for another architecture than BERT's: the page's own encoder computes no other."""
    encoder = model.encoder
    embeddings, layer = encoder.embeddings, encoder.layers[0]
    kinds = (type(embeddings).__name__, type(layer).__name__)
    parts = json.loads(encoder.tokenizer.backend_tokenizer.to_str())
    reads = tuple((parts[part] or {}).get("type") for part in ("normalizer", "pre_tokenizer", "model"))
    activation: Any = getattr(layer.get_submodule("intermediate"), "intermediate_act_fn", None)
    if kinds != ("BertEmbeddings", "BertLayer") or not _is_gelu(activation):
        raise ValueError(
            f"the encoder {encoder.name} is made of {kinds[0]} and {kinds[1]}: the page computes BERT with "
            "GELU only, such as all-MiniLM-L6-v2; use onnx"
        )
    if reads != ("BertNormalizer", "BertPreTokenizer", "WordPiece"):
        raise ValueError(
            f"the tokenizer of {encoder.name} is {', '.join(map(str, reads))}: the page reads BERT's "
            "WordPiece only; use onnx"
        )


def write(model: MultiTaskModel, file: Path, texts: Sequence[str]) -> dict[str, Agreement]:
    """Writes the page. The weights are read back from the file and compared, in Python: JavaScript computes
    with the same numbers."""
    weights = base64.b64encode(gzip.compress(packed(model), 6, mtime=0)).decode()
    name = file.name
    file.write_text(_page(model, weights, agreement=None), "utf-8")
    read = _weights_in(file)
    agreement = compare_answers(answers_of(model, texts), answers_of(unpacked(read, model), texts))
    file.write_text(_page(model, weights, agreement=accepted(name, agreement)), "utf-8")
    return {name: agreement}


def _is_gelu(activation: Any) -> bool:
    # The exact one: others are called GELU too, and are approximations.
    if isinstance(activation, nn.GELU):
        return activation.approximate == "none"
    return type(activation).__name__ == "GELUActivation" and activation.act is nn.functional.gelu


def _weights_in(file: Path) -> bytes:
    page = file.read_text("utf-8")
    start = page.index(_WEIGHTS_TAG) + len(_WEIGHTS_TAG)
    return gzip.decompress(base64.b64decode(page[start : page.index("<", start)]))


def _page(model: MultiTaskModel, weights: str, *, agreement: Agreement | None) -> str:
    style = _asset("page.css")
    script = "\n" + _asset("page.js")
    names = ", ".join(task.name for task in model.tasks)
    return Template(_asset("page.html")).substitute(
        title=html.escape(f"Sentence Lab: {names}"),
        policy=html.escape(_policy(style, script)),
        style=style,
        facts=_in_a_script(_facts(model, agreement)),
        program="\n".join(_asset(f"{part}.js") for part in _PROGRAM),
        weights=weights,
        page=script.removeprefix("\n"),
    )


def _asset(name: str) -> str:
    return (_ASSETS / name).read_text("utf-8")


def _policy(style: str, script: str) -> str:
    """Nothing from outside, and inside only this style, this script, and the worker that it makes.

    'wasm-unsafe-eval' lets the worker compile the kernel that it assembles; it allows no JavaScript.
    """
    return (
        f"default-src 'none'; style-src {_digest(style)}; script-src {_digest(script)} blob: "
        "'wasm-unsafe-eval'; worker-src blob:; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _in_a_script(value: Any) -> str:
    """JSON that stays inside its element, whatever a label is called."""
    return json.dumps(value).replace("<", "\\u003c")


def _facts(model: MultiTaskModel, agreement: Agreement | None) -> dict[str, Any]:
    names = [task.name for task in model.tasks]
    colours, serving = task_colours(names), serving_tasks(names)
    needs = {name: known_task(name).needs for name in names}
    return {
        "tasks": [
            {
                "name": name,
                "title": name.capitalize(),
                "colour": colours[name],
                "serving": name in serving,
                "needs": None
                if need is None
                else {"task": need.task, "label": need.label, "otherwise": need.otherwise},
            }
            for name, need in needs.items()
        ],
        "first": _FIRST if KNOWN_TASKS.keys() & set(names) else "",
        "strange": _NOT_ENGLISH if model.distribution.expects_english else _STRANGE,
        "about": _about(model, agreement),
    }


def _about(model: MultiTaskModel, agreement: Agreement | None) -> str:
    encoder = Path(model.encoder.name).name
    compared = f" It agrees with the model that it was made from {agreement}." if agreement else ""
    return (
        f"Sentence encoder: {encoder}, its weights in 8 and 9 bits.{compared} "
        "Below 60% an answer reads \u201cnot sure\u201d"
        + (", below a promised threshold \u201cask a person\u201d." if model.promises else ".")
    )
