"""HTML of the Predict tab's panels; `{{...}}` escapes what visitors type."""

from typing import Final

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
