"""Writing a file so that its readers never see half of it."""

import os
from pathlib import Path


def write_whole(file: Path, content: str) -> None:
    """Writes or replaces a text file in one step, whatever interrupts it."""
    partial = file.with_name(f"{file.name}.partial")
    partial.write_text(content, "utf-8")
    os.replace(partial, file)
