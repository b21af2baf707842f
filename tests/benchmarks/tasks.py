"""python -m tests.benchmarks.tasks: the time that five heads take, against two, on the frozen encoder.

Whole runs, with the encoding of the texts; the ratio is below 1.5.
"""

import time
from dataclasses import replace
from pathlib import Path

from mtl.data.sources import labelled_rows, parts_for
from mtl.data.split import Split
from mtl.model.encoder import Encoder
from mtl.model.pretrained import load_encoder
from mtl.schema.config import TrainConfig
from mtl.training.train import model_for
from mtl.training.trainer import Trainer

FILE = Path(__file__).parents[1] / "training" / "five_tasks.csv"
TWO, REPEATS = ("sentiment", "form"), 5


def main() -> None:
    encoder, config = load_encoder(), TrainConfig()
    five = parts_for(labelled_rows({}, data=FILE), config)
    two = replace(five, tasks={name: five.tasks[name] for name in TWO})
    # In turns, so that whatever else the machine does slows both.
    times = [(_seconds(encoder, two, config), _seconds(encoder, five, config)) for _ in range(REPEATS)]
    of_two, of_five = (min(seconds) for seconds in zip(*times, strict=True))
    print(
        f"{len(five.texts)} texts, {config.epochs} epochs of heads: {len(five.tasks)} heads take "
        f"{of_five / of_two:.2f} x the time of {len(two.tasks)}"
    )


def _seconds(encoder: Encoder, parts: Split, config: TrainConfig) -> float:
    began = time.perf_counter()
    for _ in Trainer(model_for(parts, config, encoder), parts, config):
        pass
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
