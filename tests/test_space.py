"""What a Hugging Face Space reads at the head of the README, and the app as it starts there."""

import re
from pathlib import Path

import pytest
import yaml
from huggingface_hub import SpaceCard

from mtl.model.pretrained import MINILM
from mtl.schema.limits import PROFILES
from tests.conftest import INTENT, ROOT
from tests.hostile.page import Caller
from tests.serving import free_port, serving

README = (ROOT / "README.md").read_text("utf-8")
GUIDE = (ROOT / "docs" / "SPACE.md").read_text("utf-8")
# https://huggingface.co/docs/hub/spaces-config-reference
COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}
FIELDS = {
    *(
        "title",
        "emoji",
        "colorFrom",
        "colorTo",
        "sdk",
        "sdk_version",
        "python_version",
        "app_file",
        "license",
    ),
    *("short_description", "models", "datasets", "tags", "pinned", "header", "suggested_hardware"),
    *("suggested_storage", "startup_duration_timeout", "thumbnail", "preload_from_hub", "hf_oauth"),
}


@pytest.fixture(scope="module")
def head():
    return yaml.safe_load(README.split("---\n")[1])


def test_every_field_is_one_that_spaces_know(head):
    assert README.startswith("---\n") and set(head) <= FIELDS
    assert {"title", "emoji", "colorFrom", "colorTo", "sdk", "app_file", "license"} <= set(head)
    assert {head["colorFrom"], head["colorTo"]} <= COLOURS
    assert len(head["short_description"]) <= 60
    assert SpaceCard(README).data.to_dict()["title"] == head["title"]


def test_the_sdk_is_the_gradio_of_the_requirements(head):
    pins = re.findall(r"^gradio==(\S+)$", (ROOT / "requirements.txt").read_text("utf-8"), re.MULTILINE)
    assert head["sdk"] == "gradio" and [str(head["sdk_version"])] == pins


def test_the_app_and_its_python_are_there(head):
    assert (ROOT / head["app_file"]).is_file()
    least = re.search(r'requires-python = ">=3\.(\d+)"', (ROOT / "pyproject.toml").read_text("utf-8"))
    assert isinstance(head["python_version"], str)  # 3.10 as a number would be 3.1
    major, minor = map(int, head["python_version"].split("."))
    assert major == 3 and int(least.group(1)) <= minor


def test_it_names_the_encoder_and_the_licence(head):
    assert head["models"] == [MINILM]
    assert head["license"] == "mit" and "MIT" in (ROOT / "LICENSE").read_text("utf-8")


def test_every_variable_that_the_guide_names_is_read_somewhere():
    code = "".join(file.read_text("utf-8") for file in (ROOT / "app.py", *(ROOT / "mtl").rglob("*.py")))
    limits = {f"MTL_{name.upper()}" for name in vars(PROFILES["space"])}
    for variable in set(re.findall(r"\b(?:MTL|GRADIO)_[A-Z_]*[A-Z]", GUIDE)):
        assert variable in limits or variable in code, variable
    assert all(f"`{profile}`" in GUIDE for profile in PROFILES)


# As on the platform: nothing can be written to the home, and nothing says where runs are kept.
ON_SPACES = {"SYSTEM": "spaces", "HOME": "/dev/null", "XDG_CACHE_HOME": None, "MTL_RUNS_DIR": None}
MEMORY = 16 * 2**30


def test_it_runs_on_a_space_that_has_no_writable_home(tmp_path):
    port = free_port()
    with serving(tmp_path, port, **ON_SPACES) as app:
        caller = Caller(f"http://127.0.0.1:{port}", seconds=600)
        assert caller.call(caller.endpoint("answer"), ["What a lovely day", "default", caller.owner])[
            "success"
        ]
        rows = "text,intent\n" + "\n".join(f'"{t}",{label}' for t, label in INTENT.to_numpy())
        started = caller.call(caller.endpoint("start_run"), [rows, caller.owner, {"epochs": 2}])
        (run_id,) = started["output"]["data"]
        ended = caller.call(caller.endpoint("run_events"), [run_id, caller.owner])
        assert ended["success"]
        made = caller.call(caller.endpoint("predict"), [["Is it late?"], run_id, caller.owner])
        assert made["output"]["data"][0][0]["intent"]["label"] in set(INTENT["label"])
        assert _memory(app.pid) < MEMORY / 4
    assert "They are kept in a temporary one" in (tmp_path / "log.txt").read_text()


def _memory(parent):
    """Bytes that a process and those that it started hold."""
    status = Path(f"/proc/{parent}/status").read_text()
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    own = int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) * 2**10
    return own + sum(map(_memory, children))
