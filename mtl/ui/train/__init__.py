"""The Train tab: a new run in three steps (data, how, result), live teaching, and the visitor's runs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.events import Dependency

from mtl.runs.store import Runs
from mtl.ui.models import Models
from mtl.ui.train.actions import Actions
from mtl.ui.train.bottom_bar import BottomBar
from mtl.ui.train.data_panel import DataPanel
from mtl.ui.train.folded import FoldedForm
from mtl.ui.train.form import Form, Shown, offer_corrections
from mtl.ui.train.held_out_panel import HeldOutPanel
from mtl.ui.train.kept_panel import KeptPanel
from mtl.ui.train.places import Places, show_js
from mtl.ui.train.run_panel import RunPanel
from mtl.ui.train.runs_panel import RunsPanel, RunsWired
from mtl.ui.train.settings_panel import SettingsPanel
from mtl.ui.train.steps import Steps
from mtl.ui.train.teach_panel import TeachPanel


@dataclass(frozen=True, kw_only=True)
class TrainTab:
    """The parts that the shell wires: the run's id, the form, the panel that shows the run, and Teach.

    `small_set` are the updates that choose it. `follow`, `plan`, `restore` and `measured` are arguments of
    listeners: `restore` fills in the files that were kept, `measured` ends once the plan tells times. After
    each event of `changed` there may be other models to choose from; each of `started` begins a run.
    `lead(event)` shows the run that goes on.
    """

    run_id: gr.State
    settings: SettingsPanel
    panel: RunPanel
    teach: TeachPanel
    small_set: dict[Any, Any]
    follow: dict[str, Any]
    plan: dict[str, Any]
    restore: dict[str, Any]
    measured: dict[str, Any]
    listed: RunsWired
    changed: list[Dependency]
    started: list[Dependency]
    lead: Callable[[Dependency], Dependency]


def build(
    models: Models,
    runs: Runs,
    owner: gr.BrowserState,
    kept: gr.BrowserState,
    corrections: gr.BrowserState,
    kept_lesson: gr.BrowserState,
) -> TrainTab:
    """Lays the tab out and wires its buttons; the browser remembers the form in `kept`."""
    run_id = gr.State("")
    places = Places()
    with places.columns["new"]:
        steps = Steps()
        bar = BottomBar()
    with steps.columns["data"]:
        data = DataPanel()
        with data.folds.panel("tests"):
            testing = HeldOutPanel()
        correct = gr.Checkbox(
            label="Train with my corrections too", visible=False, elem_id="with-corrections"
        )
    with steps.columns["how"]:
        settings = SettingsPanel(models.encoder.num_layers, kept)
    with steps.columns["result"]:
        folded = FoldedForm()
        with gr.Column() as result:
            panel = RunPanel(bar)
    with places.columns["teach"]:
        teach = TeachPanel(models, kept_lesson)
    with places.columns["runs"]:
        listing = RunsPanel()
        deleting = KeptPanel(runs)
    form = Form(
        owner=owner,
        corrections=corrections,
        correct=correct,
        data=data,
        tests=testing,
        settings=settings,
        ready=gr.State(False),
    )
    shown = Shown(
        run_id=run_id, settings=settings, steps=steps, bar=bar, folded=folded, result=result, panel=panel
    )
    actions = Actions(models, runs, form, shown)
    for part in (places, steps, data):
        part.wire()
    panel.wire(actions.view, models, runs, owner, run_id)
    panel.suspects.wire(runs, models.encoder, owner, run_id)
    teach.wire(owner, [places.opens["teach"]])

    quiet: dict[str, Any] = {"show_progress": "hidden"}
    alone: dict[str, Any] = {**quiet, "concurrency_limit": None}
    corrections.change(offer_corrections, corrections, correct, **quiet)
    planned: dict[str, Any] = {
        "fn": actions.plan,
        "inputs": {owner, run_id, *form.planned},
        "outputs": shown.planned,
        **quiet,
    }
    gr.on([box.change for box in form.planned], trigger_mode="always_last", **planned)
    watched: dict[str, Any] = {
        "fn": actions.follow,
        "inputs": [owner, run_id],
        "outputs": shown.followed,
        "trigger_mode": "multiple",
        **alone,
    }
    # The browser answers at once; what the server says follows.
    pressed: dict[str, Any] = {"fn": None, "outputs": shown.starting, "js": shown.start_js}
    begun: dict[str, Any] = {"inputs": form.inputs, "outputs": run_id, "concurrency_limit": 4, **quiet}
    refused: dict[str, Any] = {
        "fn": actions.refused,
        "inputs": set(form.planned),
        "outputs": [steps.stepper, result, *bar.outputs],
        **quiet,
    }
    gr.on([*data.changes, *testing.changes], actions.keep, form.kept, None, **quiet)
    listed = listing.wire(runs, owner, run_id)
    began = bar.start.click(**pressed).then(actions.begin, **begun)
    followed = began.success(**watched)
    to_new: dict[str, Any] = {"fn": None, "outputs": places.outputs, "js": f"() => {show_js('new')}"}
    to_result: dict[str, Any] = {"fn": None, "outputs": steps.stepper, "js": "() => 'result'"}
    began_all = listing.all.click(**to_new).then(**pressed).then(actions.begin_all, **begun)
    followed_all = began_all.success(**watched)
    corrected: dict[str, Any] = {**begun, "inputs": [owner, run_id]}
    began_corrected = panel.suspects.train.click(**pressed).then(actions.begin_corrected, **corrected)
    followed_corrected = began_corrected.success(**watched)
    for event in (began, began_all, began_corrected):
        event.success(**listed.shown)
    for event in (began, began_all):
        event.failure(**refused).then(**planned)
    for button in (folded.change, panel.again):
        button.click(None, None, steps.stepper, js="() => 'how'").then(**planned)
    opened = {**watched, "fn": actions.open}
    began_corrected.failure(**opened).then(**planned)
    for event in listed.opened:
        event.success(**to_new).then(**to_result).then(**opened).then(**planned)
    listed.used.success(**opened)
    listed.deleted.success(**watched)

    taken = teach.train.click(actions.take, teach.lesson, form.filled, **quiet)
    taken.success(**to_new).then(None, None, steps.stepper, js="() => 'data'").then(**planned)

    def lead(event: Dependency) -> Dependency:
        found = event.then(actions.current, [owner, run_id], run_id, **quiet)
        found = found.then(**to_new).then(**to_result)
        watching: Dependency = found.then(**watched)
        return watching

    bar.stop.click(actions.stop, [owner, run_id], bar.stop, **quiet)
    resumed = bar.resume.click(actions.resume, [owner, run_id], None, **quiet)
    resumed.success(**watched)

    def delete(owner: str, sure: bool) -> dict[Any, Any]:
        deleted = actions.delete(owner, sure)
        if sure:
            models.forget_taught(owner)
            deleted |= teach.forgotten() | teach.queue.forget(owner)
        return deleted

    gone = deleting.on_delete(delete, owner, [run_id, *form.filled, *teach.outputs, *teach.queue.outputs])
    deleted = gone.success(**watched)
    deleted.then(**planned)
    return TrainTab(
        run_id=run_id,
        settings=settings,
        panel=panel,
        teach=teach,
        small_set=data.small_set,
        follow=watched,
        plan=planned,
        restore={"fn": actions.restore, "inputs": owner, "outputs": [form.ready, *form.filled], **quiet},
        measured={"fn": actions.measured, "inputs": None, "outputs": None, **alone},
        listed=listed,
        changed=[followed, followed_all, followed_corrected, deleted, *listed.changed],
        started=[began, began_all, began_corrected, resumed, *listed.opened],
        lead=lead,
    )
