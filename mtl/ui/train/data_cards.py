"""A card for each task: its file, what is used of it and what is not, and what the reader found."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from mtl.data.examination import Examination
from mtl.data.issues import Issue
from mtl.schema.tasks import task_colours
from mtl.ui.train.questions import Asked
from mtl.ui.train.uploads import TaskSource, row_count, rows_at

_MOST_COUNTS: Final = 8
_MOST_ROWS: Final = 50
_MOST_COLUMNS: Final = 5
_TAIL: Final = 12
# What becomes of the rows that an issue names: these are left out. Other kinds keep their rows.
_LEFT_OUT: Final = {
    "neutral": "neutral",
    "stars": "neutral stars",
    "scale": "neutral",
    "duplicate": "duplicates",
    "disputed": "with two labels",
    "no_text": "empty",
    "no_label": "without a label",
    "single_row": "alone with their label",
    "header": "repeated headers",
    "labels": "of unknown meaning",
}
# The gravest first.
_SEVERITIES: Final = {"fatal": "Needs you", "choice": "Needs you", "fixed": "Fixed"}

CARDS: Final = """
{{#each value.problems}}<p class="problem" role="status">{{this}}</p>{{/each}}
<div class="cards">{{#each value.cards}}
  <section class="card" style="--task:{{this.colour}}" aria-label="{{this.title}}">
    <header><b>{{this.title}}</b><span class="file" title="{{this.file}}"
      >{{#if this.begin}}<span class="begin">{{this.begin}}</span>{{/if}}<span>{{this.tail}}</span></span>
    </header>
    <div class="bar" aria-hidden="true">{{#each this.parts}}{{#if this.rows}}<i class="{{this.kind}}"
      style="flex-grow:{{this.rows}}" title="{{this.words}}"></i>{{/if}}{{/each}}</div>
    <p class="legend">{{#each this.parts}}<span class="{{this.kind}}">{{this.words}}</span>{{/each}}</p>
    <p class="labels">{{this.labels}}</p>
    {{#each this.problems}}<p class="problem" role="status">{{this}}</p>{{/each}}
    {{#if this.chips}}<div class="chips">{{#each this.chips}}<button type="button" data-issue="{{this.key}}"
      class="{{this.kind}}" title="{{this.title}}">{{this.words}}</button>{{/each}}</div>{{/if}}
  </section>{{/each}}
</div>"""

CARDS_CSS: Final = """
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 340px), 1fr)); gap: 14px; }
.card { min-width: 0; padding: 16px 20px; border: 1px solid var(--border-color-primary);
        border-radius: var(--radius); background: var(--block-background-fill);
        color: var(--body-text-color); }
header { display: flex; gap: 12px; align-items: baseline; justify-content: space-between; min-width: 0; }
header b { font-size: var(--text-l); flex: none; max-width: 60%; overflow: hidden; text-overflow: ellipsis; }
.file { display: flex; min-width: 0; font-size: var(--text-s); color: var(--body-text-color-subdued); }
.begin { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.file span:last-child { flex: none; white-space: pre; }
.bar { display: flex; gap: 2px; height: 12px; margin: 12px 0 10px; border-radius: 6px; overflow: hidden;
       background: rgba(128,128,128,.18); }
.bar i { min-width: 4px; background: #d9a441; }
.bar i.used { background: var(--task); }
.bar i.neutral, .bar i.stars, .bar i.scale { background: #94a3b8; }
.bar i.no_text, .bar i.no_label, .bar i.labels { background: #c2410c; }
p { margin: 0; color: var(--body-text-color); }
.legend { font-size: var(--text-m); }
.legend span.used { font-weight: 700; }
.legend span + span::before { content: " · "; font-weight: 400; }
.labels { font-size: var(--text-s); color: var(--body-text-color-subdued); overflow-wrap: anywhere;
          margin-top: 2px; }
.problem { border-left: 3px solid #c2410c; padding: 2px 0 2px 10px; margin: 8px 0 0;
           overflow-wrap: anywhere; }
.chips { display: flex; flex-wrap: wrap; align-items: center; gap: 6px; margin-top: 12px; }
.chips button { max-width: min(100%, 30em); margin: 0; padding: 4px 12px; font-weight: 400;
  border-radius: 999px; cursor: pointer;
  overflow: hidden; text-overflow: ellipsis; white-space: nowrap;
  font-size: var(--text-s); color: var(--body-text-color); background: none;
  border: 1px solid var(--border-color-primary); }
.chips button:hover { border-color: var(--accent); }
.chips button.open { border-color: var(--accent); background: var(--accent-tint); }
.chips button.asks { border-color: #c2410c; }
"""
CARDS_JS: Final = """element.addEventListener('click', event => {
    const chip = event.target.closest('button[data-issue]');
    if (chip) trigger('click', {issue: chip.dataset.issue});
});"""

DETAIL: Final = """
<p><b>{{value.what}}</b> {{value.action}}</p>
{{#if value.rows}}<div class="scroll" tabindex="0"><table>
  <thead><tr>{{#each value.columns}}<th scope="col">{{this}}</th>{{/each}}</tr></thead>
  <tbody>{{#each value.rows}}<tr>{{#each this}}<td title="{{this}}">{{this}}</td>{{/each}}</tr>{{/each}}
  </tbody>
</table></div>{{/if}}
{{#if value.more}}<p>{{value.more}}</p>{{/if}}"""

DETAIL_CSS: Final = """
p { margin: 0 0 8px; color: var(--body-text-color); overflow-wrap: anywhere; }
.scroll { overflow: auto; max-height: 260px; }
table { border-collapse: collapse; width: 100%; font-size: var(--text-s); color: var(--body-text-color); }
th { text-align: left; font-weight: 400; color: var(--body-text-color-subdued); }
th, td { padding: 5px 14px 5px 0 !important; border: 0 !important; vertical-align: top; max-width: 26em;
         overflow: hidden; text-overflow: ellipsis; white-space: nowrap;
         border-bottom: 1px solid var(--border-color-primary) !important; }
table, tr { border: 0 !important; }
"""

# Which finding is open: its task and its kind.
Finding = tuple[str, str]


def key_of(finding: Finding) -> str:
    """A finding as a key; no kind has a bar in it."""
    return f"{finding[1]}|{finding[0]}"


def finding_of(key: str) -> Finding | None:
    """The inverse of `key_of`; None for no key."""
    kind, bar, task = key.partition("|")
    return (task, kind) if bar else None


def cards_of(
    asked: Mapping[str, Asked],
    sources: Mapping[str, TaskSource],
    *,
    problem: str = "",
    opened: Finding | None = None,
    findings: bool = True,
) -> dict[str, Any]:
    """Values for the template; without the findings where the rows are the project's own."""
    colours = task_colours(asked)
    return {
        "problems": [problem] if problem else [],
        "cards": [
            {
                "colour": colours[name],
                **_card(name, one.report, sources[name], opened),
                "chips": _chips(name, one.report, opened) if findings else [],
            }
            for name, one in asked.items()
        ],
    }


def to_answer(asked: Mapping[str, Asked]) -> Finding | None:
    """The first finding that needs an answer, or cannot go on."""
    for name, one in asked.items():
        for issue in sorted_issues(one.report):
            if issue.severity != "fixed":
                return name, issue.kind
    return None


def detail_of(
    asked: Mapping[str, Asked], sources: Mapping[str, TaskSource], opened: Finding | None
) -> dict[str, Any] | None:
    """The finding that is open, with its rows; None where there is none (any more)."""
    if opened is None or opened[0] not in asked:
        return None
    issues = [issue for issue in asked[opened[0]].report.issues if issue.kind == opened[1]]
    if not issues:
        return None
    numbers = sorted({number for issue in issues for number in issue.rows})
    columns, rows = rows_at(sources[opened[0]].file, numbers[:_MOST_ROWS], _MOST_COLUMNS)
    rest = len(numbers) - _MOST_ROWS
    return {
        "what": "; ".join(_capital(issue.what) for issue in issues) + ":",
        "action": "; ".join(issue.action for issue in issues) + ".",
        "columns": ["row", *columns],
        "rows": rows,
        "more": f"and {rest:,} more rows" if rest > 0 else "",
    }


def sorted_issues(report: Examination) -> list[Issue]:
    """The issues, the gravest first."""
    return sorted(report.issues, key=lambda issue: list(_SEVERITIES).index(issue.severity))


def _card(name: str, report: Examination, source: TaskSource, opened: Finding | None) -> dict[str, Any]:
    counts = list(report.counts().items())
    shown = ", ".join(f"{label} {count:,}" for label, count in counts[:_MOST_COUNTS])
    rest = len(counts) - _MOST_COUNTS
    file = source.file.name
    return {
        "title": name.capitalize(),
        "file": file,
        "begin": file[:-_TAIL],
        "tail": file[-_TAIL:],
        "parts": _parts(report, source),
        "labels": shown + (f" and {rest} more labels" if rest > 0 else ""),
        # The one that is open is told below, beside its rows.
        "problems": [
            _capital(str(issue))
            for issue in report.issues
            if issue.severity != "fixed" and opened != (name, issue.kind)
        ],
    }


def _parts(report: Examination, source: TaskSource) -> list[dict[str, Any]]:
    """What becomes of the rows of the file: used, or left out for a reason."""
    used = len(report.pairs)
    left = [
        (issue.kind, _LEFT_OUT[issue.kind], len(issue.rows))
        for issue in report.issues
        if issue.kind in _LEFT_OUT and issue.rows
    ]
    others = row_count(source.file) - used - sum(rows for *_, rows in left)
    if others > 0:
        left.append(("other", "not used", others))
    parts = [("used", "used", used), *left]
    return [{"kind": kind, "rows": rows, "words": f"{rows:,} {words}"} for kind, words, rows in parts]


def _chips(name: str, report: Examination, opened: Finding | None) -> list[dict[str, str]]:
    """A chip for each kind of finding."""
    by_kind: dict[str, list[Issue]] = {}
    # Those that name rows come before those that tell of the file.
    for issue in sorted(
        sorted_issues(report), key=lambda issue: not issue.rows and issue.severity == "fixed"
    ):
        by_kind.setdefault(issue.kind, []).append(issue)
    return [
        {
            "key": key_of((name, kind)),
            "kind": " ".join(_classes(issues, opened == (name, kind))),
            "words": _chip_words(kind, issues),
            "title": f"{_SEVERITIES[issues[0].severity]}: {'; '.join(map(str, issues))}",
        }
        for kind, issues in by_kind.items()
    ]


def _classes(issues: Sequence[Issue], opened: bool) -> list[str]:
    asks = any(issue.severity != "fixed" for issue in issues)
    return [*(["asks"] if asks else []), *(["open"] if opened else [])]


def _chip_words(kind: str, issues: Sequence[Issue]) -> str:
    rows = sum(len(issue.rows) for issue in issues)
    if rows and kind in _LEFT_OUT:
        return f"{rows:,} {_LEFT_OUT[kind]}"
    return _capital("; ".join(issue.what for issue in issues))


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
