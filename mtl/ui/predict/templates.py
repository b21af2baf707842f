"""HTML of the Predict tab's panels; `{{...}}` escapes what visitors type."""

from typing import Final

# A card per task; the answer is what one sees first.
CARDS: Final = """
<div class="cards">{{#each value.cards}}
  <section class="card {{this.kind}}" style="--task:{{this.colour}}" aria-label="{{this.title}}">
    <div class="title">{{this.title}}</div>
    <div class="answer"><span class="label">{{this.answer}}</span>
      <span class="confidence">{{this.confidence}}</span>
      <span class="about">{{this.about}}</span></div>
    {{#each this.rows}}<div class="row {{this.kind}}">
      <span class="name" title="{{this.label}}">{{this.label}}</span>
      <span class="track"><span class="fill" style="width:{{this.width}}%"></span></span>
      <span class="percent">{{this.percent}}</span>
    </div>{{/each}}
  </section>{{/each}}</div>
<div class="notes">{{#each value.notes}}<span>{{this}}</span> {{/each}}</div>"""

CARDS_CSS: Final = """
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 280px), 1fr)); gap: 14px; }
.card { --shown: color-mix(in srgb, var(--task), white var(--lighter));
        border: 1px solid var(--border-color-primary); border-top: 4px solid var(--shown);
        border-radius: var(--radius); padding: 14px 22px 16px; background: var(--block-background-fill);
        color: var(--body-text-color); min-height: 150px; min-width: 0; }
.title { color: var(--body-text-color-subdued); font-size: var(--text-s); }
.answer { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 10px; margin: 2px 0 8px; }
.label { font-weight: 700; font-size: 1.75rem; line-height: 1.3; overflow-wrap: anywhere; min-width: 0; }
.answer .confidence { font-size: var(--text-l); color: var(--body-text-color-subdued);
              font-variant-numeric: tabular-nums; }
.answer .about { font-size: var(--text-s); color: var(--body-text-color-subdued); }
.row { display: grid; grid-template-columns: minmax(84px, 26%) 1fr 3.4rem; gap: 12px; align-items: center;
       height: 26px; font-size: var(--text-s); }
.name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.row .percent { text-align: right; font-variant-numeric: tabular-nums;
                color: var(--body-text-color-subdued); }
.track { height: 8px; border-radius: 4px; background: rgba(128,128,128,.2); overflow: hidden; }
.fill { display: block; height: 100%; border-radius: 4px; background: rgba(128,128,128,.8);
        transition: width .15s ease-out; }
.top .fill { background: var(--shown); }
.unsure .label { font-weight: 400; }
.grey { border-top-color: rgba(128,128,128,.5); }
.grey .label, .grey .name { color: var(--body-text-color-subdued); font-weight: 400; }
.told .label { font-size: var(--text-l); line-height: 1.75; }
.grey .top .fill { background: rgba(128,128,128,.8); }
.notes { min-height: 1.5em; margin: 6px 0 -12px; font-size: var(--text-s);
         color: var(--body-text-color-subdued); overflow-wrap: anywhere; }
.notes span { color: var(--body-text-color-subdued); }
.notes span + span::before { content: "·"; margin-right: .4em; }
@media (max-width: 640px) {
  .cards { gap: 10px; }
  .card { padding: 10px 16px 10px; min-height: 130px; }
  .answer { margin-bottom: 4px; }
  .label { font-size: 1.5rem; }
  .further { display: none; }
}
@media (prefers-reduced-motion: reduce) { .fill { transition: none; } }
"""

# What a word adds is shown as a tint, a number with its sign, and a line: solid for, dotted against.
WORDS: Final = """
<div class="reasons" style="--task:{{value.colour}}">
  <p class="head">{{value.head}}</p>
  <div class="sentence">{{#each value.parts}}{{#if this.adds}}<span class="word {{this.kind}}"
    title="{{this.title}}" style="--tint:{{this.tint}}%"><span class="own">{{this.text}}</span><span
    class="number">{{this.adds}}</span></span>{{else}}<span class="unread">{{this.text}}</span>{{/if}}
  {{/each}}</div>
  <p class="sum">{{value.sum}}</p>
</div>"""

WORDS_CSS: Final = """
.reasons { border: 1px solid var(--border-color-primary); border-radius: 8px; padding: 14px 18px;
          background: var(--block-background-fill); color: var(--body-text-color); min-height: 190px; }
.head, .sum { margin: 0; font-size: .92rem; color: var(--body-text-color-subdued); }
.sum { font-family: var(--font-mono); margin-top: 10px; overflow-wrap: anywhere; }
.sentence { display: flex; flex-wrap: wrap; gap: 8px 6px; margin-top: 12px; max-height: 340px;
            overflow-y: auto; }
.word { display: inline-flex; flex-direction: column; align-items: center; max-width: 100%;
        min-width: 2.9rem; }
.own { padding: 1px 5px; border-radius: 4px 4px 0 0; font-size: 1.1rem; overflow-wrap: anywhere; }
.for .own { border-bottom: 3px solid var(--task);
             background: color-mix(in srgb, var(--task) var(--tint), transparent); }
.against .own { border-bottom: 3px dotted var(--body-text-color-subdued);
                 background: rgba(128,128,128,.14); }
.number { font-family: var(--font-mono); font-size: .78rem; color: var(--body-text-color-subdued); }
.unread { opacity: .75; overflow-wrap: anywhere; }
"""

# Rows of answers; a changed one says so in a word.
ANSWERS: Final = """
<div class="scroll"><table>
  <thead><tr>{{#each value.columns}}<th scope="col">{{this}}</th>{{/each}}</tr></thead>
  <tbody>{{#each value.rows}}<tr><th scope="row">{{this.name}}</th>
    {{#if this.text}}<td class="text">{{this.text}}</td>{{/if}}
    {{#each this.answers}}<td class="{{this.kind}}">{{this.predicted}}{{#if this.kind}}
      <span class="mark">{{this.kind}}</span>{{/if}}</td>{{/each}}
  </tr>{{/each}}</tbody>
</table></div>"""

ANSWERS_CSS: Final = """
.scroll { overflow-x: auto; min-height: 150px; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; color: var(--body-text-color); }
th { text-align: left; font-weight: 400; color: var(--body-text-color-subdued); font-size: .85rem; }
th, td { padding: 8px 12px 8px 0 !important; border: 0 !important; vertical-align: top;
         border-bottom: 1px solid var(--border-color-primary) !important; }
table, tr { border: 0 !important; }
.text { min-width: 180px; overflow-wrap: anywhere; }
.changed, .differs { font-weight: 700; }
.mark { display: inline-block; margin-left: 6px; padding: 0 8px; border-radius: 999px; font-size: .75rem;
        font-weight: 400; border: 1px solid currentColor; }
"""

# The first rows of a file; the column of texts stands out.
PREVIEW: Final = """
<div class="scroll"><table>
  <thead><tr>
    {{#each value.columns}}<th scope="col" class="{{this.kind}}">{{this.text}}</th>{{/each}}</tr></thead>
  <tbody>{{#each value.rows}}<tr>{{#each this}}<td class="{{this.kind}}">{{this.text}}</td>{{/each}}</tr>
  {{/each}}</tbody>
</table></div>"""

PREVIEW_CSS: Final = """
.scroll { overflow-x: auto; border: 1px solid var(--border-color-primary); border-radius: var(--radius); }
table { border-collapse: collapse; width: 100%; font-size: var(--text-s);
        color: var(--body-text-color-subdued); }
th { text-align: left; font-weight: 400; }
th, td { padding: 6px 12px !important; border: 0 !important; vertical-align: top; max-width: 420px;
         overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.chosen { color: var(--body-text-color); background: var(--accent-tint); }
th.chosen { font-weight: 700; }
table, tr { border: 0 !important; }
"""

# Labelled rows, each with a button that leads to its correction.
LABELLED: Final = """
{{#if value.rows}}<div class="scroll"><table>
  <thead><tr>{{#each value.columns}}<th scope="col">{{this}}</th>{{/each}}<th scope="col"></th></tr></thead>
  <tbody>{{#each value.rows}}<tr><td class="text">{{this.text}}</td>
    {{#each this.answers}}<td class="{{this.kind}}">{{this.label}} <span>{{this.percent}}</span></td>{{/each}}
    <td><button data-row="{{@index}}" aria-label="Correct: {{this.text}}">Correct</button></td>
  </tr>{{/each}}</tbody>
</table></div>{{/if}}"""

LABELLED_CSS: Final = """
.scroll { overflow: auto; max-height: 420px; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; color: var(--body-text-color); }
th { text-align: left; font-weight: 400; font-size: var(--text-s); color: var(--body-text-color-subdued); }
th, td { padding: 7px 14px 7px 0 !important; border: 0 !important; vertical-align: top;
         border-bottom: 1px solid var(--border-color-primary) !important; }
table, tr { border: 0 !important; }
.text { min-width: 180px; overflow-wrap: anywhere; }
td span { color: var(--body-text-color-subdued); font-variant-numeric: tabular-nums; white-space: nowrap; }
.doubtful { color: var(--body-text-color-subdued); font-style: italic; }
button { padding: 1px 12px; font-weight: 400;
         border-radius: 999px; border: 1px solid var(--border-color-primary);
         background: none; color: var(--body-text-color); font-size: var(--text-s); cursor: pointer; }
button:hover { border-color: var(--accent); }
"""

LABELLED_ON_LOAD: Final = """element.addEventListener('click', event => {
  const button = event.target.closest('button[data-row]');
  if (button) trigger('click', {row: Number(button.dataset.row)});
});"""
