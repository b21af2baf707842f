"""The settings that most runs leave as they are, each with a plain sentence."""

from typing import Any, Final

import gradio as gr

from mtl.schema.config import RECOMMENDED

# (name, key) of the choice to start without a trained model.
FRESH: Final = ("Fresh heads, drawn from the seed", "fresh")
MOST_ROWS: Final = 128
_SWITCH: Final = ["auto", "on", "off"]


class AdvancedPanel:
    """The boxes, by the name of the setting they hold; `start_from` names the heads to begin with."""

    def __init__(self) -> None:
        usual = RECOMMENDED
        self.start_from = gr.Dropdown(
            [FRESH],
            value=FRESH[1],
            label="Start from",
            info="A trained model goes on from its heads; its labels must be those of your rows.",
            elem_id="start-from",
        )
        self.boxes: dict[str, Any] = {
            "head_input": gr.Radio(
                [("All layers", "layers"), ("Final embedding only", "embedding")],
                value=usual.head_input,
                label="What the heads read",
                info="The form of a sentence lives in the middle layers; the report read the last one only.",
            ),
            **_steps(),
            **_ends(),
            "class_weights": gr.Radio(
                _SWITCH,
                value=usual.class_weights,
                label="Class weights",
                info="Rare labels weigh more; auto does so when counts differ by more than 3 to 1.",
            ),
            "augmentation": gr.Radio(
                _SWITCH,
                value=usual.augmentation,
                label="Stripped copies",
                info="Each training row a second time, lower-cased and without its final mark; auto does so "
                "for the four sentence types, so that the head reads the words and not the mark.",
            ),
        }


def _steps() -> dict[str, Any]:
    usual = RECOMMENDED
    with gr.Row():
        head_lr = gr.Textbox(
            label="Head learning rate",
            placeholder="auto",
            info="How far a step moves the heads; empty: 0.01, less with many rows or moving layers.",
        )
        encoder_lr = gr.Textbox(
            label="Encoder learning rate",
            placeholder="auto",
            info="The same for unfrozen layers, the top one; each below gets two thirds. Empty: 3e-4.",
        )
    with gr.Row():
        batch = gr.Slider(
            1,
            MOST_ROWS,
            value=usual.batch_size,
            step=1,
            label="Batch, rows per task",
            info="Rows looked at before each step.",
        )
        schedule = gr.Radio(
            ["cosine", "constant"],
            value=usual.schedule,
            label="Learning rate schedule",
            info="Cosine: steps get smaller towards the end.",
        )
    return {"batch_size": batch, "head_lr": head_lr, "encoder_lr": encoder_lr, "schedule": schedule}


def _ends() -> dict[str, Any]:
    usual = RECOMMENDED
    with gr.Row():
        fraction = gr.Slider(
            0.05,
            0.5,
            value=usual.val_fraction,
            step=0.05,
            label="Validation share",
            info="The part of the rows that only judges.",
        )
        seed = gr.Number(
            usual.seed,
            label="Seed",
            precision=0,
            minimum=0,
            info="The same seed gives the same split, heads and order.",
        )
    with gr.Row():
        goal = gr.Textbox(
            label="Goal: mean macro-F1",
            placeholder="none",
            info="Stop once validation reaches it, say 0.9.",
        )
        limit = gr.Textbox(
            label="Time limit, seconds", placeholder="none", info="Stop then and keep the best epoch so far."
        )
    return {"seed": seed, "val_fraction": fraction, "goal": goal, "time_limit_s": limit}
