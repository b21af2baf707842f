"""How much of the encoder moves: the choices in words."""

from typing import Final

from mtl.schema.config import FreezeStrategy

LAST: Final = "last"
# Value -> (title, what it does). The last one stands apart: nothing learns.
STRATEGIES: Final = {
    FreezeStrategy.HEADS.value: ("Heads only", "The encoder stays as it is."),
    LAST: ("Last layers", "The top layers move too, slowly."),
    FreezeStrategy.GRADUAL.value: ("Gradual", "More layers move while it helps."),
    FreezeStrategy.FULL.value: ("All layers", "Everything moves; needs many rows."),
    FreezeStrategy.FROZEN.value: ("Only evaluate", "Nothing learns."),
}


def strategy_words(freeze: str) -> str:
    """A freeze strategy as a part of a sentence: "heads only", "last 2 layers"."""
    last = FreezeStrategy(freeze).last
    if last is not None:
        return f"last {last} layers" if last > 1 else "last layer"
    return STRATEGIES[freeze][0].lower()
