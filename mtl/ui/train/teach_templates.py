"""HTML of the Teach place: an answer whose bars are buttons, and the labels with their sentences."""

from typing import Final

# A press on a label teaches it.
ANSWER: Final = """
{{#if value.rows}}<div class="bars" role="group" aria-label="Answer: press the right label to teach it">
{{#each value.rows}}<button type="button" class="{{this.kind}}" data-key="{{this.key}}"
  aria-label="{{this.label}}, {{this.percent}}: teach this label">
  <span class="name">{{this.label}}</span>
  <span class="track"><span class="fill" style="width:{{this.width}}%"></span></span>
  <span class="percent">{{this.percent}}</span></button>{{/each}}</div>{{/if}}
<div class="said" role="status">{{#each value.notes}}<p>{{this}}</p>{{/each}}</div>"""

ANSWER_CSS: Final = """
.bars { display: grid; gap: 4px; max-height: 420px; overflow-y: auto; }
button { display: grid; grid-template-columns: minmax(90px, 30%) 1fr 3.4rem; gap: 12px; align-items: center;
         min-height: 38px; padding: 4px 12px; border: 1px solid transparent; border-radius: 8px;
         background: none; cursor: pointer; text-align: left; font-size: var(--text-m); font-weight: 400;
         color: var(--body-text-color); width: 100%; }
button:hover { border-color: var(--accent); }
.name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.track { height: 8px; border-radius: 4px; background: rgba(128,128,128,.2); overflow: hidden; }
.fill { display: block; height: 100%; border-radius: 4px; background: rgba(128,128,128,.8);
        transition: width .15s ease-out; }
.percent { text-align: right; font-variant-numeric: tabular-nums; color: var(--body-text-color-subdued); }
.top .name { font-weight: 700; }
.top .fill { background: var(--accent); }
.taught .name::after { content: " ✓"; }
.said p { margin: 6px 0 0 13px; font-size: var(--text-s); color: var(--body-text-color-subdued);
          overflow-wrap: anywhere; }
@media (prefers-reduced-motion: reduce) { .fill { transition: none; } }
"""

ANSWER_JS: Final = """
let pressed = '';
element.addEventListener('click', event => {
    const button = event.target.closest('button[data-key]');
    if (!button) return;
    pressed = button.dataset.key;
    trigger('select', {key: pressed});
});
// The bars are drawn anew: whoever pressed one by key goes on from there.
watch('value', () => {
    if (pressed && document.activeElement === document.body)
        element.querySelector(`[data-key="${pressed}"]`)?.focus({preventScroll: true});
    pressed = '';
});
"""

LESSON: Final = """
<div class="labels">{{#each value}}<section aria-label="{{this.name}}">
  <div class="head">
    <input class="name" value="{{this.name}}" data-key="{{this.key}}" aria-label="Name of the label"
      spellcheck="false" maxlength="60">
    <span class="count">{{this.count}}</span>
    {{#if this.others}}<select data-key="{{this.key}}" aria-label="Merge {{this.name}} into another label">
      <option value="">Merge</option>{{#each this.others}}<option value="{{this.key}}">{{this.name}}</option>
      {{/each}}</select>{{/if}}
    <button type="button" data-do="drop" data-key="{{this.key}}"
      aria-label="Delete the label {{this.name}}">Delete</button>
  </div>
  <input class="about" value="{{this.description}}" data-key="{{this.key}}" maxlength="300"
    aria-label="What belongs under {{this.name}}" placeholder="What belongs here, in a sentence (optional)">
  <ul>{{#each this.rows}}<li><button type="button" class="text" data-do="try" data-key="{{this.key}}"
    title="Try it, or move it">{{this.text}}{{#if this.like}}<span class="like"> · looks like
    {{this.like}}</span>{{/if}}</button><button type="button" data-do="forget" data-key="{{this.key}}"
    aria-label="Remove: {{this.text}}">Remove</button></li>{{/each}}</ul>
  {{#if this.more}}<p>{{this.more}}</p>{{/if}}
</section>{{/each}}</div>"""

LESSON_CSS: Final = """
.labels { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 340px), 1fr)); gap: 14px; }
section { border: 1px solid var(--border-color-primary); border-radius: var(--radius); padding: 10px 16px;
          background: var(--block-background-fill); color: var(--body-text-color); min-width: 0; }
.head { display: flex; align-items: baseline; gap: 4px 12px; }
input { border: 1px solid transparent; border-radius: 6px; background: none; padding: 2px 6px;
        margin-left: -7px; color: var(--body-text-color); text-overflow: ellipsis; width: 100%;
        min-width: 0; }
input:hover, input:focus { border-color: var(--border-color-primary); }
input.name { flex: 1 1 60px; font-size: var(--text-m); font-weight: 700; }
input.about, input.about::placeholder { font-size: var(--text-s); color: var(--body-text-color-subdued);
                                        opacity: 1; }
.count { font-size: var(--text-s); color: var(--body-text-color-subdued); white-space: nowrap; }
select, button { border: 0; background: none; padding: 3px 0; min-height: 28px; cursor: pointer;
                 font-size: var(--text-s); font-weight: 400; color: var(--body-text-color-subdued);
                 border-bottom: 2px solid transparent; }
select { width: 62px; appearance: none; }
option { color: #1e293b; background: #fff; }
select:hover, button:hover { border-bottom-color: var(--accent); color: var(--body-text-color); }
ul { list-style: none; margin: 4px 0 0; padding: 0; max-height: 260px; overflow-y: auto; }
li { display: flex; gap: 12px; align-items: baseline; justify-content: space-between; margin: 0; }
button.text { flex: 1 1 auto; min-width: 0; text-align: left; color: var(--body-text-color);
              overflow-wrap: anywhere; }
.like { color: var(--body-text-color-subdued); font-style: italic; }
p { margin: 4px 0 0; font-size: var(--text-s); color: var(--body-text-color-subdued); }
"""

# `what` says what to do with the label or the sentence of a key.
LESSON_JS: Final = """
let last = null;
const tell = (what, more) => trigger('edit', {what, ...more});
element.addEventListener('click', event => {
    const button = event.target.closest('[data-do]');
    if (!button) return;
    const {do: what, key} = button.dataset;
    last = [what, [...element.querySelectorAll(`[data-do=${what}]`)].indexOf(button)];
    tell(what, {key});
});
let editing = null;
element.addEventListener('focusin', event => {
    editing = event.target.matches('input') ? event.target.closest('section') : null;
});
element.addEventListener('keydown', event => {
    if (event.key === 'Enter' && event.target.matches('input')) event.target.blur();
});
element.addEventListener('change', event => {
    const key = event.target.dataset.key;
    if (event.target.matches('select')) {
        const into = event.target.value;
        event.target.value = '';
        if (into) tell('merge', {key, into});
    } else if (editing) {
        const given = name => editing.querySelector(`input.${name}`).value;
        tell('rename', {key, name: given('name'), about: given('about')});
    }
});
watch('value', () => {
    // What was typed belongs to the label at which it was typed.
    element.querySelectorAll('input').forEach(box => {
        if (box !== document.activeElement) box.value = box.getAttribute('value');
    });
    if (last && document.activeElement === document.body) {
        const left = [...element.querySelectorAll(`[data-do=${last[0]}]`)];
        left[Math.min(last[1], left.length - 1)]?.focus({preventScroll: true});
    }
    last = null;
});
"""
