"""What a benchmark found, and the machine that it ran on."""

import dataclasses
import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import torch

from mtl.model.encoder import has_fast_bf16

_Result = TypeVar("_Result")
_FEATURES: Final = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_tile")


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """`value`: what the job takes or reaches, `against` = 1; `unit` says which ("times as fast").

    Both sides did the same work on the same rows in one run, one after the other.
    """

    job: str
    against: str
    value: float
    unit: str
    remark: str = ""


def timed(work: Callable[[], _Result]) -> tuple[_Result, float]:
    """What the work gives, and the seconds that it takes."""
    began = time.perf_counter()
    result = work()
    return result, time.perf_counter() - began


def machine() -> dict[str, Any]:
    """What the numbers depend on: processor, its features, threads, versions."""
    flags, model = set[str](), platform.processor()
    if (file := Path("/proc/cpuinfo")).exists():
        for line in file.read_text().splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "flags":
                flags = set(value.split())
            elif name.strip() == "model name":
                model = value.strip()
    return {
        "processor": model,
        "features": [name for name in _FEATURES if name in flags],
        "bfloat16": has_fast_bf16(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "python": platform.python_version(),
    }


def as_markdown(ratios: Sequence[Ratio]) -> str:
    """A table with a row for each."""
    lines = ["| job | against | | remark |", "|---|---|---|---|"]
    lines += [f"| {r.job} | {r.against} | {r.value:.2f} {r.unit} | {r.remark} |" for r in ratios]
    return "\n".join(lines)


def as_records(ratios: Sequence[Ratio]) -> list[dict[str, Any]]:
    """The same for JSON."""
    return [dataclasses.asdict(ratio) for ratio in ratios]
