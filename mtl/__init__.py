"""One sentence encoder, one head for each task: embeddings, predictions and training, from Python."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mtl.analysis.attribution import Explanation, TaskAttribution
    from mtl.analysis.explain import explain, explain_all
    from mtl.analysis.suggest import suggest
    from mtl.analysis.suggestions import Suggestion
    from mtl.data.examination import Examination, LabelledRows, examine
    from mtl.data.issues import Choice, Issue
    from mtl.data.joint import LabelColumn, label_columns
    from mtl.data.sources import labelled_rows, parts_for
    from mtl.data.split import Part, Split, TaskSplit
    from mtl.data.table import Table, read_table
    from mtl.evaluation.because import Because, BecauseOfRows, RowShare
    from mtl.evaluation.expectations import Expectation, Outcome, check_expectations, read_expectations
    from mtl.evaluation.forecast import CurvePoint, Forecast, Foreseen, forecast
    from mtl.evaluation.promise import Promised, promised
    from mtl.evaluation.scoring import evaluate
    from mtl.evaluation.suspects import Suspect, suspects
    from mtl.exports.agreement import Agreement
    from mtl.exports.export import Export, export_model
    from mtl.model.checkpoint import load_model, save_model
    from mtl.model.encoder import Encoder
    from mtl.model.hub_push import Push, push_model
    from mtl.model.multitask import MultiTaskModel
    from mtl.model.predictions import label_texts
    from mtl.model.pretrained import load_encoder
    from mtl.schema.config import PRESETS, FreezeStrategy, TrainConfig
    from mtl.schema.events import EpochEnd, Event, Progress, RunEnd, RunStarted, StageEnded, StageStarted
    from mtl.schema.results import (
        Interval,
        Prediction,
        Promise,
        TaskPrediction,
        TaskReport,
        TaskScores,
        ValidationReport,
    )
    from mtl.schema.tasks import KNOWN_TASKS, KnownTask, Task
    from mtl.training.classifier import MultiTaskClassifier
    from mtl.training.default import load_default
    from mtl.training.sweep import Result, compare
    from mtl.training.train import model_for, train
    from mtl.training.trainer import Trainer

__all__ = [
    "KNOWN_TASKS",
    "PRESETS",
    "Agreement",
    "Because",
    "BecauseOfRows",
    "Choice",
    "CurvePoint",
    "Encoder",
    "EpochEnd",
    "Event",
    "Examination",
    "Expectation",
    "Explanation",
    "Export",
    "Forecast",
    "Foreseen",
    "FreezeStrategy",
    "Interval",
    "Issue",
    "KnownTask",
    "LabelColumn",
    "LabelledRows",
    "MultiTaskClassifier",
    "MultiTaskModel",
    "Outcome",
    "Part",
    "Prediction",
    "Progress",
    "Promise",
    "Promised",
    "Push",
    "Result",
    "RowShare",
    "RunEnd",
    "RunStarted",
    "Split",
    "StageEnded",
    "StageStarted",
    "Suggestion",
    "Suspect",
    "Table",
    "Task",
    "TaskAttribution",
    "TaskPrediction",
    "TaskReport",
    "TaskScores",
    "TaskSplit",
    "TrainConfig",
    "Trainer",
    "ValidationReport",
    "check_expectations",
    "compare",
    "evaluate",
    "examine",
    "explain",
    "explain_all",
    "export_model",
    "forecast",
    "label_columns",
    "label_texts",
    "labelled_rows",
    "load_default",
    "load_encoder",
    "load_model",
    "model_for",
    "parts_for",
    "promised",
    "push_model",
    "read_expectations",
    "read_table",
    "save_model",
    "suggest",
    "suspects",
    "train",
]

_HOMES = {
    "mtl.analysis.attribution": ("Explanation", "TaskAttribution"),
    "mtl.analysis.explain": ("explain", "explain_all"),
    "mtl.analysis.suggest": ("suggest",),
    "mtl.analysis.suggestions": ("Suggestion",),
    "mtl.data.examination": ("Examination", "LabelledRows", "examine"),
    "mtl.data.issues": ("Choice", "Issue"),
    "mtl.data.joint": ("LabelColumn", "label_columns"),
    "mtl.data.sources": ("labelled_rows", "parts_for"),
    "mtl.data.split": ("Part", "Split", "TaskSplit"),
    "mtl.data.table": ("Table", "read_table"),
    "mtl.evaluation.because": ("Because", "BecauseOfRows", "RowShare"),
    "mtl.evaluation.expectations": ("Expectation", "Outcome", "check_expectations", "read_expectations"),
    "mtl.evaluation.forecast": ("CurvePoint", "Forecast", "Foreseen", "forecast"),
    "mtl.evaluation.promise": ("Promised", "promised"),
    "mtl.evaluation.scoring": ("evaluate",),
    "mtl.evaluation.suspects": ("Suspect", "suspects"),
    "mtl.exports.agreement": ("Agreement",),
    "mtl.exports.export": ("Export", "export_model"),
    "mtl.model.checkpoint": ("load_model", "save_model"),
    "mtl.model.encoder": ("Encoder",),
    "mtl.model.hub_push": ("Push", "push_model"),
    "mtl.model.multitask": ("MultiTaskModel",),
    "mtl.model.predictions": ("label_texts",),
    "mtl.model.pretrained": ("load_encoder",),
    "mtl.schema.config": ("PRESETS", "FreezeStrategy", "TrainConfig"),
    "mtl.schema.events": (
        "EpochEnd",
        "Event",
        "Progress",
        "RunEnd",
        "RunStarted",
        "StageEnded",
        "StageStarted",
    ),
    "mtl.schema.results": (
        "Interval",
        "Prediction",
        "Promise",
        "TaskPrediction",
        "TaskReport",
        "TaskScores",
        "ValidationReport",
    ),
    "mtl.schema.tasks": ("KNOWN_TASKS", "KnownTask", "Task"),
    "mtl.training.classifier": ("MultiTaskClassifier",),
    "mtl.training.default": ("load_default",),
    "mtl.training.sweep": ("Result", "compare"),
    "mtl.training.train": ("model_for", "train"),
    "mtl.training.trainer": ("Trainer",),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    # torch takes seconds to import: only what is asked for is loaded (PEP 562).
    if name not in _HOME:
        raise AttributeError(f"module 'mtl' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
