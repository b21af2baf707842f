"""The Train tab: rows, settings, a run to watch, and its model."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from mtl.runs.store import Runs
from mtl.ui.models import Models
from mtl.ui.train.actions import Actions, Form, offer_corrections
from mtl.ui.train.compare_panel import ComparePanel
from mtl.ui.train.data_panel import DataPanel
from mtl.ui.train.held_out_panel import HeldOutPanel
from mtl.ui.train.kept_panel import KeptPanel
from mtl.ui.train.plan_panel import plan_strip
from mtl.ui.train.run_panel import RunPanel
from mtl.ui.train.settings_panel import SettingsPanel


@dataclass(frozen=True, kw_only=True)
class TrainTab:
    """The parts that the shell wires: the run's id, the form, and the panel that shows the run.

    `follow`, `plan`, `measured` and `compare` are arguments of listeners; `measured` ends once the plan can
    tell times. After each event of `changed` there may be
    other models to choose from.
    """

    run_id: gr.State
    settings: SettingsPanel
    panel: RunPanel
    follow: dict[str, Any]
    plan: dict[str, Any]
    measured: dict[str, Any]
    compare: dict[str, Any]
    changed: list[Any]


def build(
    models: Models,
    runs: Runs,
    owner: gr.BrowserState,
    kept: gr.BrowserState,
    corrections: gr.BrowserState,
) -> TrainTab:
    """Lays the tab out and wires Start, Stop and Resume; the browser remembers the form in `kept`."""
    run_id = gr.State("")
    with gr.Row(equal_height=False):
        with gr.Column(scale=5, min_width=320):
            data = DataPanel()
            testing = HeldOutPanel()
            settings = SettingsPanel(models.encoder.num_layers, kept)
            correct = gr.Checkbox(
                label="Train with my corrections too", visible=False, elem_id="with-corrections"
            )
            with gr.Row():
                start = gr.Button("Start training", variant="primary", elem_id="start")
                stop = gr.Button("Stop", variant="stop", interactive=False, elem_id="stop")
            resume = gr.Button("Resume from the last finished epoch", visible=False, elem_id="resume")
            deleting = KeptPanel(runs)
        with gr.Column(scale=7, min_width=320):
            strip = plan_strip()
            panel = RunPanel(start=start, stop=stop, resume=resume)
    comparing = ComparePanel()
    form = Form(
        owner=owner,
        corrections=corrections,
        correct=correct,
        data=data,
        tests=testing,
        settings=settings,
    )
    actions = Actions(models, runs, form, panel, run_id)
    panel.wire(actions.view, owner, run_id)

    corrections.change(offer_corrections, corrections, correct, show_progress="hidden")
    planned: dict[str, Any] = {"inputs": set(form.planned), "outputs": strip, "show_progress": "hidden"}
    gr.on([box.change for box in form.planned], actions.plan, trigger_mode="always_last", **planned)
    watched: dict[str, Any] = {
        "fn": actions.follow,
        "inputs": [owner, run_id],
        "outputs": [run_id, *panel.outputs],
        "show_progress": "hidden",
        "concurrency_limit": None,
        "trigger_mode": "multiple",
    }
    alone: dict[str, Any] = {"show_progress": "hidden", "concurrency_limit": None}
    begun: dict[str, Any] = {
        "inputs": form.inputs,
        "outputs": run_id,
        "show_progress": "hidden",
        "concurrency_limit": 4,
    }
    compared = comparing.wire(runs, owner)
    followed = start.click(actions.begin, **begun).success(**watched)
    began_all = comparing.all.click(actions.begin_all, **begun)
    followed_all = began_all.success(**watched)
    began_all.success(**compared)
    stop.click(actions.stop, [owner, run_id], stop, show_progress="hidden")
    resume.click(actions.resume, [owner, run_id], None, show_progress="hidden").success(**watched)
    deleted = deleting.on_delete(actions.delete, owner, run_id).success(**watched)
    return TrainTab(
        run_id=run_id,
        settings=settings,
        panel=panel,
        follow=watched,
        plan={"fn": actions.plan, **planned},
        measured={"fn": actions.measured, "inputs": None, "outputs": None, **alone},
        compare=compared,
        changed=[followed, followed_all, deleted],
    )
