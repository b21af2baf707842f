"""HTML of this tab's own displays. `{{...}}` escapes: a visitor's text never becomes markup."""

from typing import Final

_ROWS: Final = """
<div class="scroll"><table class="grid">
  <thead><tr><td></td>{{#each GRID.columns}}<th scope="col" title="{{this.title}}">{{this.text}}</th>{{/each}}
  </tr></thead>
  <tbody>{{#each GRID.rows}}<tr>
    <th scope="row" title="{{this.title}}"><span class="name">{{this.text}}</span>
      <span class="more">{{this.more}}</span></th>
    {{#each this.cells}}<td>CELL</td>{{/each}}
  </tr>{{/each}}</tbody>
</table></div>"""
_LOOK: Final = 'class="cell" title="{{this.title}}" style="background:{{this.back}};color:{{this.ink}}"'
_BUTTON: Final = (
    f'<button type="button" data-cell="{{{{this.key}}}}" aria-label="{{{{this.title}}}}" {_LOOK}>'
    "{{this.text}}</button>"
)
_SPAN: Final = f"<span {_LOOK}>{{{{this.text}}}}</span>"

MATRIX: Final = _ROWS.replace("GRID", "value").replace("CELL", _BUTTON)
DIFFERENCES: Final = _ROWS.replace("GRID", "value").replace("CELL", _SPAN)
PAIR: Final = (
    """
{{#if value.title}}<div class="pair">
  <p class="number">{{value.title}}</p>
  <p>{{value.first}}<br>{{value.second}}</p>
  <p class="note">{{value.note}}</p>
</div>"""
    + _ROWS.replace("GRID", "value.grid").replace("CELL", _SPAN)
    + """{{else}}<p class="note">{{value.note}}</p>{{/if}}"""
)

GRID_CSS: Final = """
.scroll { overflow: auto; max-height: 560px; }
table.grid { border: 0 !important; border-collapse: separate; border-spacing: 2px; width: auto;
             font-size: var(--text-s);
             color: var(--body-text-color); }
.grid tr, .grid td, .grid th { border: 0 !important; background: none; padding: 0 !important; }
.grid th { font-weight: 400; color: var(--body-text-color-subdued); white-space: nowrap; }
.grid thead th { text-align: center; padding: 0 4px 2px !important; position: sticky; top: 0; z-index: 1;
                 background: var(--body-background-fill); }
.grid tbody th { text-align: left; padding-right: 10px !important; position: sticky; left: 0; z-index: 1;
                 background: var(--body-background-fill); color: var(--body-text-color); }
.grid .name { display: inline-block; max-width: 280px; overflow: hidden; text-overflow: ellipsis;
              vertical-align: middle; }
.grid .more { color: var(--body-text-color-subdued); }
.grid .cell { display: flex; align-items: center; justify-content: center; width: 100%; min-width: 46px;
              height: 36px; padding: 0; border-radius: 6px; border: 0; font-weight: 400;
              font-variant-numeric: tabular-nums; font-size: var(--text-s); }
.grid button.cell { cursor: pointer; }
.grid button.cell:hover { box-shadow: 0 0 0 2px var(--accent); }
.pair p { margin: 0 0 6px; color: var(--body-text-color); overflow-wrap: anywhere; }
.pair .number { font-size: var(--text-l); font-weight: 700; }
p.note, .pair p.note { color: var(--body-text-color-subdued); }
@media (max-width: 640px) { .grid .name { max-width: 130px; } }
"""

PRESSED: Final = """element.addEventListener('click', event => {
    const cell = event.target.closest('button[data-cell]');
    if (cell) trigger('click', {cell: cell.dataset.cell});
});"""

# Tells how wide the map may be, since texts are placed by the pixel, and which of its lines was pressed.
RULER: Final = """
const measure = () => {
    const width = Math.round(element.getBoundingClientRect().width / 20) * 20;
    if (width && Math.abs(width - props.value) >= 40) { props.value = width; trigger('input'); }
};
let waiting;
new ResizeObserver(() => { clearTimeout(waiting); waiting = setTimeout(measure, 150); }).observe(element);
const listen = () => {
    const plot = document.querySelector('#map .js-plotly-plot');
    if (!plot?.on || plot.dataset.listening) return;
    plot.dataset.listening = 'yes';
    plot.on('plotly_click', event => {
        const pair = event.points[0].customdata;
        if (Array.isArray(pair)) trigger('select', {pair});
    });
};
new MutationObserver(listen).observe(
    element.closest('#map-side') ?? document.body, {childList: true, subtree: true, attributes: true});
"""

CAPTION: Final = """<p class="caption">{{value}}</p>"""

TOKENS: Final = """
<p class="facts">{{value.facts}}</p>
<div class="tokens" aria-label="tokens">{{#each value.tokens}}
  <span class="token {{this.kind}}" title="{{this.title}}">{{this.text}}</span>{{/each}}
</div>
<p class="cut">{{value.cut}}</p>"""

TOKENS_CSS: Final = """
.facts, .cut { margin: 0 0 8px; color: var(--body-text-color); overflow-wrap: anywhere; }
.cut { margin: 8px 0 0; color: var(--body-text-color-subdued); }
.tokens { display: flex; flex-wrap: wrap; gap: 4px; max-height: 260px; overflow-y: auto; }
.token { font-family: var(--font-mono); font-size: var(--text-s); padding: 2px 7px; border-radius: 5px;
         border: 1px solid var(--border-color-primary); color: var(--body-text-color);
         background: var(--block-background-fill); }
.special { border-style: dashed; color: var(--body-text-color-subdued); }
.piece { border-color: var(--combined); }
.unknown { border-color: #c2410c; text-decoration: underline wavy #c2410c; }
"""
