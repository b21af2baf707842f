"""Predicts with the model in this folder. Before: pip install path/to/sentence-lab"""
from pathlib import Path

from mtl import load_model

model = load_model(Path(__file__).parent)
for prediction in model.predict(["I love this product!", "Can you tell me the time?"]):
    for task, answer in prediction.tasks.items():
        print(f"{prediction.text} {task}: {answer.label} ({answer.scores[answer.label]:.0%})")
