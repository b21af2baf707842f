"""What other programs may call: functions with names, types and descriptions, beside the page's own.

The docstrings are what the page "Use via API" shows to a caller. `visitor` is a secret that the caller makes
up: whoever knows it owns the runs that were started with it, as a browser owns those of its page.
"""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Final

import gradio as gr
from gradio.events import api

from mtl.analysis.explain import explain
from mtl.analysis.similarity import cosines, neighbours
from mtl.data.examination import examine
from mtl.data.joint import label_columns
from mtl.data.sources import labelled_rows, parts_for
from mtl.data.table import Table, read_table
from mtl.model.archive import pack
from mtl.model.multitask import MultiTaskModel
from mtl.runs.job import Job
from mtl.runs.store import Runs
from mtl.runs.train_into import need_of
from mtl.schema.config import config_named
from mtl.schema.events import event_to_dict
from mtl.schema.limits import LimitExceeded, limits
from mtl.schema.tasks import clean_task_name
from mtl.training.memory import check_memory, memory
from mtl.ui.downloads import new_file
from mtl.ui.entrance import LONGEST_OWNER, is_named
from mtl.ui.models import DEFAULT, Models

SHORTEST_VISITOR: Final = 16
_POLL_S: Final = 0.25
# Those who follow a run wait most of the time.
_FOLLOWERS: Final = 32


class Api:
    """The functions, over the models and runs of the page."""

    def __init__(self, models: Models, runs: Runs) -> None:
        self._models = models
        self._runs = runs

    def publish(self) -> None:
        """Offers the functions to callers."""
        functions: list[Callable[..., Any]] = [
            *(self.predict, self.explain, self.similarity, self.embed, self.neighbours, self.check_csv),
            *(self.start_run, self.stop_run, self.download_model),
        ]
        for function in functions:
            api(function, api_name=function.__name__)
        api(self.run_events, api_name="run_events", concurrency_limit=_FOLLOWERS)

    def predict(self, texts: list[str], model: str = DEFAULT, visitor: str = "") -> list[dict[str, Any]]:
        """Labels with calibrated probabilities for each text, task by task.

        The model is "default", "untrained", or the id of a run of this visitor."""
        predictions = self._model(model, visitor).predict(_texts("texts", texts))
        return [prediction.to_dict() for prediction in predictions]

    def explain(self, text: str, model: str = DEFAULT, visitor: str = "") -> dict[str, Any]:
        """What each word adds to the logit of the predicted label of each task, exactly.

        The shares of the words and the rest sum to the logit; positive ones speak for the label."""
        explained = explain(self._model(model, visitor), _texts("text", [text])[0])
        answer: dict[str, Any] = {"text": text}
        for name, task in explained.tasks.items():
            label = explained.prediction.tasks[name].label
            shares = task.of(label)
            words = [
                {"word": w.text, "start": w.start, "end": w.end, "share": float(w.total)}
                for w in shares.words
            ]
            answer[name] = {
                "label": label,
                "logit": float(shares.logit),
                "rest": float(shares.rest),
                "words": words,
            }
        return answer

    def similarity(self, texts: list[str]) -> list[list[float]]:
        """The cosine similarity, in [-1, 1], of each text with each other one, by the encoder as it is."""
        return _numbers(cosines(self._models.encoder.encode(_texts("texts", texts))))

    def embed(self, texts: list[str]) -> list[list[float]]:
        """The sentence embedding of each text: 384 numbers of unit norm for all-MiniLM-L6-v2."""
        return _numbers(self._models.encoder.encode(_texts("texts", texts)))

    def neighbours(self, text: str, among: list[str], count: int = 5) -> list[dict[str, Any]]:
        """The most similar texts among some others, with their cosines, the nearest first."""
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise ValueError(f"'count' is {count!r}: use a whole number from 1")
        others = _texts("among", among)
        query, rest = (self._models.encoder.encode(part) for part in (_texts("text", [text]), others))
        (found,) = neighbours(query, rest, count)
        return [{"row": near.row, "text": others[near.row], "cosine": near.cosine} for near in found]

    def check_csv(self, csv: str, task: str = "") -> dict[str, Any]:
        """What can be learnt from rows in CSV (its text, header included), and what is wrong with them.

        Without the name of a task: the columns of labels."""
        table = _table(csv)
        if not _text("task", task):
            return {"label_columns": [dataclasses.asdict(column) for column in label_columns(table)]}
        found = examine(table, clean_task_name(task))
        return {
            "rows": len(found.pairs),
            "labels": found.counts(),
            "usable": found.usable,
            "issues": [{**dataclasses.asdict(issue), "message": f"{issue}"} for issue in found.issues],
        }

    def start_run(self, csv: str, visitor: str, settings: dict[str, Any] | None = None) -> str:
        """Trains a head for each column of labels of rows in CSV; the id of the run.

        The visitor is a secret of your own, of 16 letters or more: who knows it can see, stop and download
        the run. Settings are those of the command line, such as {"freeze": "heads", "epochs": 5}."""
        config = config_named("recommended", **_settings(settings))
        owner = _owner(visitor)
        self._runs.check_room(owner, 1)
        rows = labelled_rows({}, data=_table(csv))
        parts = parts_for(rows, config)
        check_memory(need_of(parts, config, self._models.encoder), memory(), now=False)
        (run_id,) = self._runs.create(owner, [Job(rows=rows, config=config, source="rows.csv")])
        return run_id

    async def run_events(self, run_id: str, visitor: str) -> AsyncIterator[dict[str, Any]]:
        """Everything that a run has told, then everything as it happens, one event at a time; the last one is
        "run_end"."""
        sent = 0
        while True:
            view = await asyncio.to_thread(self._runs.view, _owner(visitor), _text("run_id", run_id))
            for event in view.events[sent:]:
                yield event_to_dict(event)
            # Fewer than before where the run was resumed: what follows its last saved epoch comes again.
            sent = len(view.events)
            if view.over:
                return
            await asyncio.sleep(_POLL_S)

    def stop_run(self, run_id: str, visitor: str) -> str:
        """Asks a run to end; what is best so far is kept. Its state: waiting, running, stopped, ..."""
        owner = _owner(visitor)
        self._runs.stop(owner, _text("run_id", run_id))
        return self._runs.view(owner, run_id).state

    def download_model(self, run_id: str, visitor: str) -> gr.FileData:
        """The model of a run as a zip file: safetensors and JSON."""
        folder = self._runs.model_path(_owner(visitor), _text("run_id", run_id))
        if folder is None:
            raise ValueError("this run has no model yet: wait for its first epoch")
        return gr.FileData(path=str(pack(folder, new_file("model.zip"))))

    def _model(self, key: object, visitor: object) -> MultiTaskModel:
        return self._models.get(_text("visitor", visitor), _text("model", key))


def hide_buttons(page: gr.Blocks) -> None:
    """Hides from callers what belongs to the buttons and boxes of the finished page."""
    for function in page.fns.values():
        if not is_named(function):
            function.api_visibility = "private"


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"'{name}' is {type(value).__name__}: give text")
    return value


def _texts(name: str, given: object) -> list[str]:
    if not isinstance(given, Sequence) or isinstance(given, str) or not given:
        raise ValueError(f"'{name}' has to be a list of texts with one text at least")
    most = limits()
    if len(given) > most.sentences:
        raise most.refusal("sentences", f"{name} holds {len(given)} texts", "send fewer at once")
    texts = [_text(name, text) for text in given]
    if (longest := max(map(len, texts))) > most.text_characters:
        raise most.refusal("text_characters", f"A text has {longest:,} characters", "shorten it")
    return texts


def _owner(visitor: object) -> str:
    owner = _text("visitor", visitor)
    if not SHORTEST_VISITOR <= len(owner) <= LONGEST_OWNER:
        raise ValueError(
            f"'visitor' has {len(owner)} characters: "
            f"make up a secret of {SHORTEST_VISITOR} to {LONGEST_OWNER}"
        )
    return owner


def _settings(given: object) -> dict[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, dict) or not all(isinstance(name, str) for name in given):
        raise ValueError('settings has to be an object, such as {"freeze": "heads", "epochs": 5}')
    return given


def _table(csv: object) -> Table:
    if not limits().uploads:
        raise LimitExceeded("This page takes no files", "use the bundled sentences, or type your own")
    content, file = _text("csv", csv), new_file("rows.csv")
    file.write_text(content, "utf-8")
    try:
        return read_table(file)
    finally:
        file.unlink()


def _numbers(array: Any) -> list[list[float]]:
    return [[float(number) for number in row] for row in array]
