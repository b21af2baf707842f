"""HTML of the rows whose label is suspicious, and the keys that answer for them."""

from typing import Final

# A row is one stop of the Tab key besides its buttons; arrow keys go from row to row.
SUSPECTS: Final = """
<p role="status">{{value.words}}</p>
{{#if value.rows}}<ul>{{#each value.rows}}<li style="--task:{{this.colour}}">
  <div class="row" role="group" data-row="{{this.row}}" tabindex="-1" aria-keyshortcuts="A K"
    aria-label="{{this.text}}: {{this.label}}, or {{this.suggested}}?">
    <div class="what"><p class="text">{{#each this.parts}}<span
        class="{{this.kind}}">{{this.text}}</span>{{/each}}</p>
      <p class="like" title="The nearest rows of this label">{{this.suggested}}:
        {{#each this.neighbours}}<span>{{this}}</span> {{/each}}</p></div>
    <p class="labels" title="{{this.task}}">{{this.label}}
      <span class="as" aria-label="suggested" role="img">→</span> {{this.suggested}}
      <span class="sure">{{this.probability}}</span></p>
    <div class="do">
      <button type="button" data-say="accept" aria-pressed="{{this.accepted}}"
        title="{{this.suggested}} (A)">Accept</button>
      <button type="button" data-say="keep" aria-pressed="{{this.kept}}"
        title="{{this.label}} (K)">Keep</button></div>
  </div></li>{{/each}}</ul>{{/if}}"""

SUSPECTS_CSS: Final = """
p { margin: 0; color: var(--body-text-color-subdued); overflow-wrap: anywhere; }
ul { list-style: none; margin: 10px 0 0; padding: 3px; max-height: 560px; overflow-y: auto; display: grid;
     gap: 8px; }
li { margin: 0; min-width: 0; }
.row { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 18rem) auto; gap: 2px 20px;
       align-items: start; padding: 8px 14px; border: 1px solid var(--border-color-primary);
       border-left: 3px solid var(--task); border-radius: 8px;
       scroll-margin-bottom: 150px; } /* the bar lies over the end of the page */
.row:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
.row .text, .row .labels { color: var(--body-text-color); }
.for { text-decoration: underline 2px var(--task); text-underline-offset: 3px; }
.labels { font-weight: 700; }
.as, .sure { font-weight: 400; color: var(--body-text-color-subdued); }
.sure { font-variant-numeric: tabular-nums; white-space: nowrap; }
.row .like, .like span { font-size: var(--text-s); color: var(--body-text-color-subdued); }
.like span + span::before { content: "· "; }
.do { display: flex; gap: 8px; }
button { min-height: 32px; min-width: 76px; margin: 0; padding: 2px 12px;
         border: 1px solid var(--border-color-primary);
         border-radius: 8px; background: none; cursor: pointer; font-size: var(--text-s); font-weight: 400;
         color: var(--body-text-color); }
button:hover { border-color: var(--accent); }
button[aria-pressed=true] { border-color: var(--accent); font-weight: 700;
                            background: color-mix(in srgb, var(--accent) 16%, transparent); }
@media (max-width: 640px) {
  .row { grid-template-columns: minmax(0, 1fr); gap: 6px; }
  .do button { flex: 1; min-height: 40px; }
}
"""

# What is pressed shows at once; what the server has kept follows, and the focus stays where it was.
SUSPECTS_JS: Final = """
let at = 0, mine = false;
const rows = () => [...element.querySelectorAll('.row')];
const rove = () => rows().forEach((row, number) => { row.tabIndex = number === at ? 0 : -1; });
const go = number => {
    at = Math.max(0, Math.min(number, rows().length - 1));
    rove();
    const row = rows()[at];
    row?.focus({preventScroll: true});
    row?.scrollIntoView({block: 'nearest'});
};
const say = (row, what) => {
    const pressed = row.querySelector(`[data-say=${what}]`).getAttribute('aria-pressed') === 'true';
    row.querySelectorAll('[data-say]').forEach(button =>
        button.setAttribute('aria-pressed', !pressed && button.dataset.say === what));
    trigger('select', {row: Number(row.dataset.row), say: pressed ? '' : what, run: props.value.run});
};
element.addEventListener('click', event => {
    const button = event.target.closest('[data-say]');
    if (!button) return;
    mine = button.dataset.say;
    say(button.closest('.row'), button.dataset.say);
});
element.addEventListener('focusin', event => {
    const found = rows().indexOf(event.target.closest('.row'));
    if (found >= 0) { at = found; rove(); }
});
element.addEventListener('keydown', event => {
    const row = event.target.closest('.row');
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
    const what = {a: 'accept', k: 'keep'}[event.key.toLowerCase()];
    if (event.key === 'Home') go(0);
    else if (event.key === 'End') go(rows().length - 1);
    else if (step) go(at + step);
    else if (what) { mine = ''; say(row, what); go(at + 1); }
    else return;
    event.preventDefault();
});
watch('value', () => {
    rove();
    if (mine !== false && document.activeElement === document.body) {
        const row = rows()[at];
        (row?.querySelector(`[data-say="${mine}"]`) ?? row)?.focus({preventScroll: true});
    }
    if (props.value.ask) trigger('submit');
});
rove();
// It comes onto the page when the fold is opened.
trigger('submit');
"""
