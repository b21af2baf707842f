"""Which characters the words and pieces of a text are, on texts with everything that can go wrong."""

import pytest

from mtl.analysis.word_spans import read

PUZZLES = (
    "Unbelievably   good,  isn't it?!",
    "Café cre\u0301me cafe\u0301! déjà-vu",
    "👍 great!👍🏽🎉 good❤️",
    "It rose by 3.5% at 10:30... wow!!",
    "rock'n'roll state-of-the-art -5 'quoted' snake_case",
    "北京 is  large\tand\nold\x00",
    "x\u200bx ﬁne İstanbul",
)


def words_of(encoder, text):
    return read(encoder, [text])[1][0].words


def shown(encoder, text):
    return [word.text for word in words_of(encoder, text)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I love this product!", ["I", "love", "this", "product", "!"]),
        ("  several   spaces \n here ", ["several", "spaces", "here"]),
        ("I don't, it’s well-known.", ["I", "don't", ",", "it’s", "well-known", "."]),
        ("No way... really?!", ["No", "way", "...", "really", "?", "!"]),
        ("3.5 km, at 10:30!!", ["3.5", "km", ",", "at", "10:30", "!!"]),
        ("'so' -5 x-", ["'", "so", "'", "-", "5", "x", "-"]),
        ("Café cre\u0301me cafe\u0301!", ["Café", "cre\u0301me", "cafe\u0301", "!"]),
        ("great!👍🏽 ok ❤️", ["great", "!", "👍🏽", "ok", "❤️"]),
        ("北京 ok", ["北", "京", "ok"]),
        ("", []),
        ("  \n", []),
    ],
)
def test_words_are_what_a_reader_sees(encoder, text, words):
    assert shown(encoder, text) == words


@pytest.mark.parametrize("text", PUZZLES)
def test_spans_lie_in_order_and_cover_all_that_is_not_space(encoder, text):
    covered = set()
    for word in words_of(encoder, text):
        assert word.text == text[word.start : word.end]
        assert (word.pieces[0].start, word.pieces[-1].end) == (word.start, word.end)
        for piece in word.pieces:
            own = set(range(piece.start, piece.end))
            assert own
            assert not own & covered
            covered |= own
    left = {character for place, character in enumerate(text) if place not in covered}
    assert all(character.isspace() or character == "\x00" for character in left)


@pytest.mark.parametrize("text", PUZZLES)
def test_positions_count_every_token_between_the_special_ones(encoder, text):
    tokens, (reading,) = read(encoder, [text])
    assert tokens == encoder.tokenize([text])
    positions = [position for word in reading.words for position in word.positions]
    assert positions == list(range(1, len(tokens.ids[0]) - 1))
    spellings = [piece.spelling for word in reading.words for piece in word.pieces]
    assert encoder.tokenizer.convert_tokens_to_ids(spellings) == list(tokens.ids[0][1:-1])


def test_a_word_has_the_pieces_that_the_vocabulary_knows(encoder):
    (word,) = words_of(encoder, " unbelievably")
    assert [piece.spelling for piece in word.pieces] == ["un", "##bel", "##ie", "##va", "##bly"]
    assert [(piece.start, piece.end) for piece in word.pieces] == [(1, 3), (3, 6), (6, 8), (8, 10), (10, 13)]


def test_an_emoji_and_the_letters_it_touches_are_one_unknown_piece(encoder):
    (word,) = words_of(encoder, "good👍")
    assert [piece.spelling for piece in word.pieces] == ["[UNK]"]


def test_a_text_that_is_too_long_is_read_up_to_its_cut(encoder):
    text = "unbelievably " * 60
    tokens, (reading,) = read(encoder, [text])
    assert len(tokens.ids[0]) == encoder.max_length
    assert reading.cut == reading.words[-1].end
    # 254 pieces at 5 a word: 50 words and 4 pieces, "unbelieva".
    assert [word.text for word in reading.words] == ["unbelievably"] * 50 + ["unbelieva"]
    assert text[reading.cut :].startswith("bly unbelievably")


def test_a_text_of_just_the_right_length_is_read_to_its_end(encoder):
    _, (reading,) = read(encoder, ["word " * (encoder.max_length - 2)])
    assert len(reading.words) == encoder.max_length - 2
    assert reading.cut is None


def test_several_texts_are_read_as_each_alone(encoder):
    together = read(encoder, PUZZLES)[1]
    assert together == [read(encoder, [text])[1][0] for text in PUZZLES]
    assert read(encoder, []) == (encoder.tokenize([]), [])


@pytest.mark.parametrize(
    ("text", "unreadable", "readable"),
    [
        ("I love it 👍👍 truly", ["👍👍"], True),
        ("don't👍 stop", ["don't👍"], True),
        ("👎👎", ["👎👎"], False),
        ("👍 !", ["👍"], False),  # a mark is no word
        ("?!", [], True),  # but where nothing is unknown, it is read
        ("\u200b", [], False),
        ("", [], False),
        ("Great 🎉", ["🎉"], True),
    ],
)
def test_what_the_vocabulary_has_nothing_for_is_told(encoder, text, unreadable, readable):
    reading = read(encoder, [text])[1][0]
    assert [word.text for word in reading.unreadable] == unreadable
    assert reading.readable == readable
