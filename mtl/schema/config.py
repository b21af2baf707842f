"""What a run is asked to do: freeze strategy, settings, presets, limits."""

import dataclasses
import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Literal, get_args

HeadInput = Literal["layers", "embedding"]
# "auto" leaves it to the data.
Switch = Literal["auto", "on", "off"]
Schedule = Literal["cosine", "constant"]

# What earlier versions called some settings.
_FORMER_NAMES: Final = {"stripped_copies": "augmentation"}


MOST_SECONDS: Final = 7 * 24 * 3600.0


class FreezeStrategy(StrEnum):
    """How much of the encoder trains beside the heads; AUTO leaves that to the number of rows."""

    AUTO = "auto"
    FROZEN = "frozen"
    HEADS = "heads"
    LAST_1 = "last-1"
    LAST_2 = "last-2"
    LAST_3 = "last-3"
    LAST_4 = "last-4"
    LAST_5 = "last-5"
    LAST_6 = "last-6"
    GRADUAL = "gradual"
    WARM_START = "warm-start"
    FULL = "full"

    @property
    def last(self) -> int | None:
        """k of `last-k`, else None."""
        return int(self.value[5:]) if self.value.startswith("last-") else None


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """Settings of one run. `None` leaves a number to the strategy and the data (see `freezing`).

    Learning rates are peaks. `token_dropout` is the fraction of tokens that is hidden from unfrozen layers
    in a training step. `class_weights` gives rare labels more weight in the loss ("auto": where counts
    differ by more than 3 to 1). `augmentation` adds each training row a second time, lower-cased and
    without final punctuation ("auto": for tasks whose labels the final mark gives away, see `KnownTask`).
    `goal` is a mean validation macro-F1 in [0, 1]: the run ends when it is reached. `time_limit_s` bounds
    the run's wall-clock time in seconds.
    """

    freeze: FreezeStrategy = FreezeStrategy.HEADS
    head_input: HeadInput = "layers"
    epochs: int = 10
    batch_size: int = 16
    head_lr: float | None = None
    encoder_lr: float | None = None
    schedule: Schedule = "cosine"
    weight_decay: float = 0.01
    token_dropout: float = 0.4
    class_weights: Switch = "auto"
    augmentation: Switch = "auto"
    goal: float | None = None
    seed: int = 0
    val_fraction: float = 0.2
    time_limit_s: float | None = None

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "freeze", FreezeStrategy(self.freeze))
        except ValueError:
            raise ValueError(f"freeze is {self.freeze!r}: use one of {', '.join(FreezeStrategy)}") from None
        _one_of("head_input", self.head_input, get_args(HeadInput))
        _one_of("class_weights", self.class_weights, get_args(Switch))
        _one_of("augmentation", self.augmentation, get_args(Switch))
        _one_of("schedule", self.schedule, get_args(Schedule))
        _whole("epochs", self.epochs, 1, 1000)
        _whole("batch_size", self.batch_size, 1, 1024)
        _whole("seed", self.seed, 0, 2**31 - 1)
        _between("head_lr", self.head_lr, 1e-8, 1.0)
        _between("encoder_lr", self.encoder_lr, 1e-8, 1e-2)
        _between("weight_decay", self.weight_decay, 0.0, 1.0)
        _between("token_dropout", self.token_dropout, 0.0, 0.9)
        _between("goal", self.goal, 0.0, 1.0)
        _between("val_fraction", self.val_fraction, 0.05, 0.5)
        _between("time_limit_s", self.time_limit_s, 1.0, MOST_SECONDS)

    def to_dict(self) -> dict[str, Any]:
        """As JSON types."""
        return {**dataclasses.asdict(self), "freeze": self.freeze.value}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "TrainConfig":
        """The inverse of `to_dict`; unknown names are an error."""
        values = {_FORMER_NAMES.get(name, name): value for name, value in values.items()}
        known = {field.name for field in dataclasses.fields(cls)}
        if unknown := sorted(set(values) - known):
            raise ValueError(f"unknown setting {unknown[0]!r}: use some of {', '.join(sorted(known))}")
        return cls(**values)


def _one_of(name: str, value: object, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{name} is {value!r}: use one of {', '.join(choices)}")


def _whole(name: str, value: object, low: int, high: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise ValueError(f"{name} is {value!r}: use a whole number from {low} to {high}")


def _between(name: str, value: object, low: float, high: float) -> None:
    if value is None:
        return
    if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
        raise ValueError(f"{name} is {value!r}: use a number from {low:g} to {high:g}")


# The report trained heads on the final embedding with a learning rate made for whole encoders.
REPORT: Final = TrainConfig(
    head_input="embedding", head_lr=5e-5, schedule="constant", class_weights="off", augmentation="off"
)
RECOMMENDED: Final = TrainConfig(freeze=FreezeStrategy.AUTO)
PRESETS: Final[dict[str, TrainConfig]] = {"report": REPORT, "recommended": RECOMMENDED}


def config_named(name: str, **settings: Any) -> TrainConfig:
    """The settings that a preset's or a freeze strategy's name stands for, some of them changed."""
    if name not in PRESETS and name not in set(FreezeStrategy):
        known = ", ".join([*PRESETS, *FreezeStrategy])
        raise ValueError(f"{name!r} is no preset or freeze strategy: use some of {known}")
    preset = PRESETS.get(name, PRESETS["recommended"])
    chosen = {} if name in PRESETS else {"freeze": FreezeStrategy(name)}
    return TrainConfig.from_dict({**preset.to_dict(), **chosen, **settings})


def settings_in(file: Path) -> dict[str, Any]:
    """The settings in a JSON file, some of those of `TrainConfig.to_dict` or all.

    Raises ValueError, naming the file, where it holds anything else.
    """
    try:
        values = json.loads(file.read_text("utf-8"))
        if not isinstance(values, dict):
            raise ValueError('it holds no settings: use an object such as {"epochs": 5}')
        TrainConfig.from_dict(values)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{file.name}: {error}") from None
    return values
