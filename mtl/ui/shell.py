"""Joins the tabs into one page."""

import secrets
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Final

import gradio as gr

from mtl.runs.store import Runs
from mtl.teaching.lesson import Lesson
from mtl.teaching.taught import teach
from mtl.ui import embeddings, predict, train
from mtl.ui.api import Api, hide_buttons
from mtl.ui.errors import told_to_the_visitor
from mtl.ui.face import TITLE
from mtl.ui.glossary import glossary
from mtl.ui.guide import Guide
from mtl.ui.links import follow_link
from mtl.ui.models import DEFAULT, TAUGHT, Models
from mtl.ui.page import Page
from mtl.ui.run_pill import RunPill
from mtl.ui.train.advanced_panel import FRESH

_BRAND: Final = '<h1><span class="mark" aria-hidden="true"></span>{{value}}</h1>'


def build(models: Models, runs: Runs) -> gr.Blocks:
    """The whole page."""
    page: gr.Blocks
    with Page(title=TITLE, analytics_enabled=False, delete_cache=(3600, 24 * 3600)) as page:
        kept = _Kept()
        guide = Guide()
        with gr.Column(elem_id="frame"):
            _brand()
            if runs.notice:
                gr.HTML(escape(runs.notice), elem_id="notice")
            pill = RunPill()
            with gr.Tabs(elem_id="rooms") as tabs:
                with gr.Tab("Predict", id="predict"):
                    predicting = predict.build(models, kept.owner, kept.corrections)
                with gr.Tab("Embeddings", id="embeddings"):
                    looking = embeddings.build(models, kept.owner)
                with gr.Tab("Train", id="train"):
                    training = train.build(
                        models, runs, kept.owner, kept.settings, kept.corrections, kept.lesson
                    )
        glossary()
        guide.wire(tabs, training.small_set)
        follow_link(page, tabs, {"embeddings": looking.sentences, "predict": predicting.text})
        joined = _Joined(
            models=models,
            runs=runs,
            kept=kept,
            tabs=tabs,
            pill=pill,
            looking=looking,
            predicting=predicting,
            training=training,
        )
        joined.restore(page)
        joined.keep_choices_current()
        joined.lead_to_run()
        joined.lead_from_run_to_model()
        Api(models, runs).publish()
    hide_buttons(page)
    return page


class _Kept:
    """What the browser keeps. Made outside the tabs: inside, it is read only when its tab is opened."""

    def __init__(self) -> None:
        # The visitor's secret, which owns the runs started in this browser.
        self.owner = _kept_as("visitor", "")
        self.settings = _kept_as("settings", None)
        self.corrections = _kept_as("corrections", [])
        self.lesson = _kept_as("lesson", None)


def _kept_as(name: str, default: Any) -> gr.BrowserState:
    return gr.BrowserState(default, storage_key=f"sentence-lab-{name}", secret="sentence-lab")


def _brand() -> None:
    gr.HTML(TITLE, html_template=_BRAND, elem_id="brand", padding=False)


@dataclass(frozen=True, kw_only=True)
class _Joined:
    """What goes from one tab to another."""

    models: Models
    runs: Runs
    kept: _Kept
    tabs: gr.Tabs
    pill: RunPill
    looking: embeddings.EmbeddingsTab
    predicting: predict.PredictTab
    training: train.TrainTab

    def restore(self, page: gr.Blocks) -> None:
        """A visitor who comes back finds their runs, the form and their corrections as they were."""
        owner, run_id = self.kept.owner, self.training.run_id
        arrived = page.load(self._arrive, owner, [owner, run_id, *self._choosers()], show_progress="hidden")
        arrived.then(**self.training.follow)
        arrived.then(**self.training.restore)
        arrived.then(**self.training.listed.shown)
        arrived.then(**self.pill.following(self.runs, owner))
        page.load(
            self.training.settings.restore,
            self.kept.settings,
            [self.training.settings.ready, *self.training.settings.inputs],
            show_progress="hidden",
        ).then(**self.training.plan)
        corrections = self.predicting.corrections
        page.load(corrections.arrive, self.kept.corrections, corrections.arrivals, show_progress="hidden")
        teaching = self.training.teach
        page.load(teaching.restore, self.kept.lesson, teaching.outputs, show_progress="hidden")

    def keep_choices_current(self) -> None:
        """Offers every model on all tabs: those of new runs, and those that are uploaded."""
        owner, upload = self.kept.owner, self.predicting.upload
        upload.upload(
            self._adopt, [upload, owner], self._choosers(), show_progress_on=upload, concurrency_limit=1
        ).then(**self.training.listed.shown)
        for event in self.training.changed:
            event.then(self._choices, owner, self._choosers(), show_progress="hidden")
            event.then(**self.training.listed.shown)
        # The form may change before the machine is measured: the second plan reads it anew.
        opened = self.tabs.select(**self.training.plan)
        opened.then(**self.training.measured).then(**self.training.plan)
        self.tabs.select(self._choices, owner, self._choosers(), show_progress="hidden")

    def lead_to_run(self) -> None:
        """The pill shows that a run goes on, and leads there."""
        for event in self.training.started:
            event.success(**self.pill.following(self.runs, self.kept.owner))
        self.training.lead(
            self.pill.button.click(
                lambda: gr.update(selected="train"), None, self.tabs, show_progress="hidden"
            )
        )

    def lead_from_run_to_model(self) -> None:
        """The run's buttons: use its model in Predict, and see in Embeddings what training moved."""
        given, panel = [self.kept.owner, self.training.run_id], self.training.panel
        for event in (panel.use.click, self.training.listed.used.success):
            event(self._use, given, [self.predicting.model, self.tabs], show_progress="hidden")
        for event in panel.promised:  # what the model keeps to itself has changed
            event.success(**self.predicting.answering)
        teaching = self.training.teach
        teaching.use.click(
            self._use_taught,
            [self.kept.owner, teaching.lesson],
            [self.predicting.model, self.tabs],
            show_progress="hidden",
        )
        panel.moved.click(
            self._see_moved,
            given,
            [self.looking.after, *self.looking.panels.outputs, self.tabs],
            show_progress="hidden",
        ).then(**self.looking.compare)
        for button in self.predicting.to_train:
            button.click(lambda: gr.update(selected="train"), None, self.tabs, show_progress="hidden")

    def _choosers(self) -> list[Any]:
        return [self.predicting.model, self.training.settings.start_from]

    def _choices(self, owner: str) -> dict[Any, Any]:
        model, start_from = self._choosers()
        return {
            model: gr.update(choices=self.models.choices(owner)),
            start_from: gr.update(choices=[FRESH, *self.models.trained(owner)]),
        }

    def _arrive(self, owner: str) -> dict[Any, Any]:
        owner = owner or secrets.token_urlsafe(24)
        own = [view.id for view in self.runs.of(owner) if not view.uploaded]
        run_id = self.runs.current(owner) or next(iter(own), "")
        return {self.kept.owner: owner, self.training.run_id: run_id, **self._choices(owner)}

    def _adopt(self, file: str, owner: str) -> dict[Any, Any]:
        with told_to_the_visitor():
            key = self.models.adopt(owner, Path(file))
        chosen = gr.update(choices=self.models.choices(owner), value=key)
        return {**self._choices(owner), self.predicting.model: chosen}

    # Before the first run the Train tab shows an example, which is the default model's.
    def _use(self, owner: str, run_id: str) -> dict[Any, Any]:
        chosen = gr.update(choices=self.models.choices(owner), value=run_id or DEFAULT)
        return {self.predicting.model: chosen, self.tabs: gr.update(selected="predict")}

    def _use_taught(self, owner: str, lesson: Lesson) -> dict[Any, Any]:
        with told_to_the_visitor():
            self.models.keep_taught(owner, teach(lesson, self.models.vectors))
        chosen = gr.update(choices=self.models.choices(owner), value=TAUGHT)
        return {self.predicting.model: chosen, self.tabs: gr.update(selected="predict")}

    def _see_moved(self, owner: str, run_id: str) -> dict[Any, Any]:
        return {
            self.looking.after: gr.update(choices=self.models.trained(owner), value=run_id or DEFAULT),
            **self.looking.panels.show("moved"),
            self.tabs: gr.update(selected="embeddings"),
        }
