"""Rows by the name of a data set: here of folders, in the formats that the Hub holds."""

import json
import sys
from importlib.util import find_spec

import pandas as pd
import pytest

from mtl.cli.main import main
from mtl.data.benchmarks import BENCHMARKS, named_rows
from tests.conftest import INTENT, SENTIMENT

with_datasets = pytest.mark.skipif(find_spec("datasets") is None, reason="needs the extra [datasets]")
CARD = "---\nlicense: cc-by-4.0\n---\n# Rows\n"


@pytest.fixture(autouse=True)
def cached(monkeypatch, tmp_path):
    """Nothing is kept beyond a test, and nothing asked of the Hub."""
    if find_spec("datasets"):
        monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)


@pytest.fixture
def csv_folder(tmp_path):
    folder = tmp_path / "moods"
    folder.mkdir()
    SENTIMENT.rename(columns={"text": "sentence"}).to_csv(folder / "train.csv", index=False)
    SENTIMENT.head(4).rename(columns={"text": "sentence"}).to_csv(folder / "test.csv", index=False)
    (folder / "README.md").write_text(CARD)
    return folder


@pytest.fixture
def parquet_folder(tmp_path):
    """Labels as numbers with names, as most data sets of the Hub have them; one row has no label."""
    from datasets import ClassLabel, Dataset, Features, Value

    names = sorted(INTENT["label"].unique())
    numbers = [*map(names.index, INTENT["label"]), -1]
    features = Features({"text": Value("string"), "form": ClassLabel(names=names)})
    rows = Dataset.from_dict({"text": [*INTENT["text"], "No label here"], "form": numbers}, features)
    (tmp_path / "forms").mkdir()
    rows.to_parquet(tmp_path / "forms" / "train.parquet")
    return tmp_path / "forms"


@with_datasets
def test_a_folder_of_csv_files(csv_folder):
    rows = named_rows(str(csv_folder))
    assert len(rows.table.cells) == len(SENTIMENT) and rows.licence == "cc-by-4.0"
    counted = f"{csv_folder.name} (train): {len(SENTIMENT)} rows"
    assert f"{rows}" == f"{counted}; licence: cc-by-4.0; cite: see its page"
    assert len(named_rows(str(csv_folder), "test").table.cells) == 4
    assert len(named_rows(str(csv_folder), "train[:3]").table.cells) == 3


@with_datasets
def test_numbers_of_labels_become_their_names(parquet_folder):
    cells = named_rows(str(parquet_folder)).table.cells
    assert cells["form"].tolist() == [*INTENT["label"], ""]


@with_datasets
def test_training_by_the_name_of_a_data_set(parquet_folder, tmp_path, capsys):
    command = ["train", "--dataset", str(parquet_folder), "--epochs", "1", "--freeze", "heads"]
    assert main([*command, "--out", str(tmp_path / "model"), "--json"]) == 0
    out, err = capsys.readouterr()
    assert "licence: not stated; cite: see its page" in err
    started = json.loads(out.splitlines()[0])
    assert set(started["labels"]) == {"form"} and sum(started["rows"]["form"].values()) == len(INTENT)
    card = (tmp_path / "model" / "README.md").read_text("utf-8")
    assert f"- {parquet_folder.name} (train): " in card and "licence: not stated; cite: see its page" in card


@with_datasets
def test_columns_are_chosen_and_a_column_without_a_name_is_called_as_the_data_set(
    csv_folder, tmp_path, capsys
):
    command = ["train", "--dataset", str(csv_folder), "--epochs", "1", "--freeze", "heads", "--json"]
    columns = ["--text-column", "sentence", "--label-column", "label"]
    assert main([*command, *columns, "--out", str(tmp_path / "model")]) == 0
    assert set(json.loads(capsys.readouterr().out.splitlines()[0])["labels"]) == {"moods"}
    assert main([*command, "--label-column", "mood", "--out", str(tmp_path / "other")]) == 2
    assert "mood" in capsys.readouterr().err


@with_datasets
def test_several_label_columns_become_several_tasks(tmp_path, capsys):
    folder = tmp_path / "both"
    folder.mkdir()
    rows = pd.DataFrame({"text": INTENT["text"], "form": INTENT["label"], "urgency": "low"})
    rows.loc[::2, "urgency"] = "high"
    rows.to_csv(folder / "train.csv", index=False)
    command = ["train", "--dataset", str(folder), "--epochs", "1", "--freeze", "heads", "--json"]
    assert main([*command, "--out", str(tmp_path / "model")]) == 0
    assert set(json.loads(capsys.readouterr().out.splitlines()[0])["labels"]) == {"form", "urgency"}


@with_datasets
@pytest.mark.parametrize(
    ("name", "split", "said"),
    [
        (
            "nobody/nothing",
            "train",
            "nobody/nothing cannot be fetched: there is no network, or it is switched",
        ),
        ("sst2", "train", "stanfordnlp/sst2 cannot be fetched"),
        ("moods", "later", "cannot be read: Unknown split"),
    ],
)
def test_what_is_not_to_be_had_is_told(csv_folder, name, split, said):
    with pytest.raises(ValueError, match=said):
        named_rows(str(csv_folder) if name == "moods" else name, split)


@with_datasets
def test_a_program_of_a_data_set_is_not_run(tmp_path):
    (tmp_path / "coded").mkdir()
    (tmp_path / "coded" / "coded.py").write_text("raise SystemExit('it ran')")
    with pytest.raises(ValueError, match="coded"):
        named_rows(str(tmp_path / "coded"))


def test_without_the_extra_it_says_what_to_install(monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(sys.modules, "datasets", None)
    assert main(["train", "--dataset", "sst2", "--out", str(tmp_path / "model")]) == 2
    assert "run  pip install datasets" in capsys.readouterr().err


def test_every_benchmark_says_how_it_may_be_used():
    assert set(BENCHMARKS) == {"sst2", "trec", "banking77"}
    assert all(one.licence and one.citation and one.text and one.label for one in BENCHMARKS.values())
