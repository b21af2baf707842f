"""What was encoded once is not encoded again: for the next run, and for the next process."""

import hashlib
import os
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import safetensors
import safetensors.torch
import torch
from cachetools import LRUCache
from torch import Tensor, nn

from mtl.model import encoder as encoding
from mtl.model import packing
from mtl.model.encoder import Encoder, Tokens
from mtl.model.tensors import save_tensors
from mtl.model.whole import PARTIAL, whole

# What is kept in memory for the next run: about 100,000 texts under all-MiniLM-L6-v2.
CACHED_BYTES: Final = 2**30
_POOLED: Final = "pooled"
_SUFFIX: Final = ".safetensors"


class EmbeddingCache:
    """Layer embeddings of whole sets of texts, in memory and, with a folder, on the disk.

    Sets, not texts: a text's last bits depend on its batch, and its batch on the set. So a run's numbers
    never depend on what ran before it. What was not used for the longest time makes room. On the disk only
    the encoder as it was loaded counts, not one whose layers have moved.
    """

    def __init__(
        self, max_bytes: int = CACHED_BYTES, *, folder: Path | None = None, folder_bytes: int = 0
    ) -> None:
        self._kept = LRUCache[_Key, Tensor](max_bytes, getsizeof=lambda pooled: pooled.nbytes)
        self._folder = folder if folder_bytes else None
        self._folder_bytes = folder_bytes

    def find(self, encoder: Encoder, tokens: Tokens, *, fast: bool) -> Tensor | None:
        """(text, layer, dim), if these texts were encoded by these very layers; not to be changed."""
        key = _key(encoder, tokens, fast)
        found = self._kept.get(key)
        if found is None and (file := self._file(encoder, tokens, fast)) is not None:
            found = _read(file, (len(tokens.ids), encoder.num_layers + 1, encoder.dimension))
            if found is not None and found.nbytes <= self._kept.maxsize:
                self._kept[key] = found
        return found

    def keep(self, encoder: Encoder, tokens: Tokens, pooled: Tensor, *, fast: bool) -> None:
        """Keeps `pooled` (text, layer, dim), where it is not too large by itself."""
        if pooled.nbytes <= self._kept.maxsize:
            self._kept[_key(encoder, tokens, fast)] = pooled
        file = self._file(encoder, tokens, fast)
        if file is not None and pooled.nbytes <= self._folder_bytes:
            with suppress(OSError):  # a full or read-only disk: the next run encodes once more
                file.parent.mkdir(parents=True, exist_ok=True)
                with whole(file, lasting=False) as partial:
                    save_tensors({_POOLED: pooled}, partial)
                self._make_room()

    def _file(self, encoder: Encoder, tokens: Tokens, fast: bool) -> Path | None:
        if self._folder is None or encoder.changed:
            return None
        return self._folder / f"{_digest(encoder, tokens, fast)}{_SUFFIX}"

    def _make_room(self) -> None:
        assert self._folder is not None
        used = 0
        newest_first = sorted(((f.stat(), f) for f in self._folder.iterdir()), key=lambda f: -f[0].st_mtime)
        for status, file in newest_first:
            used += status.st_size
            if used > self._folder_bytes and file.suffix in (_SUFFIX, PARTIAL):
                file.unlink(missing_ok=True)


# Modules are equal where they are the same object: a fork shares the blocks that it does not own.
_Key = tuple[tuple[nn.Module, ...], tuple[tuple[int, ...], ...], bool]


def _key(encoder: Encoder, tokens: Tokens, fast: bool) -> _Key:
    return tuple(encoder.blocks()), tokens.ids, fast


def _read(file: Path, shape: tuple[int, ...]) -> Tensor | None:
    """What a file holds, or None where it is missing or damaged: it is then written anew."""
    try:
        pooled = safetensors.torch.load_file(file).get(_POOLED)
        os.utime(file)  # it was used: others make room before it
    except (OSError, safetensors.SafetensorError):
        return None
    if pooled is None or pooled.shape != shape or pooled.dtype != torch.float32:
        return None
    return pooled


def _digest(encoder: Encoder, tokens: Tokens, fast: bool) -> str:
    digest = hashlib.sha256(_arithmetic(encoder.device.type, fast).encode())
    digest.update(f"{encoder.fingerprint} {encoder.max_length}".encode())
    digest.update(np.array(tokens.lengths, dtype=np.int32).tobytes())
    for ids in tokens.ids:
        digest.update(np.array(ids, dtype=np.int32).tobytes())
    return digest.hexdigest()


def _arithmetic(device: str, fast: bool) -> str:
    """What decides about the last bits besides the weights and the texts."""
    where = torch.cuda.get_device_name() if device == "cuda" else torch.backends.cpu.get_cpu_capability()
    bf16 = fast and encoding.has_fast_bf16(device)
    return f"{_code()} {torch.__version__} {device} {where} {bf16} {torch.get_num_threads()} "


@cache
def _code() -> str:
    """The digest of the code that encodes: another version of it may batch in another way."""
    return hashlib.sha256(
        b"".join(Path(f"{m.__file__}").read_bytes() for m in (encoding, packing))
    ).hexdigest()
