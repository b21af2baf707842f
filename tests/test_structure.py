"""Which module may know which: read off the imports, wherever in a file they stand."""

import ast
import subprocess
import sys
import tomllib
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# From the bottom up; packages stand for all of their modules.
ROWS = (
    ("tasks", "config", "records", "packing", "archive"),
    ("corpus", "encoder", "heads", "familiarity", "metrics", "shares", "charts", "words"),
    ("loading", "model", "freezing", "activations", "baselines"),
    ("lowrank", "spans", "similarity", "comparison", "projection"),
    ("fitting", "briefing", "checkpoint", "evaluation", "explain", "probe", "card"),
    ("standing", "trainer", "verdict"),
    ("api",),
    ("training", "trials", "pace"),
    ("runs",),
    ("choices", "command_line"),
    ("commands", "train_commands", "cli", "ui"),
    ("__main__", "app"),
)
HEIGHT = {name: height for height, row in enumerate(ROWS) for name in row}


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


def test_every_module_has_its_place():
    assert {_part(name) for name in INNER} <= set(HEIGHT)
    assert len(FILES) > 20


@pytest.mark.parametrize("module", INNER)
def test_no_import_goes_up(module):
    for imported in INNER[module] - {"mtl"}:
        assert HEIGHT[_part(imported)] <= HEIGHT[_part(module)], f"{module} imports {imported}"


def test_no_imports_go_in_a_circle():
    # Raises CycleError, which names the circle.
    assert len(list(TopologicalSorter(INNER).static_order())) >= len(INNER)


def test_only_the_page_imports_gradio():
    importers = _importers_of("gradio")
    assert importers
    assert all(name == "app" or name.startswith("mtl.ui") for name in importers)


def test_charts_and_what_they_import_know_no_torch():
    seen, ahead = set(), {name for name in INNER if name.startswith("mtl.charts")}
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
        "from mtl.cli import build_parser\n"
        "build_parser().format_help()\n"
        "assert 'torch' not in sys.modules\n"
    )
    assert out == ""


def test_every_package_is_installed():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    found = {".".join(file.parent.relative_to(ROOT).parts) for file in (ROOT / "mtl").rglob("__init__.py")}
    assert set(settings["tool"]["setuptools"]["packages"]) == found
    (pattern,) = settings["tool"]["setuptools"]["package-data"]["mtl"]
    assert {file.name for file in (ROOT / "mtl").glob(pattern)} >= {"model.json", "model.safetensors"}


def test_everything_the_package_offers_is_there():
    import mtl

    for name in mtl.__all__:
        assert getattr(mtl, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = mtl.nothing
