"""A model of as many tasks as there may be, with heads that learnt nothing."""

from mtl.model.encoder import Encoder
from mtl.model.multitask import MultiTaskModel
from mtl.schema.config import HeadInput
from mtl.schema.tasks import task_for

EIGHT = {
    "sentiment": ("negative", "positive"),
    "intent": ("question", "statement", "command", "exclamation"),
    "topic": ("battery", "delivery", "display", "price", "service"),
    "urgency": ("high", "low"),
    "product line": ("laptop", "phone", "tablet", "television set with a stand"),
    "language form": ("formal", "neutral", "slang"),
    "country": tuple("at be ch de dk es fi fr it nl no se".split()),
    "needs an answer": ("no", "yes"),
}


def eight_tasks_on(encoder: Encoder, head_input: HeadInput = "embedding") -> MultiTaskModel:
    tasks = [task_for(name, labels) for name, labels in EIGHT.items()]
    return MultiTaskModel.fresh(encoder, tasks, head_input, seed=0)
