"""python -m tests.foreign: exports read where this project is not installed, beside the models in Python.

ONNX folders are read in a new virtual environment with onnxruntime, tokenizers and numpy only. A folder for
sentence-transformers is read in another one, which sees the libraries of this one, so that torch is not
fetched again, or, with --install, has its own. `model.html` is opened from the disk in Chromium.
"""

import argparse
import json
import subprocess
import sys
import sysconfig
import tempfile
import venv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

from mtl import MultiTaskModel, export_model, load_default, train
from mtl.exports.agreement import Answers, answers_of, compare_answers, sample_texts
from mtl.exports.writing import nbytes
from tests.browser.conftest import ARGUMENTS, find_chromium
from tests.conftest import INTENT, SENTIMENT
from tests.exports.in_browser import answers_in, opened

_ABSENT = """import importlib.util, json, sys
from pathlib import Path
import numpy as np
for name in {absent}:
    assert importlib.util.find_spec(name) is None, name + " is here"
folder, texts = Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text("utf-8"))
"""
_ONNX = (
    _ABSENT.format(absent=["mtl", "torch", "transformers", "onnx"])
    + """
import onnxruntime, tokenizers
tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
session = onnxruntime.InferenceSession(folder / sys.argv[4])
parts = []
for start in range(0, len(texts), 32):
    rows = tokenizer.encode_batch(texts[start : start + 32])
    ids, mask = [row.ids for row in rows], [row.attention_mask for row in rows]
    parts.append(session.run(None, {"input_ids": np.array(ids), "attention_mask": np.array(mask)}))
embeddings, *answers = map(np.concatenate, zip(*parts))
names = list(json.loads((folder / "labels.json").read_text("utf-8")))
np.savez(sys.argv[3], embeddings, *answers)
print(json.dumps(names))
"""
)
_ENCODER = (
    _ABSENT.format(absent=["mtl"])
    + """
from sentence_transformers import SentenceTransformer
np.savez(sys.argv[3], SentenceTransformer(str(folder), device="cpu").encode(texts, show_progress_bar=False))
print("[]")
"""
)
# Whether a sentence wants something of whoever reads it.
_ASKED = INTENT["label"].isin(["question", "command"])
_ADDRESSEE = INTENT.assign(label=np.where(_ASKED, "you", "nobody"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--install", action="store_true", help="fetch sentence-transformers, torch included")
    options = parser.parse_args()
    texts = sample_texts()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        onnx = _environment(place / "onnx", ["onnxruntime", "tokenizers", "numpy"])
        encoder = _environment(place / "encoder", ["sentence-transformers"] if options.install else [])
        (place / "texts.json").write_text(json.dumps(texts), "utf-8")
        print("| model | read by | size | agrees |\n|---|---|---|---|", flush=True)
        for title, model in _models().items():
            folder = export_model(model, "onnx", place / f"{title} onnx", texts).path
            for file in ("model.onnx", "model_int8.onnx"):
                read = _read(onnx, _ONNX, place, folder, file)
                _print(title, f"onnxruntime, {file}", nbytes(folder / file), model, texts, read)
            folder = export_model(model, "sentence-transformer", place / f"{title} st", texts).path
            read = _read(encoder, _ENCODER, place, folder, "")
            _print(title, "sentence-transformers", nbytes(folder), model, texts, read)
            file = export_model(model, "html", place / f"{title}.html", texts).path
            _print(title, "Chromium", nbytes(file), model, texts, _read_in_browser(file, texts))


def _models() -> dict[str, MultiTaskModel]:
    two = {"sentiment": SENTIMENT, "intent": INTENT}
    return {
        "heads only": train(two, freeze="heads", epochs=3),
        "last 2 layers": train(two, freeze="last-2", epochs=2),
        "three tasks": train({**two, "addressee": _ADDRESSEE}, freeze="heads", epochs=3),
        "as it comes, last 4 layers": load_default(),
    }


def _environment(folder: Path, libraries: list[str]) -> Path:
    """A new virtual environment with these libraries, or with those of this one; its Python."""
    venv.create(folder, with_pip=bool(libraries))
    python = folder / "bin" / "python"
    if libraries:
        subprocess.run([python, "-m", "pip", "install", "-q", *libraries], check=True)
    else:
        (site,) = folder.glob("lib/python*/site-packages")
        (site / "libraries.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return python


def _read(python: Path, script: str, place: Path, folder: Path, file: str) -> Answers:
    command = [python, "-I", "-c", script, folder, place / "texts.json", place / "answers.npz", file]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    with np.load(place / "answers.npz") as kept:
        embeddings, *answers = (kept[key] for key in kept.files)
    names = json.loads(done.stdout.splitlines()[-1])
    return Answers(probabilities=dict(zip(names, answers, strict=True)), embeddings=embeddings)


def _read_in_browser(file: Path, texts: Sequence[str]) -> Answers:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        read = answers_in(opened(browser, file), texts)
        browser.close()
    return read


def _print(title, reader, size, model, texts, read) -> None:
    agreement = compare_answers(answers_of(model, texts), read)
    print(f"| {title} | {reader} | {size / 1e6:.1f} MB | {agreement} |", flush=True)


if __name__ == "__main__":
    main()
