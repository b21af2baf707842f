"""Which module may know which: read off the imports, wherever in a file they stand."""

import ast
import re
import subprocess
import sys
import tomllib
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path

import pytest
from setuptools import find_packages

import mtl

ROOT = Path(__file__).parents[1]
MTL = ROOT / "mtl"
# From the bottom up. An import points to a lower floor, or stays in its room.
FLOORS = (
    ("schema",),
    ("data", "model"),
    ("evaluation", "analysis"),
    ("training", "exports"),
    ("runs",),
    ("teaching",),
    ("cli", "ui"),
)
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}


def _name(file):
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


# A model's folder holds a script for its user; it is no module.
MODULES = [file for file in sorted(MTL.rglob("*.py")) if file.parent.name != "default_model"]
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


# Libraries that only some uses need, and that an installation may lack.
EXTRAS = {
    "onnx",
    "onnxruntime",
    "onnxscript",
    "ray",
    "datasets",
    "mcp",
    "pyarrow",
    "spaces",
    "jinja2",
    "playwright",
    "pytest",
}


def _part(module):
    return module.split(".")[1] if module.startswith("mtl.") else module


def _importers_of(library):
    return {n for n, imports in IMPORTS.items() if any(i.split(".")[0] == library for i in imports)}


def _with_what_it_imports(*modules):
    """These modules and all of the project's that they import, at once or later."""
    seen, ahead = set(), set(modules)
    while ahead:
        name = ahead.pop()
        seen.add(name)
        ahead |= INNER.get(name, set()) - seen - {"mtl"}
    return seen


def test_every_module_has_a_room():
    assert {file.name for file in MTL.glob("*.py")} == {"__init__.py", "__main__.py"}
    rooms = {folder.name for folder in MTL.iterdir() if any(folder.glob("*.py"))}
    assert rooms - {"default_model"} == set(FLOOR)


@pytest.mark.parametrize(
    "package", [file.parent for file in MODULES if file.name == "__init__.py"], ids=_name
)
def test_a_room_is_told_in_one_sentence(package):
    said = ast.get_docstring(ast.parse((package / "__init__.py").read_text("utf-8")))
    assert said.endswith(".")
    assert "\n\n" not in said
    assert not re.search(r"[.?!]\s", said)


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
    seen = _with_what_it_imports(*(name for name in INNER if name.startswith("mtl.ui.charts")))
    assert not seen & _importers_of("torch")


@pytest.mark.parametrize(
    "library", ["torch", "sklearn", "pandas", "numpy", "scipy", "gradio", "transformers"]
)
def test_settings_tasks_and_records_need_no_heavy_library(library):
    seen = _with_what_it_imports(*(name for name in INNER if _part(name) == "schema"))
    assert not seen & _importers_of(library)


@pytest.mark.parametrize("module", FILES)
def test_extras_are_not_imported_with_a_module(module):
    # Inside a function they may be.
    for node in ast.parse(FILES[module].read_text("utf-8")).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module]
            assert not EXTRAS & {name.split(".")[0] for name in names}


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


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["train", "--help"],
        ["check", "data/template.csv"],
        ["check", "data/intent.csv", "--task", "intent"],
    ],
    ids=" ".join,
)
def test_help_and_check_start_at_once(arguments):
    out = _in_a_new_process(
        "import resource, sys\n"
        "from mtl.cli.main import main\n"
        "try:\n"
        f"    status = main({arguments})\n"
        "except SystemExit as end:\n"
        "    status = end.code\n"
        "assert not status\n"
        "heavy = {'torch', 'sklearn', 'scipy', 'gradio', 'transformers', 'pydantic', 'plotly'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
        "used = resource.getrusage(resource.RUSAGE_SELF)\n"
        "print(used.ru_utime + used.ru_stime)\n"
    )
    # CPU time, which a busy machine stretches less than the clock. pandas loads pyarrow where there is one.
    assert float(out.splitlines()[-1]) < 2


def test_every_package_is_installed():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    find = settings["tool"]["setuptools"]["packages"]["find"]
    folders = {".".join(file.parent.relative_to(ROOT).parts) for file in MTL.rglob("*.py")}
    assert set(find_packages(str(ROOT), include=find["include"])) == folders - {"mtl.default_model"}
    patterns = settings["tool"]["setuptools"]["package-data"]["mtl"]
    packaged = {file.name for pattern in patterns for file in MTL.glob(pattern)}
    assert packaged >= {"model.json", "model.safetensors", "page.html", "encoder.js", "py.typed"}


def test_everything_the_package_offers_is_there():
    for name in mtl.__all__:
        assert getattr(mtl, name) is not None
        assert name in dir(mtl)
    assert len(set(mtl.__all__)) == len(mtl.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = mtl.nothing


def test_what_a_type_checker_sees_is_what_the_package_offers():
    tree = ast.parse((MTL / "__init__.py").read_text("utf-8"))
    seen = {
        alias.name: node.module
        for block in tree.body
        if isinstance(block, ast.If)
        for node in block.body
        for alias in node.names
    }
    assert set(seen) == set(mtl.__all__)
    assert all(getattr(import_module(module), name) is getattr(mtl, name) for name, module in seen.items())


def test_every_dependency_has_an_upper_bound():
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    assert lines
    assert [line for line in lines if not re.search(r"==|<", line)] == []
