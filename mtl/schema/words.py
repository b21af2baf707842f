"""Events as sentences, for the terminal and for the page."""

from typing import Final

from mtl.schema.events import (
    EpochEnd,
    Event,
    Progress,
    RunEnd,
    RunStarted,
    StageEnded,
    StageStarted,
)
from mtl.schema.results import (
    Baseline,
    Interval,
    TaskReport,
    ValidationReport,
)

_FEW_ROWS: Final = 100


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
        case ValidationReport():
            return "\n".join(line for name, task in event.tasks.items() for line in report_lines(name, task))
        case RunEnd():
            where = f"; model in {event.model}" if event.model else ""
            return (
                f"{event.status}: {event.reason}. Best epoch {event.best_epoch}, {event.seconds:.1f} s{where}"
            )


def duration(seconds: float) -> str:
    """A time as one says it: "8 s", "3 min", "1 h 20 min"."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    hours, rest = divmod(minutes, 60)
    return f"{minutes} min" if minutes < 90 else f"{hours} h {rest} min"


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


def report_lines(name: str, verdict: TaskReport) -> list[str]:
    """A verdict in sentences."""
    scores, rows = verdict.scores, verdict.scores.rows
    source = (
        f"{rows} test rows, which chose nothing"
        if verdict.source == "test"
        else f"{rows} validation rows, which also chose the epoch"
    )
    lines = [
        f"{name}: {scores.accuracy:.1%} right ({_percent(verdict.accuracy_interval)}), macro-F1 "
        f"{scores.macro_f1:.3f} ({_plain(verdict.macro_f1_interval)}), on {source}"
    ]
    if verdict.left_out:
        lines.append(
            f"{verdict.left_out} test rows are, or nearly are, rows of the training file and do not count"
        )
    lines += [_compared(baseline, rows) for baseline in verdict.baselines]
    if verdict.stripped:
        lines.append(
            f"lower-cased and without final punctuation: {verdict.stripped.accuracy:.1%} right, macro-F1 "
            f"{verdict.stripped.macro_f1:.3f}"
        )
    lines.append(
        f"its probabilities are off by {100 * scores.calibration_error:.1f} points on average (expected "
        f"calibration error; temperature {verdict.temperature:.2f})"
    )
    if scores.accuracy == 1:
        # The rule of three: the upper 95% limit of a rate of which nothing was seen in n rows.
        lines.append(f"no row is wrong; with {rows} rows up to {min(1, 3 / rows):.0%} may still be")
    elif rows < _FEW_ROWS:
        lines.append(f"{rows} rows are few: read the intervals, not the points")
    return lines


def _compared(baseline: Baseline, rows: int) -> str:
    points = 100 * baseline.gain
    if baseline.within_noise:
        outcome = f"{points:+.1f} points: this difference is within the noise of {rows} rows"
    else:
        low, high = 100 * baseline.gain_interval.low, 100 * baseline.gain_interval.high
        outcome = f"{points:+.1f} points ({low:+.1f} to {high:+.1f})"
    return f"against {baseline.name} ({baseline.accuracy:.1%}): {outcome}"


def _percent(interval: Interval) -> str:
    return f"95% interval {interval.low:.1%} to {interval.high:.1%}"


def _plain(interval: Interval) -> str:
    return f"{interval.low:.3f} to {interval.high:.3f}"
