"""What holds for all charts."""

import subprocess
import sys
from pathlib import Path

import mtl.ui.charts


def test_charts_need_no_torch():
    (folder,) = mtl.ui.charts.__path__
    names = [f"mtl.ui.charts.{file.stem}" for file in Path(folder).glob("*.py") if file.stem != "__init__"]
    code = f"import {', '.join(names)}, sys; assert 'torch' not in sys.modules"
    assert len(names) > 4
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
