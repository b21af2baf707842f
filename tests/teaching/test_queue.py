"""A file whose sentences are labelled one after the other, with the real encoder."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mtl.analysis.suggestions import Suggestion
from mtl.data.table import read_table, table_from_frame
from mtl.schema.limits import limits
from mtl.teaching import queues
from mtl.teaching.file_vectors import FileVectors
from mtl.teaching.lesson import Lesson
from mtl.teaching.proposals import PART, TYPICAL, answers, current, settled, with_next
from mtl.teaching.queue import ENOUGH, read_queue, untaught
from mtl.teaching.queues import FIRST, Queues
from mtl.teaching.taught import teach
from mtl.teaching.vectors import Vectors
from mtl.training.default import load_default
from tests.teaching.test_taught import MAILS

THINGS = "lamp chair table kettle radio carpet clock mirror sofa shelf pillow blanket".split()
SENTENCES = [
    *(f"I would like to buy the {thing} in blue." for thing in THINGS),
    *(f"The {thing} arrived broken and I want my money back." for thing in THINGS),
    *(f"You have won a free {thing}, click here now!" for thing in THINGS),
]


@pytest.fixture(scope="module")
def vectors(encoder):
    return Vectors(encoder, load_default(encoder).head("intent"))


@pytest.fixture
def lesson():
    lesson = Lesson().add_labels(", ".join(MAILS))
    for label, texts in MAILS.items():
        lesson = lesson.teach(texts, label)
    return lesson


def _table(texts, **columns):
    return table_from_frame(pd.DataFrame({"text": texts, **columns}), "mails.csv")


@pytest.fixture(scope="module")
def _read(vectors):
    kept = Queues(vectors)
    return kept.begin("anna", read_queue(_table([*SENTENCES, "", SENTENCES[0].upper()])))


@pytest.fixture
def held(_read):
    return _read


def _label_of(text):
    return "order" if "buy" in text else "spam" if "won" in text else "complaint"


def test_a_file_is_read_once_each_in_a_random_order(held):
    assert sorted(held.queue.texts) == sorted(SENTENCES)
    assert held.queue.texts != tuple(SENTENCES)
    assert held.done
    assert [held.queue.texts[place] for place in held.queue.rows[:36]] == SENTENCES
    assert held.queue.rows[36:].tolist() == [-1, held.queue.rows[0]]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("name,number\nanna,1\nben,2\n", "no column of texts"),
        ("text\n" + "The same.\n" * 50_000, "all 50,000 texts are equal: one label is all that they need"),
        ("text,other\n,a\n,b\n", "every cell is empty"),
    ],
)
def test_what_cannot_be_labelled_is_said(tmp_path, content, said):
    file = Path(tmp_path / "mails.csv")
    file.write_text(content)
    with pytest.raises(ValueError, match=said) as told:
        read_queue(read_table(file))
    assert "mails.csv" in str(told.value)


def test_too_many_rows_are_refused():
    with pytest.raises(ValueError, match="50,001 rows, and 50,000 are read: take a part"):
        read_queue(_table([f"Sentence {number}" for number in range(50_001)]))


def test_labels_in_the_file_and_long_texts_are_left_out_and_said():
    long = "word " * limits().text_characters
    queue = read_queue(_table([*SENTENCES, long], sentiment=["positive", "negative"] * 18 + ["positive"]))
    labels, lengths = queue.notes
    assert labels == "This file has labels (sentiment): they are not read."
    assert lengths.startswith("Longer than")
    assert queue.rows[-1] == -1


def test_one_column_needs_no_name(tmp_path):
    file = tmp_path / "mails.csv"
    file.write_text("\n".join(f'"{text}"' for text in SENTENCES))
    assert len(read_queue(read_table(file)).texts) == len(SENTENCES)


def test_room_in_a_quarter_keeps_the_answers(held, lesson, vectors):
    taught = teach(lesson, vectors)
    exact = vectors.features(vectors.layer_embeddings(list(held.queue.texts)))
    kept = held.vectors.features(np.arange(len(SENTENCES)))
    difference = np.abs(taught.probabilities(exact) - taught.probabilities(kept)).max()
    print(f"the largest difference of a probability: {difference:.4f}")
    assert difference < 0.02
    again = FileVectors(4, 6, 3)
    again.add(np.ones((2, 6), np.float32), 0)
    again.add(np.ones((3, 6), np.float32), 0)
    assert len(again) == 3


def test_ten_are_proposed_none_of_them_labelled_or_skipped(held, lesson, vectors):
    taught = teach(lesson, vectors)
    first = with_next(held.queue, lesson, taught, held.vectors)
    assert len({one.row for one in first.ahead}) == 10
    assert not first.doubted
    assert all(held.queue.texts[one.row] == one.text for one in first.ahead)
    skipped = first.skip()
    done = lesson.teach([one.text for one in skipped.ahead], "order")
    following = with_next(skipped, done, teach(done, vectors), held.vectors)
    assert not {one.row for one in following.ahead} & {one.row for one in first.ahead}


def test_doubtful_ones_come_once_there_are_some_rows(held, lesson, vectors):
    known = held.queue.texts[: TYPICAL - 9]
    for text in known:
        lesson = lesson.teach([text], _label_of(text))
    queue = with_next(held.queue, lesson, teach(lesson, vectors), held.vectors)
    assert queue.doubted
    assert "hesitates between" in queue.ahead[0].why
    assert not {one.text for one in queue.ahead} & set(known)
    assert len(with_next(held.queue, lesson, None, held.vectors).ahead) == 10


def test_near_duplicates_are_found(vectors, lesson):
    texts = ["The lamp is broken.", "The lamp is broken!", "the lamp is broken", "I want to buy a chair."]
    held = Queues(vectors).begin("anna", read_queue(_table(texts)))
    queue = replace(held.queue, ahead=(Suggestion(row=held.queue.texts.index(texts[0]), text="", why=""),))
    found = with_next(queue, lesson, None, held.vectors)
    assert {held.queue.texts[place] for place in found.alike} == set(texts[1:3])
    fewer = with_next(queue, lesson.teach([texts[1]], "complaint"), None, held.vectors)
    assert {held.queue.texts[place] for place in fewer.alike} == {texts[2]}


def test_an_answer_a_skip_and_a_new_ten_are_undone(held, lesson):
    queue = with_next(held.queue, lesson, None, held.vectors)
    (place, other), text = [one.row for one in queue.ahead[:2]], queue.ahead[0].text
    taught = lesson.teach([text, queue.texts[other]], "order")
    answered = queue.answer([place, other], True)
    assert answered.answered == (place, other)
    assert len(answered.ahead) == 8
    for changed in (answered.skip(), answered.other_ten()):
        back, lost = changed.undo()
        assert lost == ()
        assert back.ahead == answered.ahead
    back, lost = answered.undo()
    assert set(lost) == {text, queue.texts[other]}
    assert back.ahead == queue.ahead
    assert untaught(taught, lost) == lesson
    # What was taught meanwhile stays.
    assert untaught(taught.teach(["Another one."], "spam"), lost).counts == (3, 3, 4)
    with pytest.raises(ValueError, match="nothing to undo"):
        back.undo()
    assert current(queue, taught).focus == queue.ahead[2].row


def test_it_says_when_it_is_enough(held):
    queue = replace(held.queue, agreed=(False, *[True] * ENOUGH))
    assert queue.enough
    assert not replace(queue, agreed=(*[True] * (ENOUGH - 1), None, None)).enough
    assert replace(queue, agreed=(*[True] * ENOUGH, None)).enough
    assert not replace(queue, agreed=(*queue.agreed, False)).enough


def test_the_share_that_is_settled_grows_to_all(held, lesson, vectors):
    before = settled(held.queue, lesson, teach(lesson, vectors), held.vectors)
    for text in SENTENCES:
        lesson = lesson.teach([text], _label_of(text))
    assert 0 <= before < 1
    assert settled(held.queue, lesson, teach(lesson, vectors), held.vectors) == 1
    assert PART > len(SENTENCES)


def test_the_answers_are_those_of_every_row(held, lesson, vectors):
    own = lesson.teach([SENTENCES[0]], "spam")
    found = answers(held.queue, own, teach(own, vectors), held.vectors)
    assert len(found) == 37
    assert found[0] == (SENTENCES[0], "spam", None) == found[-1]
    assert all(0 < share <= 1 for _, _, share in found[1:-1])
    right = [label == _label_of(text) for text, label, _ in found[1:-1]]
    assert np.mean(right) > 0.8
    with pytest.raises(ValueError, match="0 of 36 are read"):
        answers(held.queue, own, teach(own, vectors), FileVectors(36, 6, 3))


def test_files_give_way_when_they_are_many_large_or_old(vectors, monkeypatch):
    now = [0.0]
    kept = Queues(vectors, lambda: now[0])
    queue = read_queue(_table(["One.", "Two."]))
    with pytest.raises(ValueError, match="does not know you"):
        kept.begin("", queue)
    held = kept.begin("anna", queue)
    kept.put("anna", held, queue.other_ten(), unless_changed=True)
    kept.put("anna", held, queue, unless_changed=True)
    assert kept.get("anna").queue.past
    kept.put("anna", kept.begin("anna", queue), queue)
    kept.put("anna", held, queue.other_ten())
    assert not kept.get("anna").queue.past
    now[0] = 3000.0
    kept.begin("ben", queue)
    now[0] = 4000.0
    assert kept.get("anna") is None
    assert kept.get("ben") is not None
    kept.forget("ben")
    assert kept.get("ben") is None
    monkeypatch.setattr(queues, "KEPT", 2)
    for owner in ("a", "b", "c"):
        kept.begin(owner, queue)
    assert [kept.get(owner) is not None for owner in "abc"] == [False, True, True]
    monkeypatch.setattr(queues, "KEPT_BYTES", held.nbytes)
    assert [kept.get(owner) is not None for owner in "bc"] == [False, True]


def test_a_large_file_is_read_bit_by_bit(vectors):
    kept = Queues(vectors)
    held = kept.begin("anna", read_queue(_table([f"Number {number}." for number in range(FIRST + 70)])))
    assert len(held.vectors) == FIRST
    kept.read(held)
    assert not held.done
    kept.read(held)
    kept.read(held)
    assert held.done
