"""Joins the tabs into one page."""

import html
import secrets
from pathlib import Path
from typing import Any

import gradio as gr

from mtl.model.encoder import Encoder
from mtl.runs.store import Runs
from mtl.ui import embeddings, predict, train
from mtl.ui.glossary import glossary
from mtl.ui.links import follow_link
from mtl.ui.models import DEFAULT, UNTRAINED, Models
from mtl.ui.train.advanced_panel import FRESH


def build(encoder: Encoder, runs: Runs) -> gr.Blocks:
    """The whole page."""
    models = Models(encoder, runs)
    page: gr.Blocks
    with gr.Blocks(title="Sentence Lab", analytics_enabled=False, delete_cache=(3600, 24 * 3600)) as page:
        # The visitor's secret stays in the browser; it owns the runs started there.
        owner = gr.BrowserState("", storage_key="sentence-lab-visitor", secret="sentence-lab")
        # Up here: what lies in a tab is read from the browser only when that tab is opened.
        settings = gr.BrowserState(None, storage_key="sentence-lab-settings", secret="sentence-lab")
        corrections = gr.BrowserState([], storage_key="sentence-lab-corrections", secret="sentence-lab")
        _header(encoder)
        with gr.Tabs() as tabs:
            with gr.Tab("Embeddings", id="embeddings"):
                looking = embeddings.build(models, owner)
            with gr.Tab("Predict", id="predict"):
                predicting = predict.build(models, owner, corrections)
            with gr.Tab("Train", id="train"):
                training = train.build(models, runs, owner, settings, corrections)
        glossary()
        follow_link(page, tabs, {"embeddings": looking.sentences, "predict": predicting.text})
        page.load(
            predicting.corrections.arrive,
            corrections,
            predicting.corrections.arrivals,
            show_progress="hidden",
        )
        _wire(page, models, runs, owner, settings, tabs, looking, predicting, training)
    return page


def _header(encoder: Encoder) -> None:
    name = encoder.name.rsplit("/", 1)[-1]
    with gr.Column(elem_id="title"):
        gr.Markdown("# Sentence Lab\nOne sentence encoder, two heads: look inside, predict, train your own.")
        gr.HTML(
            [
                name,
                f"{encoder.dimension} dimensions",
                f"{encoder.num_layers} layers",
                "English",
                "runs on CPU",
            ],
            html_template="{{#each value}}<span>{{this}}</span>{{/each}}",
            elem_classes="chips",
        )


def _wire(
    page: gr.Blocks,
    models: Models,
    runs: Runs,
    owner: gr.BrowserState,
    settings: gr.BrowserState,
    tabs: gr.Tabs,
    looking: embeddings.EmbeddingsTab,
    predicting: predict.PredictTab,
    training: train.TrainTab,
) -> None:
    chosen = [predicting.model, training.settings.start_from]

    def choices(owner: str) -> tuple[Any, Any]:
        known = models.choices(owner)
        trained = [choice for choice in known if choice[1] != UNTRAINED]
        return gr.update(choices=known), gr.update(choices=[FRESH, *trained])

    def arrive(owner: str) -> tuple[Any, ...]:
        owner = owner or secrets.token_urlsafe(24)
        own = [view.id for view in runs.of(owner) if not view.uploaded]
        return owner, runs.current(owner) or next(iter(own), ""), *choices(owner)

    def adopt(file: str, owner: str) -> tuple[Any, Any]:
        try:
            key = models.adopt(owner, Path(file))
        except ValueError as error:
            raise gr.Error(html.escape(str(error)), duration=None, print_exception=False) from error
        known, trained = choices(owner)
        return {**known, "value": key}, trained

    # Before the first run the Train tab shows the default model's.
    def use(owner: str, run_id: str) -> tuple[Any, Any]:
        chosen = gr.update(choices=models.choices(owner), value=run_id or DEFAULT)
        return chosen, gr.update(selected="predict")

    def look(owner: str, run_id: str) -> tuple[Any, Any, Any]:
        trained = [choice for choice in models.choices(owner) if choice[1] != UNTRAINED]
        chosen = gr.update(choices=trained, value=run_id or DEFAULT)
        return chosen, gr.update(selected="embeddings"), gr.update(selected="moved")

    arrived = page.load(arrive, owner, [owner, training.run_id, *chosen], show_progress="hidden")
    arrived.then(**training.follow)
    arrived.then(**training.compare)
    page.load(
        training.settings.restore,
        settings,
        [training.settings.ready, *training.settings.inputs],
        show_progress="hidden",
    ).then(**training.plan)
    predicting.upload.upload(
        adopt, [predicting.upload, owner], chosen, show_progress_on=predicting.upload, concurrency_limit=1
    )
    training.panel.use.click(use, [owner, training.run_id], [predicting.model, tabs], show_progress="hidden")
    training.panel.moved.click(
        look, [owner, training.run_id], [looking.after, tabs, looking.panels], show_progress="hidden"
    ).then(**looking.compare)
    for event in training.changed:
        event.then(choices, owner, chosen, show_progress="hidden")
        event.then(**training.compare)
    tabs.select(**training.plan)
    tabs.select(choices, owner, chosen, show_progress="hidden")
