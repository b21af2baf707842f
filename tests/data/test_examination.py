"""Files as people have them: what is read, what is put right, what is refused and how."""

import numpy as np
import pandas as pd
import pytest

from mtl.data.examination import examine, load_rows
from mtl.data.issues import Choice
from mtl.schema.limits import limits
from mtl.schema.tasks import INTENT_TASK, Task

GOOD = (
    "text,label\nIt was great,positive\nIt was bad,negative\nI like it a lot,positive\nI hate it,negative\n"
)
PAIRS = (
    ("It was great", "positive"),
    ("It was bad", "negative"),
    ("I like it a lot", "positive"),
    ("I hate it", "negative"),
)


@pytest.fixture
def read(tmp_path):
    def examined(content, task="sentiment", **choice):
        file = tmp_path / "rows.csv"
        file.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return examine(file, task, Choice(**choice))

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
    assert report.issues == ()
    assert report.usable
    assert report.counts() == {"positive": 2, "negative": 2}


def test_rows_hold_texts_and_label_ids(read):
    rows = read(GOOD).rows()
    assert rows.texts == tuple(text for text, _ in PAIRS)
    assert rows.labels.tolist() == [1, 0, 1, 0]
    assert rows.counts() == {"negative": 2, "positive": 2}


def test_labels_may_be_spelled_in_many_ways(read):
    spellings = ["Positive", "pos", "1", "+", "TRUE", "NEG", "0", "-", "false", " negative "]
    report = read("text,label\n" + "".join(f"text {i},{label}\n" for i, label in enumerate(spellings)))
    assert [label for _, label in report.pairs] == ["positive"] * 5 + ["negative"] * 5
    assert report.issues == ()


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
        pytest.param(GOOD.replace("\n", "\r").encode(), id="lone CR"),
        pytest.param(("sep=;\r\n" + GOOD.replace(",", ";")).encode(), id="separator stated by Excel"),
        pytest.param(GOOD.replace("text,label", "Review_Text,Class").encode(), id="other names"),
        pytest.param(GOOD.replace("\n", ",,\n").encode(), id="empty columns at the end"),
        pytest.param(GOOD.replace(",", " , ").encode(), id="spaces around separators"),
    ],
)
def test_however_it_was_written_the_rows_are_the_same(read, encoded):
    assert read(encoded).pairs == PAIRS


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_letters_beyond_ascii_survive(read, encoding):
    report = read("text,label\nDas Café war schön – wirklich,positive\nÀ éviter,negative\n".encode(encoding))
    assert report.pairs == (("Das Café war schön – wirklich", "positive"), ("À éviter", "negative"))


def test_the_order_of_columns_and_other_columns_do_not_matter(read):
    report = read("id,label,text\n1,positive,It was great\n2,negative,It was bad\n")
    assert report.pairs == PAIRS[:2]


def test_quoted_texts_may_hold_separators_quotes_and_line_ends(read):
    report = read('text,label\n"Good, ""really""\ngood",positive\nbad,negative\n')
    assert report.pairs[0] == ('Good, "really" good', "positive")


def test_texts_that_look_like_missing_values_are_texts(read):
    report = read("text,label\nNA,positive\nnull,negative\nnan,positive\n")
    assert [text for text, _ in report.pairs] == ["NA", "null", "nan"]


def test_empty_rows_are_left_out_and_numbered(read):
    header, great, bad, *rest = GOOD.splitlines()
    report = read("\n".join([header, great, "", "  ,negative", bad, "", *rest]))
    assert report.pairs == PAIRS
    assert [str(issue) for issue in report.issues] == ["rows 3, 4, 6: no text; left out"]


def test_rows_without_a_label_are_left_out_and_numbered(read):
    header, great, *rest = GOOD.splitlines()
    report = read("\n".join([header, great, "unsure,", "unsure too,  ", *rest]))
    assert report.pairs == PAIRS
    assert [str(issue) for issue in report.issues] == ["rows 3, 4: no label; left out"]


def test_duplicates_are_left_out_and_numbered(read):
    report = read(GOOD + " It was great ,pos\nIt was great,1\n")
    assert report.pairs == PAIRS
    (issue,) = report.issues
    assert (issue.severity, issue.rows) == ("fixed", (6, 7))
    assert "same text and label as an earlier row" in issue.what


def test_a_text_with_two_labels_is_left_out_wherever_it_stands(read):
    header, great, *rest = GOOD.splitlines()
    report = read("\n".join([header, "so so,positive", great, "so so,negative", *rest]))
    assert report.pairs == PAIRS
    assert [str(f) for f in report.issues] == [
        "rows 2, 4: one text with several labels; left out, keep the right one to use it"
    ]


def test_many_rows_are_shown_as_a_few(read):
    report = read("text,label\n" + "".join(f"text {i},\n" for i in range(20)) + GOOD.split("\n", 1)[1])
    assert str(report.issues[0]) == "rows 2, 3, 4, 5, 6, 7, 8, 9, ...: no label; left out"


def test_unknown_sentiments_have_to_be_explained(refusal):
    message = refusal(GOOD + "meh,so la la\nhm,SO LA LA\nwell,so la la\nhey,yes\n")
    assert message == (
        "rows 6, 7, 8, 9: sentiment labels of unknown meaning: 'so la la' (2 rows), 'SO LA LA' (1 row), "
        "'yes' (1 row); say which mean negative or positive, and which to leave out "
        "(probably yes = positive) (--label 'CELL=LABEL', once for each)"
    )


def test_explained_sentiments_are_read(read):
    labels = (("so la la", ""), ("Yes", "pos"))
    report = read(GOOD + "meh,so la la\nhm,SO LA LA\nhey,yes\n", labels=labels)
    assert report.pairs == (*PAIRS, ("hey", "positive"))
    (issue,) = report.issues
    assert (issue.kind, issue.severity, issue.rows) == ("chosen", "fixed", (6, 7, 8))
    assert "'yes' read as positive" in issue.action
    assert "left out" in issue.action


def test_a_meaning_wins_over_what_the_reader_knows(read):
    report = read(GOOD, labels=(("positive", "negative"), ("negative", "positive")))
    assert report.counts() == {"positive": 2, "negative": 2}
    assert report.pairs[0] == ("It was great", "negative")


def test_a_meaning_of_a_label_that_is_not_there_is_refused(read):
    assert (
        "no row has the sentiment label 'maybe'"
        in read(GOOD, labels=(("maybe", "positive"),)).issues[-1].what
    )
    assert "cannot mean 'fine'" in read(GOOD, labels=(("positive", "fine"),)).issues[-1].what


def test_half_of_a_scale_explained_leaves_the_other_half_open(read):
    report = read(GOOD.replace("positive", "4").replace("negative", "0"), labels=(("4", "positive"),))
    assert not report.usable
    assert report.counts() == {"positive": 2}
    assert report.issues[-1].options == ("0",)


def test_intents_can_be_renamed_and_left_out(read):
    content = "text,label\na,x\nb,x\nc,y\nd,y\ne,z\nf,w\n"
    report = read(content, "intent", labels=(("Z", "y"), ("w", "")))
    assert report.counts() == {"y": 3, "x": 2}


def test_a_file_without_labels_is_refused_with_its_columns(refusal):
    message = refusal("sentence,date\nIt was great,2024\nIt was bad,2025\n")
    assert "no column is clearly the label: 'date'; say which one holds the label" in message
    assert "--label-column" in message
    assert "has no column of labels (its columns: sentence)" in refusal("sentence\nIt was great\n")


def test_columns_of_equal_right_are_for_the_owner_to_choose(read):
    content = "review,comment,label\nGood,It was great,1\nBad,It was bad,0\nYes,Go on,1\nNo,Stop it,0\n"
    report = read(content)
    (issue,) = report.issues
    assert (issue.kind, issue.severity) == ("text_column", "choice")
    assert issue.options == ("review", "comment")
    chosen = read(content, text_column="Comment ")
    assert chosen.usable
    assert chosen.pairs[0] == ("It was great", "positive")


def test_a_chosen_column_has_to_be_there(read):
    report = read(GOOD, text_column="txt")
    assert str(report.issues[0]) == "rows.csv has no column 'txt'; its columns: text, label"
    assert not read(GOOD, text_column="label", label_column="label").usable


def test_a_name_that_is_there_twice_is_for_the_owner_to_choose(read):
    content = "text,Text,label\nGood,It was great,1\nBad,It was bad,0\nYes,Go on,1\nNo,Stop it,0\n"
    assert read(content).issues[0].options == ("text", "text (2)")
    assert read(content, text_column="text (2)").pairs[0] == ("It was great", "positive")


def test_the_labels_of_the_other_task_are_not_taken(read):
    assert not read("text,intent\nWhy is that,question\nWho is that,question\n").usable
    assert not read("text,stars\nIt was great,5\nIt was great too,5\n", "intent").usable


def test_an_empty_file_is_refused(refusal):
    assert "rows.csv is empty" in refusal(b"")
    assert "rows.csv is empty" in refusal(" \n\n")
    assert "rows.csv is empty" in refusal("sep=;")
    assert "rows.csv is empty" in refusal('""\n')


def test_a_header_alone_is_refused(refusal):
    assert "rows.csv has no row with a sentiment label" in refusal("text,label\n")


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(ValueError, match="cannot read .*none.csv: No such file or directory; check the path"):
        load_rows(tmp_path / "none.csv", "intent")


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(ValueError, match="cannot read .*: Is a directory"):
        load_rows(tmp_path, "intent")


def test_an_open_quote_is_refused_with_its_row(refusal):
    message = refusal(GOOD + '"It was bad, too,negative\n"fine, thanks",positive\n')
    assert message.startswith("row 6: rows.csv is not a proper CSV file: a stray double quote")
    assert "double each quote inside it" in message


def test_a_stray_quote_that_allows_one_reading_is_read(read):
    report = read(GOOD + '"Never again,negative\n')
    assert report.pairs == (*PAIRS, ('"Never again', "negative"))
    assert [(f.kind, f.severity, f.rows) for f in report.issues] == [("quotes", "fixed", (6,))]


def test_a_text_with_the_separator_is_put_together_where_its_label_is_known(read):
    report = read(GOOD + "Well, it was great,positive\n")
    assert report.pairs[-1] == ("Well, it was great", "positive")
    assert [(f.kind, f.severity, f.rows) for f in report.issues] == [("fields", "fixed", (6,))]


@pytest.mark.parametrize("task", ["sentiment", "intent"])
def test_too_many_fields_without_a_known_label_are_refused(refusal, task):
    message = refusal(GOOD + "It was great,positive,really\n", task)
    assert message.startswith("row 6: more fields than the 2 columns")


def test_too_many_fields_in_every_row_are_refused(refusal):
    # Otherwise the middle of the text would be taken for its label.
    message = refusal("text,label\nWell, it was great,positive\nOh, it was bad,negative\n", "intent")
    assert message.startswith("rows 2, 3: more fields")


def test_something_else_than_text_is_refused(refusal):
    assert "rows.csv is not a text file" in refusal(bytes(range(256)) * 10)
    assert "an Excel workbook" in refusal(b"PK\x03\x04" + bytes(100))


def test_more_than_200_intents_are_refused(refusal):
    rows = "".join(f"text {i},label {i}\n" for i in range(201))
    assert "intent needs 2 to 200 different labels, got 201" in refusal("text,label\n" + rows, "intent")


def test_a_single_intent_is_refused(refusal):
    assert "intent needs 2 to 200 different labels, got 1" in refusal("text,label\na,x\nb,x\n", "intent")


def test_too_many_rows_are_refused(refusal):
    rows = "".join(f"{i},a\n" for i in range(limits().rows + 1))
    assert "has 100,001 rows; at most 100,000 are read" in refusal("text,label\n" + rows, "intent")


def test_a_joint_file_may_leave_one_of_the_labels_empty(read):
    rows = ["Great!,positive,exclamation", "Why?,,question", "Awful.,negative,"]
    rows += ["Super!,positive,exclamation", "Who?,,question", "Bad.,negative,"]
    content = "\n".join(["text,sentiment,intent", *rows])
    assert read(content, "sentiment").counts() == {"positive": 2, "negative": 2}
    assert read(content, "intent").pairs[:2] == (("Great!", "exclamation"), ("Why?", "question"))
    assert read(content, "sentiment").issues == read(content, "intent").issues == ()


def test_a_frame_is_read_like_a_file():
    rows = pd.DataFrame({"Text": ["a", "b", None, "d", "e", "f"], "label": [1, 0, 1, np.nan, 1, 0]})
    report = examine(rows, "sentiment")
    assert report.pairs == (("a", "positive"), ("b", "negative"), ("e", "positive"), ("f", "negative"))
    assert [str(f) for f in report.issues] == ["row 4: no text; left out", "row 5: no label; left out"]
    assert list(rows.columns) == ["Text", "label"]


def test_the_message_names_the_file_once(tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text("text,label\na,maybe\n", "utf-8")
    with pytest.raises(ValueError, match="^mine.csv: row 2: sentiment label of unknown meaning: 'maybe'"):
        load_rows(file, "sentiment")
    with pytest.raises(ValueError, match="^the data frame has no column of texts"):
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


def test_a_row_alone_with_its_label_is_left_out_of_training_only():
    rows = pd.DataFrame({"text": list("abcde"), "label": ["x", "x", "y", "y", "z"]})
    report = examine(rows, "intent")
    assert report.usable
    assert report.counts() == {"x": 2, "y": 2}
    assert [(f.kind, f.severity, f.rows) for f in report.issues] == [("single_row", "fixed", (6,))]
    assert report.rows().task.labels == ("x", "y")
    assert report.rows(Task("intent", ("x", "y", "z"))).labels.tolist() == [0, 0, 1, 1, 2]


def test_a_row_alone_among_two_labels_is_refused():
    rows = pd.DataFrame({"text": list("abc"), "label": ["x", "x", "y"]})
    with pytest.raises(ValueError, match="row 4: intent label 'y' has a single row"):
        load_rows(rows, "intent")


def test_the_reader_changes_a_text_only_once():
    texts = ["a &amp;amp; b", "donâ€™t", "<b>x</b> y", "a\u200bb", "tab\there"]
    rows = pd.DataFrame({"text": texts * 2, "label": ["x"] * 5 + ["y"] * 5})
    rows["text"] += [f" {i}" for i in range(10)]
    once = load_rows(rows, "intent")
    again = load_rows(pd.DataFrame({"text": once.texts, "label": ["x"] * 5 + ["y"] * 5}), "intent")
    assert again.texts == once.texts


def test_a_label_with_a_stop_in_it_does_not_garble_the_message_about_counts():
    rows = pd.DataFrame(
        {"text": [f"text {n}" for n in range(402)], "label": [f"St. {n // 2:03}" for n in range(402)]}
    )
    (issue,) = [issue for issue in examine(rows, "intent").issues if issue.severity == "fatal"]
    assert issue.what.endswith("got 201: St. 000, St. 001, St. 002, St. 003, St. 004")
    assert issue.action == "add rows of another label, or merge rare labels"
