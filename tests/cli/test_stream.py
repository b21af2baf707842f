"""Files that may be larger than memory: labelled and embedded part by part, and taken up after a kill."""

import csv
import json
import subprocess
import sys
import time
import tracemalloc
from importlib.util import find_spec

import numpy as np
import pytest

from mtl.cli import stream_commands
from mtl.cli.main import main
from mtl.data.parts import Column, Form, Parts
from mtl.data.stream import open_rows
from tests.conftest import ROOT
from tests.serving import PATIENCE_S

with_pyarrow = pytest.mark.skipif(find_spec("pyarrow") is None, reason="needs the extra [parquet]")
TEXT_ONLY = Form(columns=(Column(name="text", type="string"),), parquet=False)
TEXTS = [
    f"Could you bring {count} {thing}?" for count in range(2, 22) for thing in ("cups", "chairs", "maps")
]


@pytest.fixture
def small_parts(monkeypatch):
    """Parts of 16 rows, and every file answered part by part."""
    monkeypatch.setattr(stream_commands, "ROWS_PER_PART", 16)
    monkeypatch.setattr(stream_commands, "_WHOLE_BYTES", 0)


@pytest.fixture
def rows(tmp_path):
    file = tmp_path / "rows.csv"
    with file.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([["id", "text"], *enumerate([*TEXTS[:-1], 'Two, "three"\nlines'])])
    return file


def test_the_answers_are_those_of_a_file_that_is_read_whole(rows, tmp_path, monkeypatch):
    whole, streamed = tmp_path / "whole.csv", tmp_path / "streamed.csv"
    assert main(["predict", "--csv", str(rows), "--out", str(whole)]) == 0
    monkeypatch.setattr(stream_commands, "ROWS_PER_PART", 128)
    assert main(["predict", "--csv", str(rows), "--out", str(streamed), "--resume"]) == 0
    assert streamed.read_bytes() == whole.read_bytes()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["rows.csv", "streamed.csv", "whole.csv"]


@with_pyarrow
def test_parquet_is_read_and_written_with_its_types(rows, small_parts, tmp_path):
    import pyarrow
    import pyarrow.parquet as parquet

    given = pyarrow.table({"id": range(len(TEXTS)), "text": [*TEXTS[:-1], None]})
    parquet.write_table(given, tmp_path / "rows.parquet")
    out = tmp_path / "out.parquet"
    assert main(["predict", "--csv", str(tmp_path / "rows.parquet"), "--out", str(out)]) == 0
    made = parquet.read_table(out)
    assert made.select(["id", "text"]).equals(given)
    assert made["intent"].to_pylist()[:-1] == ["question"] * (len(TEXTS) - 1)
    kinds = {name: str(made.schema.field(name).type) for name in ("intent_sure", "intent_p_question")}
    assert kinds == {"intent_sure": "bool", "intent_p_question": "double"}
    assert main(["predict", "--csv", str(rows), "--out", str(out)]) == 0
    assert parquet.read_table(out)["text"].to_pylist()[-1] == 'Two, "three"\nlines'


def test_embeddings_of_a_file(rows, small_parts, tmp_path, encoder):
    assert main(["embed", "--csv", str(rows), "--out", str(tmp_path / "out.csv")]) == 0
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as stream:
        first, *found = csv.reader(stream)
    assert first == ["id", "text", *(f"embedding_{i}" for i in range(384))]
    numbers = np.array([row[2:] for row in found], float)
    assert np.allclose(numbers, encoder.encode([row[1] for row in found]), atol=1e-5)


@with_pyarrow
def test_embeddings_as_parquet(rows, small_parts, tmp_path, encoder):
    import pyarrow.parquet as parquet

    assert main(["embed", "--csv", str(rows), "--out", str(tmp_path / "out.parquet")]) == 0
    made = parquet.read_table(tmp_path / "out.parquet")
    assert str(made.schema.field("embedding").type) == "fixed_size_list<element: float>[384]"
    assert np.allclose(made["embedding"].to_pylist(), encoder.encode(made["text"].to_pylist()), atol=1e-5)


@pytest.mark.parametrize("kind", ["csv", pytest.param("parquet", marks=with_pyarrow)])
def test_a_killed_run_is_taken_up_and_gives_the_same_bytes(rows, small_parts, tmp_path, kind, capsys):
    whole, out = tmp_path / f"whole.{kind}", tmp_path / f"out.{kind}"
    command = ["predict", "--csv", str(rows), "--out"]
    assert main([*command, str(whole), "--resume"]) == 0
    # The second part waits for ever: the writer is killed while it is at work.
    code = (
        "import time; from mtl.cli import main, stream_commands as s; from mtl.data.stream import RowStream\n"
        "s.ROWS_PER_PART, s._WHOLE_BYTES, real = 16, 0, RowStream.parts\n"
        "def parts(self, rows, skip=0):\n"
        "    for number, part in enumerate(real(self, rows, skip)):\n"
        "        if number == 2: time.sleep(600)\n"
        "        yield part\n"
        "RowStream.parts = parts\n"
        f"main.main({[*command, str(out)]!r})\n"
    )
    writer = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    try:
        folder, end = tmp_path / f"out.{kind}.parts", time.monotonic() + PATIENCE_S
        while not (folder / "00000001").is_file():
            assert writer.poll() is None and time.monotonic() < end
            time.sleep(0.05)
    finally:
        writer.kill()
        writer.wait()
    first = (folder / "00000000").stat().st_mtime_ns
    assert not out.exists()
    assert main([*command, str(out)]) == 2
    assert "holds the parts of a run that was killed: add --resume" in capsys.readouterr().err
    assert (folder / "00000000").stat().st_mtime_ns == first
    assert main([*command, str(out), "--resume"]) == 0
    assert out.read_bytes() == whole.read_bytes() and not folder.exists()


def test_parts_of_another_run_are_not_taken_up(rows, small_parts, tmp_path, capsys):
    out = tmp_path / "out.csv"
    Parts(out, TEXT_ONLY, {"file": "another"}, resume=False).add(b"")
    assert main(["predict", "--csv", str(rows), "--out", str(out), "--resume"]) == 2
    assert "comes from another file, model or setting: delete the folder" in capsys.readouterr().err


def test_memory_does_not_grow_with_the_file(tmp_path):
    def peak(count):
        file, out = tmp_path / f"{count}.csv", tmp_path / f"{count}.out.csv"
        with file.open("w", newline="") as stream:
            csv.writer(stream).writerows([["text"], *([f"{i} and some more words"] for i in range(count))])
        tracemalloc.start()
        parts = Parts(out, TEXT_ONLY, {}, resume=False)
        for part in open_rows(file).parts(500):
            parts.add(TEXT_ONLY.part(part))
        parts.join()
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert out.read_bytes() == file.read_bytes().replace(b"\r\n", b"\n")
        return most

    assert peak(40_000) < 1.5 * peak(4_000)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"text;kind\na;b;c\n", r"line 2 ends a row of 3 fields, where the first line names 2: put a text"),
        (b"text,kind\n\xe9,b\n", "is not UTF-8"),
        (b"words,kind\na,b\n", "no column of texts"),
        (b'text,kind\n"a"b,c\n', "line 2 cannot be read"),
        (b"", "no column of texts"),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path, small_parts, content, said, capsys):
    (tmp_path / "rows.csv").write_bytes(content)
    with pytest.raises(ValueError, match=said):
        list(open_rows(tmp_path / "rows.csv", None).parts(10))


def test_options_that_do_not_go_together_are_told(rows, tmp_path, monkeypatch, capsys):
    for arguments, said in (
        (["predict", "--csv", str(rows), "--resume"], "--resume goes with --out FILE"),
        (["predict", "a text", "--resume"], "--resume goes with --csv"),
        (["embed", "--csv", str(rows)], "a file goes with --out FILE"),
        (["embed"], "give texts, or a file with --csv: one of the two"),
        (["embed", "--csv", str(tmp_path / "none.csv"), "--out", str(tmp_path / "o.csv")], "cannot read"),
        (["embed", "--csv", str(rows), "--out", str(tmp_path / "no" / "o.csv")], "there is no folder"),
    ):
        assert main(arguments) == 2
        assert said in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert main(["embed", "--csv", str(rows), "--out", str(tmp_path / "o.parquet")]) == 2
    assert "Parquet needs the extra [parquet]" in capsys.readouterr().err
    assert json.dumps(sorted(file.name for file in tmp_path.iterdir())) == '["rows.csv"]'
