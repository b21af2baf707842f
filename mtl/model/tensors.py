"""Writing tensors to a file, with the errors that other writers raise."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import safetensors.torch
from torch import Tensor

_SYSTEM_ERROR: Final = re.compile(r"os error (\d+)")


def save_tensors(tensors: Mapping[str, Tensor], file: Path, metadata: dict[str, str] | None = None) -> None:
    """Writes a safetensors file. Raises OSError where the disk does not take it, as other writers do.

    safetensors has one error for all reasons, and the system's number only in its text.
    """
    try:
        safetensors.torch.save_file({name: t.contiguous() for name, t in tensors.items()}, file, metadata)
    except safetensors.SafetensorError as error:
        number = _SYSTEM_ERROR.search(str(error))
        if number is None:
            raise
        raise OSError(int(number[1]), os.strerror(int(number[1]))) from error
