"""Trains a head for each label column of one file: tasks that the program never heard of.

Run it in the project's folder: python docs/examples/own_tasks.py
"""

import pandas as pd

from mtl import train

THINGS = ("lamp", "chair", "phone", "kettle", "jacket", "radio", "table", "clock")
TEMPLATES = {
    ("delivery", "high"): ("My {} has not arrived, I need it today", "Where is my {}? It is urgent"),
    ("delivery", "low"): ("No hurry, but when will the {} arrive?", "The {} came a little late, never mind"),
    ("billing", "high"): ("You charged me twice for the {}, stop this now", "Refund the {} at once"),
    ("billing", "low"): ("Could I get a receipt for the {} some time?", "The price of the {} seems fine"),
}
rows = [
    {"text": template.format(thing), "topic": topic, "urgency": urgency}
    for (topic, urgency), templates in TEMPLATES.items()
    for template in templates
    for thing in THINGS
]

model = train(data=pd.DataFrame(rows), epochs=10)
for prediction in model.predict(["No hurry, but when will the sofa arrive?"]):
    for task, answer in prediction.tasks.items():
        print(f"{task}: {answer.label} ({answer.scores[answer.label]:.0%})")
