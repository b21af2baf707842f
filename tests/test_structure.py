"""Which module may know which: read off the imports, wherever in a file they stand."""

import ast
import subprocess
import sys
import tomllib
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from setuptools import find_packages

ROOT = Path(__file__).parents[1]
# From the bottom up. An import points to a lower floor, or stays in its room.
FLOORS = (
    ("schema",),
    ("data", "model"),
    ("evaluation", "analysis"),
    ("training",),
    ("runs",),
    ("cli", "ui"),
)
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}


def _name(file):
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


# A model's folder holds a script for its user; it is no module.
MODULES = [file for file in sorted((ROOT / "mtl").rglob("*.py")) if file.parent.name != "default_model"]
FILES = {_name(file): file for file in (*MODULES, ROOT / "app.py")}


def _imports(file):
    """Full names of all modules that a file imports; `from a import b` may mean the module a.b."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} has a relative import"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in FILES else node.module


IMPORTS = {name: set(_imports(file)) for name, file in FILES.items()}
INNER = {
    name: {other for other in imports if other in FILES} - {name}
    for name, imports in IMPORTS.items()
    # The package itself only passes on what others offer.
    if name != "mtl"
}


def _part(module):
    return module.split(".")[1] if module.startswith("mtl.") else module


def _importers_of(library):
    return {n for n, imports in IMPORTS.items() if any(i.split(".")[0] == library for i in imports)}


@pytest.mark.parametrize("module", [name for name in INNER if _part(name) in FLOOR])
def test_no_import_goes_up_or_across(module):
    here = _part(module)
    for imported in INNER[module] - {"mtl"}:
        there = _part(imported)
        if there in FLOOR and there != here:
            assert FLOOR[there] < FLOOR[here], f"{module} imports {imported}"


def test_no_imports_go_in_a_circle():
    # Raises CycleError, which names the circle.
    assert len(list(TopologicalSorter(INNER).static_order())) >= len(INNER)


def test_only_the_page_imports_gradio():
    importers = _importers_of("gradio")
    assert importers
    assert all(name == "app" or name.startswith("mtl.ui") for name in importers)


def test_charts_and_what_they_import_know_no_torch():
    seen, ahead = set(), {name for name in INNER if name.startswith("mtl.ui.charts")}
    while ahead:
        name = ahead.pop()
        seen.add(name)
        ahead |= INNER[name] - seen - {"mtl"}
    assert not seen & _importers_of("torch")


def _in_a_new_process(code):
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_the_package_does_nothing():
    out = _in_a_new_process(
        "import os, sys, threading\n"
        "before = dict(os.environ)\n"
        "import mtl\n"
        "assert not {'torch', 'transformers', 'gradio', 'pandas', 'numpy'} & set(sys.modules)\n"
        "assert dict(os.environ) == before\n"
        "assert threading.active_count() == 1\n"
    )
    assert out == ""


def test_the_command_line_s_help_needs_no_torch():
    out = _in_a_new_process(
        "import sys\n"
        "from mtl.cli.main import build_parser\n"
        "build_parser().format_help()\n"
        "assert 'torch' not in sys.modules\n"
    )
    assert out == ""


def test_every_package_is_installed():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    find = settings["tool"]["setuptools"]["packages"]["find"]
    folders = {".".join(file.parent.relative_to(ROOT).parts) for file in (ROOT / "mtl").rglob("*.py")}
    assert set(find_packages(str(ROOT), include=find["include"])) == folders - {"mtl.default_model"}
    (pattern,) = settings["tool"]["setuptools"]["package-data"]["mtl"]
    assert {file.name for file in (ROOT / "mtl").glob(pattern)} >= {"model.json", "model.safetensors"}


def test_everything_the_package_offers_is_there():
    import mtl

    for name in mtl.__all__:
        assert getattr(mtl, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = mtl.nothing
