"""Where embeddings are kept from one process to the next: beside the runs, within a limit."""

from pathlib import Path
from typing import Final

from mtl.schema.limits import limits
from mtl.training.embedding_cache import EmbeddingCache

_FOLDER: Final = "embeddings"


def remembered(runs: Path) -> EmbeddingCache:
    """What was encoded before for runs of this folder; only in memory where it cannot be used, or where
    the limit `cache_bytes` is 0: vectors tell of their texts, and outlive the runs that a visitor deletes."""
    try:
        folder = runs.expanduser() / _FOLDER
    except RuntimeError:  # there is no home
        return EmbeddingCache()
    return EmbeddingCache(folder=folder, folder_bytes=limits().cache_bytes)
