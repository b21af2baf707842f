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

BARS: Final = """
<div class="cards">{{#each value}}
  <section class="card {{this.kind}}" style="--task:{{this.colour}}" aria-label="{{this.title}}">
    <header><span class="title">{{this.title}}</span><span class="answer">{{this.answer}}</span></header>
    {{#each this.rows}}
    <div class="row {{this.kind}}">
      <span class="label">{{this.label}}</span>
      <span class="track"><span class="fill" style="width:{{this.width}}%"></span></span>
      <span class="percent">{{this.percent}}</span>
    </div>{{/each}}
    <div class="note">{{this.note}}</div>
  </section>
{{/each}}</div>"""

BARS_CSS: Final = """
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 16px; }
.card { border: 1px solid var(--border-color-primary); border-top: 3px solid var(--task);
        border-radius: 8px; padding: 16px 18px;
        background: var(--block-background-fill); min-height: 196px; color: var(--body-text-color); }
header { display: flex; justify-content: space-between; align-items: baseline; margin-bottom: 10px; }
.title { font-weight: 700; }
.answer { font-weight: 700; font-size: 1.25rem; overflow-wrap: anywhere; }
.row { display: grid; grid-template-columns: minmax(92px, 24%) 1fr 3.6rem; gap: 10px;
       align-items: center; height: 28px; }
.label { overflow: hidden; text-overflow: ellipsis; white-space: nowrap;
         color: var(--body-text-color-subdued); }
.percent { text-align: right; font-family: var(--font-mono); font-variant-numeric: tabular-nums;
           color: var(--body-text-color-subdued); }
.top .label, .top .percent { font-weight: 700; color: var(--body-text-color); }
.track { height: 10px; border-radius: 5px; background: rgba(128,128,128,.22); overflow: hidden; }
.fill { display: block; height: 100%; border-radius: 5px; background: rgba(128,128,128,.75); }
.top .fill { background: var(--task); }
.doubtful .answer { font-weight: 400; font-style: italic; }
.note { color: var(--body-text-color-subdued); font-size: .85rem; margin-top: 8px; }
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

VERDICT: Final = """
<div class="cards">{{#each value}}
  <section class="card {{this.task}}" aria-label="{{this.title}}">
    <h3>{{this.title}}</h3>
    <p class="source">{{this.source}}</p>
    <table>
      <thead><tr><th scope="col">accuracy of</th><th scope="col" class="scale">0 to 100%</th>
        <th scope="col"></th><th scope="col">gain, 95% interval</th></tr></thead>
      <tbody>{{#each this.rows}}<tr class="{{this.kind}}">
        <td>{{this.name}}</td>
        <td class="scale"><span class="track">
          <span class="band" style="left:{{this.low}}%;width:{{this.width}}%"></span>
          <span class="dot" style="left:{{this.at}}%"></span></span></td>
        <td class="percent">{{this.percent}}</td>
        <td>{{this.gain}}</td>
      </tr>{{/each}}</tbody>
    </table>
    <ul>{{#each this.notes}}<li>{{this}}</li>{{/each}}</ul>
  </section>
{{/each}}</div>"""

VERDICT_CSS: Final = """
.cards { display: grid; gap: 16px; }
.card { border: 1px solid var(--border-color-primary); border-radius: 8px; padding: 14px 18px;
        background: var(--block-background-fill); color: var(--body-text-color); overflow-x: auto; }
.sentiment { border-top: 3px solid var(--sentiment); --task: var(--sentiment); }
.intent { border-top: 3px solid var(--intent); --task: var(--intent); }
h3 { margin: 0; font-size: 1.15rem; font-weight: 700; color: var(--body-text-color); }
p.source { margin: 2px 0 10px; font-size: .9rem; color: var(--body-text-color-subdued); }
table { width: 100%; border-collapse: collapse; font-size: .92rem; color: var(--body-text-color); }
table, tr { border: 0 !important; }
th, td { border: 0 !important; padding: 6px 10px 6px 0 !important; text-align: left; vertical-align: middle;
         border-bottom: 1px solid var(--border-color-primary) !important; }
th { font-size: .8rem; font-weight: 400; color: var(--body-text-color-subdued); }
.ours td { font-weight: 700; }
.scale { width: 30%; min-width: 110px; }
.track { position: relative; display: block; height: 12px; border-radius: 6px;
         background: rgba(128,128,128,.18); }
.band { position: absolute; top: 2px; height: 8px; border-radius: 4px; background: var(--task); opacity: .4; }
.dot { position: absolute; top: 1px; width: 10px; height: 10px; margin-left: -5px; border-radius: 5px;
       background: rgba(128,128,128,.95); }
.ours .dot { background: var(--task); }
.percent { font-family: var(--font-mono); font-variant-numeric: tabular-nums; white-space: nowrap; }
ul { margin: 10px 0 0; padding-left: 1.1em; font-size: .9rem; color: var(--body-text-color-subdued); }
li { margin: 2px 0; list-style: disc; }
@media (max-width: 600px) { .scale { display: none; } }
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
