"""Starts the training process (`mtl.runs.worker`), which takes seconds to load, and ends it at once when the
process that asked for it is gone: nobody would follow or stop an orphan.
"""

import os
import sys
import threading
import time
from typing import Final

_LOOK_EVERY_S: Final = 0.2


def leave_with(parent: int) -> None:
    """Ends this process as soon as its parent is another one than `parent`."""
    while os.getppid() == parent:
        time.sleep(_LOOK_EVERY_S)
    os._exit(1)


def main() -> None:
    """`python -m mtl.runs.worker_start PARENT ...`: PARENT is the id of the process that starts this one, the
    rest is for the worker."""
    _, parent, *options = sys.argv
    threading.Thread(target=leave_with, args=(int(parent),), daemon=True).start()
    # Loaded only now, while somebody watches.
    from mtl.runs.worker import main as work

    work(options)


if __name__ == "__main__":
    main()
