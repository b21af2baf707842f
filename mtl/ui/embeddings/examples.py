"""Sentences to begin with, each set with what it shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mtl.analysis.similarity import ranked_pairs
from mtl.ui.charts.labels import cut


@dataclass(frozen=True, kw_only=True)
class Example:
    """Lines, and what to notice: `said` with the cosines of `pairs`.

    Only where the first of them is `least` or more: another encoder may see it otherwise.
    """

    name: str
    lines: tuple[str, ...]
    said: str
    pairs: tuple[tuple[int, int], ...]
    least: float = 0.5

    @property
    def text(self) -> str:
        """As it stands in the box."""
        return "\n".join(self.lines)


EXAMPLES: Final = (
    Example(
        name="Opposites",
        lines=(
            "The soup was terrible.",
            "The soup was not bad at all.",
            "What a delicious soup!",
            "Turn off the lights.",
            "Please switch the lamps off.",
            "Where is the light switch?",
            "My cat sleeps all day.",
        ),
        said="“terrible” and “not bad at all” have {0:.2f}: embeddings follow topic more than opinion.",
        pairs=((0, 1),),
    ),
    Example(
        name="Paraphrases",
        lines=(
            "Book a table for two tonight",
            "Reserve dinner for two people this evening",
            "The train was cancelled without warning",
            "They called off the train and told nobody",
            "She plays the violin beautifully",
        ),
        said="Hardly a shared word, and still {0:.2f} and {1:.2f}: meaning counts, not spelling.",
        pairs=((0, 1), (2, 3)),
    ),
    Example(
        name="Who did it",
        lines=(
            "The dog chased the cat.",
            "The cat chased the dog.",
            "The cat was chased by the dog.",
            "A puppy ran after a kitten.",
            "The dog slept beside the fire.",
        ),
        said="Who chased whom is nearly lost: {0:.2f} for the opposite, {1:.2f} in other words.",
        pairs=((0, 1), (0, 2)),
    ),
    Example(
        name="Forms",
        lines=(
            "You close the window.",
            "Do you close the window?",
            "Close the window!",
            "How well you close the window!",
            "You open the door.",
            "Do you open the door?",
        ),
        said="Statement and question have {0:.2f}, window and door {1:.2f}: here the form counts little.",
        pairs=((0, 1), (0, 4)),
    ),
    Example(
        name="Two meanings",
        lines=(
            "The bank raised its interest rates.",
            "My loan was turned down.",
            "We sat on the bank of the river.",
            "The stream was full of fish.",
            "He swung the bat and hit the ball.",
            "A bat flew out of the cave.",
        ),
        said="Both kinds of “bat” have {0:.2f}, both kinds of “bank” {1:.2f}: some are told apart.",
        pairs=((4, 5), (0, 2)),
    ),
)


def caption(texts: Sequence[str], matrix: NDArray[np.float32]) -> str:
    """What to notice about some texts and their cosines (text, text)."""
    if not texts:
        return "Type one sentence per line: each becomes a point."
    if len(texts) == 1:
        return "One sentence lies alone. Type another line."
    known = next((example for example in EXAMPLES if example.lines == tuple(texts)), None)
    if known is not None:
        cosines = [float(matrix[pair]) for pair in known.pairs]
        if cosines[0] >= known.least:
            return known.said.format(*cosines)
    best = ranked_pairs(matrix)[0]
    first, second = (cut(texts[row], 40) for row in (best.first, best.second))
    return f"Closest: “{first}” and “{second}” have {best.cosine:.2f}. 1 means the same, 0 nothing in common."
