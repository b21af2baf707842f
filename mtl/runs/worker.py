"""The training process: takes run folders from standard input, one path a line, one at a time.

It trains with the same code as the command line and writes only into the folder. It says "ready"
when the encoder is loaded and "done" after each run. It ends when its input does, and at once when
the process that started it is gone: the run can then be resumed from its last finished epoch.
"""

import os
import sys
import threading
import time
from pathlib import Path
from typing import Final

from mtl.checkpoint import load_model
from mtl.encoder import Encoder
from mtl.loading import load_encoder
from mtl.records import EpochEnd, RunEnd
from mtl.runs.folder import RunFolder
from mtl.trainer import Trainer
from mtl.training import Job, load_state, save_state, train_into, trainer_for

_STOP_CHECK_S: Final = 0.05
_PARENT_CHECK_S: Final = 1.0
# Behind the page: a prediction should not wait for a training step.
_NICENESS: Final = 5


def serve(source: str | None) -> None:
    """Works until standard input ends."""
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    threading.Thread(target=_leave_with, args=(os.getppid(),), daemon=True).start()
    encoder = load_encoder(source)
    print("ready", flush=True)
    for line in sys.stdin:
        run(RunFolder(Path(line.rstrip("\n"))), encoder)
        print("done", flush=True)


def _leave_with(parent: int) -> None:
    # Nobody would follow or stop an orphan, and a restarted page could start a second one.
    while os.getppid() == parent:
        time.sleep(_PARENT_CHECK_S)
    os._exit(1)


def run(folder: RunFolder, encoder: Encoder) -> None:
    """Trains one run to its end; whatever goes wrong becomes its last event."""
    began = time.monotonic()
    try:
        job = _job(folder, encoder)
        state = load_state(folder.state_file) if folder.state_file.exists() else None
        trainer = trainer_for(job, state)
        finished = threading.Event()
        threading.Thread(target=_watch, args=(folder, trainer, finished), daemon=True).start()
        try:
            for event in train_into(folder.model, job, trainer, folder.events()):
                if isinstance(event, EpochEnd) and (state := trainer.state()):
                    save_state(state, folder.state_file)
                folder.append(event)
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
        config=folder.config(),
        encoder=encoder,
        start=load_model(start, encoder) if start else None,
    )


def _watch(folder: RunFolder, trainer: Trainer, finished: threading.Event) -> None:
    while not finished.wait(_STOP_CHECK_S):
        if folder.asked_to_stop():
            trainer.stop()
            return


if __name__ == "__main__":
    serve(sys.argv[1] if len(sys.argv) > 1 else None)
