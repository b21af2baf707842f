"""The training process as the page sees it: started when it is needed, given one run at a time."""

import os
import subprocess
import sys
from pathlib import Path

from mtl.runs.folder import RunFolder


class WorkerProcess:
    """Starts `mtl.runs.worker` for a folder of runs, and again whenever it died. `warm`: see there."""

    def __init__(self, folder: Path, encoder: str | None, *, warm: Path | None) -> None:
        self._command = [sys.executable, "-m", "mtl.runs.worker_start", f"{os.getpid()}"]
        self._command += [str(folder.resolve())]
        self._command += ["--encoder", encoder] if encoder else []
        self._command += ["--warm", str(warm.resolve())] if warm else []
        self._process: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int | None:
        """The id of the process, dead or alive; None before the first one."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Starts the process unless it lives. Raises OSError where the machine cannot."""
        if self._process is not None and self._process.poll() is None:
            return
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )

    def train(self, run: RunFolder) -> str | None:
        """Hands a run over and waits until it is done. Returns the reason where the process died of it."""
        self.start()
        process = self._process
        assert process is not None and process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(f"{run.path.resolve()}\n")
            process.stdin.flush()
        except OSError:
            pass  # it died before: the end of its output says so too
        for line in process.stdout:
            if line == "done\n":
                return None
        return _why_it_died(process.wait())

    def kill(self) -> None:
        """Ends the process at once. A run that trains is interrupted and can be resumed."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


def _why_it_died(code: int) -> str:
    if code < 0:
        return (
            f"the training process was killed (signal {-code}), perhaps for want of memory: "
            "try fewer rows or a strategy that trains fewer layers"
        )
    return f"the training process ended unexpectedly (exit status {code})"
