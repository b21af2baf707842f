"""The Train tab: rows, settings, a run to watch, and its model."""

import asyncio
import html
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gradio as gr

from mtl.api import DEFAULT_MODEL, parts_for
from mtl.command_line import Sources, command_line
from mtl.loading import MINILM
from mtl.runs.store import Runs
from mtl.tasks import TASK_NAMES
from mtl.training import check_tests
from mtl.ui.models import DEFAULT, Models
from mtl.ui.train.data_panel import DataPanel, chosen_files, rows_of, shown_names
from mtl.ui.train.run_panel import RunPanel, render
from mtl.ui.train.settings_panel import FRESH, SettingsPanel, config_from
from mtl.ui.train.test_panel import TestPanel, rows_of_tests

_POLL_S = 0.25
# What a command would start from; any other model is a zip file that was downloaded.
_START_NAMES: Final[dict[str, str | None]] = {FRESH[1]: None, DEFAULT: "mtl/default_model"}


@dataclass(frozen=True, kw_only=True)
class TrainTab:
    """The parts that the shell wires: the run's id, what shows it, and the button to Predict."""

    run_id: gr.State
    start_from: gr.Dropdown
    panel: RunPanel
    follow: Any
    followed: Any


def build(models: Models, runs: Runs, owner: gr.BrowserState) -> TrainTab:
    """Lays the tab out and wires Start, Stop and Resume."""
    run_id = gr.State("")
    with gr.Row(equal_height=False):
        with gr.Column(scale=5, min_width=320):
            data = DataPanel()
            testing = TestPanel()
            settings = SettingsPanel(models.encoder.num_layers)
            with gr.Row():
                start = gr.Button("Start training", variant="primary", elem_id="start")
                stop = gr.Button("Stop", variant="stop", interactive=False, elem_id="stop")
            resume = gr.Button("Resume from the last finished epoch", visible=False, elem_id="resume")
        with gr.Column(scale=7, min_width=320):
            panel = RunPanel(start=start, stop=stop, resume=resume)

    def begin(owner: str, start_from: str, *values: Any) -> str:
        try:
            picked, rest = values[: len(data.inputs)], values[len(data.inputs) :]
            test_files, settings_values = rest[: len(testing.inputs)], rest[len(testing.inputs) :]
            config = config_from(settings_values)
            base = None if start_from == FRESH[1] else models.get(owner, start_from)
            files, answered = chosen_files(*picked)
            rows = rows_of(files, answered, start=base)
            tests = rows_of_tests(test_files, rows)
            check_tests(parts_for(rows, config), tests)  # says now what would fail later
            command = command_line(
                config,
                Sources(
                    files=shown_names(picked[0], files),
                    tests={n: Path(f).name for n, f in zip(TASK_NAMES, test_files, strict=True) if f},
                    choices=answered,
                    start=_START_NAMES.get(start_from, "model.zip"),
                    encoder=None if models.encoder.name == MINILM else models.encoder.name,
                ),
            )
            return runs.create(
                owner, rows, config, _start_path(runs, owner, start_from), tests, command=command
            )
        except ValueError as error:
            raise gr.Error(html.escape(str(error)), duration=None, print_exception=False) from error

    async def follow(owner: str, run_id: str) -> AsyncIterator[tuple[Any, ...]]:
        shown = None
        yield (gr.skip(),) * len(panel.outputs)  # a stream without any value would empty the outputs
        while run_id:
            try:
                view = await asyncio.to_thread(runs.view, owner, run_id)
            except ValueError:
                return
            yield render(view, shown)
            if view.over:
                return
            shown = view
            await asyncio.sleep(_POLL_S)

    def ask_to_stop(owner: str, run_id: str) -> Any:
        if run_id:
            runs.stop(owner, run_id)
        return gr.update(interactive=False, value="Stopping ...")

    watched = {
        "fn": follow,
        "inputs": [owner, run_id],
        "outputs": panel.outputs,
        "show_progress": "hidden",
        "concurrency_limit": None,
        "trigger_mode": "multiple",
    }
    began = start.click(
        begin,
        [owner, settings.start_from, *data.inputs, *testing.inputs, *settings.inputs],
        run_id,
        show_progress="hidden",
        concurrency_limit=4,
    )
    followed = began.success(**watched)
    stop.click(ask_to_stop, [owner, run_id], stop, show_progress="hidden")
    resume.click(runs.resume, [owner, run_id], None, show_progress="hidden").success(**watched)
    return TrainTab(
        run_id=run_id, start_from=settings.start_from, panel=panel, follow=watched, followed=followed
    )


def _start_path(runs: Runs, owner: str, key: str) -> str | None:
    if key == FRESH[1]:
        return None
    return str(DEFAULT_MODEL if key == DEFAULT else runs.view(owner, key).model)
