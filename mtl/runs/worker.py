"""The training process: takes run folders from standard input, one path a line, one at a time.

It trains with the same code as the command line and writes only into the folder. It says "ready"
when the encoder is loaded and "done" after each run. With `--warm FILE` it first measures how fast
this machine is, into the file, and while nothing is to do encodes the bundled sentences, so that a
run on them starts at once. It ends when its input does, and at once when the process that started
it is gone: the run can then be resumed from its last finished epoch.
"""

import argparse
import os
import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import Final

from mtl.data.bundled import bundled_files, has_bundled_sentences
from mtl.data.sources import labelled_rows, parts_for
from mtl.model.checkpoint import load_model, save_model
from mtl.model.encoder import Encoder
from mtl.model.pretrained import load_encoder
from mtl.runs.folder import RunFolder
from mtl.runs.job import Job, load_state, save_state, train_into, trainer_for
from mtl.schema.config import RECOMMENDED
from mtl.schema.events import EpochEnd, RunEnd
from mtl.training.cache import Activations, EmbeddingCache
from mtl.training.throughput import measure
from mtl.training.trainer import Trainer

_STOP_CHECK_S: Final = 0.05
_PARENT_CHECK_S: Final = 1.0
# Short epochs should train, not write models that nobody has time to look at.
_KEEP_EVERY_S: Final = 1.0
# Behind the page: a prediction should not wait for a training step.
_NICENESS: Final = 5


def serve(source: str | None, warm: Path | None) -> None:
    """Works until standard input ends."""
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    threading.Thread(target=_leave_with, args=(os.getppid(),), daemon=True).start()
    encoder = load_encoder(source)
    remembered, called = EmbeddingCache(), threading.Event()
    print("ready", flush=True)
    if warm:
        threading.Thread(target=_warm_up, args=(encoder, remembered, warm, called), daemon=True).start()
    for line in sys.stdin:
        called.set()
        run(RunFolder(Path(line.rstrip("\n"))), encoder, remembered)
        print("done", flush=True)


def _warm_up(encoder: Encoder, remembered: EmbeddingCache, throughput: Path, called: threading.Event) -> None:
    measure(encoder).save(throughput)
    if not has_bundled_sentences():
        return
    rows = labelled_rows(bundled_files())
    tokens = encoder.tokenize(parts_for(rows, RECOMMENDED).texts)
    for _ in Activations(encoder, tokens, encoder.num_layers, fast=True, remembered=remembered).fill():
        if called.is_set():
            return


def _leave_with(parent: int) -> None:
    # Nobody would follow or stop an orphan, and a restarted page could start a second one.
    while os.getppid() == parent:
        time.sleep(_PARENT_CHECK_S)
    os._exit(1)


def run(folder: RunFolder, encoder: Encoder, remembered: EmbeddingCache | None = None) -> None:
    """Trains one run to its end; whatever goes wrong becomes its last event."""
    began = time.monotonic()
    try:
        job = _job(folder, encoder)
        state = load_state(folder.state_file) if folder.state_file.exists() else None
        folder.rewind(state.facts["epoch"] if state else None)
        trainer = trainer_for(job, state, remembered)
        finished = threading.Event()
        threading.Thread(target=_watch, args=(folder, trainer, finished), daemon=True).start()
        try:
            kept = 0.0
            for event in train_into(folder.model, job, trainer, folder.events()):
                if isinstance(event, RunEnd) and event.model:
                    folder.forget_latest()
                # Before the state: an epoch whose state is saved is always among the events.
                folder.append(event)
                if isinstance(event, EpochEnd):
                    if state := trainer.state():
                        save_state(state, folder.state_file)
                    if time.monotonic() - kept >= _KEEP_EVERY_S:
                        folder.keep_latest(event.epoch, partial(save_model, trainer.latest_model))
                        kept = time.monotonic()
        finally:
            finished.set()
    except Exception as error:  # the process must live on for the next run
        folder.append(
            RunEnd(
                status="failed",
                best_epoch=0,
                scores={},
                seconds=time.monotonic() - began,
                reason=f"{error}" if isinstance(error, ValueError) else repr(error),
            )
        )


def _job(folder: RunFolder, encoder: Encoder) -> Job:
    start = folder.description()["start"]
    return Job(
        rows=folder.rows(),
        tests=folder.tests(),
        corrections=folder.corrections(),
        config=folder.config(),
        encoder=encoder,
        start=load_model(start, encoder) if start else None,
    )


def _watch(folder: RunFolder, trainer: Trainer, finished: threading.Event) -> None:
    while not finished.wait(_STOP_CHECK_S):
        if folder.asked_to_stop():
            trainer.stop()
            return


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Trains runs; started by the page.")
    parser.add_argument("encoder", nargs="?")
    parser.add_argument("--warm", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    options = _options()
    serve(options.encoder, options.warm)
