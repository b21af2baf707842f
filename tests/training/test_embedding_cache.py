"""What was encoded once is not encoded again, and no number depends on whether it was."""

import pytest
import torch

from mtl.data.examination import load_rows
from mtl.model.encoder import Encoder
from mtl.runs.job import Job
from mtl.runs.remembered import remembered
from mtl.runs.train_into import trainer_for
from mtl.schema.config import TrainConfig
from mtl.training.cache import Activations
from mtl.training.embedding_cache import EmbeddingCache
from tests.conftest import INTENT, SENTIMENT

TEXTS = ("Short.", "", "A text with a few more words in it.", "word " * 300, "Is it late?")
ONE_SET = len(TEXTS) * 7 * 384 * 4
# Beside its tensors a file holds their names and shapes.
ONE_FILE = ONE_SET + 200


@pytest.fixture(scope="module")
def tokens(encoder):
    return encoder.tokenize(TEXTS)


@pytest.fixture(scope="module")
def others(encoder):
    return encoder.tokenize(TEXTS[::-1])


def _filled(encoder, tokens, cache, fast=False):
    activations = Activations(encoder, tokens, encoder.num_layers, fast=fast, remembered=cache)
    assert list(activations.fill())[-1] == 1.0
    return activations.pooled


@pytest.fixture
def nothing_is_encoded(monkeypatch):
    return lambda: monkeypatch.setattr(Encoder, "states", None)


def test_what_was_computed_for_one_run_serves_the_next(encoder, tokens, nothing_is_encoded):
    cache = EmbeddingCache()
    first = _filled(encoder, tokens, cache)
    nothing_is_encoded()
    assert torch.equal(_filled(encoder.fork([]), tokens, cache), first)


def test_other_layers_other_texts_and_other_precision_are_not_taken_for_the_same(encoder, tokens):
    cache = EmbeddingCache()
    _filled(encoder, tokens, cache)
    assert cache.find(encoder, tokens, fast=False) is not None
    assert cache.find(encoder.fork([6]), tokens, fast=False) is None
    assert cache.find(encoder, encoder.tokenize(TEXTS[1:]), fast=False) is None
    assert cache.find(encoder, tokens, fast=True) is None


def test_only_as_much_is_remembered_as_there_is_room_for(encoder, tokens, others):
    cache = EmbeddingCache(max_bytes=ONE_SET)
    _filled(encoder, tokens, cache)
    _filled(encoder, others, cache)
    assert cache.find(encoder, tokens, fast=False) is None
    assert cache.find(encoder, others, fast=False) is not None


def test_what_one_process_encoded_serves_another(encoder, tokens, tmp_path, nothing_is_encoded):
    first = _filled(encoder, tokens, EmbeddingCache(folder=tmp_path, folder_bytes=ONE_FILE))
    nothing_is_encoded()
    later = EmbeddingCache(folder=tmp_path, folder_bytes=ONE_FILE)
    assert torch.equal(_filled(encoder, tokens, later), first)


def test_the_disk_keeps_the_encoder_as_it_was_loaded_and_nothing_without_room(encoder, tokens, tmp_path):
    _filled(encoder.fork([6]), tokens, EmbeddingCache(folder=tmp_path, folder_bytes=ONE_FILE))
    _filled(encoder, tokens, EmbeddingCache(folder=tmp_path, folder_bytes=ONE_SET - 1))
    _filled(encoder, tokens, EmbeddingCache(folder=tmp_path, folder_bytes=0))
    assert list(tmp_path.iterdir()) == []


def test_other_texts_are_other_files_and_what_was_used_last_stays(encoder, tokens, others, tmp_path):
    cache = EmbeddingCache(folder=tmp_path, folder_bytes=2 * ONE_FILE)
    _filled(encoder, tokens, cache)
    _filled(encoder, others, cache)
    assert len(list(tmp_path.iterdir())) == 2
    later = EmbeddingCache(folder=tmp_path, folder_bytes=2 * ONE_FILE)
    assert later.find(encoder, tokens, fast=False) is not None
    _filled(encoder, encoder.tokenize((*TEXTS[1:], "Another one.")), later)
    fresh = EmbeddingCache(folder=tmp_path, folder_bytes=2 * ONE_FILE)
    assert fresh.find(encoder, tokens, fast=False) is not None
    assert fresh.find(encoder, others, fast=False) is None


@pytest.mark.parametrize("content", [b"", b"no tensors", b"\xff" * 5000])
def test_a_damaged_file_is_written_anew(encoder, tokens, tmp_path, content):
    first = _filled(encoder, tokens, EmbeddingCache(folder=tmp_path, folder_bytes=ONE_FILE))
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    file.write_bytes(content)
    again = _filled(encoder, tokens, EmbeddingCache(folder=tmp_path, folder_bytes=ONE_FILE))
    assert torch.equal(again, first)
    assert file.read_bytes() == whole


def test_a_folder_that_takes_nothing_stops_no_run(encoder, tokens, tmp_path):
    (tmp_path / "file").write_text("here no folder can be made")
    cache = EmbeddingCache(folder=tmp_path / "file" / "embeddings", folder_bytes=ONE_FILE)
    assert _filled(encoder, tokens, cache).shape == (len(TEXTS), 7, 384)


def test_a_run_after_another_gives_the_same_model_and_encodes_nothing(
    encoder, tmp_path, limited, nothing_is_encoded
):
    limited(cache_bytes=2**30)
    rows = [load_rows(SENTIMENT, "sentiment"), load_rows(INTENT, "intent")]
    weights = []
    for strategy in ("heads", "frozen", "heads"):
        config = TrainConfig(freeze=strategy, epochs=2)
        trainer = trainer_for(Job(rows=rows, config=config), encoder, None, remembered(tmp_path))
        assert list(trainer)
        weights.append(trainer.final_model.snapshot([]))
        nothing_is_encoded()
    first, _, again = weights
    assert all(torch.equal(first[name], again[name]) for name in first)
