"""The training process: takes run folders from standard input, one path a line, one at a time.

It trains with the same code as the command line and writes only into the folders. It prints "ready"
when the encoder is loaded and "done" after each run. With `--warm FILE` it first measures how fast this
machine is and writes that into the file. Then, while there is nothing else to do, it encodes the bundled
sentences, so that a run on them starts at once; `MTL_WARM=off` leaves that out. It ends when its input
does, and at once when the process that started it is gone (see `worker_start`): the run can then be
resumed from its last finished epoch.
"""

import argparse
import os
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

from filelock import FileLock

from mtl.data.bundled import bundled_files, has_bundled_sentences
from mtl.data.sources import labelled_rows, parts_for
from mtl.model.checkpoint import save_model
from mtl.model.encoder import Encoder
from mtl.model.pretrained import load_encoder
from mtl.model.whole import why_not
from mtl.runs.folder import RunFolder
from mtl.runs.queue import WORKER_LOCK
from mtl.runs.remembered import remembered
from mtl.runs.state_file import load_state, save_state
from mtl.runs.train_into import train_into, trainer_for
from mtl.schema.config import RECOMMENDED
from mtl.schema.events import EpochEnd, RunEnd
from mtl.training.cache import Activations
from mtl.training.embedding_cache import EmbeddingCache
from mtl.training.state import SavedState
from mtl.training.throughput import measure
from mtl.training.trainer import Trainer

_STOP_CHECK_S: Final = 0.05
# Short epochs should train, not write models that nobody has time to look at.
_KEEP_EVERY_S: Final = 1.0
# "off": what is trained on is encoded then, not before.
_WARM: Final = "MTL_WARM"
# Behind the page: a prediction should not wait for a training step.
_NICENESS: Final = 5


def serve(runs: Path, source: str | None, warm: Path | None) -> None:
    """Trains runs of the folder `runs` until standard input ends. `source`: see `load_encoder`."""
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    # The process of an owner that died may write for another moment: two must not write into one run.
    with FileLock(runs / WORKER_LOCK):
        encoder = load_encoder(source)
        cache, called = remembered(runs), threading.Event()
        print("ready", flush=True)
        if warm:
            threading.Thread(target=_warm_up, args=(encoder, cache, warm, called), daemon=True).start()
        for line in sys.stdin:
            called.set()
            run(RunFolder(Path(line.rstrip("\n"))), encoder, cache)
            print("done", flush=True)


def _warm_up(encoder: Encoder, cache: EmbeddingCache, throughput: Path, called: threading.Event) -> None:
    measure(encoder).save(throughput)
    if not has_bundled_sentences() or os.environ.get(_WARM) == "off":
        return
    rows = labelled_rows(bundled_files())
    tokens = encoder.tokenize(parts_for(rows, RECOMMENDED).texts)
    for _ in Activations(encoder, tokens, encoder.num_layers, fast=True, remembered=cache).fill():
        if called.is_set():
            return


def run(folder: RunFolder, encoder: Encoder, cache: EmbeddingCache | None = None) -> None:
    """Trains one run to its end. Whatever goes wrong becomes its last event."""
    began = time.monotonic()
    try:
        _train(folder, encoder, cache)
    except Exception as error:  # the process must live on for the next run
        if isinstance(error, OSError):
            folder.forget_latest()  # on a full disk its room is needed for the reason
        seconds = time.monotonic() - began
        end = RunEnd(status="failed", best_epoch=0, scores={}, seconds=seconds, reason=_reason(error, folder))
        with suppress(OSError):  # without it, the run counts as interrupted
            folder.log.finish(end)


def _reason(error: Exception, folder: RunFolder) -> str:
    """What the owner of a run may read: no path of this machine."""
    if isinstance(error, ValueError):
        return f"{error}".replace(f"{folder.path.parent}{os.sep}", "")
    return (why_not(error) if isinstance(error, OSError) else None) or repr(error)


def _saved_state(folder: RunFolder) -> SavedState | None:
    """Where the run was. Raises ValueError where that cannot be read, once: then there is none."""
    try:
        return load_state(folder.state_file) if folder.state_file.exists() else None
    except ValueError:
        folder.state_file.unlink(missing_ok=True)
        raise


def _train(folder: RunFolder, encoder: Encoder, cache: EmbeddingCache | None) -> None:
    state = _saved_state(folder)
    folder.log.rewind(state.facts["epoch"] if state else None)
    job = folder.job()
    trainer = trainer_for(job, encoder, state, cache)
    finished = threading.Event()
    threading.Thread(target=_watch, args=(folder, trainer, finished), daemon=True).start()
    kept = 0.0
    try:
        for event in train_into(folder.model, job, trainer, encoder, folder.log.events()):
            if isinstance(event, RunEnd) and event.model:
                folder.forget_latest()
            # Before the state: an epoch whose state is saved is always among the events.
            folder.log.append(event)
            if isinstance(event, EpochEnd):
                kept = _keep(folder, trainer, event, kept)
    finally:
        finished.set()


def _keep(folder: RunFolder, trainer: Trainer, event: EpochEnd, kept: float) -> float:
    """Saves what a finished epoch leaves; when the model after an epoch was kept last."""
    if state := trainer.state():
        save_state(state, folder.state_file)
    now = time.monotonic()
    if now - kept < _KEEP_EVERY_S:
        return kept
    folder.keep_latest(event.epoch, partial(save_model, trainer.latest_model))
    return now


def _watch(folder: RunFolder, trainer: Trainer, finished: threading.Event) -> None:
    while not finished.wait(_STOP_CHECK_S):
        if folder.asked_to_stop():
            trainer.stop()
            return


def _options(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Trains runs; started by the page.")
    parser.add_argument("runs", type=Path, help="the folder of runs")
    parser.add_argument("--encoder", help="folder or hub id")
    parser.add_argument("--warm", type=Path, metavar="FILE")
    return parser.parse_args(given)


def main(given: Sequence[str]) -> None:
    """Serves with the options of a command line."""
    options = _options(given)
    serve(options.runs, options.encoder, options.warm)
