"""Cells of a label column -> labels, and why a cell has none."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from mtl.data.column_names import names_stars
from mtl.data.issues import Choice, Issue, Unusable
from mtl.data.scales import Scale, label_of_stars, number_in, scale_of, stars_in, suggestion
from mtl.schema.tasks import KnownTask, clean_label, known_task, plain_label, shown_label

Why = Literal["known", "chosen", "stars", "three-way", "spelling", "neutral", "missing", "open"]

_MISSING: Final = frozenset(["", "nan", "n/a", "#n/a", "na", "null", "<na>"])
_NEUTRAL: Final = frozenset("neutral neu mixed none neither undecided ambivalent 😐".split())
_SHOWN: Final = 6
_MAX_OPEN: Final = 30


@dataclass(frozen=True)
class Meaning:
    """The label that a cell means, or an empty one, and why."""

    label: str
    why: Why


def read_labels(
    task_name: str,
    cells: Sequence[str],
    rows: Sequence[int],
    column: str,
    choice: Choice,
    *,
    blank_is_fine: bool,
) -> tuple[list[str], tuple[Issue, ...]]:
    """A label per cell, empty where the row is left out or its label is open."""
    counts = Counter(cells)
    known = known_task(task_name)
    meanings = _of_closed(known, counts, names_stars(column)) if known.closed else _of_open(known, counts)
    meanings |= _chosen(task_name, counts, choice)
    rows_of: dict[str, list[int]] = {}
    for cell, row in zip(cells, rows, strict=True):
        if meanings[cell].why != "known":
            rows_of.setdefault(cell, []).append(row)
    issues = _issues(task_name, meanings, rows_of, blank_is_fine=blank_is_fine)
    return [meanings[cell].label for cell in cells], issues


def _of_closed(known: KnownTask, counts: Iterable[str], named_stars: bool) -> dict[str, Meaning]:
    plain = {cell: plain_label(cell) for cell in counts}
    if not known.rated:
        return {raw: _spelled(known, cell) for raw, cell in plain.items()}
    numbers = {number for cell in plain.values() if (number := number_in(cell)) is not None}
    scale: Scale = scale_of(numbers, named_stars=named_stars) if numbers else "binary"
    if scale == "three-way" and any(
        number_in(cell) is None and known.label_of(cell) for cell in plain.values()
    ):
        scale = "binary"  # beside words, 0 is one more spelling of the lower label
    return {raw: _rated(known, cell, scale) for raw, cell in plain.items()}


def _spelled(known: KnownTask, cell: str) -> Meaning:
    if cell in _MISSING:
        return Meaning("", "missing")
    label = known.label_of(cell)
    return Meaning(label, "known") if label else Meaning("", "open")


def _rated(known: KnownTask, cell: str, scale: Scale) -> Meaning:
    number, stars = number_in(cell), stars_in(cell)
    if stars is None and scale == "stars":
        stars = number
    if stars is not None:
        return Meaning(label_of_stars(stars, known), "stars")
    if number is not None and scale == "three-way":
        low, high = known.labels
        return Meaning({-1: low, 0: "", 1: high}[int(number)], "three-way")
    if cell in _NEUTRAL:
        return Meaning("", "neutral")
    if number is not None and scale == "open":
        return Meaning("", "open")
    return _spelled(known, cell)


def _of_open(known: KnownTask, counts: Counter[str]) -> dict[str, Meaning]:
    """Spellings that differ only in case or spaces become the most frequent one."""
    spellings: dict[str, Counter[str]] = {}
    for raw, times in counts.items():
        spellings.setdefault(plain_label(raw), Counter())[shown_label(raw)] += times
    meanings = {}
    for raw in counts:
        shown = shown_label(raw)
        usual = spellings[plain_label(raw)].most_common(1)[0][0]
        label = clean_label(known.name, usual)
        if label is None or plain_label(raw) in _MISSING:
            meanings[raw] = Meaning("", "missing")
        else:
            same = shown == usual or label != usual or clean_label(known.name, raw) == label
            meanings[raw] = Meaning(label, "known" if same else "spelling")
    return meanings


def _chosen(task_name: str, counts: Iterable[str], choice: Choice) -> dict[str, Meaning]:
    plain = {raw: plain_label(raw) for raw in counts}
    meanings: dict[str, Meaning] = {}
    for cell, label in choice.labels:
        cells = [raw for raw, shown in plain.items() if shown == plain_label(cell)]
        if not cells:
            what = f"no row has the {task_name} label {cell!r} that a meaning was given for"
            raise Unusable("no_label_to_read", what, "leave it out, or correct its spelling")
        clean = clean_label(task_name, label) or ""
        if label.strip() and not clean:
            what = f"{task_name} label {cell!r} cannot mean {label!r}"
            raise Unusable("no_label_to_read", what, f"use {_either(known_task(task_name))}")
        meanings |= dict.fromkeys(cells, Meaning(clean, "chosen"))
    return meanings


def _issues(
    task_name: str, meanings: Mapping[str, Meaning], rows_of: Mapping[str, list[int]], *, blank_is_fine: bool
) -> tuple[Issue, ...]:
    found: dict[Why, dict[str, list[int]]] = {}
    for cell, rows in rows_of.items():
        if not (blank_is_fine and not cell.strip()):
            found.setdefault(meanings[cell].why, {})[cell] = rows
    return tuple(_issue(task_name, why, cells, meanings) for why, cells in sorted(found.items()))


def _issue(
    task_name: str, why: Why, cells: Mapping[str, list[int]], meanings: Mapping[str, Meaning]
) -> Issue:
    rows = sorted(row for numbers in cells.values() for row in numbers)
    if why == "open":
        return _open(task_name, cells, rows)
    if why == "missing":
        spelled = [repr(cell.strip()) for cell in cells if cell.strip()]
        what = f"no label ({', '.join(spelled[:_SHOWN])})" if spelled else "no label"
        return Issue(kind="no_label", severity="fixed", what=what, action="left out", rows=tuple(rows))
    if why == "neutral":
        what = f"neutral labels: {_counted(cells)}"
        action = f"left out: a {task_name} is {_either(known_task(task_name))}"
        return Issue(kind="neutral", severity="fixed", what=what, action=action, rows=tuple(rows))
    if why in ("stars", "three-way"):
        rows = sorted(row for cell, numbers in cells.items() if not meanings[cell].label for row in numbers)
    names = {
        "stars": "a star scale",
        "three-way": "numbers from -1 to 1",
        "spelling": "spellings of one label",
    }
    return Issue(
        kind="scale" if why == "three-way" else why,
        severity="fixed",
        what=f"{names.get(why, 'labels with a meaning that was given')}: {_counted(cells)}",
        action=_read_as(cells, meanings),
        rows=tuple(rows),
    )


def _read_as(cells: Mapping[str, list[int]], meanings: Mapping[str, Meaning]) -> str:
    by_label: dict[str, list[str]] = {}
    for cell in sorted(cells):
        by_label.setdefault(meanings[cell].label, []).append(cell.strip())
    return "; ".join(
        f"{_listed(spelled)} {f'read as {label}' if label else 'left out'}"
        for label, spelled in sorted(by_label.items(), key=lambda item: (not item[0], item[0]))
    )


def _open(task_name: str, cells: Mapping[str, list[int]], rows: Sequence[int]) -> Issue:
    plain, known = {cell: plain_label(cell) for cell in cells}, known_task(task_name)
    numbers = {n for cell in plain.values() if (n := number_in(cell)) is not None}
    guesses = {cell.strip(): suggestion(shown, numbers, known) for cell, shown in plain.items()}
    guessed = [f"{cell} = {label}" for cell, label in sorted(guesses.items()) if label]
    probably = f" (probably {', '.join(guessed[:_SHOWN])})" if guessed else ""
    if len(guesses) > _MAX_OPEN:
        return Issue(
            kind="labels",
            severity="fatal",
            what=f"{len(guesses)} different {task_name} labels of unknown meaning: {_counted(cells)}",
            action=f"write {_either(known)} instead, or choose another column",
            rows=tuple(rows),
        )
    return Issue(
        kind="labels",
        severity="choice",
        what=f"{task_name} label{'s' if len(guesses) > 1 else ''} of unknown meaning: {_counted(cells)}",
        action=f"say which mean {_either(known)}, and which to leave out{probably}",
        rows=tuple(rows),
        options=tuple(sorted(guesses)),
    )


def _either(known: KnownTask) -> str:
    *first, last = known.labels
    return f"{', '.join(first)} or {last}"


def _counted(cells: Mapping[str, list[int]]) -> str:
    frequent = sorted(cells, key=lambda cell: (-len(cells[cell]), cell))
    shown = [
        f"{c.strip()!r} ({n} row{'s' if n > 1 else ''})" for c in frequent[:_SHOWN] for n in [len(cells[c])]
    ]
    return ", ".join(shown) + (f" and {len(cells) - _SHOWN} more" if len(cells) > _SHOWN else "")


def _listed(cells: Sequence[str]) -> str:
    return ", ".join(map(repr, cells[:_SHOWN])) + (", ..." if len(cells) > _SHOWN else "")
