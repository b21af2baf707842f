"""HTML of the page's own small displays. Values arrive as data, and `{{...}}` escapes them: a visitor's
text never becomes markup. What belongs to a task takes its colour from the CSS variable `--task`.
"""

from typing import Final

TILES: Final = """
<div class="tiles">{{#each value}}
  <div class="tile"><div class="name">{{this.name}}</div><div class="number">{{this.value}}</div></div>
{{/each}}</div>"""

TILES_CSS: Final = """
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(118px, 1fr)); gap: 12px; }
.tile { border: 1px solid var(--border-color-primary); border-radius: 8px; padding: 10px 14px;
        background: var(--block-background-fill); }
.name { color: var(--body-text-color-subdued); font-size: .8rem; }
.number { font-size: 1.3rem; font-weight: 700; font-variant-numeric: tabular-nums; white-space: nowrap;
          color: var(--body-text-color); }
"""

MESSAGES: Final = """
<div class="messages" role="status">{{#each value}}
  <div class="message {{this.kind}}"><b>{{this.title}}</b> {{this.text}}</div>
{{/each}}</div>"""

MESSAGES_CSS: Final = """
.messages { display: grid; gap: 8px; }
.message { border-left: 3px solid var(--combined); padding: 6px 12px; border-radius: 4px; font-size: .92rem;
           background: var(--block-background-fill); color: var(--body-text-color);
           overflow-wrap: anywhere; white-space: pre-line; }
.problem { border-left-color: #c2410c; }
"""

PROGRESS: Final = """
<div role="progressbar" aria-label="progress of the run"
     aria-valuemin="0" aria-valuemax="100" aria-valuenow="{{value.percent}}">
  <div class="track"><div class="fill" style="width:{{value.percent}}%"></div></div>
  <div class="text"><span>{{value.text}}</span><span>{{value.eta}}</span></div>
  <div class="facts">{{value.facts}}</div>
</div>"""

PROGRESS_CSS: Final = """
.track { height: 8px; border-radius: 4px; background: rgba(128,128,128,.22); overflow: hidden; }
.fill { height: 100%; background: var(--combined); border-radius: 4px; transition: width .25s linear; }
.text { display: flex; justify-content: space-between; gap: 12px;
        font-size: .88rem; margin-top: 6px; min-height: 1.4em;
        color: var(--body-text-color-subdued); }
.facts { font-size: .88rem; min-height: 1.4em; color: var(--body-text-color-subdued); }
"""

TABLE: Final = """
<div class="scroll"><table>
  <thead><tr>{{#each value.columns}}<th scope="col">{{this}}</th>{{/each}}</tr></thead>
  <tbody>{{#each value.rows}}<tr>{{#each this}}<td>{{this}}</td>{{/each}}</tr>{{/each}}</tbody>
</table></div>"""

TABLE_CSS: Final = """
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; color: var(--body-text-color); }
th { text-align: left; font-weight: 700; color: var(--body-text-color-subdued); font-size: .8rem; }
th, td { padding: 7px 12px 7px 0 !important; border: 0 !important; vertical-align: top;
         border-bottom: 1px solid var(--border-color-primary) !important; }
table, tr { border: 0 !important; }
"""
