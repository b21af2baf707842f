"""Limits in one place: what one visitor may ask for, and how much all of them together may keep.

`MTL_PROFILE` names a profile: `local` (one friendly user), `space` (a public page; the default where
`SYSTEM` is `spaces`) or `strict`. `MTL_` and the name of a limit in capitals changes one: `MTL_ROWS=5000`.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import Final

_MB: Final = 2**20
_GB: Final = 2**30
_MOST_MINUTES: Final = 7 * 24 * 60
_SWITCHES: Final = ("uploads", "datasets")
_SWITCH: Final = {"off": "0", "on": "1"}


@dataclass(frozen=True, kw_only=True)
class Limits:
    """`uploads`: 0 switches files off, 1 allows them. `datasets`: 1 lets visitors load a data set of the Hub
    by its name, which asks the network.

    Of a file: `upload_bytes`, `rows`, `columns`, `row_characters`; of a model: `labels` of a task,
    `model_bytes` unpacked. Of a request: `text_characters` of one sentence, `request_characters` in all,
    `sentences` to compare, `corrections`. Of a run: `epochs`, `run_minutes`. Of all: `waiting` runs and
    `visitor_waiting` of one visitor, `requests` in flight. Of what is kept: `visitor_runs`, `runs`, `days`,
    `visitor_bytes` and `total_bytes` of runs, `visitor_file_bytes` and `file_bytes` of files in the form,
    `temporary_bytes` of uploads and downloads of the last day, `cache_bytes` of embeddings. These tell of
    their texts and outlive the runs that a visitor deletes, so a public page keeps none.
    """

    uploads: int = 1
    datasets: int = 0
    upload_bytes: int = 128 * _MB
    rows: int = 100_000
    columns: int = 1_000
    row_characters: int = 500_000
    labels: int = 200
    model_bytes: int = _GB
    text_characters: int = 20_000
    request_characters: int = 10_000_000
    sentences: int = 200
    corrections: int = 500
    epochs: int = 1_000
    run_minutes: int = _MOST_MINUTES
    waiting: int = 200
    visitor_waiting: int = 12
    requests: int = 200
    visitor_runs: int = 12
    runs: int = 200
    days: int = 30
    visitor_bytes: int = 8 * _GB
    total_bytes: int = 8 * _GB
    visitor_file_bytes: int = 64 * _MB
    file_bytes: int = 2 * _GB
    temporary_bytes: int = 8 * _GB
    cache_bytes: int = _GB

    def refusal(self, limit: str, what: str, remedy: str) -> "LimitExceeded":
        """The error that says which limit was met: `what` is named, with the limit's value after it."""
        return LimitExceeded(f"{what}; the limit is {self.shown(limit)}", remedy)

    def shown(self, limit: str) -> str:
        """The value of a limit with its unit: "5,000 rows", "32 MB"."""
        return _shown(limit, getattr(self, limit))


class LimitExceeded(ValueError):
    """A request asks for more than a limit. `what` and `remedy` are the two parts of the message."""

    def __init__(self, what: str, remedy: str) -> None:
        self.what, self.remedy = what, remedy
        super().__init__(f"{what}: {remedy}")


PROFILES: Final[dict[str, Limits]] = {
    "local": Limits(),
    "space": Limits(
        upload_bytes=32 * _MB,
        columns=200,
        row_characters=100_000,
        model_bytes=256 * _MB,
        text_characters=5_000,
        request_characters=2_000_000,
        epochs=50,
        run_minutes=30,
        waiting=20,
        visitor_waiting=4,
        visitor_runs=8,
        days=7,
        visitor_bytes=_GB,
        total_bytes=6 * _GB,
        visitor_file_bytes=32 * _MB,
        file_bytes=_GB,
        temporary_bytes=4 * _GB,
        cache_bytes=0,
    ),
    "strict": Limits(
        uploads=0,
        upload_bytes=2 * _MB,
        rows=5_000,
        columns=50,
        row_characters=20_000,
        labels=50,
        model_bytes=64 * _MB,
        text_characters=2_000,
        request_characters=200_000,
        sentences=100,
        corrections=100,
        epochs=20,
        run_minutes=5,
        waiting=8,
        visitor_waiting=1,
        requests=60,
        visitor_runs=3,
        runs=60,
        days=1,
        visitor_bytes=256 * _MB,
        total_bytes=2 * _GB,
        visitor_file_bytes=4 * _MB,
        file_bytes=256 * _MB,
        temporary_bytes=_GB,
        cache_bytes=0,
    ),
}


def limits_from(environment: Mapping[str, str]) -> Limits:
    """The limits that an environment asks for. Raises ValueError for an unknown profile, and for a limit that
    is no whole number from 0."""
    name = environment.get("MTL_PROFILE") or ("space" if environment.get("SYSTEM") == "spaces" else "local")
    if name not in PROFILES:
        raise ValueError(f"MTL_PROFILE is {name!r}: use one of {', '.join(PROFILES)}")
    own = {}
    for field in fields(Limits):
        variable = f"MTL_{field.name.upper()}"
        if given := environment.get(variable):
            given = _SWITCH.get(given.casefold(), given) if field.name in _SWITCHES else given
            if not (given.isascii() and given.isdecimal()):
                raise ValueError(f"{variable} is {given!r}: use a whole number from 0")
            own[field.name] = int(given)
    return replace(PROFILES[name], **own)


@cache
def limits() -> Limits:
    """The limits of this process, read from its environment once."""
    return limits_from(os.environ)


def _shown(limit: str, value: int) -> str:
    if limit.endswith("bytes"):
        unit, size = ("GB", _GB) if value >= _GB else ("MB", _MB) if value >= _MB else ("kB", 2**10)
        return f"{value / size:.3g} {unit}"
    unit = _UNITS.get(limit, limit.replace("_", " "))
    return f"{value:,} {unit}"


# Where the name of a limit is no unit.
_UNITS: Final = {
    "row_characters": "characters",
    "text_characters": "characters",
    "request_characters": "characters",
    "run_minutes": "minutes",
    "visitor_waiting": "at once",
    "waiting": "in all",
    "visitor_runs": "runs",
}
