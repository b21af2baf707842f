"""Labelled rows by the name of a data set: of the Hugging Face Hub, or a folder that `datasets` reads."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import Any, Final

from mtl.data.joint import label_columns
from mtl.data.table import Table, table_from_frame
from mtl.schema.limits import LimitExceeded
from mtl.schema.tasks import SENTIMENT, clean_task_name

_MISSING: Final = "--dataset needs the extra [datasets], which is not installed: run  pip install datasets"
# The Hub's own copy, as Parquet, of data sets whose authors publish a program, which nobody runs any more.
_AS_PARQUET: Final = "refs/convert/parquet"
_CARD: Final = "README.md"
# Names of a column that say that labels stand in it, and not which.
_NAMELESS: Final = ("label", "labels", "label_text")


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """A well-known data set: where it is, its columns, the task, and what its authors ask for."""

    path: str
    text: str
    label: str
    task: str
    licence: str
    citation: str
    revision: str | None = None


BENCHMARKS: Final = {
    "sst2": Benchmark(
        path="stanfordnlp/sst2",
        text="sentence",
        label="label",
        task=SENTIMENT,
        licence="not stated",
        citation="Socher et al., Recursive Deep Models for Semantic Compositionality Over a Sentiment "
        "Treebank, EMNLP 2013",
    ),
    "trec": Benchmark(
        path="CogComp/trec",
        text="text",
        label="coarse_label",
        task="question type",
        licence="not stated",
        citation="Li and Roth, Learning Question Classifiers, COLING 2002",
        revision=_AS_PARQUET,
    ),
    "banking77": Benchmark(
        path="PolyAI/banking77",
        text="text",
        label="label",
        task="banking intent",
        licence="cc-by-4.0",
        citation="Casanueva et al., Efficient Intent Detection with Dual Sentence Encoders, NLP4ConvAI 2020",
        revision=_AS_PARQUET,
    ),
}


@dataclass(frozen=True, kw_only=True)
class NamedRows:
    """The rows of one split as a table. `text`, `label`, `task`: what is known of them, else None."""

    table: Table
    text: str | None
    label: str | None
    task: str | None
    licence: str
    citation: str

    def __str__(self) -> str:
        rows = f"{len(self.table.cells):,} rows"
        return f"{self.table.name}: {rows}; licence: {self.licence}; cite: {self.citation}"

    def learnt(self, dataset: str, label: str | None = None) -> tuple[str | None, str | None]:
        """The task that the labels of this data set are for, and their column: `label`, where it was chosen.

        The task is None where there are several columns of labels, the column where none looks like one.
        """
        label = label or self.label
        if label is None:
            there = label_columns(self.table, most=None)
            if len(there) > 1:
                return None, None
            label = there[0].column if there else None
        short = PurePosixPath(dataset).name
        named = short if label is None or label.casefold() in _NAMELESS else label
        return self.task or clean_task_name(named), label


def named_rows(name: str, split: str = "train") -> NamedRows:
    """The rows of a data set: one of BENCHMARKS, an id of the Hub, or a folder of CSV or Parquet files.

    `split` may be a part, such as "train[:5000]". Raises ValueError without the extra, without the network,
    and where there is no such data set or split. No program of a data set is run.
    """
    if not has_extra():
        raise ValueError(_MISSING)
    known = BENCHMARKS.get(name)
    path = known.path if known else name
    import datasets

    datasets.disable_progress_bars()
    with told(path):
        rows = datasets.load_dataset(path, split=split, revision=known.revision if known else None)
    return named(name, split, rows.to_pandas(), rows.info, rows.features)


def has_extra() -> bool:
    """Whether the extra [datasets] is installed."""
    return find_spec("datasets") is not None


def named(name: str, split: str, frame: Any, info: Any, features: Any) -> NamedRows:
    """The rows, once they are here: their cells, and what the data set says of itself and its columns."""
    known = BENCHMARKS.get(name)
    path = known.path if known else name
    for column, feature in (features or {}).items():
        if names := getattr(feature, "names", None):  # numbers of labels; -1 where there is none
            frame[column] = [
                names[i] if 0 <= i < len(names) else "" for i in frame[column].fillna(-1).astype(int)
            ]
    shown = Path(path).name if Path(path).is_dir() else path  # a card tells no folder of this machine
    licence, citation = (known.licence, known.citation) if known else _asked(info, path)
    return NamedRows(
        table=table_from_frame(frame, f"{shown} ({split})"),
        text=known.text if known else None,
        label=known.label if known else None,
        task=known.task if known else None,
        licence=licence,
        citation=citation,
    )


@contextmanager
def told(path: str) -> Iterator[None]:
    """Turns what `datasets` raises into a ValueError that says what is wrong with the data set `path`."""
    from datasets.exceptions import DatasetsError

    try:
        yield
    except LimitExceeded:
        raise
    except ConnectionError as error:
        raise ValueError(f"{path} cannot be fetched: there is no network, or it is switched off") from error
    except (FileNotFoundError, DatasetsError) as error:
        raise ValueError(
            f"there is no data set {path}: give a name of the Hub, or a folder of CSV files"
        ) from error
    except (RuntimeError, ValueError) as error:
        raise ValueError(f"{path} cannot be read: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]


def _asked(info: Any, path: str) -> tuple[str, str]:
    """Licence and citation that a data set comes with."""
    licence = info.license or _licence_on_the_card(path)
    return licence or "not stated", " ".join((info.citation or "see its page").split())


def _licence_on_the_card(path: str) -> str:
    from huggingface_hub import DatasetCard

    card = Path(path) / _CARD
    try:
        given = DatasetCard.load(card if card.is_file() else path).data.to_dict().get("license")
    except Exception:  # it has none, or one that cannot be read
        return ""
    return ", ".join(given) if isinstance(given, list) else str(given or "")
