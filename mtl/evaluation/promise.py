"""An accuracy that is promised: from which probability on a model's answers are right often enough.

The exact binomial bound of Clopper and Pearson, "The use of confidence or fiducial limits illustrated in the
case of the binomial" (1934), for one threshold after the other from the strictest on, until the first that
does not hold: so no correction is needed for having tried several (fixed-sequence testing; Angelopoulos et
al., "Learn then test", 2021). The thresholds are chosen by the confidences alone, never by what is right.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from mtl.schema.results import Promise

if TYPE_CHECKING:
    from mtl.data.examination import LabelledRows
    from mtl.model.multitask import MultiTaskModel

CONFIDENCE: Final = 0.9
_STEPS: Final = 20
_MOST_ROWS: Final = 10_000_000


@dataclass(frozen=True, kw_only=True)
class Promised:
    """Whether an accuracy can be promised, and from which probability on an answer is given.

    `threshold`: None where it cannot. `coverage`: the share of the rows that is answered. `rows_needed`:
    about how many labelled rows support the promise at the accuracy that these have; None where no number
    does, because the answers are not right often enough at any threshold.
    """

    possible: bool
    threshold: float | None
    coverage: float
    rows_needed: int | None
    rows: int
    at_least: float
    confidence: float

    def promise(self) -> Promise:
        """What a model carries. Raises ValueError where nothing is promised."""
        if self.threshold is None:
            raise ValueError(
                f"these rows do not support a promise of {self.at_least:.1%}: there is none to keep"
            )
        return Promise(
            at_least=self.at_least,
            threshold=self.threshold,
            coverage=self.coverage,
            confidence=self.confidence,
            rows=self.rows,
        )


def promised(
    confidences: NDArray[np.float64],
    right: NDArray[np.bool_],
    at_least: float,
    confidence: float = CONFIDENCE,
) -> Promised:
    """Looks for the threshold from which `at_least` of the answers are right, with this `confidence`.

    `confidences`: the probability of each answer, `right`: whether it was right, both (row,), of rows like
    those to come that chose nothing: neither weights nor epoch nor temperature. Raises ValueError for rows or
    numbers that cannot be used.
    """
    for name, value in (("the accuracy to promise", at_least), ("the confidence", confidence)):
        if not 0 < value < 1:
            raise ValueError(f"{name} is {value}: use a number between 0 and 1, such as 0.95")
    if not len(right):
        raise ValueError("there are no rows to promise anything on: give labelled rows that chose nothing")
    order = np.argsort(-confidences, kind="stable")
    sorted_right, sorted_confidences = right[order], confidences[order]
    hits = np.cumsum(sorted_right, dtype=np.int64)
    best = 0
    for answered in _tried(sorted_confidences, at_least, confidence):
        if accuracy_bound(int(hits[answered - 1]), answered, confidence) < at_least:
            break
        best = answered
    return Promised(
        possible=best > 0,
        threshold=float(sorted_confidences[best - 1]) if best else None,
        coverage=best / len(right),
        rows_needed=_rows_needed(hits, at_least, confidence),
        rows=len(right),
        at_least=at_least,
        confidence=confidence,
    )


def answered(model: "MultiTaskModel", rows: "LabelledRows") -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """What `promised` takes: the probability of a model's answer to each row, and whether it is right."""
    tokens = model.encoder.tokenize(rows.texts)
    probabilities = model.probabilities(tokens)[rows.task.name].double().numpy()
    return probabilities.max(1), probabilities.argmax(1) == rows.labels


def accuracy_bound(hits: int, answered: int, confidence: float) -> float:
    """The accuracy that `hits` right of so many answers prove: Clopper and Pearson's lower bound."""
    return float(betaincinv(hits, answered - hits + 1, 1 - confidence)) if hits else 0.0


def fewest_answers(at_least: float, confidence: float) -> int:
    """How many answers, all of them right, prove an accuracy."""
    return int(np.ceil(np.log(1 - confidence) / np.log(at_least)))


def _tried(confidences: NDArray[np.float64], at_least: float, confidence: float) -> list[int]:
    """How many rows each threshold answers, from the strictest on; rows of one confidence stay together."""
    fewest = fewest_answers(at_least, confidence)
    # The strictest has room for a mistake or two: else the first one would end the search.
    start = min(len(confidences), max(fewest * 2, len(confidences) // 5))
    if start < fewest:
        return []
    steps = np.unique(np.linspace(start, len(confidences), _STEPS).astype(int))
    ends = [int(np.searchsorted(-confidences, -confidences[step - 1], side="right")) for step in steps]
    return sorted(set(ends))


def _rows_needed(hits: NDArray[np.integer], at_least: float, confidence: float) -> int | None:
    """About how many rows would do, if they were as these are."""
    rows, needed = len(hits), list[int]()
    for answered in {max(1, round(rows * part)) for part in np.linspace(0.2, 1, 9)}:
        accuracy = hits[answered - 1] / answered
        if accuracy <= at_least:
            continue
        # As exact as a guess deserves: one more mistake than expected.
        few, many = 1, _MOST_ROWS
        while few < many:
            middle = (few + many) // 2
            wrong = np.ceil(middle * (1 - accuracy) + (accuracy < 1))
            enough = accuracy_bound(max(0, int(middle - wrong)), middle, confidence) >= at_least
            few, many = (few, middle) if enough else (middle + 1, many)
        if few < _MOST_ROWS:
            needed.append(int(np.ceil(max(few, 2 * fewest_answers(at_least, confidence)) * rows / answered)))
    return min(needed, default=None)
