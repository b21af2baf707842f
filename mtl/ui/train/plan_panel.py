"""What Start would train: every block frozen or not, rows and batches, and how long it takes here."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import gradio as gr
import numpy as np
from torch import nn

from mtl.data.augmentation import strip_text
from mtl.data.examination import Examination
from mtl.model.encoder import Encoder
from mtl.model.multitask import MultiTaskModel
from mtl.schema.config import FreezeStrategy, TrainConfig
from mtl.schema.events import StageStarted
from mtl.schema.tasks import INTENT_TASK, task_for
from mtl.schema.words import duration
from mtl.training.batches import steps_per_epoch
from mtl.training.freezing import LOWER_LAYERS_DECAY
from mtl.training.plan import plan_of
from mtl.training.throughput import Size, Throughput, estimates
from mtl.ui.train.settings_panel import config_from

# English word pieces are about this many characters long, with the space; two tokens frame a text.
_CHARACTERS_PER_TOKEN: Final = 4.5
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
  <div class="strip">{{#each this.blocks}}
    <div class="block {{this.kind}} {{this.state}}" title="{{this.title}}">
      <span class="what">{{this.what}}</span><span class="how">{{this.how}}</span>
    </div>{{/each}}
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
.strip { display: grid; grid-template-columns: repeat(7, minmax(0, 1fr)) 1.8fr 1.8fr; gap: 4px; }
.block { display: flex; flex-direction: column; gap: 1px; padding: 5px 4px; border-radius: 6px; min-width: 0;
         text-align: center; border: 1px dashed var(--border-color-primary);
         color: var(--body-text-color-subdued); }
.what { font-size: .82rem; font-weight: 700; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.how { font-size: .72rem; white-space: nowrap; font-variant-numeric: tabular-nums; }
.trains { border: 2px solid var(--mine); padding: 4px 3px; color: var(--body-text-color);
          background: color-mix(in srgb, var(--mine) 16%, transparent); }
.encoder { --mine: var(--combined); }
.sentiment { --mine: var(--sentiment); }
.intent { --mine: var(--intent); }
.times { display: flex; flex-wrap: wrap; gap: 4px 14px; }
.time b { color: var(--body-text-color); font-weight: 700; }
.chosen { text-decoration: underline; text-decoration-thickness: 2px; text-underline-offset: 3px;
          text-decoration-color: var(--combined); color: var(--body-text-color); }
@media (max-width: 640px) {
  .strip { grid-template-columns: repeat(14, minmax(0, 1fr)); }
  .block { grid-column: span 2; }
  .block:nth-last-child(-n + 2) { grid-column: span 7; }
}
"""


@dataclass(frozen=True, kw_only=True)
class Counted:
    """Of a task's clean rows: how many, their labels, tokens in one on average, and which share of them a
    stripped copy differs from."""

    rows: int
    labels: tuple[str, ...]
    tokens: float
    strippable: float


def counted(reports: Mapping[str, Examination]) -> dict[str, dict[str, Any]]:
    """What the plan needs to know of the rows, by task name, as JSON."""
    found = {}
    for name, report in reports.items():
        if report.pairs and len(report.counts()) > 1:
            texts = [text for text, _ in report.pairs]
            found[name] = asdict(
                Counted(
                    rows=len(texts),
                    labels=tuple(sorted(report.counts())),
                    tokens=2 + float(np.mean([len(text) for text in texts])) / _CHARACTERS_PER_TOKEN,
                    strippable=float(np.mean([strip_text(text) != text for text in texts])),
                )
            )
    return found


def render_plan(
    encoder: Encoder, throughput: Throughput | None, counts: Mapping[str, Any], settings: Sequence[Any]
) -> dict[str, Any]:
    """The form's settings on these rows, in the words of the strip; what is off with them where they are."""
    found = {name: Counted(**values) for name, values in counts.items()}
    if not found:
        return {"problem": "No rows to train on yet: choose sentences, or upload a CSV."}
    try:
        config = config_from(settings)
        sizes = {name: _size(name, task, config) for name, task in found.items()}
        tasks = [task_for(name, task.labels) for name, task in found.items()]
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
        "rows": _rows(sizes, config),
        "throughput": "On this machine, about:" if throughput else "Measuring how fast this machine is ...",
        "times": _times(throughput, sizes, config, encoder) if throughput else [],
    }


def size_of(counts: Mapping[str, Any], config: TrainConfig) -> dict[str, Size]:
    """Rows and tokens of each task under these settings, for an estimate."""
    return {name: _size(name, Counted(**values), config) for name, values in counts.items()}


def _size(name: str, task: Counted, config: TrainConfig) -> Size:
    validation = round(task.rows * config.val_fraction)
    train = task.rows - validation
    usual = task_for(name, task.labels) == INTENT_TASK
    if config.augmentation == "on" or (config.augmentation == "auto" and usual):
        train += round(train * task.strippable)
    return Size(train=train, validation=validation, tokens=task.tokens)


def plan_strip() -> gr.HTML:
    """The component that shows what `render_plan` gives."""
    return gr.HTML({"problem": ""}, html_template=PLAN, css_template=PLAN_CSS, elem_id="plan")


def _rows(sizes: Mapping[str, Size], config: TrainConfig) -> str:
    parts = [
        f"{name}: {size.train:,} rows train, {size.validation:,} validate" for name, size in sizes.items()
    ]
    steps = steps_per_epoch({name: size.train for name, size in sizes.items()}, config.batch_size)
    shape = " + ".join([f"{config.batch_size}"] * len(sizes))
    return f"About {'; '.join(parts)}. {steps:,} batches of {shape} rows per epoch."


def _stage(stage: StageStarted, of: int, model: MultiTaskModel) -> dict[str, Any]:
    top = model.encoder.num_layers
    blocks = [
        _block(
            f"{index}",
            "encoder",
            block,
            stage.encoder_lr * LOWER_LAYERS_DECAY ** (top - index) if index in stage.layers else None,
        )
        for index, block in enumerate(model.encoder.blocks())
    ]
    blocks += [
        _block(head.task.name, head.task.name, head.linear, stage.head_lr if stage.heads else None)
        for head in model.head_list()
    ]
    name = (
        f"What Start trains: layers 0 (word embeddings) to {top} and the heads, each with its learning rate"
    )
    if of > 1:
        name = f"Stage {stage.index + 1} of {of}"
        name += (
            ", once the one before no longer helps" if stage.index else f": layers 0 to {top} and the heads"
        )
    return {"name": name, "blocks": blocks}


def _block(what: str, kind: str, module: nn.Module, rate: float | None) -> dict[str, str]:
    """One cell; `rate` is the block's peak learning rate, None where it is frozen."""
    count = sum(p.numel() for p in module.parameters())
    how = "frozen" if rate is None else re.sub("e-0*", "e-", f"{rate:.0e}")
    title = f"{count:,} parameters, " + ("frozen" if rate is None else f"learning rate {rate:.2g}")
    state = "frozen" if rate is None else "trains"
    return {"what": what, "kind": kind, "state": state, "how": how, "title": title}


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
    encoder: Encoder, throughput: Throughput | None, counts: Mapping[str, Any], config: TrainConfig
) -> float | None:
    """Seconds that a run may take; None while the throughput is unknown."""
    if throughput is None or not counts:
        return None
    return estimates(throughput, size_of(counts, config), config, encoder.num_layers)[config.freeze]
