"""Files as people have them: what is read, what is put right, what is refused and how."""

import numpy as np
import pandas as pd
import pytest

from mtl.corpus.doctor import MAX_ROWS, examine, load_rows
from mtl.tasks import INTENT_TASK

GOOD = "text,label\nIt was great,positive\nIt was bad,negative\n"
PAIRS = (("It was great", "positive"), ("It was bad", "negative"))


@pytest.fixture
def read(tmp_path):
    def examined(content, task="sentiment"):
        file = tmp_path / "rows.csv"
        file.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return examine(file, task)

    return examined


@pytest.fixture
def refusal(read):
    """The message with which the rows of a file are refused."""

    def message(content, task="sentiment"):
        report = read(content, task)
        assert not report.usable
        with pytest.raises(ValueError) as error:
            report.rows()
        return str(error.value)

    return message


def test_a_proper_file_has_no_findings(read):
    report = read(GOOD)
    assert report.pairs == PAIRS
    assert report.findings == ()
    assert report.usable
    assert report.counts() == {"positive": 1, "negative": 1}


def test_rows_hold_texts_and_label_ids(read):
    rows = read(GOOD).rows()
    assert rows.texts == ("It was great", "It was bad")
    assert rows.labels.tolist() == [1, 0]
    assert rows.counts() == {"negative": 1, "positive": 1}


def test_labels_may_be_spelled_in_many_ways(read):
    spellings = ["Positive", "pos", "1", "+", "TRUE", "NEG", "0", "-", "false", " negative "]
    report = read("text,label\n" + "".join(f"text {i},{label}\n" for i, label in enumerate(spellings)))
    assert [label for _, label in report.pairs] == ["positive"] * 5 + ["negative"] * 5
    assert report.findings == ()


@pytest.mark.parametrize(
    "encoded",
    [
        pytest.param(GOOD.encode("utf-8-sig"), id="BOM"),
        pytest.param(GOOD.encode("utf-16"), id="UTF-16"),
        pytest.param(b"\xfe\xff" + GOOD.encode("utf-16-be"), id="UTF-16 big endian"),
        pytest.param(GOOD.replace("\n", "\r\n").encode(), id="CRLF"),
        pytest.param(GOOD.rstrip().encode(), id="no last line end"),
        pytest.param(GOOD.replace(",", ";").encode(), id="semicolon"),
        pytest.param(GOOD.replace(",", "\t").encode(), id="tab"),
        pytest.param(GOOD.replace(",", "|").encode(), id="pipe"),
        pytest.param(GOOD.replace("text,label", " Text , LABEL ").encode(), id="header"),
        pytest.param(GOOD.replace("text,label", "text,sentiment").encode(), id="named as the task"),
        pytest.param(GOOD.replace("text,label", '"text","label"').encode(), id="quoted header"),
        pytest.param(("\n\n" + GOOD).encode(), id="blank lines first"),
    ],
)
def test_however_it_was_written_the_rows_are_the_same(read, encoded):
    assert read(encoded).pairs == PAIRS


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_letters_beyond_ascii_survive(read, encoding):
    report = read("text,label\nDas Café war schön – wirklich,positive\nÀ éviter,negative\n".encode(encoding))
    assert report.pairs == (("Das Café war schön – wirklich", "positive"), ("À éviter", "negative"))


def test_the_order_of_columns_and_other_columns_do_not_matter(read):
    assert read("id,label,text\n1,positive,It was great\n2,negative,It was bad\n").pairs == PAIRS


def test_quoted_texts_may_hold_separators_quotes_and_line_ends(read):
    report = read('text,label\n"Good, ""really""\ngood",positive\nbad,negative\n')
    assert report.pairs[0] == ('Good, "really"\ngood', "positive")


def test_texts_that_look_like_missing_values_are_texts(read):
    report = read("text,label\nNA,positive\nnull,negative\nnan,positive\n")
    assert [text for text, _ in report.pairs] == ["NA", "null", "nan"]


def test_empty_rows_are_left_out_and_numbered(read):
    report = read("text,label\nIt was great,positive\n\n  ,negative\nIt was bad,negative\n\n")
    assert report.pairs == PAIRS
    assert [str(finding) for finding in report.findings] == ["rows 3, 4, 6: no text; left out"]


def test_rows_without_a_label_are_left_out_and_numbered(read):
    report = read("text,label\nIt was great,positive\nunsure,\nunsure too,  \nIt was bad,negative\n")
    assert report.pairs == PAIRS
    assert [str(finding) for finding in report.findings] == ["rows 3, 4: no label; left out"]


def test_duplicates_are_left_out_and_numbered(read):
    report = read(GOOD + " It was great ,pos\nIt was great,1\n")
    assert report.pairs == PAIRS
    (finding,) = report.findings
    assert (finding.severity, finding.rows) == ("fixed", (4, 5))
    assert "same text and label as an earlier row" in finding.what


def test_a_text_with_two_labels_is_left_out_wherever_it_stands(read):
    report = read("text,label\nso so,positive\nIt was great,positive\nso so,negative\nIt was bad,negative\n")
    assert report.pairs == PAIRS
    assert [str(f) for f in report.findings] == [
        "rows 2, 4: one text with several labels; left out, keep the right one to use it"
    ]


def test_many_rows_are_shown_as_a_few(read):
    report = read("text,label\n" + "".join(f"text {i},\n" for i in range(20)) + GOOD.split("\n", 1)[1])
    assert str(report.findings[0]) == "rows 2, 3, 4, 5, 6, 7, 8, 9, ...: no label; left out"


def test_unknown_sentiments_are_refused_with_their_rows(refusal):
    message = refusal(GOOD + "meh,neutral\nhm,Neutral\nwell,neutral\n")
    assert message == "rows 4, 6: sentiment label 'neutral' is not known (use negative or positive)"


def test_a_missing_column_is_refused_with_those_there_are(refusal):
    message = refusal("sentence,label\nIt was great,positive\n")
    assert "rows.csv has no column 'text' (its columns: sentence, label)" in message
    assert "text,label in the first row" in message


def test_a_missing_label_column_is_refused(refusal):
    assert "has no column 'label'" in refusal("text,mood\nIt was great,positive\n")


def test_a_column_that_is_there_twice_is_refused(refusal):
    assert "more than one column 'text'" in refusal("text,Text,label\nIt was great,or not,positive\n")


def test_an_empty_file_is_refused(refusal):
    assert "rows.csv is empty" in refusal(b"")
    assert "rows.csv is empty" in refusal(" \n\n")


def test_a_header_alone_is_refused(refusal):
    assert refusal("text,label\n") == "rows.csv has no row with a sentiment label"


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(ValueError, match="cannot read .*none.csv: No such file or directory. Check the path"):
        load_rows(tmp_path / "none.csv", "intent")


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(ValueError, match="cannot read .*: Is a directory"):
        load_rows(tmp_path, "intent")


def test_an_open_quote_is_refused(refusal):
    message = refusal('text,label\nIt was great,positive\n"It was bad,negative\nfine,positive\n')
    assert "rows.csv is not a proper CSV file" in message
    assert "double quotes" in message


@pytest.mark.parametrize("task", ["sentiment", "intent"])
def test_too_many_fields_in_some_rows_are_refused(refusal, task):
    message = refusal("text,label\nfine,positive\nWell, it was great,positive\n", task)
    assert "rows.csv is not a proper CSV file" in message
    assert "line 3" in message


@pytest.mark.parametrize("task", ["sentiment", "intent"])
def test_too_many_fields_in_the_first_row_are_refused(refusal, task):
    # Otherwise the middle of the text would be taken for its label.
    message = refusal("text,label\nWell, it was great,positive\nOh, it was bad,negative\n", task)
    assert "rows.csv is not a proper CSV file" in message


def test_something_else_than_text_is_refused(refusal):
    assert "has no column 'text'" in refusal(bytes(range(256)) * 10)


def test_more_than_200_intents_are_refused(refusal):
    rows = "".join(f"text {i},label {i}\n" for i in range(201))
    assert "intent needs 2 to 200 different labels, got 201" in refusal("text,label\n" + rows, "intent")


def test_a_single_intent_is_refused(refusal):
    assert "intent needs 2 to 200 different labels, got 1" in refusal("text,label\na,x\nb,x\n", "intent")


def test_too_many_rows_are_refused(refusal):
    rows = "".join(f"{i},a\n" for i in range(MAX_ROWS + 1))
    assert "has 100,001 rows; at most 100,000 are read" in refusal("text,label\n" + rows, "intent")


def test_a_joint_file_may_leave_one_of_the_labels_empty(read):
    content = "text,sentiment,intent\nGreat!,positive,exclamation\nWhy?,,question\nAwful.,negative,\n"
    assert read(content, "sentiment").pairs == (("Great!", "positive"), ("Awful.", "negative"))
    assert read(content, "intent").pairs == (("Great!", "exclamation"), ("Why?", "question"))
    assert read(content, "intent").findings == ()


def test_a_frame_is_read_like_a_file():
    rows = pd.DataFrame({"Text": ["a", "b", None, "d"], "label": [1, 0, 1, np.nan]})
    report = examine(rows, "sentiment")
    assert report.pairs == (("a", "positive"), ("b", "negative"))
    assert [str(f) for f in report.findings] == ["row 4: no text; left out", "row 5: no label; left out"]
    assert list(rows.columns) == ["Text", "label"]


def test_the_message_names_the_file_once(tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text("text,label\na,neutral\n", "utf-8")
    with pytest.raises(ValueError, match="^mine.csv: row 2: sentiment label 'neutral' is not known"):
        load_rows(file, "sentiment")
    with pytest.raises(ValueError, match="^the data frame has no column 'text'"):
        load_rows(pd.DataFrame({"label": ["a"]}), "intent")


def test_rows_can_be_read_in_the_labels_of_a_model(tmp_path):
    rows = pd.DataFrame({"text": ["a", "b"], "label": ["exclamation", "question"]})
    assert load_rows(rows, "intent", like=INTENT_TASK).labels.tolist() == [3, 0]


def test_labels_that_a_model_does_not_have_are_refused():
    rows = pd.DataFrame({"text": ["a", "b"], "label": ["greeting", "question"]})
    with pytest.raises(ValueError, match="'greeting' is not one of the model's labels"):
        load_rows(rows, "intent", like=INTENT_TASK)


def test_rows_of_one_label_can_test_a_model():
    rows = pd.DataFrame({"text": ["a", "b"], "label": ["question", "question"]})
    assert load_rows(rows, "intent", like=INTENT_TASK).labels.tolist() == [0, 0]
