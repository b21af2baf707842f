import json
import os
import subprocess
import sys

import pytest

import mtl.exports.onnx
from mtl.exports.export import export_model
from mtl.model.heads import Head
from mtl.schema.tasks import Task
from tests.exports.conftest import TEXTS

TOPICS = Task(name="a topic", labels=("food & drink", "东京", "else"))


@pytest.fixture(scope="module")
def three(moved):
    """A model of three tasks, one of which reads the last layer only."""
    return moved.with_heads([*moved.head_list(), Head(TOPICS, "embedding", layers=7, dimension=384, seed=3)])


@pytest.fixture(scope="module")
def made(three, tmp_path_factory):
    for library in ("onnx", "onnxscript", "onnxruntime"):
        pytest.importorskip(library, reason="needs the extra [onnx]")
    return export_model(three, "onnx", tmp_path_factory.mktemp("out") / "folder", TEXTS)


def test_onnx_runtime_answers_as_the_model_does(made):
    exact, small = made.agreement["model.onnx"], made.agreement["model_int8.onnx"]
    assert exact.labels == 1
    assert exact.probability < 1e-4
    assert exact.embedding < 1e-4
    assert small.labels >= 0.97  # one of 45 labels may fall the other way
    assert small.probability < 0.15
    sizes = [(made.path / name).stat().st_size for name in made.agreement]
    assert sizes[0] > 3.5 * sizes[1]


def test_the_graph_takes_texts_of_any_number_and_length(made):
    import onnx

    graph = onnx.load(made.path / "model.onnx")
    assert graph.opset_import[0].version >= 17
    axes = [[axis.dim_param for axis in given.type.tensor_type.shape.dim] for given in graph.graph.input]
    assert axes[0] == axes[1]
    assert all(axes[0])
    names = [given.name for given in graph.graph.output]
    assert names == [
        "sentence_embedding",
        *(f"probabilities_{n}" for n in ("sentiment", "intent", "a topic")),
    ]


def test_the_script_needs_nothing_of_this_project(made, three, tmp_path):
    assert len((made.path / "predict.py").read_text("utf-8").splitlines()) <= 16
    # A stand-in for an environment without the project and its libraries.
    for library in ("torch", "transformers", "sentence_transformers", "mtl"):
        (tmp_path / f"{library}.py").write_text(f"raise ImportError('{library} was imported')\n")
    texts = ["I love this product!", "东京 " * 300]
    done = subprocess.run(
        [sys.executable, str(made.path / "predict.py"), *texts],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    told = done.stdout.splitlines()
    for text, prediction in zip(texts, three.predict(texts), strict=True):
        for name, task in prediction.tasks.items():
            assert any(line.startswith(f"{text} {name}: {task.label} (") for line in told), told


def test_labels_lie_beside_the_graph_and_no_path_in_it(made):
    labels = json.loads((made.path / "labels.json").read_text("utf-8"))
    assert labels["a topic"] == list(TOPICS.labels)
    for file in made.path.iterdir():
        content = file.read_bytes()
        assert b"site-packages" not in content
        assert os.path.dirname(mtl.__file__).encode() not in content


def test_a_missing_extra_is_told_before_anything_is_written(moved, tmp_path, monkeypatch):
    monkeypatch.setattr(mtl.exports.onnx.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        ValueError, match="needs onnx, onnxscript, onnxruntime, which is not installed: run pip"
    ):
        export_model(moved, "onnx", tmp_path / "out", TEXTS)
    assert list(tmp_path.iterdir()) == []
