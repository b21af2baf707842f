"""HTML of the file that is labelled: the sentence in focus, a button for each label, and what is like it."""

from typing import Final

# `data-what` says what a button does, with the sentence whose key is in `data-one`.
QUEUE: Final = """
{{#if value.name}}<div class="queue" data-one="{{value.key}}">
  <p class="facts" role="status"><b>{{value.settled}}</b>{{#each value.notes}}
    <span>{{this}}</span>{{/each}}</p>
  {{#if value.text}}<div class="one" tabindex="-1" role="group" aria-labelledby="queue-sentence">
    <p class="text" id="queue-sentence">{{value.text}}</p>
    <p class="why">{{value.why}}</p>
    {{#if value.alike}}<details><summary>and {{value.count}} alike</summary>
      <ul>{{#each value.alike}}<li><label><input type="checkbox" checked value="{{this.key}}">
        <span>{{this.text}}</span></label></li>{{/each}}</ul></details>{{/if}}
  </div>
  <div class="answers" role="group" aria-label="Its label">{{#each value.labels}}
    <button type="button" class="{{this.kind}}" data-what="label" data-label="{{this.key}}"
      data-digit="{{this.digit}}" aria-keyshortcuts="{{this.digit}}">{{#if this.digit}}
      <kbd>{{this.digit}}</kbd>{{/if}}<span class="name">{{this.name}}</span>{{#if this.percent}}
      <span class="percent">{{this.percent}}</span>{{/if}}</button>{{/each}}</div>
  {{else}}<p class="said one" tabindex="-1">{{value.said}}</p>{{/if}}
  <div class="steps">
    {{#if value.text}}<button type="button" data-what="skip" data-digit="s" aria-keyshortcuts="s">Skip
      <kbd>S</kbd></button>{{/if}}
    {{#if value.undo}}<button type="button" data-what="undo" data-digit="u" aria-keyshortcuts="u">Undo
      <kbd>U</kbd></button>{{/if}}
    {{#if value.more}}<button type="button" data-what="more" data-digit="n" aria-keyshortcuts="n">Next ten
      <kbd>N</kbd></button>{{/if}}
  </div></div>{{/if}}"""

QUEUE_CSS: Final = """
.queue { display: grid; gap: 14px; color: var(--body-text-color); padding: 4px 0; min-width: 0; }
p { margin: 0; overflow-wrap: anywhere; }
.facts, .why, summary { font-size: var(--text-s); color: var(--body-text-color-subdued); }
.facts b { color: var(--body-text-color); font-variant-numeric: tabular-nums; margin-right: 12px; }
.facts span { margin-right: 12px; }
.one:focus { outline: 2px solid var(--accent); outline-offset: 6px; border-radius: 4px; }
.text { font-size: var(--text-l); line-height: 1.4; max-height: 40vh; overflow-y: auto; }
.why { margin-top: 4px; }
details { margin-top: 6px; }
summary { cursor: pointer; width: fit-content; padding: 4px 0; }
ul { list-style: none; margin: 4px 0 0; padding: 0; max-height: 240px; overflow-y: auto; }
li { margin: 0; }
label { display: flex; gap: 10px; align-items: baseline; padding: 3px 2px; cursor: pointer; }
label span { overflow-wrap: anywhere; min-width: 0; }
.answers { display: flex; flex-wrap: wrap; gap: 8px; max-height: 300px; overflow-y: auto; padding: 3px; }
.answers button { display: inline-flex; align-items: baseline; gap: 8px; max-width: 100%; min-height: 40px;
    padding: 8px 16px; border: 1px solid var(--border-color-primary); border-radius: 999px;
    background: var(--block-background-fill); color: var(--body-text-color); font-size: var(--text-m);
    font-weight: 400; cursor: pointer; text-align: left; }
.answers .name { overflow-wrap: anywhere; min-width: 0; }
.answers button:hover, .answers .top { border-color: var(--accent); }
.answers .top { background: var(--accent-tint); }
.top .name { font-weight: 700; }
.percent { font-variant-numeric: tabular-nums; color: var(--body-text-color-subdued); }
kbd { font-family: inherit; font-size: var(--text-s); color: var(--body-text-color-subdued); }
.steps { display: flex; flex-wrap: wrap; gap: 4px 20px; align-items: baseline; }
.steps button { border: 0; background: none; padding: 6px 2px; min-height: 36px; cursor: pointer;
    font-size: var(--text-m); font-weight: 400; color: var(--body-text-color);
    border-bottom: 2px solid transparent; }
.steps button:hover { border-bottom-color: var(--border-color-primary); }
"""

# Keys count only here: whoever types in a box types. What is like the sentence goes with it while its list is
# open, so that nothing gets a label unseen.
QUEUE_JS: Final = """
let here = true, before = '', open = false;
const one = () => element.querySelector('[data-one]')?.dataset.one ?? '';
const press = button => {
    const list = element.querySelector('details');
    const ticked = list?.open ? [...list.querySelectorAll('input:checked')].map(box => box.value) : [];
    here = true;
    trigger('select', {what: button.dataset.what, key: one(), label: button.dataset.label ?? '', ticked});
};
element.addEventListener('click', event => {
    const button = event.target.closest('button[data-what]');
    if (button) press(button);
});
element.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.target.matches('textarea, select, input:not([type=checkbox])')) return;
    const key = event.key.toLowerCase();
    if (!/^[1-9sun]$/.test(key)) return;
    const button = element.querySelector(`button[data-digit="${key}"]`);
    if (button) { event.preventDefault(); press(button); }
});
element.addEventListener('toggle', event => {
    if (event.target.matches('details')) { before = one(); open = event.target.open; }
}, true);
// The sentence is drawn anew: whoever was here stays here, and the list of the same sentence stays open.
watch('value', () => {
    if (open && one() === before) element.querySelector('details')?.setAttribute('open', '');
    else open = false;
    const active = document.activeElement;
    const free = active === document.body || active.closest('#queue-file, #queue');
    if (here && free && element.querySelector('.one')) {
        element.querySelector('.one').focus({preventScroll: true});
        element.querySelector('.queue').scrollIntoView({block: 'nearest'});
        here = false;
    }
});
"""

READING: Final = """
{{#if value.text}}<div role="progressbar" aria-label="Reading the file" aria-valuemin="0" aria-valuemax="100"
  aria-valuenow="{{value.percent}}">
  <div class="track"><div class="fill" style="width:{{value.percent}}%"></div></div>
  <div class="text">{{value.text}}</div></div>{{/if}}"""

READING_CSS: Final = """
.track { height: 4px; border-radius: 4px; background: rgba(128,128,128,.22); overflow: hidden; }
.fill { height: 100%; background: var(--accent); border-radius: 4px; transition: width .25s linear; }
.text { font-size: var(--text-s); margin-top: 4px; color: var(--body-text-color-subdued);
        font-variant-numeric: tabular-nums; }
@media (prefers-reduced-motion: reduce) { .fill { transition: none; } }
"""
