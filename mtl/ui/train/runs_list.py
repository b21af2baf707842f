"""The rows of the list of runs: what stands in each, and how they look."""

from collections.abc import Collection, Sequence
from typing import Any, Final

from mtl.runs.store import LONGEST_NAME
from mtl.runs.view import RunView
from mtl.schema.tasks import task_colours
from mtl.ui.train.compare_panel import task_score
from mtl.ui.train.progress import percent_done
from mtl.ui.train.run_words import ago, report_of, rows_of_run, run_name, started_of, strategy, took

_SCORES: Final = 4
_NONE_YET: Final = (
    "No run yet. Train once, and it stays here: open it again, use it, download it, compare it with others."
)

# `data-do` is the event that a press triggers. Ticks are buttons: their state is the server's.
RUNS: Final = """
{{#if value.none}}<p class="none">{{value.none}}</p>{{/if}}
<ul>{{#each value.rows}}<li class="{{this.kind}}" data-run="{{this.id}}">
  <div class="tick">{{#if this.tick}}<button type="button" role="checkbox" aria-checked="{{this.ticked}}"
    aria-label="Compare {{this.name}}" data-do="input" data-run="{{this.id}}"></button>{{/if}}</div>
  <div class="what">
    <input value="{{this.name}}" aria-label="Name of the run" data-rename="{{this.id}}" spellcheck="false"
      maxlength="{{@root.value.longest}}">
    <div class="facts">{{this.facts}}</div>
  </div>
  <div class="scores">{{#each this.scores}}<span style="--task:{{this.colour}}">{{this.task}}
    <b>{{this.score}}</b></span>{{/each}}</div>
  <div class="state">{{this.state}}</div>
  <div class="do">
    <button type="button" data-do="select" data-run="{{this.id}}">Open</button>
    {{#if this.model}}<button type="button" data-do="submit" data-run="{{this.id}}">Try it</button>
    <button type="button" data-do="download" data-run="{{this.id}}">Download</button>{{/if}}
    {{#if this.resume}}<button type="button" data-do="play" data-run="{{this.id}}">Resume</button>{{/if}}
    <button type="button" data-do="delete" data-run="{{this.id}}" data-name="{{this.name}}">Delete</button>
  </div></li>{{/each}}
</ul>"""

RUNS_CSS: Final = """
.none { margin: 0; padding: 24px; border: 1px dashed var(--border-color-primary);
        border-radius: var(--radius); color: var(--body-text-color-subdued); }
ul { list-style: none; margin: 0; padding: 0; display: grid; gap: 10px; }
li { display: grid; grid-template-columns: 28px minmax(0, 1.2fr) minmax(0, 1fr) auto; gap: 0 18px;
     align-items: center; padding: 12px 18px; border: 1px solid var(--border-color-primary);
     border-radius: var(--radius); background: var(--block-background-fill); color: var(--body-text-color); }
.going { border-color: var(--accent); }
.tick button { width: 20px; height: 20px; border: 1.5px solid var(--body-text-color-subdued); padding: 0;
               border-radius: 5px; background: none; cursor: pointer; display: block; line-height: 17px; }
.tick button[aria-checked=true] { background: var(--accent); border-color: var(--accent); }
.tick button[aria-checked=true]::after { content: "✓"; font-weight: 700;
                                         color: var(--background-fill-primary); }
.tick, .what, .scores { grid-row: 1 / 3; min-width: 0; }
input { width: 100%; font-size: var(--text-m); font-weight: 700; color: var(--body-text-color);
        padding: 2px 6px;
        margin-left: -7px; border: 1px solid transparent; border-radius: 6px; background: none;
        text-overflow: ellipsis; }
input:hover, input:focus { border-color: var(--border-color-primary); }
.facts, .state { line-height: 1.4; font-size: var(--text-s); color: var(--body-text-color-subdued);
                 overflow-wrap: anywhere; }
.state { text-align: right; }
.failed .state { font-weight: 700; color: var(--body-text-color); }
.scores { display: flex; flex-wrap: wrap; gap: 2px 16px; font-size: var(--text-s);
          color: var(--body-text-color-subdued); font-variant-numeric: tabular-nums; }
.scores span { border-left: 3px solid var(--task); padding-left: 7px; }
.scores b { color: var(--body-text-color); }
.state, .do { grid-column: 4; }
.do { display: flex; flex-wrap: wrap; gap: 0 16px; align-items: center; justify-content: flex-end; }
.do button { border: 0; background: none; margin: 0; padding: 3px 0; cursor: pointer; font-weight: 400;
             font-size: var(--text-s); color: var(--body-text-color); min-height: 30px;
             border-bottom: 2px solid transparent; }
.do button:hover { border-bottom-color: var(--accent); }
.do button[data-do=delete] { color: var(--body-text-color-subdued); }
@media (max-width: 640px) {
  li { grid-template-columns: 28px minmax(0, 1fr); padding: 12px 14px 6px; }
  .tick, .what, .scores { grid-row: auto; }
  .scores, .state, .do { grid-column: 2; text-align: left; justify-content: flex-start; }
  .tick { align-self: start; padding-top: 5px; }
}
"""
# The names of the events are Gradio's; each carries the id of its run.
RUNS_JS: Final = """
element.addEventListener('click', event => {
    const pressed = event.target.closest('[data-do]');
    if (!pressed) return;
    const {do: what, run, name} = pressed.dataset;
    if (what === 'delete' && !confirm(`Delete "${name}" with its rows and its model?`)) return;
    trigger(what, {run});
});
let editing = '';
element.addEventListener('focusin', event => { editing = event.target.dataset.rename ?? ''; });
element.addEventListener('keydown', event => {
    if (event.key === 'Enter' && event.target.dataset.rename) event.target.blur();
});
element.addEventListener('change', event => {
    if (editing) trigger('edit', {run: editing, name: event.target.value});
});
// What was typed belongs to the row in which it was typed.
watch('value', () => element.querySelectorAll('input').forEach(box => {
    if (box !== document.activeElement) box.value = box.getAttribute('value');
}));
"""


def runs_list(views: Sequence[RunView], ticked: Collection[str]) -> dict[str, Any]:
    """Values for the template of the list."""
    return {
        "none": "" if views else _NONE_YET,
        "longest": LONGEST_NAME,
        "rows": [_row(view, ticked) for view in views],
    }


def _row(view: RunView, ticked: Collection[str]) -> dict[str, Any]:
    facts = [strategy(view), rows_of_run(view), ago(view.created), took(view)]
    return {
        "id": view.id,
        "name": run_name(view),
        "facts": " · ".join(fact for fact in facts if fact),
        "scores": _scores(view),
        "state": _state(view),
        "kind": "going" if not view.over else view.state,
        "ticked": "true" if view.id in ticked else "false",
        "tick": not view.uploaded,
        "model": view.model is not None,
        "resume": view.resumable,
    }


def _scores(view: RunView) -> list[dict[str, str]]:
    started, report = started_of(view), report_of(view)
    names = list(report.tasks if report else started.labels if started else view.data)
    colours = task_colours(names)
    shown = [
        {"task": name, "score": task_score(view, name), "colour": colours[name]} for name in names[:_SCORES]
    ]
    more = len(names) - _SCORES
    return shown + ([{"task": f"and {more} more", "score": "", "colour": "transparent"}] if more > 0 else [])


def _state(view: RunView) -> str:
    if view.uploaded:
        return "uploaded"
    if view.state == "stopped" and view.model is None:
        return "stopped before the first epoch"
    if view.state == "waiting":
        return f"waiting: place {view.position}"
    return f"training {percent_done(view)}%" if view.state == "running" else view.state
