"""Trains sentiment and intent on two CSV files, predicts, and saves the model.

Run it in the project's folder: python docs/examples/train.py
"""

from mtl import EpochEnd, Event, load_model, save_model, train


def show(event: Event) -> None:
    """Prints one line per epoch."""
    if isinstance(event, EpochEnd):
        print(f"epoch {event.epoch}: validation loss {event.validation['combined']:.3f}")


model = train(
    sentiment="data/report_sentiment.csv",
    intent="data/report_intent.csv",
    freeze="heads",
    epochs=3,
    on_event=show,
)
for prediction in model.predict(["I love this product!", "Turn off the lights."]):
    answers = ", ".join(f"{task}: {answer.label}" for task, answer in prediction.tasks.items())
    print(f"{prediction.text} {answers}")

save_model(model, "my-model")
print("tasks:", ", ".join(task.name for task in load_model("my-model").tasks))
