"""The box in which a visitor types, and the layer behind it that marks its words in place."""

from typing import Any, Final

import gradio as gr

from mtl.schema.limits import limits

_LAYER: Final = """<div class="window" aria-hidden="true"><div class="mirror"></div></div>
<div class="tip" aria-hidden="true" hidden></div>"""

# The mirror has the text of the box with the same letters in the same places, unseen; only its marks show.
_LAYER_CSS: Final = """
.window { position: absolute; inset: 0; overflow: hidden; border-radius: var(--radius); }
.mirror { position: absolute; box-sizing: border-box; color: transparent; border: 0;
          white-space: pre-wrap; overflow-wrap: break-word; }
.mirror span { color: transparent; border-radius: 4px;
               -webkit-box-decoration-break: clone; box-decoration-break: clone; }
.mirror span, .tip i { --shown: color-mix(in srgb, var(--task), white var(--lighter)); }
.for { --tinted: color-mix(in srgb, var(--shown) var(--tint), transparent);
       background: var(--tinted); padding-block: 1px; }
.against { text-decoration: underline dotted 3px var(--shown); text-underline-offset: 5px;
           text-decoration-skip-ink: none; }
.unread { outline: 2px dotted rgba(128,128,128,.9); outline-offset: 1px; background: rgba(128,128,128,.15); }
.tip { position: absolute; z-index: 5; max-width: calc(100% - 16px); padding: 8px 12px; border-radius: 8px;
       background: var(--body-text-color); color: var(--body-background-fill); font-size: var(--text-s);
       line-height: 1.5; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.tip div { color: var(--body-background-fill); }
.tip[hidden] { display: none; }
.tip i { display: inline-block; width: 8px; height: 8px; margin-right: 8px; border-radius: 4px;
         background: var(--shown); }
"""

# While one types faster than the answers come, the words before the first change keep their marks.
_ON_LOAD: Final = """
const SAME = ['fontFamily', 'fontSize', 'fontWeight', 'fontStyle', 'letterSpacing', 'wordSpacing',
  'lineHeight', 'paddingTop', 'paddingRight', 'paddingBottom', 'paddingLeft', 'textIndent', 'tabSize',
  'direction', 'textAlign', 'textRendering'];
const sentence = element.closest('#sentence');
const box = () => sentence.querySelector('textarea');
const part = name => element.querySelector(name);

function place() {
  const area = box(), mirror = part('.mirror');
  if (!area || !mirror) return;
  const style = getComputedStyle(area), own = area.getBoundingClientRect();
  const around = part('.window').getBoundingClientRect();
  SAME.forEach(name => { mirror.style[name] = style[name]; });
  mirror.style.width = area.clientWidth + 'px';
  mirror.style.left = own.left - around.left + area.clientLeft + 'px';
  mirror.style.top = own.top - around.top + area.clientTop - area.scrollTop + 'px';
}

function draw() {
  const area = box(), mirror = part('.mirror');
  if (!area || !mirror) {  // the box comes after its layer
    if (element.isConnected) requestAnimationFrame(draw);
    return;
  }
  const given = props.value ?? {text: '', marks: []};
  const letters = Array.from(area.value), known = Array.from(given.text);
  let same = 0;
  while (same < letters.length && same < known.length && letters[same] === known[same]) same++;
  const whole = same === letters.length && same === known.length;
  let at = 0;
  mirror.replaceChildren();
  for (const mark of given.marks) {
    if (!whole && mark.end >= same) break;
    const word = document.createElement('span');
    word.className = mark.kind;
    word.style.setProperty('--task', mark.colour);
    word.style.setProperty('--tint', mark.tint + '%');
    word.textContent = letters.slice(mark.start, mark.end).join('');
    word.lines = mark.lines;
    mirror.append(letters.slice(at, mark.start).join(''), word);
    at = mark.end;
  }
  mirror.append(letters.slice(at).join(''));
  place();
}

function wordAt(x, y) {
  const inside = r => r.left - 2 <= x && x <= r.right + 2 && r.top <= y && y <= r.bottom;
  return [...part('.mirror').children].find(word => [...word.getClientRects()].some(inside));
}

function tell(event) {
  const word = wordAt(event.clientX, event.clientY), tip = part('.tip');
  tip.hidden = !word || !word.lines.length;
  if (tip.hidden) return;
  tip.replaceChildren(...word.lines.map(line => {
    const row = document.createElement('div');
    if (line.colour) {
      const dot = document.createElement('i');
      dot.style.setProperty('--task', line.colour);
      row.append(dot);
    }
    row.append(line.text);
    return row;
  }));
  const around = sentence.getBoundingClientRect(), at = word.getClientRects()[0];
  tip.style.top = at.bottom - around.top + 8 + 'px';
  tip.style.left = Math.max(8, Math.min(at.left - around.left, around.width - tip.offsetWidth - 8)) + 'px';
}

const hide = () => { part('.tip').hidden = true; };
const soon = () => requestAnimationFrame(() => { hide(); draw(); });
sentence.addEventListener('input', soon);
sentence.addEventListener('scroll', () => { hide(); place(); }, true);
sentence.addEventListener('pointermove', tell);
sentence.addEventListener('pointerdown', tell);
sentence.addEventListener('pointerleave', event => { if (event.pointerType === 'mouse') hide(); });
new ResizeObserver(place).observe(sentence);
document.fonts.ready.then(place);
watch('value', draw);
soon();

// The cursor is in the box once the page is shown; nothing takes it from where a visitor has put it.
const page = document.documentElement;
function begin() {
  const area = box();
  if (!area || document.activeElement !== document.body) return;
  area.focus({preventScroll: true});
  area.setSelectionRange(area.value.length, area.value.length);
}
new MutationObserver((changes, watching) => {
  if (!page.classList.contains('ready')) return;
  watching.disconnect();
  draw();
  begin();
}).observe(page, {attributes: true});
"""
# What changes the text without typing, a pressed example or a link, has to be drawn, too.
_REDRAW: Final = "() => document.querySelector('#sentence')?.dispatchEvent(new Event('input'))"


class Sentence:
    """`text` is what stands in the box; `marks` takes data from `mtl.ui.predict.marks`."""

    def __init__(self, first: str, marked: dict[str, Any]) -> None:
        with gr.Column(elem_id="sentence"):
            self.marks = gr.HTML(
                marked,
                html_template=_LAYER,
                css_template=_LAYER_CSS,
                js_on_load=_ON_LOAD,
                elem_id="sentence-marks",
            )
            self.text = gr.Textbox(
                first,
                label="Sentence",
                show_label=False,
                container=False,
                placeholder="Type a sentence in English",
                lines=1,
                max_lines=5,
                max_length=limits().text_characters,
                elem_id="predict-text",
            )
        self.text.change(None, None, None, js=_REDRAW)
