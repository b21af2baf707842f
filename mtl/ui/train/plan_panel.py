"""What Start would train: every block frozen or not, rows and batches, and how long it takes here."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import gradio as gr
import numpy as np
from torch import nn

from mtl.data.augmentation import augments_by_default, strip_text
from mtl.data.examination import Examination
from mtl.model.encoder import Encoder
from mtl.model.multitask import MultiTaskModel
from mtl.schema.config import FreezeStrategy, TrainConfig
from mtl.schema.events import StageStarted
from mtl.schema.tasks import task_colours, task_for
from mtl.schema.words import duration
from mtl.training.batches import steps_per_epoch
from mtl.training.freezing import LOWER_LAYERS_DECAY
from mtl.training.plan import left_out, plan_of
from mtl.training.throughput import Size, Throughput, estimates
from mtl.ui.train.settings_panel import config_from

# English word pieces are about this many characters long, with the space; two tokens frame a text.
_CHARACTERS_PER_TOKEN: Final = 4.5
# So many heads stand beside the layers; more of them get a line of their own.
_MOST_BESIDE: Final = 2
_SHOWN: Final = {
    "everything frozen": FreezeStrategy.FROZEN,
    "heads only": FreezeStrategy.HEADS,
    "last 2": FreezeStrategy.LAST_2,
    "last 4": FreezeStrategy.LAST_4,
    "gradual": FreezeStrategy.GRADUAL,
    "everything": FreezeStrategy.FULL,
}

PLAN: Final = """
{{#if value.problem}}<p class="problem" role="status">{{value.problem}}</p>{{else}}
{{#each value.stages}}<div class="stage">
  <div class="name">{{this.name}}</div>
  <div class="strip">{{#each this.parts}}<div class="{{this.kind}}">{{#each this.blocks}}
    <div class="block {{this.state}}" style="--mine:{{this.colour}}" title="{{this.title}}">
      <span class="what">{{this.what}}</span><span class="how">{{this.how}}</span>
    </div>{{/each}}</div>{{/each}}
  </div>
</div>{{/each}}
<p>{{value.parameters}}</p>
<p>{{value.rows}}</p>
<p class="times"><span>{{value.throughput}}</span>{{#each value.times}}
  <span class="time {{this.kind}}">{{this.name}} <b>{{this.time}}</b></span>{{/each}}</p>
{{/if}}"""

PLAN_CSS: Final = """
p { margin: 8px 0 0; font-size: .88rem; color: var(--body-text-color-subdued); }
.problem { border-left: 3px solid #c2410c; padding-left: 10px; color: var(--body-text-color); }
.stage + .stage { margin-top: 10px; }
.stage .name { font-size: .8rem; color: var(--body-text-color-subdued); margin-bottom: 4px; }
.strip { display: flex; flex-wrap: wrap; gap: 4px; }
.strip > div { display: grid; gap: 4px; }
.layers { flex: 7 1 230px; grid-auto-flow: column; grid-auto-columns: minmax(0, 1fr); }
.heads { flex: 3.6 1 150px; grid-template-columns: repeat(auto-fit, minmax(70px, 1fr)); }
.many { flex-basis: 100%; }
.block { display: flex; flex-direction: column; gap: 1px; padding: 5px 4px; border-radius: 6px; min-width: 0;
         text-align: center; border: 1px dashed var(--border-color-primary);
         color: var(--body-text-color-subdued); }
.what { font-size: .82rem; font-weight: 700; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.how { font-size: .72rem; white-space: nowrap; font-variant-numeric: tabular-nums; }
.trains { border: 2px solid var(--mine); padding: 4px 3px; color: var(--body-text-color);
          background: color-mix(in srgb, var(--mine) 16%, transparent); }
.times { display: flex; flex-wrap: wrap; gap: 4px 14px; }
.time b { color: var(--body-text-color); font-weight: 700; }
.chosen { text-decoration: underline; text-decoration-thickness: 2px; text-underline-offset: 3px;
          text-decoration-color: var(--combined); color: var(--body-text-color); }
"""


@dataclass(frozen=True, kw_only=True)
class Counted:
    """What the plan needs to know of a task's clean rows.

    `tokens` in a row, on average; `strippable`: the part of the rows, in [0, 1], that differ from their
    copy without capitals and final punctuation.
    """

    rows: int
    labels: tuple[str, ...]
    tokens: float
    strippable: float


def counted(reports: Mapping[str, Examination]) -> dict[str, Counted]:
    """The rows of each task that can be trained on, by its name."""
    return {
        name: _counted(report)
        for name, report in reports.items()
        if report.pairs and len(report.counts()) > 1
    }


def _counted(report: Examination) -> Counted:
    texts = [text for text, _ in report.pairs]
    return Counted(
        rows=len(texts),
        labels=tuple(sorted(report.counts())),
        tokens=2 + float(np.mean([len(text) for text in texts])) / _CHARACTERS_PER_TOKEN,
        strippable=float(np.mean([strip_text(text) != text for text in texts])),
    )


def render_plan(
    encoder: Encoder,
    throughput: Throughput | None,
    counts: Mapping[str, Counted],
    settings: Mapping[str, Any],
) -> dict[str, Any]:
    """What Start would train with these settings on these rows, for the template; or what is wrong."""
    if not counts:
        return {"problem": "No rows to train on yet: choose sentences, or upload a CSV."}
    try:
        config = config_from(settings)
        sizes = size_of(counts, config)
        # A few milliseconds: only heads are made, the encoder is shared.
        tasks = [task_for(name, task.labels) for name, task in counts.items()]
        model = MultiTaskModel.fresh(encoder, tasks, config.head_input, config.seed)
        plan = plan_of(model, config, max(size.train for size in sizes.values()))
    except ValueError as error:
        return {"problem": f"{error}"}
    total = sum(p.numel() for p in model.parameters())
    most = max(stage.parameters for stage in plan)
    return {
        "problem": "",
        "stages": [_stage(stage, len(plan), model) for stage in plan],
        "parameters": f"{most:,} of {total:,} parameters train."
        if most
        else f"None of {total:,} parameters train: the model is only evaluated.",
        "rows": ". ".join([_rows(sizes, config), *left_out(config, encoder.num_layers)]),
        "throughput": "On this machine, about:" if throughput else "Measuring how fast this machine is ...",
        "times": _times(throughput, sizes, config, encoder) if throughput else [],
    }


def size_of(counts: Mapping[str, Counted], config: TrainConfig) -> dict[str, Size]:
    """Rows and tokens of each task under these settings, for an estimate."""
    return {name: _size(name, task, config) for name, task in counts.items()}


def _size(name: str, task: Counted, config: TrainConfig) -> Size:
    validation = round(task.rows * config.val_fraction)
    train = task.rows - validation
    usual = augments_by_default(task_for(name, task.labels))
    if config.augmentation == "on" or (config.augmentation == "auto" and usual):
        train += round(train * task.strippable)
    outputs = task_for(name, task.labels).outputs
    return Size(train=train, validation=validation, tokens=task.tokens, outputs=outputs)


def plan_strip() -> gr.HTML:
    """The component that shows what `render_plan` gives."""
    return gr.HTML({"problem": ""}, html_template=PLAN, css_template=PLAN_CSS, elem_id="plan")


def _rows(sizes: Mapping[str, Size], config: TrainConfig) -> str:
    parts = [
        f"{name}: {size.train:,} rows train, {size.validation:,} validate" for name, size in sizes.items()
    ]
    steps = steps_per_epoch({name: size.train for name, size in sizes.items()}, config.batch_size)
    shape = " + ".join([f"{config.batch_size}"] * len(sizes))
    return f"About {'; '.join(parts)}. {steps:,} batches of {shape} rows per epoch"


def _stage(stage: StageStarted, of: int, model: MultiTaskModel) -> dict[str, Any]:
    top = model.encoder.num_layers
    layers = [
        _block(
            f"{index}",
            f"Layer {index}" if index else "Word embeddings",
            "var(--combined)",
            block,
            stage.encoder_lr * LOWER_LAYERS_DECAY ** (top - index) if index in stage.layers else None,
        )
        for index, block in enumerate(model.encoder.blocks())
    ]
    colours = task_colours(task.name for task in model.tasks)
    heads = [
        _block(
            head.task.name,
            f"Head of {head.task.name}",
            colours[head.task.name],
            head.linear,
            stage.head_lr if stage.heads else None,
        )
        for head in model.head_list()
    ]
    return {
        "name": _stage_name(stage, of, top),
        "parts": [
            {"kind": "layers", "blocks": layers},
            {"kind": "heads many" if len(heads) > _MOST_BESIDE else "heads", "blocks": heads},
        ],
    }


def _stage_name(stage: StageStarted, of: int, top: int) -> str:
    if of == 1:
        return f"Start trains: layers 0 (word embeddings) to {top} and the heads, each at its learning rate"
    epochs = "1 epoch" if stage.epochs == 1 else f"{stage.epochs} epochs"
    return f"Stage {stage.index + 1} of {of}: {epochs}, fewer once it no longer helps"


def _block(what: str, title: str, colour: str, module: nn.Module, rate: float | None) -> dict[str, str]:
    """One cell; `rate` is the block's peak learning rate, None where it is frozen."""
    count = sum(p.numel() for p in module.parameters())
    how = "frozen" if rate is None else re.sub("e-0*", "e-", f"{rate:.0e}")
    title = f"{title}: {count:,} parameters, " + ("frozen" if rate is None else f"learning rate {rate:.2g}")
    state = "frozen" if rate is None else "trains"
    return {"what": what, "colour": colour, "state": state, "how": how, "title": title}


def _times(
    throughput: Throughput, sizes: Mapping[str, Size], config: TrainConfig, encoder: Encoder
) -> list[dict[str, str]]:
    seconds = estimates(throughput, sizes, config, encoder.num_layers)
    shown = dict(_SHOWN)
    if config.freeze not in shown.values():
        shown = {**shown, config.freeze.value.replace("-", " "): config.freeze}
    return [
        {
            "name": name,
            "time": duration(seconds[strategy]),
            "kind": "chosen" if strategy is config.freeze else "",
        }
        for name, strategy in shown.items()
        if strategy in seconds
    ]


def expected_s(
    encoder: Encoder, throughput: Throughput | None, counts: Mapping[str, Counted], config: TrainConfig
) -> float | None:
    """Seconds that a run may take; None while the throughput is unknown."""
    if throughput is None or not counts:
        return None
    return estimates(throughput, size_of(counts, config), config, encoder.num_layers)[config.freeze]
