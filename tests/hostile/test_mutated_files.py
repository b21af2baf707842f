"""CSV files with anything wrong in them: each is read, or refused by the documented error."""

import os
import random
import time

import pytest

from mtl.data.examination import examine
from mtl.data.issues import Unusable
from mtl.data.joint import as_joint, label_columns
from mtl.data.table import read_table

# So many files; 20,000 by MTL_TEST_FILES=20000.
FILES = int(os.environ.get("MTL_TEST_FILES", "400"))
_AT_ONCE = 100
ROWS = [
    ("The soup was warm", "positive"),
    ('He said "never again", and left', "negative"),
    ("What a lovely day!", "positive"),
    ("Grüße aus Köln; naïve café", "negative"),
    ("two\nlines, one text", "positive"),
    ("=1+1", "negative"),
    ("It rained all day", "negative"),
    ("👍🏽 love it", "positive"),
] * 3
# What means something to a reader of CSV, of text, or of labels.
PIECES = (
    *(b'"', b'""', b"'", b",", b";", b"\t", b"|", b"\n", b"\r", b"\r\n", b"\\", b"sep=;\n", b"text,label\n"),
    *(
        b"\x00",
        b"\x1a",
        b"\x1f",
        b"\xff",
        b"\xfe\xff",
        b"\xef\xbb\xbf",
        b"\xed\xa0\x80",
        b"\xc2\x85",
        b"\xf4\x90",
    ),
    *(
        b"\xe2\x80\xae",
        b"\xe2\x80\xa8",
        b"\xc2\xa0",
        b" " * 300,
        b"," * 80,
        b'"' * 51,
        b"\n" * 70,
        b"a" * 5000,
    ),
    *(
        b"NaN",
        b"None",
        b"1e999",
        b"-0",
        b"9" * 400,
        b"<b>&amp;&#0;&#x110000;</b>",
        b"http://",
        b"@",
        b"PK\x03\x04",
    ),
)


def written(draw):
    """The rows as some program would write them."""
    separator, end = draw.choice(",;\t|"), draw.choice(("\n", "\r\n", "\r"))

    def quoted(text):
        needs = draw.random() < 0.3 or any(part in text for part in (separator, '"', "\n"))
        return '"' + text.replace('"', '""') + '"' if needs else text

    names = draw.choice(
        (["text", "label"], ["id", "sentence", "sentiment", "intent"], ["review", "stars"], [])
    )
    lines = [separator.join(names)] if names else []
    for number, (text, label) in enumerate(draw.sample(ROWS, len(ROWS))):
        cells = {4: [f"{number}", text, label, "abcd"[number % 4]]}.get(len(names), [text, label])
        lines.append(separator.join(map(quoted, cells)))
    text = end.join(lines) + end
    return text.encode(
        draw.choice(("utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252")), "replace"
    )


def mutated(draw, content):
    """The bytes with one or several things changed."""
    content = bytearray(content)
    for _ in range(draw.choice((1, 1, 2, 4, 16))):
        at, length = draw.randrange(len(content) + 1), draw.choice((1, 1, 2, 8, 200))
        match draw.randrange(6):
            case 0:
                content[at:at] = draw.choice(PIECES)
            case 1:
                content[at : at + 1] = draw.randbytes(1)
            case 2:
                del content[at : at + length]
            case 3:
                content[at:at] = content[at : at + length] * draw.choice((1, 3, 40))
            case 4:
                content[at:at] = draw.randbytes(length)
            case 5:
                del content[at:]
    return bytes(content)


@pytest.mark.parametrize("seed", range(max(1, FILES // _AT_ONCE)))
def test_a_mutated_file_is_read_or_refused_by_the_documented_error(tmp_path, seed):
    draw, file, read = random.Random(seed), tmp_path / "rows.csv", 0
    for number in range(_AT_ONCE):
        file.write_bytes(mutated(draw, written(draw)))
        began = time.process_time()
        try:
            table = read_table(file)
            for column in label_columns(table):
                examine(as_joint(table, (column,)), column.task)
            rows = examine(file, draw.choice(("sentiment", "intent", "topic"))).rows()
        except ValueError as error:
            # The one of `read_table`, or what says why the rows cannot be used.
            assert isinstance(error, Unusable) or type(error) is ValueError, (seed, number)
            assert len(f"{error}") > 20 and "Traceback" not in f"{error}", (seed, number)
        else:
            read += 1
            assert len(rows.texts) == len(rows.labels), (seed, number)
            for text in rows.texts:
                assert text.strip() and text.encode("utf-8") and "\x00" not in text, (seed, number)
        # A thousand times the processor time of such a file.
        assert time.process_time() - began < 5, (seed, number)
    assert 0 < read < _AT_ONCE
