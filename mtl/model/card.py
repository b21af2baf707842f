"""A model card and a script, for those who get a model's files without this project."""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from mtl.model.archive import EVENTS, FACTS, HISTORY, REPORT, SNIPPET
from mtl.model.pretrained import MINILM
from mtl.schema.results import TaskReport, ValidationReport
from mtl.schema.words import report_lines

if TYPE_CHECKING:
    from huggingface_hub import EvalResult

_HUB_ID: Final = re.compile(r"(?<![\w.-])[\w.-]+/[\w.-]+")
_MARKUP: Final = re.compile(r"([\\`*_\[\]<>|&~$])")

_SNIPPET: Final = '''"""Predicts with the model in this folder. Before: pip install path/to/sentence-lab"""
from pathlib import Path

{imports}

model = load_model(Path(__file__).parent{encoder})
for prediction in model.predict(["I love this product!", "Can you tell me the time?"]):
    for task, answer in prediction.tasks.items():
        print(f"{{prediction.text}} {{task}}: {{answer.label}} ({{answer.scores[answer.label]:.0%}})")
'''
_LIMITS: Final = """\
- English only: the encoder knows no other language well.
- A text unlike those it was trained on gets a prediction all the same. `out_of_distribution` is then
  true: do not rely on the prediction.
- Its probabilities were calibrated on the validation rows. Below 60% (`sure` is false) a label is wrong
  about as often as a guess.
- The scores hold for sentences like those of its rows, and only within their intervals.
"""


def snippet(facts: Mapping[str, Any]) -> str:
    """A script of at most ten lines that predicts with the model in whose folder it lies."""
    name = facts["encoder"]["name"]
    if name == MINILM:
        return _SNIPPET.format(imports="from mtl import load_model", encoder="")
    loading = f", load_encoder({name!r})"
    return _SNIPPET.format(imports="from mtl import load_encoder, load_model", encoder=loading)


def card(
    facts: Mapping[str, Any],
    report: ValidationReport | None = None,
    *,
    repository: str | None = None,
    licence: str = "mit",
) -> str:
    """The model card, Markdown with the front matter of Hugging Face; `facts` are those of `train_into`.

    `repository`: where on the Hub ("user/name") the model will be; then the card has examples to try.
    """
    tasks = report.tasks if report else {}
    parts = [
        "---",
        _front_matter(facts, tasks, repository, licence),
        "---\n",
        "# A Sentence Lab model\n",
        *_what_it_is(facts),
        "## Trained on\n",
        *_rows(facts),
        "## Settings\n",
        *_settings(facts),
        "## Scores\n",
        *_scores(tasks),
        "## Limits\n",
        _LIMITS,
        "## Use it\n",
        f"Install Sentence Lab from its folder (`pip install path/to/sentence-lab`); `python {SNIPPET}` then "
        f"predicts two sentences:\n\n```python\n{snippet(facts)}```\n",
        *_from_the_hub(repository),
        'On the command line: `python -m mtl predict "What a lovely day!" --model .`, or `train` with '
        "`--from .` to train it further. On the page, upload the zip file in the Predict tab; it is then "
        "also among the models to start from.\n",
        f"Labels, settings and versions are in `{FACTS}`, losses and scores of each epoch in `{HISTORY}`, "
        f"all events of the run in `{EVENTS}`, and the report, with rows that it got wrong, in `{REPORT}`.",
    ]
    return "\n".join(parts) + "\n"


def _from_the_hub(repository: str | None) -> Iterator[str]:
    if repository:
        yield f'From the Hub, without a copy of the files: `load_model("hf://{repository}")`.\n'


def _front_matter(
    facts: Mapping[str, Any], tasks: Mapping[str, TaskReport], repository: str | None, licence: str
) -> str:
    # It takes half a second to import, and only cards need it.
    from huggingface_hub import ModelCardData

    name = facts["encoder"]["name"]
    shown: dict[str, Any] = {"widget": [{"text": text} for text in _examples(tasks)]} if repository else {}
    data = ModelCardData(
        license=licence,
        language="en",
        library_name="sentence-lab",
        pipeline_tag="text-classification",
        base_model=name if _HUB_ID.fullmatch(name) else None,
        tags=["sentence-transformers", "text-classification", "multi-task"],
        model_name=(repository or "Sentence Lab").split("/")[-1] if tasks else None,
        eval_results=[result for name, task in tasks.items() for result in _results(name, task)] or None,
        **shown,
    )
    return data.to_yaml()


def _examples(tasks: Mapping[str, TaskReport]) -> list[str]:
    """For each task a row that it got right, the surest of those in the report."""
    right = [max(task.right, key=lambda row: row.confidence).text for task in tasks.values() if task.right]
    return list(dict.fromkeys(right)) or ["I love this product!", "Can you tell me the time?"]


def _results(name: str, task: TaskReport) -> "Iterator[EvalResult]":
    from huggingface_hub import EvalResult

    for metric, shown, value, interval in (
        ("accuracy", "accuracy", task.scores.accuracy, task.accuracy_interval),
        ("f1", "macro-F1", task.scores.macro_f1, task.macro_f1_interval),
    ):
        yield EvalResult(
            task_type="text-classification",
            task_name=name,
            dataset_type="csv",
            dataset_name=f"{task.scores.rows:,} {task.source} rows",
            # Results of one configuration and split are taken as those of one task.
            dataset_config=name,
            dataset_split=task.source,
            metric_type=metric,
            # The format has no field for an interval.
            metric_name=f"{shown} (95% interval {interval.low:.4f} to {interval.high:.4f})",
            metric_value=round(value, 4),
        )


def _what_it_is(facts: Mapping[str, Any]) -> Iterator[str]:
    encoder, changed = facts["encoder"], facts["changed_blocks"]
    layers = ", ".join("word embeddings" if block == 0 else f"layer {block}" for block in changed)
    own = f"its {layers} moved with the heads" if changed else "the encoder is as it was"
    yield f"Linear heads on the sentence encoder {_plain(encoder['name'])}; {own}.\n"
    for name, labels in facts["tasks"].items():
        yield f"- {_plain(name)}: {', '.join(map(_plain, labels))}"
    yield f"\nThe encoder's weights have the sha256 `{encoder['sha256']}`; another encoder is refused.\n"


def _rows(facts: Mapping[str, Any]) -> Iterator[str]:
    yield "| task | label | rows that train | rows that validate |\n|---|---|---|---|"
    for name, labels in facts["rows_per_label"].items():
        for label, n in labels.items():
            yield f"| {_plain(name)} | {_plain(label)} | {n['train']} | {n['validation']} |"
        total = facts["rows"][name]
        yield f"| {_plain(name)} | all | {total['train']} | {total['validation']} |"
    yield ""
    if facts["notes"]:
        yield "\n".join(f"- {_plain(note)}" for note in facts["notes"]) + "\n"


def _settings(facts: Mapping[str, Any]) -> Iterator[str]:
    config = facts["config"]
    yield f"- What trained (`freeze`): {config['freeze']}; the heads read: {config['head_input']}"
    yield f"- Epochs: {config['epochs']}, the best was {facts['best_epoch']}; the run {facts['status']}"
    yield f"- Batch: {config['batch_size']} rows of each task; seed: {config['seed']}"
    rates = {"heads": config["head_lr"], "encoder": config["encoder_lr"]}
    yield "- Learning rates: " + ", ".join(f"{n} {rate or 'automatic'}" for n, rate in rates.items())
    yield "- " + ", ".join(f"{name} {version}" for name, version in facts["versions"].items()) + "\n"


def _scores(tasks: Mapping[str, TaskReport]) -> Iterator[str]:
    if not tasks:
        yield "Not evaluated: the run ended before.\n"
    for name, task in tasks.items():
        headline, *lines = report_lines(name, task)
        yield "\n".join([f"{_plain(headline)}\n", *(f"- {_plain(line)}" for line in lines)]) + "\n"


def _plain(text: str) -> str:
    """A text from outside as Markdown that shows it as it is: no link, no image, no emphasis."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))
