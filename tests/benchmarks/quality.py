"""python -m tests.benchmarks.quality: accuracy from few rows, over several draws, beside SetFit.

Each draw takes so many rows of each label from NAME_train.csv (columns text and label); every way learns
from the same rows and is scored on all of NAME_test.csv. Ours hold some back for validation (`--validation`),
as a visitor's run does; where there are few, these train in the end, too. SetFit needs
tests/benchmarks/requirements.txt.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from mtl.model.encoder import Encoder
from mtl.model.pretrained import encoder_folder, load_encoder
from mtl.training.train import train

BENCH = Path("../shared/bench")
TASK = "topic"
Classifier = Callable[[list[str]], list[str]]


def main() -> None:
    """Prints a line for each draw and way, then mean and deviation of each way."""
    options = _options()
    learners = ways(options)
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    for name in options.sets.split(","):
        rows, test = (pd.read_csv(options.folder / f"{name}_{part}.csv") for part in ("train", "test"))
        scores: dict[str, list[float]] = {}
        for number in range(options.first, options.first + options.draws):
            drawn = draw(rows, options.rows, number)
            for way, learn in learners.items():
                began = time.perf_counter()
                classify = learn(drawn, number)
                seconds = time.perf_counter() - began
                right = np.array(classify(test.text.tolist())) == test.label.to_numpy()
                scores.setdefault(way, []).append(float(right.mean()))
                print(f"{name} draw {number} {way:12} {right.mean():.3f}  {seconds:5.0f} s", flush=True)
        print(f"\n{name}, {options.rows} rows a label, {options.draws} draws: mean (deviation)")
        for way, values in scores.items():
            print(f"  {way:12} {statistics.mean(values):.3f} ({statistics.pstdev(values):.3f})", flush=True)


def draw(rows: pd.DataFrame, per_label: int, seed: int) -> pd.DataFrame:
    """So many distinct texts of each label, all of them where there are fewer."""
    shuffled = rows.drop_duplicates("text").sample(frac=1, random_state=seed)
    return shuffled.groupby("label").head(per_label)


def ways(options: argparse.Namespace) -> dict[str, Callable[[pd.DataFrame, int], Classifier]]:
    """What learns, by its name: a function of rows and a seed that gives a classifier."""
    encoder = load_encoder()
    ours = {name: _ours(name, options.validation, encoder) for name in options.ways.split(",")}
    return {**ours, "setfit": _setfit} if options.setfit else ours


def _ours(freeze: str, validation: float, encoder: Encoder) -> Callable[[pd.DataFrame, int], Classifier]:
    def learn(rows: pd.DataFrame, seed: int) -> Classifier:
        model = train({TASK: rows}, freeze=freeze, seed=seed, val_fraction=validation, encoder=encoder)
        return lambda texts: [one.tasks[TASK].label for one in model.predict(texts, fast=True)]

    return learn


def _setfit(rows: pd.DataFrame, seed: int) -> Classifier:
    # Its own defaults: pairs by oversampling, one epoch, learning rate 2e-5, then logistic regression.
    import setfit
    from datasets import Dataset
    from sentence_transformers import SentenceTransformer
    from sklearn.linear_model import LogisticRegression

    body = SentenceTransformer(str(encoder_folder()), device="cpu")
    model = setfit.SetFitModel(model_body=body, model_head=LogisticRegression())
    labels, ids = np.unique(rows.label.to_numpy(), return_inverse=True)
    trainer = setfit.Trainer(
        model=model,
        args=setfit.TrainingArguments(
            batch_size=16, num_epochs=1, seed=seed, report_to="none", save_strategy="no"
        ),
        train_dataset=Dataset.from_dict({"text": rows.text.tolist(), "label": ids.tolist()}),
    )
    trainer.train()
    return lambda texts: labels[np.asarray(model.predict(texts))].tolist()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=8, help="rows of each label")
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--first", type=int, default=0, help="number of the first draw")
    parser.add_argument("--sets", default="trec,sst2,banking77")
    parser.add_argument("--ways", default="auto", help="freeze strategies")
    parser.add_argument("--validation", type=float, default=0.2, help="part of the rows held back by ours")
    parser.add_argument("--setfit", action="store_true")
    parser.add_argument(
        "--folder", type=Path, default=BENCH, help="where NAME_train.csv and NAME_test.csv are"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
