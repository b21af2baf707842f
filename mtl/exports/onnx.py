"""A model for ONNX Runtime: fp32 and int8, its tokenizer, and a script that needs nothing of this project."""

import importlib.util
import json
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from mtl.exports.agreement import Agreement, Answers, accepted, answers_of, compare_answers
from mtl.exports.onnx_graph import Graph
from mtl.model.encoder import Encoder
from mtl.model.multitask import MultiTaskModel

_NEEDS: Final = ("onnx", "onnxscript", "onnxruntime")
_OPSET: Final = 18
_FP32: Final = "model.onnx"
_INT8: Final = "model_int8.onnx"
_PREFIX: Final = "probabilities_"
_BLOCK: Final = 32
_TEXTS_AT_ONCE: Final = 32

_SCRIPT: Final = """# Predicts with the model in this folder. Before: pip install onnxruntime tokenizers numpy
import json, sys
from pathlib import Path
import numpy as np, onnxruntime, tokenizers
folder = Path(__file__).parent
labels = json.loads((folder / "labels.json").read_text("utf-8"))
tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
session = onnxruntime.InferenceSession(folder / "model.onnx")  # or model_int8.onnx: a quarter of the size
texts = sys.argv[1:] or ["What a lovely day!", "Can you tell me the time?"]
rows = tokenizer.encode_batch(texts)
given = {"input_ids": [row.ids for row in rows], "attention_mask": [row.attention_mask for row in rows]}
embeddings, *answers = session.run(None, {name: np.array(value) for name, value in given.items()})
for task, probabilities in zip(labels, answers):
    for text, own in zip(texts, probabilities):
        print(f"{text} {task}: {labels[task][own.argmax()]} ({own.max():.0%})")
"""


def needed_bytes(model: MultiTaskModel) -> int:
    """About how much is written: four bytes a weight, and one."""
    return 5 * sum(int(tensor.numel()) for tensor in model.encoder.state_dict().values()) + 2**23


def check(model: MultiTaskModel) -> None:
    """Raises ValueError where a library is missing, or the tokenizer has no file of its own."""
    if missing := [name for name in _NEEDS if importlib.util.find_spec(name) is None]:
        raise ValueError(
            f"this export needs {', '.join(missing)}, which is not installed: "
            f"run pip install {' '.join(_NEEDS)}"
        )
    if not hasattr(model.encoder.tokenizer, "backend_tokenizer"):
        raise ValueError(
            f"the tokenizer of {model.encoder.name} has no tokenizer.json: it cannot be exported"
        )


def write(model: MultiTaskModel, folder: Path, texts: Sequence[str]) -> dict[str, Agreement]:
    """Writes the folder, and compares what ONNX Runtime answers with both files."""
    with _quiet():
        _write_graph(model, folder / _FP32)
        _write_int8(folder / _FP32, folder / _INT8)
    _tokenizer(model.encoder).save(str(folder / "tokenizer.json"))
    labels = {task.name: list(task.labels) for task in model.tasks}
    (folder / "labels.json").write_text(json.dumps(labels, indent=2, ensure_ascii=False) + "\n", "utf-8")
    (folder / "predict.py").write_text(_SCRIPT, "utf-8")
    ours = answers_of(model, texts)
    return {
        name: accepted(name, compare_answers(ours, _answers(folder / name, folder, list(labels), texts)))
        for name in (_FP32, _INT8)
    }


def _write_graph(model: MultiTaskModel, file: Path) -> None:
    import onnx

    # Any two texts show the tracer the way, as long as no axis has the length 1.
    ids = torch.zeros(2, 8, dtype=torch.int64)
    axes = {0: torch.export.Dim("text"), 1: torch.export.Dim("token", max=model.encoder.max_length)}
    names = [f"{_PREFIX}{task.name}" for task in model.tasks]
    program = torch.onnx.export(
        Graph(model).eval(),
        (ids, torch.ones_like(ids)),
        dynamo=True,
        input_names=["input_ids", "attention_mask"],
        output_names=["sentence_embedding", *names],
        dynamic_shapes={"input_ids": axes, "attention_mask": axes},
        opset_version=_OPSET,
        verbose=False,
    )
    assert program is not None
    graph = program.model_proto
    for part in (graph, graph.graph, *graph.graph.node, *graph.graph.value_info):
        part.ClearField("metadata_props")  # lines of the source code, with paths of this machine
    onnx.save(graph, file)


def _write_int8(fp32: Path, int8: Path) -> None:
    """The same graph with weights in 8 bits.

    ONNX Runtime's dynamic quantization does the word embeddings. Of the linear maps it would round the
    activations, too, which costs 1.4% of the labels: they get 8 bits with a step for every 32 neighbours.
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

    quantize_dynamic(fp32, int8, op_types_to_quantize=["Gather"], weight_type=QuantType.QInt8)
    made = MatMulNBitsQuantizer(onnx.load(int8), bits=8, block_size=_BLOCK, is_symmetric=True)
    made.process()
    made.model.save_model_to_file(str(int8), False)


def _tokenizer(encoder: Encoder) -> Any:
    """A copy of the tokenizer that cuts and pads by itself."""
    backend = encoder.tokenizer.backend_tokenizer
    tokenizer = type(backend).from_str(backend.to_str())
    tokenizer.enable_truncation(encoder.max_length)
    tokenizer.enable_padding(pad_id=encoder.tokenizer.pad_token_id, pad_token=encoder.tokenizer.pad_token)
    return tokenizer


def _answers(file: Path, folder: Path, tasks: Sequence[str], texts: Sequence[str]) -> Answers:
    """What ONNX Runtime answers, by the files alone."""
    import onnxruntime
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    parts = []
    for start in range(0, len(texts), _TEXTS_AT_ONCE):
        rows = tokenizer.encode_batch(list(texts[start : start + _TEXTS_AT_ONCE]))
        given = {
            "input_ids": np.array([row.ids for row in rows]),
            "attention_mask": np.array([row.attention_mask for row in rows]),
        }
        parts.append(session.run(None, given))
    embeddings, *probabilities = (np.concatenate(values) for values in zip(*parts, strict=True))
    return Answers(probabilities=dict(zip(tasks, probabilities, strict=True)), embeddings=embeddings)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keeps back what the tracer and the quantizer tell about themselves."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
