"""The rows of a file of predictions, as the page shows them."""

from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict

from mtl.model.predictions import SHOWN, Filter, filtered
from mtl.schema.tasks import known_task, serving_tasks
from mtl.ui.predict.confidence import percent

NO_ROWS: dict[str, Any] = {"columns": [], "rows": []}


class Made(TypedDict):
    """A file of predictions: where it is, the model's key, its tasks, and the column of texts."""

    file: str
    model: str
    tasks: list[str]
    text: str


def labelled_rows(made: Made, wanted: Filter) -> tuple[dict[str, Any], str]:
    """The first rows that pass, as data for the template `LABELLED`, and how many pass.

    Raises ValueError if the file is gone.
    """
    rows, passed = filtered(Path(made["file"]), made["tasks"], wanted)
    serving = serving_tasks(made["tasks"])
    names = [name for name in made["tasks"] if name not in serving]
    shown = [
        {"text": row[made["text"]], "answers": [_answer(row, name, made["tasks"]) for name in names]}
        for row in rows.to_dict("records")
    ]
    first = f", the first {SHOWN} are shown" if passed > SHOWN else ""
    passes = "row passes" if passed == 1 else "rows pass"
    note = f"{passed:,} {passes}{first}. Grey: not sure, or unlike English."
    return {"columns": ["text", *names], "rows": shown}, note


def _answer(row: Mapping[Hashable, Any], name: str, tasks: Sequence[str]) -> dict[str, str]:
    need = known_task(name).needs
    if need and need.task in tasks and row[need.task] != need.label:
        return {"label": need.otherwise, "percent": "", "kind": "doubtful"}
    sure = row[f"{name}_sure"] == "True" and row["out_of_distribution"] != "True"
    confidence = percent(float(row[f"{name}_confidence"]))
    return {"label": row[name], "percent": confidence, "kind": "" if sure else "doubtful"}
