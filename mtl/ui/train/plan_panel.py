"""What Start would train: every block frozen or not, rows and batches, and how long it takes here."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import gradio as gr
from torch import nn

from mtl.model.encoder import Encoder
from mtl.model.multitask import MultiTaskModel
from mtl.schema.config import RECOMMENDED, FreezeStrategy, TrainConfig
from mtl.schema.events import StageStarted
from mtl.schema.tasks import task_colours, task_for
from mtl.schema.words import duration
from mtl.training.all_rows import ends_with_all_rows
from mtl.training.batches import steps_per_epoch
from mtl.training.freezing import LOWER_LAYERS_DECAY
from mtl.training.plan import left_out, plan_of
from mtl.training.throughput import Size, Throughput, estimates, settled_for
from mtl.ui.train.row_counts import Counted, size_of
from mtl.ui.train.settings_form import config_from
from mtl.ui.train.strategies import LAST, STRATEGIES, strategy_words

# So many heads stand beside the layers; more of them get a line of their own.
_MOST_BESIDE: Final = 2

PLAN: Final = """
{{#if value.problem}}<p class="problem" role="status">{{value.problem}}</p>{{else}}
<div class="strip">{{#each value.parts}}<div class="{{this.kind}}">{{#each this.blocks}}
  <div class="block {{this.state}}" style="--mine:{{this.colour}}" title="{{this.title}}">
    <span class="what">{{this.what}}</span><span class="how">{{this.how}}</span>
  </div>{{/each}}</div>{{/each}}
</div>
{{#each value.stages}}<p>{{this}}</p>{{/each}}
<p class="facts">{{value.rows}}</p>
{{/if}}"""

PLAN_CSS: Final = """
p { margin: 8px 0 0; font-size: var(--text-s); color: var(--body-text-color); }
.facts { color: var(--body-text-color-subdued); }
.problem { border-left: 3px solid #c2410c; padding-left: 10px; font-size: var(--text-m); }
.strip { display: flex; flex-wrap: wrap; gap: 6px; }
.strip > div { display: grid; gap: 6px; }
.layers { flex: 7 1 280px; grid-auto-flow: column; grid-auto-columns: minmax(0, 1fr); }
.heads { flex: 3.6 1 150px; grid-template-columns: repeat(auto-fit, minmax(90px, 1fr)); }
.many { flex-basis: 100%; }
.block { display: flex; flex-wrap: wrap; gap: 0 6px; align-items: baseline; justify-content: center;
         padding: 8px 4px; border-radius: 10px; min-width: 0; min-height: 38px; text-align: center;
         border: 1px solid var(--border-color-primary); color: var(--body-text-color-subdued);
         font-size: var(--text-s); }
.what { max-width: 100%; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.how { white-space: nowrap; }
.trains { border-color: var(--mine); color: var(--body-text-color); font-weight: 700;
          background: color-mix(in srgb, var(--mine) 14%, transparent); }
"""


def render_plan(
    encoder: Encoder,
    throughput: Throughput | None,
    counts: Mapping[str, Counted],
    settings: Mapping[str, Any],
) -> dict[str, Any]:
    """What Start would train with these settings on these rows, for the template; or what is wrong.

    `times` holds about how long each strategy takes, by the value of its choice; `auto` is the strategy that
    the rows lead to where it is left open.
    """
    if not counts:
        return {
            "problem": "No rows to train on yet: choose sentences, upload a CSV, or answer what is asked.",
            "times": {},
            "auto": "",
        }
    try:
        asked = config_from(settings)
        sizes = size_of(counts, asked)
        config = settled_for(asked, sizes)
        # A few milliseconds: only heads are made, the encoder is shared.
        tasks = [task_for(name, task.labels) for name, task in counts.items()]
        model = MultiTaskModel.fresh(encoder, tasks, config.head_input, config.seed)
        plan = plan_of(model, config, max(size.train for size in sizes.values()))
    except ValueError as error:
        return {"problem": f"{error}", "times": {}, "auto": ""}
    total = sum(p.numel() for p in model.parameters())
    seconds = estimates(throughput, sizes, config, encoder.num_layers) if throughput else {}
    return {
        "problem": "",
        "strategy": strategy_words(config.freeze),
        "time": duration(seconds[config.freeze]) if seconds else "",
        "times": _times(seconds, settings["layers"]),
        "auto": settled_for(RECOMMENDED, sizes).freeze.value,
        "parts": _parts(plan, model),
        "stages": [*_stages(plan, total, config), *left_out(config, encoder.num_layers)],
        "rows": _rows(sizes, config),
    }


def bar_words(plan: Mapping[str, Any], counts: Mapping[str, Counted]) -> tuple[str, str]:
    """The plan in two short lines."""
    if plan["problem"]:
        return "Not ready", plan["problem"]
    rows = sum(task.rows for task in counts.values())
    about = f"about {plan['time']} on this machine" if plan["time"] else "Measuring this machine ..."
    return f"{rows:,} rows, {plan['strategy']}", about


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


def _parts(plan: Sequence[StageStarted], model: MultiTaskModel) -> list[dict[str, Any]]:
    top = model.encoder.num_layers
    layers = [
        _block(
            f"{index}" if index else "words",
            f"Layer {index}" if index else "Word embeddings",
            "var(--accent)",
            block,
            {
                stage.index: stage.encoder_lr * LOWER_LAYERS_DECAY ** (top - index)
                for stage in plan
                if index in stage.layers
            },
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
            {stage.index: stage.head_lr for stage in plan if stage.heads},
        )
        for head in model.head_list()
    ]
    return [
        {"kind": "layers", "blocks": layers},
        {"kind": "heads many" if len(heads) > _MOST_BESIDE else "heads", "blocks": heads},
    ]


def _block(
    what: str, title: str, colour: str, module: nn.Module, rates: Mapping[int, float]
) -> dict[str, str]:
    """One cell; `rates`: the block's peak learning rate in each stage that trains it."""
    count = sum(p.numel() for p in module.parameters())
    state, how, rate = "frozen", "", "frozen"
    if rates:
        first = min(rates)
        state, how = "trains", f"from stage {first + 1}" if first else "↻"
        rate = "learning rate " + ", then ".join(dict.fromkeys(f"{r:.2g}" for r in rates.values()))
    return {
        "what": what,
        "colour": colour,
        "state": state,
        "how": how,
        "title": f"{title}: {count:,} parameters, {rate}",
    }


def _stages(plan: Sequence[StageStarted], total: int, config: TrainConfig) -> list[str]:
    most = max(stage.parameters for stage in plan)
    if not most:
        return [f"Nothing learns: the {total:,} parameters are only evaluated."]
    learns = f"Only what is marked learns: {most:,} of {total:,} parameters."
    if len(plan) == 1:
        return [learns]
    again = ends_with_all_rows(config)
    last = (
        [f"Stage {len(plan) + 1} of {len(plan) + 1}: the same with the validation rows, too"] if again else []
    )
    return [learns, *(_stage(stage, len(plan) + again) for stage in plan), *last]


def _stage(stage: StageStarted, of: int) -> str:
    layers = f"layers {', '.join(map(str, stage.layers))}"
    if stage.layers and not stage.heads:
        what = f"{layers} learn to pull sentences of one label together"
    else:
        what = f"{layers} and the heads" if stage.layers else "the heads"
    epochs = "1 epoch" if stage.epochs == 1 else f"{stage.epochs} epochs"
    return f"Stage {stage.index + 1} of {of}: {what}, {epochs} or fewer"


def _times(seconds: Mapping[FreezeStrategy, float], layers: int) -> dict[str, str]:
    found = {}
    for value in STRATEGIES:
        strategy = FreezeStrategy(f"last-{layers}" if value == LAST else value)
        if strategy in seconds:
            found[value] = duration(seconds[strategy])
    return found
