"""What each command that trains nothing does; torch is imported only by those that need it."""

import dataclasses
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtl.data.issues import Choice
from mtl.schema.results import Prediction

if TYPE_CHECKING:
    from mtl.model.multitask import MultiTaskModel

_ROWS_AT_ONCE = 2048


def predict(texts: Sequence[str], model: Path | None, encoder: str | None, *, as_json: bool) -> None:
    """Labels and probabilities of some texts."""
    predictions = _model(model, encoder).predict(texts)
    if as_json:
        print_json([prediction.to_dict() for prediction in predictions])
        return
    for prediction in predictions:
        print(prediction.text)
        for name, task in prediction.tasks.items():
            ranked = sorted(task.scores.items(), key=lambda item: -item[1])[:5]
            print(f"  {name:<10}" + "  ".join(f"{label} {p:.1%}" for label, p in ranked))
        if prediction.truncated:
            print("  only the start of this text was read: it is longer than the encoder's maximum")


def predict_csv(
    file: Path, out: Path | None, model: Path | None, encoder: str | None, *, as_json: bool
) -> None:
    """Labels a file's column of texts; writes CSV, or JSON, to `out` or standard output."""
    import pandas as pd
    from tqdm import tqdm

    from mtl.data.columns import column_of_texts
    from mtl.data.table import read_table

    if out and not out.parent.is_dir():
        raise ValueError(f"cannot write {out}: there is no folder {out.parent}")
    texts = column_of_texts(read_table(file))
    loaded = _model(model, encoder)
    predictions: list[Prediction] = []
    for start in tqdm(range(0, len(texts), _ROWS_AT_ONCE), unit="batch", disable=as_json):
        predictions += loaded.predict(texts[start : start + _ROWS_AT_ONCE], fast=True)
    if as_json:
        text = json.dumps([prediction.to_dict() for prediction in predictions]) + "\n"
    else:
        text = pd.DataFrame([_flat(p) for p in predictions]).to_csv(index=False)
    if out:
        out.write_text(text, "utf-8")
    else:
        sys.stdout.write(text)


def evaluate(
    sources: Mapping[str, Path | None],
    choice: Mapping[str, Choice],
    model: Path | None,
    encoder: str | None,
    *,
    stripped: bool,
    as_json: bool,
) -> None:
    """Scores of the model on labelled rows."""
    from mtl.data.sources import labelled_rows
    from mtl.evaluation.metrics import intervals
    from mtl.evaluation.scoring import evaluate as score_rows

    if not any(sources.values()):
        raise ValueError("nothing to evaluate on: give --sentiment FILE.csv, --intent FILE.csv or both")
    loaded = _model(model, encoder)
    tasks = labelled_rows(
        {name: file for name, file in sources.items() if file}, like=loaded.tasks, choice=choice
    )
    scores = {rows.task.name: score_rows(loaded, rows, stripped=stripped) for rows in tasks}
    if as_json:
        print_json({name: dataclasses.asdict(task) for name, task in scores.items()})
        return
    for name, task in scores.items():
        accuracy, macro_f1 = intervals(task)
        print(
            f"{name}: accuracy {task.accuracy:.4f} (95% interval {accuracy.low:.4f} to {accuracy.high:.4f}), "
            f"macro-F1 {task.macro_f1:.4f} ({macro_f1.low:.4f} to {macro_f1.high:.4f}), "
            f"calibration error {task.calibration_error:.4f}, {task.rows} rows"
        )
        width = max(map(len, task.labels)) + 2
        print("  true \\ said".ljust(width + 2) + "".join(label.rjust(width) for label in task.labels))
        for label, counts in zip(task.labels, task.confusion, strict=True):
            print(f"  {label:<{width}}" + "".join(str(count).rjust(width) for count in counts))


def embed(texts: Sequence[str], encoder: str | None, *, as_json: bool) -> None:
    """Sentence embeddings and their cosines."""
    from mtl.analysis.similarity import cosines, ranked_pairs
    from mtl.model.pretrained import load_encoder

    loaded = load_encoder(encoder)
    embeddings = loaded.encode(texts)
    matrix = cosines(embeddings)
    if as_json:
        print_json(
            {
                "dimension": loaded.dimension,
                "embeddings": embeddings.tolist(),
                "cosine": matrix.tolist(),
                "truncated": list(loaded.tokenize(texts).truncated),
            }
        )
        return
    print(f"{len(texts)} texts, {loaded.dimension} dimensions, unit norm")
    for text, row in zip(texts, embeddings, strict=True):
        print(f"  {text}: {', '.join(f'{value:.4f}' for value in row[:6])}, ...")
    for text, cut in zip(texts, loaded.tokenize(texts).truncated, strict=True):
        if cut:
            print(f"  only the first {loaded.max_length} tokens were read of: {text[:60]} ...")
    for pair in ranked_pairs(matrix):
        print(f"  {pair.cosine:+.4f}  {texts[pair.first]}  |  {texts[pair.second]}")


def check(file: Path, task: str, choice: Choice, *, as_json: bool) -> None:
    """What the reader thinks of a file; an unusable one is an error."""
    from mtl.data.examination import examine

    report = examine(file, task, choice)
    if as_json:
        print_json(
            {
                "task": task,
                "rows": len(report.pairs),
                "labels": report.counts(),
                "usable": report.usable,
                "issues": [dataclasses.asdict(issue) for issue in report.issues],
            }
        )
    else:
        print(f"{file.name}: {len(report.pairs)} {task} rows can be used")
        for label, count in report.counts().items():
            print(f"  {count:>6}  {label}")
        for issue in report.issues:
            print(f"  {issue.severity}: {issue}")
    if not report.usable:
        report.rows()


def _model(source: Path | None, encoder: str | None) -> "MultiTaskModel":
    from mtl.model.checkpoint import load_model
    from mtl.model.pretrained import load_encoder
    from mtl.training.default import load_default

    loaded = load_encoder(encoder)
    return load_model(source, loaded) if source else load_default(loaded)


def _flat(prediction: Prediction) -> dict[str, Any]:
    row: dict[str, Any] = {"text": prediction.text}
    for name, task in prediction.tasks.items():
        row[name] = task.label
        row |= {f"{name}_{label}": round(p, 6) for label, p in task.scores.items()}
    return row


def print_json(value: Any) -> None:
    """One JSON value on a line of its own."""
    print(json.dumps(value), flush=True)
