"""Data sets by name for visitors: what they may name, and how much of it is fetched. Here of folders."""

import json
from importlib.util import find_spec

import pytest

from mtl.data.named_fetch import fetch
from mtl.data.named_file import checked_name, fetched, file_name, is_offered
from mtl.data.table import read_table
from mtl.schema.limits import LimitExceeded
from tests.conftest import INTENT, SENTIMENT

pytestmark = pytest.mark.skipif(find_spec("datasets") is None, reason="needs the extra [datasets]")
WATCH = """
import json, os
if "HF_HUB_DISABLE_IMPLICIT_TOKEN" in os.environ:
    with open({seen!r}, "w") as out:
        json.dump(dict(os.environ), out)
"""


@pytest.fixture(autouse=True)
def no_network(monkeypatch, tmp_path):
    """Nothing is asked of the Hub."""
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")


@pytest.fixture
def moods(tmp_path):
    """A folder as the Hub holds data sets; what its card says may be changed."""
    (tmp_path / "me" / "moods").mkdir(parents=True)
    SENTIMENT.to_csv(tmp_path / "me" / "moods" / "train.csv", index=False)
    return tmp_path / "me" / "moods"


def _card(folder, text):
    (folder / "README.md").write_text(f"---\n{text}\n---\n")


def test_off_unless_the_host_says_otherwise(limited):
    limited()
    assert not is_offered()
    with pytest.raises(LimitExceeded, match="loads no data sets by name"):
        checked_name("sst2")
    limited(datasets="on", uploads="off")
    assert not is_offered()
    limited(uploads="on")
    assert is_offered()
    assert [checked_name(name) for name in (" sst2 ", "user/a_set-1.0")] == ["sst2", "user/a_set-1.0"]
    assert file_name("user/a_set-1.0") == "user-a_set-1.0.csv"


@pytest.mark.parametrize(
    "name",
    [
        *("", "/etc", "/etc/passwd", "data", "./data", "../x/y", "a/../b", "tests/..", "~/secret", "a/b/c"),
        *("hf://a/b", "file:///etc", "C:\\rows", "a\\b", "a/\nb", "é/b", "a/" + "b" * 200, 3, None, ["sst2"]),
    ],
)
def test_only_names_of_the_hub_pass(limited, name):
    limited(datasets="on")
    with pytest.raises(ValueError, match="is no data set: use sst2, trec, banking77, or a name"):
        checked_name(name)


def test_rows_come_as_a_file_with_their_credit_and_without_the_host_s_token(moods, tmp_path, monkeypatch):
    _card(moods, "license: cc-by-4.0")
    seen = tmp_path / "seen.json"
    (tmp_path / "sitecustomize.py").write_text(WATCH.format(seen=str(seen)))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    found = fetched(str(moods), tmp_path / "rows.csv")
    cells = read_table(found.file).cells
    assert cells["text"].tolist() == SENTIMENT["text"].tolist()
    assert cells["label"].tolist() == SENTIMENT["label"].tolist()
    assert found.task == "moods"
    assert found.credit == f"moods (train): {len(SENTIMENT)} rows; licence: cc-by-4.0; cite: see its page"
    environment = json.loads(seen.read_text())
    assert "hf_secret" not in environment.values() and environment["HF_HOME"] != str(tmp_path)


def test_a_name_is_never_a_folder_of_the_place_where_the_app_runs(moods, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="me/moods cannot be fetched: there is no network"):
        fetched("me/moods", tmp_path / "rows.csv")


def test_it_ends_after_a_while(moods, tmp_path):
    with pytest.raises(ValueError, match=r"moods was not here after 0 seconds: try again later"):
        fetched(str(moods), tmp_path / "rows.csv", seconds=0.01)


def test_more_than_a_file_may_have_is_refused(moods, tmp_path, limited):
    limited(rows=len(SENTIMENT))
    assert fetch(str(moods), "train", tmp_path / "rows.csv")["task"] == "moods"
    _card(moods, "dataset_info:\n  splits:\n  - name: train\n    num_examples: 5000")
    with pytest.raises(LimitExceeded, match=r"has 5,000 rows; the limit is \d+ rows: take a smaller one"):
        fetch(str(moods), "train", tmp_path / "rows.csv")
    (moods / "README.md").unlink()
    limited(rows=10)
    with pytest.raises(LimitExceeded, match="has more than 10 rows; the limit is 10 rows"):
        fetch(str(moods), "train", tmp_path / "rows.csv")
    limited(rows=1000, upload_bytes=100)
    with pytest.raises(LimitExceeded, match="is too large; the limit is 0.0977 kB"):
        fetch(str(moods), "train", tmp_path / "rows.csv")


@pytest.mark.parametrize("elsewhere", ["{}/secret.csv", "../secret.csv"])
def test_a_card_that_names_files_elsewhere_is_refused(moods, tmp_path, elsewhere):
    secret = moods.parent / "secret.csv"
    secret.write_text("text,label\nMy password,a\nMy key,b\n")
    _card(moods, f"configs:\n- config_name: default\n  data_files: {elsewhere.format(moods.parent)}")
    with pytest.raises(ValueError, match="its card names files that lie elsewhere"):
        fetch(str(moods), "train", tmp_path / "rows.csv")
    assert not (tmp_path / "rows.csv").exists()


def test_what_is_no_table_of_texts_is_left_out_or_refused(tmp_path):
    from datasets import ClassLabel, Dataset, Features, Sequence, Value

    folder = tmp_path / "forms"
    folder.mkdir()
    names = sorted(INTENT["label"].unique())
    features = Features(
        {"text": Value("string"), "form": ClassLabel(names=names), "at": Sequence(Value("int32"))}
    )
    columns = {
        "text": INTENT["text"].tolist(),
        "form": [*map(names.index, INTENT["label"])],
        "at": [[1, 2]] * len(INTENT),
    }
    Dataset.from_dict(columns, features).to_parquet(folder / "train.parquet")
    assert fetch(str(folder), "train", tmp_path / "rows.csv")["task"] == "form"
    cells = read_table(tmp_path / "rows.csv").cells
    assert list(cells.columns) == ["text", "form"] and cells["form"].tolist() == INTENT["label"].tolist()
    (folder / "train.parquet").rename(folder / "train.png")
    with pytest.raises(ValueError, match="forms cannot be read: its files are no tables"):
        fetch(str(folder), "train", tmp_path / "other.csv")
