"""How much of the encoder moves: the choices in words."""

from collections.abc import Mapping
from typing import Final

from mtl.schema.config import FreezeStrategy

LAST: Final = "last"
# Value -> (title, what it does). The last one stands apart: nothing learns.
STRATEGIES: Final = {
    FreezeStrategy.AUTO.value: ("Auto", "{auto}"),
    FreezeStrategy.HEADS.value: ("Heads only", "The encoder stays as it is."),
    LAST: ("Last layers", "The top {layers} move too, slowly."),
    FreezeStrategy.GRADUAL.value: ("Gradual", "More layers move while it helps."),
    FreezeStrategy.FULL.value: ("All layers", "Everything moves: needs many rows."),
    FreezeStrategy.FROZEN.value: ("Only evaluate", "nothing learns"),
}
_NOT_OFFERED: Final = {FreezeStrategy.WARM_START.value: "contrastive start"}


def strategy_cards(
    times: Mapping[str, str] | None = None, layers: int = 2, auto: str = ""
) -> list[tuple[str, str]]:
    """(text, value) of each choice: title, what it does, and about how long it takes.

    `auto`: the strategy that the rows at hand lead to; "" where there are none.
    """
    chosen = f"Here: {strategy_words(auto)}." if auto else "Suits the number of rows."
    times = times or {}
    cards = []
    for value, (title, what) in STRATEGIES.items():
        about = [f"about {times[value]}"] if value in times else []
        lines = [title, what.format(layers=layers, auto=chosen), *about]
        cards.append((" · ".join(lines) if value == FreezeStrategy.FROZEN else "\n".join(lines), value))
    return cards


def strategy_words(freeze: str) -> str:
    """A freeze strategy as a part of a sentence: "heads only", "last 2 layers"."""
    last = FreezeStrategy(freeze).last
    if last is not None:
        return f"last {last} layers" if last > 1 else "last layer"
    return _NOT_OFFERED.get(freeze) or STRATEGIES[freeze][0].lower()
