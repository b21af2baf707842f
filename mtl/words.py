"""Events as sentences, for the terminal and for the page."""

from mtl.records import EpochEnd, Event, Progress, RunEnd, RunStarted, StageEnded, StageStarted


def describe(event: Event) -> str:
    """One event in plain words."""
    match event:
        case RunStarted():
            rows = ", ".join(
                f"{name}: {n['train']} rows train, {n['validation']} validate"
                for name, n in event.rows.items()
            )
            return "\n".join([f"{rows}; {event.batches_per_epoch} batches per epoch", *event.notes])
        case StageStarted():
            return f"stage {event.index + 1}, {_trainable(event)} ({event.reason})"
        case Progress():
            return f"{event.phase} {event.fraction:.0%}"
        case EpochEnd():
            return _epoch(event)
        case StageEnded():
            return f"stage {event.index + 1} ends: {event.reason}"
        case RunEnd():
            where = f"; model in {event.model}" if event.model else ""
            return (
                f"{event.status}: {event.reason}. Best epoch {event.best_epoch}, {event.seconds:.1f} s{where}"
            )


def _trainable(event: StageStarted) -> str:
    if not event.heads:
        return "nothing trains"
    if not event.layers:
        return f"the heads train ({event.parameters:,} parameters)"
    names = ", ".join("word embeddings" if n == 0 else str(n) for n in event.layers)
    return f"heads and layers {names} train ({event.parameters:,} parameters)"


def _epoch(event: EpochEnd) -> str:
    tasks = [name for name in event.train if name != "combined"]
    scores = "  ".join(
        f"{name} accuracy {event.validation[f'{name}_accuracy']:.3f} "
        f"F1 {event.validation[f'{name}_macro_f1']:.3f}"
        for name in tasks
    )
    return (
        f"epoch {event.epoch:>3}  loss {event.train['combined']:.4f}  "
        f"validation {event.validation['combined']:.4f}  {scores}{'  *' if event.best else ''}"
    )
