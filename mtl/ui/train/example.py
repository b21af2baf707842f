"""What the tab shows before the first run: how the default model was trained."""

from functools import cache

from mtl.model.checkpoint import model_events
from mtl.runs.view import RunView
from mtl.training.default import DEFAULT_MODEL


@cache
def example() -> RunView:
    """The run of the default model, from the events that lie beside it."""
    events = model_events(DEFAULT_MODEL)
    return RunView(id="", state="finished", position=0, events=events, progress=None, model=DEFAULT_MODEL)
