"""Data, How, Result: three steps of which one is open."""

from typing import Final

import gradio as gr

STEPS: Final = {"data": "Data", "how": "How", "result": "Result"}

# `value` is the name of the open step. The classes tell what is done: the rest is CSS.
STEPPER: Final = """
<nav aria-label="Steps" class="{{value}} {{#if usable}}usable{{/if}} {{#if over}}over{{/if}}"><ol>
  STEPS
</ol></nav>""".replace(
    "STEPS",
    "".join(
        f'<li><button type="button" data-step="{name}" class="{name}">{number} · {title}'
        '<span class="mark" role="img" aria-label="done"> ✓</span></button></li>'
        for number, (name, title) in enumerate(STEPS.items(), 1)
    ),
)
STEPPER_CSS: Final = """
ol { display: grid; grid-template-columns: repeat(3, 1fr); gap: 12px; list-style: none; margin: 0;
     padding: 0; }
li { margin: 0; }
button { width: 100%; text-align: left; padding: 10px 0 6px; cursor: pointer; font-size: var(--text-m);
         border: 0; border-top: 3px solid var(--border-color-primary); border-radius: 0; background: none;
         color: var(--body-text-color-subdued); }
button:hover { color: var(--body-text-color); }
.mark { display: none; }
.usable.how .data .mark, .usable.result .data .mark, .result .how .mark, .over .result .mark
  { display: inline; }
.usable.how button.data, .usable.result button.data, .result button.how { border-top-color: #047857; }
.data button.data, .how button.how, .result button.result
  { border-top-color: var(--accent); color: var(--body-text-color); font-weight: 700; }
"""
_ON_LOAD: Final = """
const mark = () => element.querySelectorAll('button').forEach(button =>
    button.dataset.step === props.value
        ? button.setAttribute('aria-current', 'step') : button.removeAttribute('aria-current'));
element.addEventListener('click', event => {
    const button = event.target.closest('button[data-step]');
    if (!button) return;
    props.value = button.dataset.step;
    trigger('change');
    trigger('select');
});
// Whoever changes a value, the page is drawn anew after it.
new MutationObserver(mark).observe(element, {
    childList: true, subtree: true, attributes: true, attributeFilter: ['class'] });
mark();
"""
# Done in the browser: a step opens at once, whatever the server is busy with.
_SHOW: Final = f"""step => {list(STEPS)}.map(name => ({{__type__: 'update', visible: name === step}}))"""


class Steps:
    """The stepper and a column for each step; lay each out in `with steps.columns[name]`, then call `wire`.

    To open a step, set `stepper` to its name.
    """

    def __init__(self) -> None:
        self.stepper = gr.HTML(
            "data",
            html_template=STEPPER,
            css_template=STEPPER_CSS,
            js_on_load=_ON_LOAD,
            elem_id="steps",
            usable=True,
            over=False,
        )
        self.columns = {name: gr.Column(visible=name == "data", elem_id=f"step-{name}") for name in STEPS}

    def wire(self) -> None:
        """Lets the value of `stepper` open its column."""
        self.stepper.change(None, self.stepper, list(self.columns.values()), js=_SHOW)
