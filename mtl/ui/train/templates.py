"""HTML of a run. Values arrive as data, and `{{...}}` escapes them. What belongs to a
task takes its colour from the CSS variable `--task`.
"""

from typing import Final

PROGRESS: Final = """
<div class="steps" role="progressbar" aria-label="progress of the run" aria-valuemin="0" aria-valuemax="100"
     aria-valuenow="{{value.percent}}">{{#each value.steps}}
  <div class="step {{this.state}}" style="flex-grow:{{this.weight}}">
    <div class="track"><div class="fill" style="width:{{this.percent}}%"></div></div>
    <span class="name">{{this.name}}</span>
  </div>{{/each}}
</div>
<dl class="numbers">{{#each value.numbers}}<div>
  <dt>{{this.name}}</dt><dd>{{this.value}}</dd></div>{{/each}}</dl>
<p><span role="status">{{value.text}}</span> <span class="facts">{{value.facts}}</span></p>"""

PROGRESS_CSS: Final = """
.steps { display: flex; gap: 6px; }
.step { min-width: 64px; flex-basis: 0; }
.track { height: 8px; border-radius: 4px; background: rgba(128,128,128,.22); overflow: hidden; }
.fill { height: 100%; background: var(--combined); border-radius: 4px; transition: width .25s linear; }
.name { font-size: var(--text-s); color: var(--body-text-color-subdued); }
.now .name { color: var(--body-text-color); font-weight: 700; }
.numbers { display: flex; flex-wrap: wrap; gap: 4px 40px; margin: 14px 0 0; }
.numbers:empty { display: none; }
dt { font-size: var(--text-s); color: var(--body-text-color-subdued); }
dd { margin: 0; font-size: var(--text-xl); font-weight: 700; line-height: 1.2; min-width: 4ch;
     color: var(--body-text-color); font-variant-numeric: tabular-nums; }
p { margin: 0; color: var(--body-text-color); }
.numbers + p { margin-top: 8px; }
.numbers:empty + p { margin-top: -8px; }
.facts { color: var(--body-text-color-subdued); font-size: var(--text-s); }
"""

RESULT: Final = """
<div class="cards">{{#each value}}
  <section class="card" style="--task:{{this.colour}}" aria-label="{{this.task}}">
    <p class="task">{{this.task}}</p>
    <h3>{{this.right}} <span class="range">{{this.range}}</span></h3>
    <p class="gain">{{this.gain}}</p>
    <div class="bars">{{#each this.rows}}<div class="line {{this.kind}}">
      <span class="name" title="{{this.title}}">{{this.name}}</span>
      <span class="track"><span class="fill" style="width:{{this.at}}%"></span>
        <span class="band" style="left:{{this.low}}%;width:{{this.width}}%"></span></span>
      <span class="percent">{{this.percent}}</span></div>{{/each}}
    </div>
    <p class="source">{{this.source}}</p>
  </section>{{/each}}
</div>"""

# As many columns as the matrices have: each stands below its card.
COLUMNS: Final = "grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); gap: 16px;"

RESULT_CSS: Final = f"""
.cards {{ display: grid; {COLUMNS} }}
.card {{ border: 1px solid var(--border-color-primary); border-top: 3px solid var(--task); min-width: 0;
        border-radius: var(--radius); padding: 14px 20px 12px;
        background: var(--block-background-fill); color: var(--body-text-color); }}
p {{ margin: 0; }}
.task {{ font-size: var(--text-s); color: var(--body-text-color-subdued); overflow-wrap: anywhere; }}
h3 {{ margin: 0; font-size: var(--text-xl); font-weight: 700; line-height: 1.25;
     color: var(--body-text-color); }}
.range {{ display: inline-block; font-size: var(--text-m); font-weight: 400; white-space: nowrap;
         color: var(--body-text-color-subdued); }}
.bars {{ margin: 10px 0 8px; }}
.line {{ display: grid; grid-template-columns: minmax(0, 11.5rem) minmax(60px, 1fr) 3.2rem; gap: 12px;
        align-items: center; height: 26px; color: var(--body-text-color-subdued); }}
.line .name {{ overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }}
.ours {{ color: var(--body-text-color); font-weight: 700; }}
.track {{ position: relative; display: block; height: 8px; border-radius: 4px;
         background: rgba(128,128,128,.16); }}
.fill {{ display: block; height: 8px; border-radius: 4px; background: rgba(128,128,128,.5); }}
.ours .fill {{ background: var(--task); }}
.band {{ position: absolute; top: -3px; height: 14px; border-radius: 4px; background: var(--task);
        opacity: .35; }}
.percent {{ text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }}
.source {{ font-size: var(--text-s); color: var(--body-text-color-subdued); }}
"""

FULL_REPORT: Final = """
<div class="reports">{{#each value}}
  <section style="--task:{{this.colour}}" aria-label="{{this.title}}">
    <h4>{{this.title}}</h4>
    <p>{{this.headline}}</p>
    <div class="scroll"><table>
      <thead><tr><th scope="col">compared with</th><th scope="col">accuracy</th>
        <th scope="col">gain, 95% interval</th></tr></thead>
      <tbody>{{#each this.rows}}<tr><td>{{this.name}}</td><td>{{this.percent}}</td><td>{{this.gain}}</td></tr>
      {{/each}}</tbody>
    </table></div>
    <ul>{{#each this.notes}}<li>{{this}}</li>{{/each}}</ul>
  </section>{{/each}}
</div>"""

FULL_REPORT_CSS: Final = """
.reports { display: grid; gap: 20px; }
section { border-left: 3px solid var(--task); padding-left: 14px; min-width: 0; }
h4 { margin: 0; font-size: var(--text-m); font-weight: 700; color: var(--body-text-color); }
p { margin: 2px 0 6px; color: var(--body-text-color); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; color: var(--body-text-color); font-size: var(--text-s); }
table, tr { border: 0 !important; }
th { font-weight: 400; text-align: left; color: var(--body-text-color-subdued); }
th, td { padding: 4px 24px 4px 0 !important; border: 0 !important; vertical-align: top;
         font-variant-numeric: tabular-nums; }
ul { margin: 6px 0 0; padding-left: 1.1em; font-size: var(--text-s); color: var(--body-text-color-subdued); }
li { list-style: disc; margin: 2px 0; }
"""

WRONG: Final = """
{{#if value.words}}<p><b>Rows it got wrong</b> {{value.words}}</p>
<ul tabindex="0" aria-label="Rows it got wrong">{{#each value.rows}}<li style="--task:{{this.colour}}">
  <span class="text">{{this.text}}</span>
  <span class="labels" title="{{this.task}}">{{this.label}}
    <span class="as" aria-label="predicted as" role="img">→</span> {{this.predicted}}</span>
  <span class="sure">{{this.confidence}}</span></li>{{/each}}
</ul>{{/if}}"""

WRONG_CSS: Final = """
p { margin: 0 0 6px; color: var(--body-text-color-subdued); }
p b { color: var(--body-text-color); }
ul { list-style: none; margin: 0; padding: 0 4px 0 0; max-height: 196px; overflow-y: auto; }
li { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 22rem) 3.4rem; gap: 0 16px;
     align-items: baseline; padding: 5px 0 5px 10px; border-left: 3px solid var(--task); margin-bottom: 3px;
     overflow-wrap: anywhere; color: var(--body-text-color); }
.labels { font-weight: 700; }
.as, .sure { font-weight: 400; color: var(--body-text-color-subdued); }
.sure { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
@media (max-width: 640px) {
  li { grid-template-columns: minmax(0, 1fr) 3.4rem; }
  .text { grid-column: 1 / -1; }
}
"""

# The rows of the pressed cell lie in its figure: whoever pressed it sees them.
CONFUSION: Final = """
<div class="matrices">{{#each value}}
  <figure style="--task:{{this.colour}}">
    <figcaption><b>{{this.title}}</b> {{this.note}}</figcaption>
    <div class="scroll" tabindex="0" role="group" aria-label="{{this.title}}"><table>
      <thead><tr><td></td>{{#each this.labels}}<th scope="col" title="{{this}}"><span>{{this}}</span></th>
        {{/each}}</tr></thead>
      <tbody>{{#each this.rows}}<tr><th scope="row" title="{{this.label}}"><span>{{this.label}}</span></th>
        {{#each this.cells}}<td><button type="button" data-cell="{{this.key}}" aria-label="{{this.title}}"
          aria-pressed="{{this.pressed}}" title="{{this.title}}"
          class="{{this.kind}}" style="--share:{{this.share}}%">{{this.count}}</button></td>{{/each}}
      </tr>{{/each}}</tbody>
    </table></div>
    <p class="more" hidden>Scroll sideways for more labels &rarr;</p>
    {{#if this.open}}<div class="rows" role="status"><p>{{this.open.words}}</p>
      <ul tabindex="0" aria-label="{{this.open.words}}">{{#each this.open.rows}}
        <li><span>{{this.text}}</span><span class="sure">{{this.confidence}}</span></li>{{/each}}</ul>
    </div>{{/if}}
  </figure>{{/each}}
</div>"""

CONFUSION_CSS: Final = f"""
.matrices {{ display: grid; {COLUMNS} }}
figure {{ margin: 0; padding: 12px 20px; border: 1px solid var(--border-color-primary);
         border-radius: var(--radius); background: var(--block-background-fill);
         color: var(--body-text-color); min-width: 0; }}
figcaption {{ font-size: var(--text-s); margin-bottom: 6px; color: var(--body-text-color-subdued); }}
figcaption b {{ color: var(--body-text-color); }}
.scroll {{ overflow-x: auto; padding-bottom: 4px; }}
table {{ border-collapse: separate; border-spacing: 3px; font-size: var(--text-s);
        color: var(--body-text-color); }}
table, tr, td, th {{ border: 0 !important; background: none !important; }}
th, td {{ padding: 0 !important; }}
th {{ font-weight: 400; text-align: right; color: var(--body-text-color-subdued); }}
th span {{ display: block; max-width: 8.5em; overflow: hidden; text-overflow: ellipsis;
          white-space: nowrap; }}
tbody th {{ padding-right: 6px !important; position: sticky; left: 0; z-index: 1;
           background: var(--block-background-fill) !important; }}
thead th {{ text-align: center; padding: 0 2px 2px !important; }}
thead th span {{ max-width: 6.5em; }}
button {{ display: block; width: 100%; min-width: 48px; height: 32px; border-radius: 6px; cursor: pointer;
         border: 1px solid transparent; font-variant-numeric: tabular-nums; color: var(--body-text-color);
         background: color-mix(in srgb, var(--task) calc(var(--share) * .45), rgba(128,128,128,.07)); }}
button.right {{ font-weight: 700; }}
button:hover, button[aria-pressed=true] {{ border-color: var(--task); }}
.more {{ margin: 4px 0 0; font-size: var(--text-s); color: var(--body-text-color-subdued); }}
.rows p {{ margin: 10px 0 4px; font-size: var(--text-s); font-weight: 700; }}
.rows ul {{ list-style: none; margin: 0; padding: 0; max-height: 220px; overflow-y: auto; }}
.rows li {{ display: flex; justify-content: space-between; gap: 16px; padding: 5px 0;
           border-top: 1px solid var(--border-color-primary); overflow-wrap: anywhere; }}
.sure {{ color: var(--body-text-color-subdued); font-variant-numeric: tabular-nums; white-space: nowrap; }}
"""
