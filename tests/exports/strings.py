"""Strings of all scripts, drawn from a seed: what a tokenizer may meet."""

import random
import sys
import unicodedata

SPECIAL = ("[CLS]", "[SEP]", "[UNK]", "[PAD]", "[MASK]")
EMOJI = ("😀", "👍🏽", "👩‍👩‍👧", "🇫🇷", "❤️", "1️⃣", "🏴‍☠️", "☹", "™")
WORDS = """
don't café naïve Straße İstanbul ΟΔΥΣΣΕΎΣ 東京タワー 한국어 สวัสดี हिन्दी العربية עברית Привіт ½ ﬁ 3.5 ... ?! x₂
""".split()


def _assigned():
    """All characters that mean something, by the first word of their name: a script, mostly."""
    scripts = {}
    for point in range(sys.maxunicode + 1):
        character = chr(point)
        if not 0xD800 <= point < 0xE000 and (name := unicodedata.name(character, "")):
            scripts.setdefault(name.split()[0], []).append(character)
    return list(scripts.values())


def strings(count, vocabulary, seed=0):
    """`count` strings: pieces of the vocabulary, all scripts alike, emoji, controls, anything at all."""
    drawn, scripts = random.Random(seed), _assigned()
    pieces = [piece.removeprefix("##") for piece in vocabulary]

    def one_script():
        script = drawn.choice(scripts)
        return "".join(drawn.choice(script) for _ in range(drawn.randint(1, 8)))

    def anything():
        points = (drawn.randrange(sys.maxunicode + 1) for _ in range(drawn.randint(1, 4)))
        return "".join(chr(point) for point in points if not 0xD800 <= point < 0xE000)

    def part():
        return drawn.choice(
            (
                lambda: drawn.choice(pieces),
                lambda: drawn.choice(pieces).upper(),
                one_script,
                one_script,
                anything,
                lambda: chr(drawn.randrange(0x300)),
                lambda: drawn.choice(WORDS),
                lambda: drawn.choice(EMOJI),
                lambda: drawn.choice(SPECIAL),
                lambda: drawn.choice(pieces) * drawn.choice((1, 1, 40)),
            )
        )()

    return [
        "".join(part() + drawn.choice(("", " ", "  ", "\n")) for _ in range(drawn.randint(0, 9)))
        for _ in range(count)
    ]
