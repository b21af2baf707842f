"""How sure a model is, as this tab writes it."""


def percent(probability: float) -> str:
    """A probability in whole percents; one that is nearly 0 or 1 is never written as certain."""
    if probability > 0.99:
        return "> 99%"
    return "< 1%" if probability < 0.01 else f"{probability:.0%}"
