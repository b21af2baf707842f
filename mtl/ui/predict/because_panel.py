"""The training rows that speak for an answer and against it; one can be forgotten to see what changes."""

from collections.abc import Iterator
from typing import Any, Final

import gradio as gr

from mtl.ui.errors import sentence_of, told_to_the_visitor
from mtl.ui.models import Models
from mtl.ui.predict.row_reasons import RowReasons

ROWS: Final = """
<p class="note" role="status">{{value.note}}</p>
<div class="sides">{{#each value.sides}}<section aria-label="{{this.title}}"><b>{{this.title}}</b>
  <ul>{{#each this.rows}}<li><span class="share">{{this.share}}</span>
    <span class="text">{{this.text}} <span class="label">{{this.label}}</span></span>
    <button type="button" data-row="{{this.row}}" aria-label="Forget: {{this.text}}">Forget</button>
    {{#if this.without}}<span class="without" role="status">{{this.without}}</span>{{/if}}
  </li>{{/each}}</ul></section>{{/each}}</div>
<p class="sum">{{value.sum}}</p>"""
ROWS_CSS: Final = """
p { margin: 0; color: var(--body-text-color); }
p:empty { display: none; }
.note, .sum { font-size: var(--text-s); color: var(--body-text-color-subdued); }
.sum { font-family: var(--font-mono); overflow-wrap: anywhere; }
.sides { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 340px), 1fr)); gap: 8px 28px;
         margin: 8px 0; }
section { min-width: 0; color: var(--body-text-color); }
ul { list-style: none; margin: 4px 0 0; padding: 0; }
li { display: grid; grid-template-columns: 3.6rem minmax(0, 1fr) auto; gap: 10px; align-items: baseline;
     padding: 5px 0; border-top: 1px solid var(--border-color-primary); overflow-wrap: anywhere; }
.share { font-variant-numeric: tabular-nums; text-align: right; }
.label { font-size: var(--text-s); color: var(--body-text-color-subdued); }
button { border: 0; border-bottom: 2px solid transparent; background: none; padding: 2px 0; min-height: 24px;
         cursor: pointer; font-size: var(--text-s); font-weight: 400; color: var(--body-text-color-subdued); }
button:hover { border-bottom-color: var(--accent); color: var(--body-text-color); }
.without { grid-column: 2 / -1; font-weight: 700; }
"""
ROWS_JS: Final = """
let pressed = null;
element.addEventListener('click', event => {
    const button = event.target.closest('button[data-row]');
    if (!button) return;
    pressed = button.dataset.row;
    trigger('click', {row: Number(pressed)});
});
// The rows are drawn anew: whoever pressed one by key goes on from there.
watch('value', () => {
    if (pressed !== null && document.activeElement === document.body)
        element.querySelector(`[data-row="${pressed}"]`)?.focus({preventScroll: true});
    pressed = null;
});
"""
_QUIET: Final[dict[str, Any]] = {"show_progress": "hidden"}


class BecausePanel:
    """The rows, for the task and label that are chosen beside it; they are read when this is opened. `show`
    updates `outputs` from `inputs`."""

    def __init__(
        self,
        models: Models,
        text: gr.Textbox,
        model: gr.Dropdown,
        owner: gr.BrowserState,
        task: gr.Radio,
        label: gr.Dropdown,
    ) -> None:
        self._reasons = RowReasons(models)
        opened = gr.State(False)
        with gr.Accordion("Because of these rows", open=False, elem_id="because-box") as box:
            self.rows = gr.HTML(
                _only(""),
                html_template=ROWS,
                css_template=ROWS_CSS,
                js_on_load=ROWS_JS,
                elem_id="because",
            )
        self.inputs = [text, model, task, label, owner, opened]
        self.outputs = [self.rows]
        reading: dict[str, Any] = {
            "fn": self._read,
            "inputs": [model, task, owner, opened],
            "outputs": self.rows,
            # Rows of thousands are encoded: one visitor's after the other's.
            "concurrency_limit": 1,
            **_QUIET,
        }
        shown: dict[str, Any] = {"fn": self.show, "inputs": self.inputs, "outputs": self.outputs, **_QUIET}
        box.expand(lambda: True, None, opened, **_QUIET).then(**reading).then(**shown)
        box.collapse(lambda: False, None, opened, **_QUIET)
        for change in (model.change, task.input):
            change(**reading).then(**shown)
        label.input(**shown)
        self.rows.click(self._forget, self.inputs[:-1], self.rows, **_QUIET)

    def _read(self, key: str, task: str | None, owner: str, opened: bool) -> Iterator[Any]:
        """Says how much of the rows is read, until all are; or why there are none."""
        if opened is not True:
            yield gr.skip()
            return
        try:
            for done in self._reasons.prepare(owner or "", key, task or ""):
                yield _only(f"Reading the training rows, once: {done:.0%}")
        except ValueError as error:
            yield _only(sentence_of(error))
        else:
            yield gr.skip()

    def show(
        self, text: str, key: str, task: str | None, label: str | None, owner: str, opened: bool
    ) -> dict[Any, Any]:
        """The rows that speak for the label, if this part of the page was opened and they are read."""
        try:
            if opened is not True or not self._reasons.ready(owner or "", key, task or ""):
                return {self.rows: gr.skip()}
            if not text.strip():
                return {self.rows: _only("Type a sentence above.")}
            return {self.rows: self._reasons.explain(owner or "", key, task or "", label or "", text)}
        except ValueError as error:
            return {self.rows: _only(sentence_of(error))}

    def _forget(
        self,
        text: str,
        key: str,
        task: str | None,
        label: str | None,
        owner: str,
        event: gr.EventData,
    ) -> dict[str, Any]:
        row = event._data.get("row") if isinstance(event._data, dict) else None
        with told_to_the_visitor():
            without = self._reasons.without(owner or "", key, task or "", text, row)
            explained = self._reasons.explain(owner or "", key, task or "", label or "", text)
        sides = [
            {
                **side,
                "rows": [
                    told | ({"without": without} if told["row"] == row else {}) for told in side["rows"]
                ],
            }
            for side in explained["sides"]
        ]
        return {**explained, "sides": sides}


def _only(note: str) -> dict[str, Any]:
    return {"note": note, "sides": [], "sum": ""}
