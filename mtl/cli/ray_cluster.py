"""A Ray cluster: the one at an address, or one of this machine's cores, for as long as it is needed."""

import argparse
import logging
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

LOCAL: Final = "local"
_FOLDER: Final = "mtl-ray-"
_MISSING: Final = "--ray needs the extra [ray], which is not installed: run  pip install 'ray[data]>=2.60,<3'"
# Nothing is reported to anybody, and Ray says nothing itself.
_ENVIRONMENT: Final = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_BACKEND_LOG_LEVEL": "fatal",
    "RAY_DATA_LOG_LEVEL": "CRITICAL",
    # Ray's processes would give way to all others, and the command then waits for them.
    "RAY_worker_niceness": "0",
}
# On this machine alone, Ray listens on the loopback only: what it has for Windows and macOS, and elsewhere if
# it is told that there is no cluster.
_ALONE: Final = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
# What parts wait in, between the reader, the actors and the writer.
_STORE_BYTES: Final = 2**29
_REACHED_WITHIN_S: Final = 10.0
_TOLD: Final = 400


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What `--ray` asks for: `cpus` and `gpus` of each actor, and the device on which it computes."""

    address: str
    cpus: float
    gpus: float
    device: str


@dataclass(frozen=True, kw_only=True)
class Pool:
    """So many actors, each with so many cores and GPUs, that compute on this device."""

    actors: int
    cpus: float
    gpus: float
    device: str


def asked_of_ray(arguments: argparse.Namespace) -> Asked:
    """What the options ask for. Raises ValueError where it makes no sense, or Ray is not installed."""
    given = {"--ray-cpus": arguments.ray_cpus, "--ray-gpus": arguments.ray_gpus}
    for option, value in given.items():
        if value is not None and not 0 < value < float("inf"):
            raise ValueError(f"{option} is {value:g}: give a number above 0, such as 0.5")
    if find_spec("ray") is None or find_spec("pyarrow") is None:
        raise ValueError(_MISSING)
    return Asked(
        address=arguments.ray,
        cpus=arguments.ray_cpus or 1,
        gpus=arguments.ray_gpus or 1,
        device=arguments.device or "cpu",
    )


def ray_library() -> Any:
    """Ray with Ray Data; its own types know fewer arguments than it takes."""
    import ray.data

    return ray


@contextmanager
def cluster_of(asked: Asked) -> Iterator[Pool]:
    """Connects with the cluster, or starts one on this machine; at the end it is left, or stopped.

    Raises ValueError where it cannot be reached, or is too small for a single actor.
    """
    local = asked.address == LOCAL
    for name, value in {**_ENVIRONMENT, **(_ALONE if local else {})}.items():
        os.environ.setdefault(name, value)
    ray = ray_library()
    silent = {"log_to_driver": False, "logging_level": logging.CRITICAL}
    folder = None
    try:
        if local:
            folder = _new_folder()
            with _nothing_on_stderr():
                ray.init(
                    LOCAL,
                    include_dashboard=False,
                    object_store_memory=_STORE_BYTES,
                    _temp_dir=folder,
                    **silent,
                )
        else:
            _check_reached(asked.address)
            try:
                with _nothing_on_stderr():
                    ray.init(asked.address, **silent)
            except (ConnectionError, RuntimeError, ValueError) as error:
                raise _unreached(asked.address, error.__cause__ or error) from None
        yield _pool(asked, ray.cluster_resources())
    finally:
        ray.shutdown()
        if folder:
            shutil.rmtree(folder, ignore_errors=True)


def _new_folder() -> str:
    # Ray's sockets lie in it, and their paths must be short.
    place = Path("/tmp" if Path("/tmp").is_dir() else tempfile.gettempdir())
    for folder in place.glob(f"{_FOLDER}*-*"):
        owner = folder.name.removeprefix(_FOLDER).partition("-")[0]
        if owner.isdecimal() and not _lives(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)  # of a command that was killed
    return tempfile.mkdtemp(prefix=f"{_FOLDER}{os.getpid()}-", dir=place)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True


@contextmanager
def _nothing_on_stderr() -> Iterator[None]:
    # Ray's core, which is not Python, tells there that it was told to be quiet.
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _pool(asked: Asked, there: dict[str, float]) -> Pool:
    cores, found = there.get("CPU", 0.0), there.get("GPU", 0.0)
    if asked.device == "cuda" and not found:
        raise ValueError("--device cuda: the cluster has no GPU; --device auto takes those that are there")
    gpus = asked.gpus if found and asked.device in ("auto", "cuda") else 0.0
    device = "cuda" if gpus else "cpu" if asked.device == "auto" else asked.device
    actors = min(cores / asked.cpus, found / gpus if gpus else cores / asked.cpus)
    if actors < 1:
        raise ValueError(
            f"an actor is to have {asked.cpus:g} cores"
            + (f" and {gpus:g} GPUs" if gpus else "")
            + f", and there are {cores:g} cores and {found:g} GPUs: give less to --ray-cpus or --ray-gpus"
        )
    return Pool(actors=int(actors), cpus=asked.cpus, gpus=gpus, device=device)


def _check_reached(address: str) -> None:
    # Ray itself would try for minutes.
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if not port.isdecimal():
        return
    try:
        socket.create_connection((host, int(port)), timeout=_REACHED_WITHIN_S).close()
    except (OSError, OverflowError) as error:
        raise _unreached(address, error) from None


def _unreached(address: str, error: BaseException) -> ValueError:
    # Ray wraps a traceback in its message; the reason stands at its end.
    lines = [line for line in str(error).splitlines() if line.strip()]
    said = lines[-1].strip()[:_TOLD] if lines else type(error).__name__
    return ValueError(
        f"cannot reach a Ray cluster at {address} ({said}): start one with  ray start --head  and give "
        "its host:port, or auto on one of its machines, or no address for the cores of this one"
    )
