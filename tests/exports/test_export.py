import json
import shutil
import subprocess
from types import SimpleNamespace

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

import mtl.exports.writing
from mtl.cli.main import main
from mtl.data.sources import labelled_rows, parts_for
from mtl.exports.agreement import Answers, accepted, compare_answers
from mtl.exports.export import FORMATS, export_model
from mtl.exports.writing import whole
from mtl.model.checkpoint import save_model
from mtl.model.multitask import MultiTaskModel
from mtl.model.pretrained import load_encoder
from mtl.runs.compared_texts import compared_texts
from mtl.runs.job import Job
from mtl.schema.config import TrainConfig
from mtl.schema.tasks import DEFAULT_TASKS
from mtl.training.default import DEFAULT_MODEL
from tests.exports.conftest import TEXTS


def _left(folder):
    return sorted(file.name for file in folder.iterdir())


@pytest.fixture(scope="module")
def as_folder(moved, tmp_path_factory):
    return export_model(moved, "sentence-transformer", tmp_path_factory.mktemp("out") / "encoder", TEXTS)


def test_sentence_transformers_gives_the_same_vectors(moved, as_folder):
    vectors = SentenceTransformer(str(as_folder.path), device="cpu").encode(list(TEXTS))
    assert np.abs(vectors - moved.encoder.encode(TEXTS)).max() < 1e-5
    assert np.abs(vectors - load_encoder().encode(TEXTS)).max() > 1e-3  # so it is the one that moved
    assert as_folder.agreement["encoder"].embedding < 1e-5
    assert as_folder.nbytes == sum(f.stat().st_size for f in as_folder.path.rglob("*") if f.is_file())


def test_the_card_tells_how_similarity_fares_and_no_path(as_folder):
    card = (as_folder.path / "README.md").read_text("utf-8")
    assert "layer 5, layer 6 moved in training" in card
    assert "General similarity s" in card
    assert "Spearman's correlation with people's scores of 60 pairs" in card
    everything = [
        file.read_text("utf-8") for file in as_folder.path.rglob("*") if file.suffix in (".json", ".md")
    ]
    assert not any("site-packages" in text or str(as_folder.path) in text for text in everything)


def test_an_encoder_without_a_norm_of_its_own_gets_one(encoder_copy, tmp_path):
    modules = json.loads((encoder_copy / "modules.json").read_text("utf-8"))
    (encoder_copy / "modules.json").unlink()
    (encoder_copy / "modules.json").write_text(json.dumps(modules[:2]))
    model = MultiTaskModel.fresh(load_encoder(str(encoder_copy)), DEFAULT_TASKS, "embedding", 0)
    export_model(model, "sentence-transformer", tmp_path / "out", TEXTS[:3])
    vectors = SentenceTransformer(str(tmp_path / "out"), device="cpu").encode(["One.", "Two."])
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    assert str(encoder_copy) not in (tmp_path / "out" / "README.md").read_text("utf-8")


@pytest.mark.parametrize("format", FORMATS)
def test_what_is_there_already_stays(moved, tmp_path, format):
    place = tmp_path / "there"
    place.mkdir()
    (place / "mine.txt").write_text("mine")
    with pytest.raises(ValueError, match="is there already|is a folder"):
        export_model(moved, format, place, TEXTS)
    assert _left(place) == ["mine.txt"]


def test_what_cannot_be_exported_is_told_before_anything_is_written(moved, encoder, tmp_path, monkeypatch):
    cases = {
        "there is no folder": lambda: export_model(moved, "html", tmp_path / "no" / "m.html", TEXTS),
        "use one of html, onnx, sentence": lambda: export_model(moved, "pdf", tmp_path / "m.pdf", TEXTS),
        "no text to compare": lambda: export_model(moved, "html", tmp_path / "m.html", []),
        "the sentiment head has never seen a row": lambda: export_model(
            MultiTaskModel.fresh(encoder, DEFAULT_TASKS, "layers", 0), "html", tmp_path / "m.html", TEXTS
        ),
    }
    for message, attempt in cases.items():
        with pytest.raises(ValueError, match=message):
            attempt()
    monkeypatch.setattr(mtl.exports.writing.shutil, "disk_usage", lambda _: SimpleNamespace(free=1))
    with pytest.raises(ValueError, match=r"needs about \d+ MB, and .* has 0 MB left"):
        export_model(moved, "sentence-transformer", tmp_path / "out", TEXTS)
    assert _left(tmp_path) == []


@pytest.mark.parametrize("folder", [True, False])
def test_nothing_stays_of_an_export_that_fails(tmp_path, folder):
    with pytest.raises(OSError, match="full"), whole(tmp_path / "out", folder=folder) as made:
        (made / "part" if folder else made).write_text("half")
        raise OSError("full")
    assert _left(tmp_path) == []


def test_an_earlier_export_is_replaced_only_by_a_whole_one(tmp_path):
    place = tmp_path / "out"
    for text in ("first", "second"):
        with whole(place, folder=True) as made:
            (made / text).write_text(text)
    with pytest.raises(KeyError), whole(place, folder=True):
        raise KeyError
    assert _left(tmp_path) == ["out"]
    assert _left(place) == ["second"]


def test_agreement_counts_labels_and_differences():
    embeddings = np.array([[1.0, 0.0], [0.6, 0.8]], dtype=np.float32)
    ours = Answers(probabilities={"a": np.array([[0.9, 0.1], [0.4, 0.6]])}, embeddings=embeddings)
    theirs = Answers(probabilities={"a": np.array([[0.8, 0.2], [0.6, 0.4]])}, embeddings=embeddings + 0.25)
    found = compare_answers(ours, theirs)
    assert (found.texts, found.labels) == (2, 0.5)
    assert found.probability == pytest.approx(0.2)
    assert found.embedding == pytest.approx(0.25)
    assert str(found) == "on 2 texts: 50.0% of the labels, probabilities within 0.2, embeddings within 0.2"
    with pytest.raises(ValueError, match=r"m.html does not answer as the model does \(on 2 texts: 50.0%"):
        accepted("m.html", found)


def test_a_model_is_compared_on_the_rows_it_carries(parts, moved, tmp_path):
    carried = compared_texts(DEFAULT_MODEL)
    report = json.loads((DEFAULT_MODEL / "report.json").read_text("utf-8"))
    assert carried[0] == report["tasks"]["sentiment"]["wrong"][0]["text"]
    assert len(carried) > 500
    save_model(moved, tmp_path / "bare")
    assert 250 < len(compared_texts(tmp_path / "bare")) <= 300


def test_the_model_of_a_run_is_compared_on_the_runs_validation_rows(moved, files, tmp_path):
    job = Job(rows=labelled_rows(files), config=TrainConfig(val_fraction=0.25))
    job.save(tmp_path)
    save_model(moved, tmp_path / "model")
    texts = compared_texts(tmp_path / "model")
    parts = parts_for(job.rows, job.config)
    validating = {parts.texts[row] for task in parts.tasks.values() for row in task.validation.rows}
    assert set(texts) == validating
    assert len(texts) == len(validating) == 24


def test_the_command_line_exports(moved, tmp_path, capsys):
    save_model(moved, tmp_path / "mine")
    arguments = ["export", str(tmp_path / "mine"), "--format", "sentence-transformer", "--out"]
    assert main([*arguments, str(tmp_path / "out"), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["path"] == str(tmp_path / "out")
    assert said["agreement"]["out"]["embedding"] < 1e-5
    assert main([*arguments, str(tmp_path / "out")]) == 2
    assert "is there already: choose another name, or add --overwrite" in capsys.readouterr().err


@pytest.fixture
def small_disk(tmp_path):
    """A folder on a disk of 4 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(mounted, capture_output=True).returncode:
        pytest.skip("nothing may be mounted here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_disk_that_is_full_keeps_nothing(moved, small_disk, tmp_path, capsys, monkeypatch):
    save_model(moved, tmp_path / "mine")
    command = ["export", str(tmp_path / "mine"), "--format", "sentence-transformer"]
    command += ["--out", str(small_disk / "out")]
    assert main(command) == 2
    assert "MB left: make room, or write somewhere else" in capsys.readouterr().err
    assert _left(small_disk) == []
    # Others may fill it meanwhile.
    monkeypatch.setattr(mtl.exports.writing.shutil, "disk_usage", lambda _: SimpleNamespace(free=2**40))
    assert main(command) == 2
    assert "out is full: make room, or write somewhere else" in capsys.readouterr().err
    assert _left(small_disk) == []
