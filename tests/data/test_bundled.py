"""The bundled sentences are encoded once, by whoever asks first."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from mtl.ui import bundled as module
from mtl.ui.bundled import Bundled


@pytest.fixture
def few(monkeypatch):
    """A few of the real rows, so that the test is quick."""
    whole = Bundled.rows.func
    monkeypatch.setattr(Bundled, "rows", property(lambda self: tuple(part[:300] for part in whole(self))))


def test_rows_have_a_task_and_a_label_each(encoder):
    texts, tasks, labels = Bundled(encoder).rows
    assert len(texts) == len(tasks) == len(labels) > 8000
    assert set(zip(tasks, labels, strict=True)) == {
        ("sentiment", "negative"),
        ("sentiment", "positive"),
        *(("intent", name) for name in ("question", "statement", "command", "exclamation")),
    }


def test_all_askers_get_the_same_embeddings(encoder, few):
    shared = Bundled(encoder)
    assert shared.progress() == 0
    with ThreadPoolExecutor(4) as threads:
        found = [f.result() for f in [threads.submit(shared.embeddings) for _ in range(4)]]
    assert all(one is found[0] for one in found)
    assert shared.progress() == 1
    expected = encoder.encode(shared.rows[0][:3])
    assert (found[0][:3] * expected).sum(1).min() > 0.9999


def test_a_failure_reaches_whoever_waits_and_is_no_end(encoder, monkeypatch):
    shared = Bundled(encoder)
    with monkeypatch.context() as gone:
        gone.setattr(module, "has_bundled_sentences", lambda: False)
        with pytest.raises(ValueError, match="do not come with the installed package"):
            shared.embeddings()
        assert shared.progress() < 1
    assert len(shared.rows[0]) > 8000
