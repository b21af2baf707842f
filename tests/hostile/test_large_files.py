"""Files that are made to take the machine's time or memory are refused before they have it."""

import subprocess
import sys
import time

import pytest

from mtl.data.examination import examine
from mtl.data.table import read_table


def refused(file):
    """What is said of a file, and the seconds of processor time until then."""
    began = time.process_time()
    with pytest.raises(ValueError) as error:
        read_table(file)
    return str(error.value), time.process_time() - began


@pytest.fixture
def write(tmp_path):
    def write_file(content):
        file = tmp_path / "rows.csv"
        file.write_text(content, "utf-8", newline="")
        return file

    return write_file


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_rows_are_counted_no_further_than_they_are_read(write, limited, end):
    limited(rows=1000)
    few = write(f"text,label{end}" + f"a,b{end}" * 1200)
    said, _ = refused(few)
    assert said == "rows.csv has more than 1,000 rows; at most 1,000 are read; take a random part of them"
    assert "1,001 rows" in str(examine(write("text,label\n" + "a,b\n" * 1001), "intent").issues[-1])
    assert len(read_table(write("text,label\n" + "a,b\n" * 1000)).cells) == 1000


def test_millions_of_short_rows_cost_no_more_than_those_that_are_read(write):
    rows = "text,label\n" + "a,b\n" * 2_000_000
    said, seconds = refused(write(rows))
    assert "more than 100,000 rows" in said
    # All of them took 5 s.
    assert seconds < 2


def test_a_long_line_is_named(write, limited):
    limited(row_characters=1000)
    said, _ = refused(write(f"text,label\nshort,a\n{'long ' * 300},b\n"))
    assert said == (
        "row 3: rows.csv has a line of 1,503 characters; the limit is 1,000 characters; shorten its text"
    )


def test_many_columns_are_refused(write, limited):
    limited(columns=10)
    said, _ = refused(write("text,label\n" + "," * 10 + "\n"))
    assert said.startswith("row 2: rows.csv has a row of 11 columns; the limit is 10 columns")
    # A text in quotes may hold as many separators as it likes.
    assert len(read_table(write('text,label\n"' + "," * 100 + '",a\n')).cells) == 1


def test_a_file_beyond_the_limit_is_not_read_at_all(write, limited):
    limited(upload_bytes=100_000)
    said, _ = refused(write("text,label\n" + "a,b\n" * 30_000))
    assert "rows.csv has 0.1 MB; the limit is 97.7 kB; take a part of its rows" in said


@pytest.mark.parametrize(
    "content", ['"{}', '"{}"', "{}", '"{},a\n"b"c\n"'], ids="open closed bare broken".split()
)
def test_ten_million_characters_in_one_text_take_little(write, content):
    file = write("text,label\n" + content.format("ab " * 3_300_000) + "\n")
    script = (
        "import resource, sys; from mtl.data.table import read_table\n"
        "idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try: read_table(sys.argv[1])\n"
        "except ValueError as error: print(error)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - idle)\n"
    )
    said = subprocess.run([sys.executable, "-c", script, file], check=True, capture_output=True, text=True)
    *message, kilobytes = said.stdout.split("\n")[:-1]
    assert "the limit is 500,000 characters" in message[0]
    assert int(kilobytes) < 150_000
