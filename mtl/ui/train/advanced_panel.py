"""Settings that most runs leave as they are, each with a sentence that explains it."""

from typing import Any, Final

import gradio as gr

from mtl.schema.config import RECOMMENDED

# (name, key) of the choice to start without a trained model.
FRESH: Final = ("Fresh heads, drawn from the seed", "fresh")
MOST_ROWS: Final = 128
_SWITCH: Final = ["auto", "on", "off"]


class AdvancedPanel:
    """Boxes by the name of their setting. `start_from` names the heads to begin with."""

    def __init__(self) -> None:
        usual = RECOMMENDED
        self.start_from = gr.Dropdown(
            [FRESH],
            value=FRESH[1],
            label="Start from",
            info="A trained model keeps its heads and learns more; its labels must be those of your rows.",
            elem_id="start-from",
        )
        self.boxes: dict[str, Any] = {
            "head_input": gr.Radio(
                [("All layers", "layers"), ("Final embedding only", "embedding")],
                value=usual.head_input,
                label="What the heads read",
                info="The middle layers hold the form of a sentence.",
            ),
            **_steps(),
            **_ends(),
            "class_weights": gr.Radio(
                _SWITCH,
                value=usual.class_weights,
                label="Class weights",
                info="On: rare labels count more; auto: on if counts differ by more than 3 to 1.",
            ),
            "augmentation": gr.Radio(
                _SWITCH,
                value=usual.augmentation,
                label="Augmentation",
                info="On: each training row comes a second time, lower-cased and without its final mark; "
                "auto: on where the mark gives labels away.",
            ),
        }


def _steps() -> dict[str, Any]:
    usual = RECOMMENDED
    with gr.Row():
        head_lr = gr.Textbox(
            label="Head learning rate",
            placeholder="auto",
            info="How far a step moves the heads; if empty, 0.01, or less with many rows or unfrozen layers.",
        )
        encoder_lr = gr.Textbox(
            label="Encoder learning rate",
            placeholder="auto",
            info="The same for the top unfrozen layer (if empty, 3e-4); each layer below gets two thirds.",
        )
    with gr.Row():
        batch = gr.Slider(
            1,
            MOST_ROWS,
            value=usual.batch_size,
            step=1,
            label="Batch, rows per task",
            info="Rows of each task that a step learns from.",
        )
        schedule = gr.Radio(
            ["cosine", "constant"],
            value=usual.schedule,
            label="Learning rate schedule",
            info="Cosine: the steps get smaller towards the end.",
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
            label="Validation part",
            info="The part of the rows that is held back to measure the model.",
        )
        seed = gr.Number(
            usual.seed,
            label="Seed",
            precision=0,
            minimum=0,
            info="The same seed gives the same split, the same first heads and the same order of rows.",
        )
    with gr.Row():
        goal = gr.Textbox(
            label="Goal: mean macro-F1",
            placeholder="none",
            info="Training stops when validation reaches it, for example 0.9.",
        )
        limit = gr.Textbox(
            label="Time limit, seconds",
            placeholder="none",
            info="Training stops then; the best epoch is kept.",
        )
    return {"seed": seed, "val_fraction": fraction, "goal": goal, "time_limit_s": limit}
