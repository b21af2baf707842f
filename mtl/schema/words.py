"""Events and reports as sentences, for the terminal, the model card and the page."""

from typing import Final

from mtl.schema.events import EpochEnd, Event, Progress, RunEnd, RunStarted, StageEnded, StageStarted
from mtl.schema.results import Baseline, Interval, TaskReport, ValidationReport

_FEW_ROWS: Final = 100


def describe(event: Event) -> str:
    """One event in plain words; a line or several."""
    match event:
        case RunStarted():
            rows = "; ".join(
                f"{name}: {n['train']:,} rows train, {n['validation']:,} validate"
                for name, n in event.rows.items()
            )
            return "\n".join([f"{rows}; {event.batches_per_epoch:,} batches per epoch", *event.notes])
        case StageStarted():
            return f"stage {event.index + 1}: {_trainable(event)}{_at_most(event)}. Reason: {event.reason}"
        case Progress():
            return f"{event.phase} {event.fraction:.0%}"
        case EpochEnd():
            return _epoch(event)
        case StageEnded():
            return f"stage {event.index + 1} has ended. Reason: {event.reason}"
        case ValidationReport():
            return "\n".join(line for name, task in event.tasks.items() for line in report_lines(name, task))
        case RunEnd():
            where = f"; model in {event.model}" if event.model else ""
            best = f"Best epoch {event.best_epoch}, " if event.best_epoch or event.scores else ""
            return f"{event.status}: {event.reason.removesuffix('.')}. {best}{event.seconds:.1f} s{where}"


def duration(seconds: float) -> str:
    """A time in the unit that fits: "8 s", "3 min", "1 h 20 min"."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    hours, rest = divmod(minutes, 60)
    return f"{minutes} min" if minutes < 90 else f"{hours} h {rest} min"


def report_lines(name: str, report: TaskReport) -> list[str]:
    """The report of a task in sentences: the headline, the baselines, the notes."""
    rows = report.scores.rows
    baselines = [
        f"against {baseline.name} ({baseline.accuracy:.1%}): {gain(baseline, rows)}"
        for baseline in report.baselines
    ]
    return [f"{name}: {headline(report)}", *baselines, *notes(report)]


def headline(report: TaskReport) -> str:
    """Accuracy and macro-F1 with their intervals, and the rows that they were measured on."""
    scores = report.scores
    return (
        f"{scores.accuracy:.1%} right (95% interval {_percent(report.accuracy_interval)}), macro-F1 "
        f"{scores.macro_f1:.3f} (bootstrap {_plain(report.macro_f1_interval)}), on {source(report)}"
    )


def source(report: TaskReport) -> str:
    """The rows that the scores were measured on, and what else they were used for."""
    if report.source == "test":
        return f"{report.scores.rows:,} test rows, which chose nothing"
    return f"{report.scores.rows:,} validation rows, which also chose the epoch"


def gain(baseline: Baseline, rows: int) -> str:
    """The accuracy gained over a baseline, in points, and whether `rows` are enough to be sure of it."""
    points = f"{100 * baseline.gain:+.1f} points"
    if baseline.within_noise:
        return f"{points}: this difference is within the noise of {rows:,} rows"
    low, high = 100 * baseline.gain_interval.low, 100 * baseline.gain_interval.high
    return f"{points} ({low:+.1f} to {high:+.1f})"


def notes(report: TaskReport) -> list[str]:
    """What a reader of the scores should know besides."""
    scores, rows = report.scores, report.scores.rows
    lines = []
    if report.left_out:
        lines.append(
            f"{report.left_out} test rows are, or nearly are, rows of the training file and do not count"
        )
    if report.stripped:
        lines.append(
            f"lower-cased and without final punctuation: {report.stripped.accuracy:.1%} right, macro-F1 "
            f"{report.stripped.macro_f1:.3f}"
        )
    lines.append(
        f"confidence is off by {100 * scores.calibration_error:.1f} points on average (expected "
        f"calibration error; temperature {report.temperature:.2f})"
    )
    if scores.accuracy == 1:
        most = 1 - report.accuracy_interval.low
        lines.append(f"no row is wrong; with {rows:,} rows up to {most:.0%} may still be")
    elif rows < _FEW_ROWS:
        lines.append(f"{rows:,} rows are few: read the intervals, not the points")
    return lines


def _trainable(event: StageStarted) -> str:
    if not event.heads and not event.layers:
        return "nothing trains, the model is only evaluated"
    parts = ["the heads"] if event.heads else []
    if 0 in event.layers:
        parts.append("the word embeddings")
    if layers := [str(layer) for layer in event.layers if layer]:
        parts.append(f"layer{'s' if len(layers) > 1 else ''} {', '.join(layers)}")
    listed = " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))
    return f"{listed} train ({event.parameters:,} parameters)"


def _at_most(event: StageStarted) -> str:
    return f" for {event.epochs} epoch{'' if event.epochs == 1 else 's'} at most" if event.epochs else ""


def _epoch(event: EpochEnd) -> str:
    scores = "  ".join(
        f"{name} accuracy {event.validation[f'{name}_accuracy']:.3f} "
        f"F1 {event.validation[f'{name}_macro_f1']:.3f}"
        for name in event.train
        if name != "combined"
    )
    return (
        f"epoch {event.epoch:>3}  loss {event.train['combined']:.4f}  "
        f"validation {event.validation['combined']:.4f}  {scores}{'  *' if event.best else ''}"
    )


def _percent(interval: Interval) -> str:
    return f"{interval.low:.1%} to {interval.high:.1%}"


def _plain(interval: Interval) -> str:
    return f"{interval.low:.3f} to {interval.high:.3f}"
